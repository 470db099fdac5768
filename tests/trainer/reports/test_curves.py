from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from trainer.reports.curves import draw_curves, read_curves
from trainer.reports.plots import to_svg


def test_repeated_steps_keep_the_last_value(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path / "first")) as curves:
        for step in range(6):
            curves.add_scalar("loss/train", 1.0, step)
    with SummaryWriter(str(tmp_path / "resumed"), purge_step=4) as curves:
        for step in range(4, 8):
            curves.add_scalar("loss/train", 0.5, step)
    for folder, number in (("first", 9), ("resumed", 10)):  # as two logs that begin in one second may be named
        next((tmp_path / folder).iterdir()).rename(tmp_path / f"events.out.tfevents.1.host.1.{number}")
    curve = read_curves(tmp_path)["loss/train"]
    assert curve.steps == tuple(range(8))
    assert curve.values == (1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5)


def test_folder_without_logs_has_no_curves(tmp_path: Path) -> None:
    assert read_curves(tmp_path) == {}


def test_curves_of_one_kind_share_a_plot_and_runs_have_names(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as curves:
        for name in ("loss/train", "loss/validation", "accuracy/validation"):
            curves.add_scalar(name, 0.5, 0)
            curves.add_scalar(name, 0.4, 1)
    read = read_curves(tmp_path)
    alone, both = (to_svg(draw_curves(runs), "curves") for runs in ({"a": read}, {"a": read, "b": read}))
    assert [alone.count(f">{title}</text>") for title in ("loss", "accuracy", "train")] == [1, 1, 1]
    assert all(f">{run}, train</text>" in both for run in "ab")
