import pytest
import torch

from trainer.model.features import FEATURE_COUNTS, HANDSHAPE_FEATURES, MEAN_ABS_DEVIATION, POSITION_FEATURES
from trainer.model.network import SIZES, Attention, SignClassifier, Size, motion_weight, sinusoids

MILLIONS = {"tiny": (0.1, 0.4), "small": (1.0, 2.0), "medium": (4.0, 8.0), "large": (60.0, 90.0)}


@pytest.mark.parametrize("name", list(SIZES))
def test_the_sizes_are_the_references(name: str) -> None:
    with torch.device("meta"):
        experts = SignClassifier(SIZES[name], 502).network.experts.values()
    low, high = MILLIONS[name]
    for expert in experts:
        assert low < sum(parameter.numel() for parameter in expert.parameters()) / 1e6 < high


def test_each_expert_sees_its_own_features_of_the_hands() -> None:
    experts = SignClassifier(SIZES["tiny"], 7).network.eval()
    body, lead, other = (torch.rand(1, 32, count) for count in FEATURE_COUNTS.values())
    shape, way = experts.expert_log_probs(body, lead, other)
    lead[..., :HANDSHAPE_FEATURES] += 1.0
    other_shape, same_way = experts.expert_log_probs(body, lead, other)
    torch.testing.assert_close(way, same_way)
    assert not torch.allclose(shape, other_shape)
    lead[..., -POSITION_FEATURES:] += 1.0
    same_shape, other_way = experts.expert_log_probs(body, lead, other)
    torch.testing.assert_close(other_shape, same_shape)
    assert not torch.allclose(way, other_way)


@pytest.mark.parametrize(("spread", "counts_more"), [(0.01, "shape"), (0.3, "way")])
def test_a_held_hand_speaks_by_its_shape_and_a_moving_one_by_its_way(spread: float, counts_more: str) -> None:
    experts = SignClassifier(SIZES["tiny"], 3).network.eval()
    body, lead, other = (torch.rand(1, 32, count) for count in FEATURE_COUNTS.values())
    lead[..., MEAN_ABS_DEVIATION] = torch.tensor([spread, 0.0])
    shape, way = experts.expert_log_probs(body, lead, other)
    share = motion_weight(lead)
    torch.testing.assert_close(experts(body, lead, other), 2 * ((1 - share) * shape + share * way))
    assert float(share) < 0.3 if counts_more == "shape" else float(share) > 0.55


def test_probabilities_are_probabilities_of_every_sign_and_of_none() -> None:
    answer = SignClassifier(SIZES["tiny"], 7).eval()(torch.rand(2, 9, 543, 3), torch.arange(9.0).repeat(2, 1))
    assert answer.shape == (2, 8)
    torch.testing.assert_close(answer.sum(1), torch.ones(2))


def test_temperature_softens_without_changing_the_order() -> None:
    recogniser = SignClassifier(SIZES["tiny"], 7).eval()
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
        theirs.in_proj_weight.copy_(mine.qkv.weight)
        theirs.in_proj_bias.copy_(mine.qkv.bias)
        theirs.out_proj.weight.copy_(mine.out_proj.weight)
        theirs.out_proj.bias.copy_(mine.out_proj.bias)
        tokens = torch.rand(2, 3, 5, size.width)
        expected = torch.stack([theirs(row, row, row)[0] for row in tokens])
        torch.testing.assert_close(mine(tokens), expected)


def test_every_step_has_its_own_time_encoding() -> None:
    codes = sinusoids(32, 64)
    assert torch.unique(codes, dim=0).shape == (32, 64)
