import pytest
import torch

from trainer.network import SIZES, Attention, Recogniser, Size, sinusoids

MILLIONS = {"tiny": (0.1, 0.4), "small": (1.0, 2.0), "medium": (4.0, 8.0), "large": (60.0, 90.0)}


@pytest.mark.parametrize("name", list(SIZES))
def test_the_sizes_are_the_references(name: str) -> None:
    with torch.device("meta"):
        count = sum(parameter.numel() for parameter in Recogniser(SIZES[name], 502).parameters())
    low, high = MILLIONS[name]
    assert low < count / 1e6 < high


def test_probabilities_are_probabilities_of_every_sign_and_of_none() -> None:
    answer = Recogniser(SIZES["tiny"], 7).eval()(torch.rand(2, 9, 543, 3), torch.arange(9.0).repeat(2, 1))
    assert answer.shape == (2, 8)
    torch.testing.assert_close(answer.sum(1), torch.ones(2))


def test_temperature_softens_without_changing_the_order() -> None:
    recogniser = Recogniser(SIZES["tiny"], 7).eval()
    take = torch.rand(1, 9, 543, 3), torch.arange(9.0)[None]
    sharp = recogniser(*take)
    recogniser.temperature.fill_(5.0)
    soft = recogniser(*take)
    assert bool(soft.max() < sharp.max())
    assert sharp.argsort().tolist() == soft.argsort().tolist()


def test_attention_is_what_torch_calls_multi_head_attention() -> None:
    size = Size(8, 4, 1)
    mine, theirs = Attention(size), torch.nn.MultiheadAttention(size.width, size.heads, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(mine.inward.weight)
        theirs.in_proj_bias.copy_(mine.inward.bias)
        theirs.out_proj.weight.copy_(mine.outward.weight)
        theirs.out_proj.bias.copy_(mine.outward.bias)
        tokens = torch.rand(2, 3, 5, size.width)
        expected = torch.stack([theirs(row, row, row)[0] for row in tokens])
        torch.testing.assert_close(mine(tokens), expected)


def test_every_step_has_its_own_time_encoding() -> None:
    codes = sinusoids(32, 64)
    assert torch.unique(codes, dim=0).shape == (32, 64)
