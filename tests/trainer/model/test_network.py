import pytest
import torch

from trainer.model.features import DEVIATION, FEATURE_COUNTS, HANDSHAPE_FEATURES, POSITION_FEATURES
from trainer.model.network import SignClassifier, motion_weight
from trainer.model.network import motion as motion_of
from trainer.model.transformer import SIZES, Attention, Size, sinusoids

MILLIONS = {"tiny": (0.1, 0.4), "small": (1.0, 2.0), "medium": (4.0, 8.0), "large": (60.0, 90.0)}


@pytest.mark.parametrize("name", list(SIZES))
def test_sizes_match_those_of_the_reference(name: str) -> None:
    with torch.device("meta"):
        experts = SignClassifier(SIZES[name], 502).network.experts.values()
    low, high = MILLIONS[name]
    for expert in experts:
        assert low < sum(parameter.numel() for parameter in expert.parameters()) / 1e6 < high


def test_each_expert_sees_its_own_features_of_the_hands() -> None:
    network = SignClassifier(SIZES["tiny"], 7).network.eval()
    body, dominant, non_dominant = (torch.rand(1, 32, count) for count in FEATURE_COUNTS.values())
    handshape, motion = network.expert_log_probs(body, dominant, non_dominant)
    dominant[..., :HANDSHAPE_FEATURES] += 1.0
    changed_handshape, same_motion = network.expert_log_probs(body, dominant, non_dominant)
    torch.testing.assert_close(same_motion, motion)
    assert not torch.allclose(handshape, changed_handshape)
    dominant[..., -POSITION_FEATURES:] += 1.0
    same_handshape, changed_motion = network.expert_log_probs(body, dominant, non_dominant)
    torch.testing.assert_close(same_handshape, changed_handshape)
    assert not torch.allclose(motion, changed_motion)


@pytest.mark.parametrize(("deviation", "expert"), [(0.01, "handshape"), (0.3, "motion")])
def test_handshape_weighs_more_for_a_static_hand_and_motion_for_a_moving_one(deviation: float, expert: str) -> None:
    network = SignClassifier(SIZES["tiny"], 3).network.eval()
    body, dominant, non_dominant = (torch.rand(1, 32, count) for count in FEATURE_COUNTS.values())
    dominant[..., DEVIATION] = 0.0
    dominant[:, ::2, DEVIATION] = torch.tensor([2 * deviation, 0.0])
    handshape, motion = network.expert_log_probs(body, dominant, non_dominant)
    weight = motion_weight(motion_of(dominant))
    torch.testing.assert_close(network(body, dominant, non_dominant), 2 * ((1 - weight) * handshape + weight * motion))
    assert float(weight) < 0.3 if expert == "handshape" else float(weight) > 0.55


def test_hand_that_comes_up_and_goes_down_around_what_it_holds_is_static() -> None:
    dominant = torch.zeros(1, 32, FEATURE_COUNTS["dominant"])
    for outer in (slice(0, 8), slice(24, 32)):
        dominant[:, outer, DEVIATION] = torch.rand(8, 2)
    assert float(motion_of(dominant)) < 0.01


def test_probabilities_of_all_signs_and_no_sign_sum_to_one() -> None:
    probabilities = SignClassifier(SIZES["tiny"], 7).eval()(torch.rand(2, 9, 543, 3), torch.arange(9.0).repeat(2, 1))
    assert probabilities.shape == (2, 8)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2))


def test_temperature_softens_without_changing_the_order() -> None:
    model = SignClassifier(SIZES["tiny"], 7).eval()
    take = torch.rand(1, 9, 543, 3), torch.arange(9.0)[None]
    sharp = model(*take)
    model.temperature.fill_(5.0)
    soft = model(*take)
    assert bool(soft.max() < sharp.max())
    assert sharp.argsort().tolist() == soft.argsort().tolist()


def test_rejection_takes_probability_from_the_signs_of_a_moving_hand_where_both_experts_doubt() -> None:
    model = SignClassifier(SIZES["tiny"], 2).eval()
    sure, unsure = [-0.2, -9.0, -9.0], [-6.2, -15.0, -15.0]
    logits, motion = torch.tensor([sure, unsure, unsure]), torch.tensor([[1.0], [1.0], [0.0]])
    assert model.probabilities(logits, motion)[1, 0] > 0.99  # a softmax alone is as sure of the second
    model.rejection.copy_(torch.tensor([2.0, 6.0]))
    moving_sure, moving_unsure, static_unsure = model.probabilities(logits, motion)
    assert moving_sure[0] > 0.98
    assert moving_unsure[0] < 0.01
    assert static_unsure[0] > 0.99
    torch.testing.assert_close(moving_unsure.sum(), torch.ones(()))


def test_attention_equals_torch_multi_head_attention() -> None:
    size = Size(8, 4, 1)
    attention = Attention(size)
    reference = torch.nn.MultiheadAttention(size.width, size.heads, batch_first=True)
    with torch.no_grad():
        reference.in_proj_weight.copy_(attention.qkv.weight)
        reference.in_proj_bias.copy_(attention.qkv.bias)
        reference.out_proj.weight.copy_(attention.out_proj.weight)
        reference.out_proj.bias.copy_(attention.out_proj.bias)
        tokens = torch.rand(2, 3, 5, size.width)
        expected = torch.stack([reference(sequence, sequence, sequence)[0] for sequence in tokens])
        torch.testing.assert_close(attention(tokens), expected)


def test_positional_encoding_differs_between_steps() -> None:
    assert torch.unique(sinusoids(32, 64), dim=0).shape == (32, 64)
