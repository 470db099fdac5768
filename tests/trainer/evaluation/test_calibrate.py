import torch

from trainer.evaluation.calibrate import fit_rejection


def curve(scores: list[float], slope: float, offset: float) -> list[float]:
    return torch.sigmoid(slope * torch.tensor(scores) + offset).tolist()


def test_rejection_divides_known_from_unknown_scores_whatever_their_numbers() -> None:
    random = torch.Generator().manual_seed(1)
    known, unknown = torch.randn(400, generator=random) - 1.0, torch.randn(20, generator=random) - 7.0
    low, middle, high = curve([-7.0, -4.0, -1.0], *fit_rejection(known, unknown))
    assert low < 0.05
    assert 0.3 < middle < 0.7
    assert high > 0.95


def test_few_scores_that_are_apart_do_not_make_a_step() -> None:
    slope, _ = fit_rejection(torch.tensor([-1.0, -1.1]), torch.tensor([-1.3, -1.4]))
    assert 0.0 < slope < 5.0
