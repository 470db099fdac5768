import torch

from trainer.training.loss import expert_loss
from trainer.training.recipe import Recipe


def gradient(made: list[bool] | None) -> list[float]:
    """Return the gradient of the loss by the logits of three classes, of which the first is right."""
    logits = torch.zeros(1, 3, requires_grad=True)
    mask = None if made is None else torch.tensor([made])
    expert_loss([torch.log_softmax(logits, -1)], torch.tensor([0]), Recipe(label_smoothing=0.0), mask).backward()
    assert logits.grad is not None
    return [float(value) for value in logits.grad[0]]


def test_sign_that_the_signer_never_made_is_pushed_down_less() -> None:
    _, other, foreign = gradient([True, True, False])
    assert 0.0 < foreign < 0.3 * other


def test_all_signs_count_alike_without_knowledge_of_signers() -> None:
    _, second, third = gradient(None)
    assert abs(second - third) < 1e-6
