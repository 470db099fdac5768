import pytest

from trainer.cli.main import main as trainer
from trainer.cli.values import sign_ids


def test_list_of_signs_is_parsed() -> None:
    signs = sign_ids("1-3,7")
    assert [number for number in range(10) if number in signs] == [1, 2, 3, 7]
    assert None not in signs
    assert 2_000_000_000 in sign_ids("1000-2147483647")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["extract", "d", "--to", "t", "--signs", "one"], "one is not a list of signs"),
        (["extract", "d", "--to", "t", "--clip-timeout", "0"], "0 is not a number of seconds from 1 to 86400"),
        (["extract", "d", "--to", "t", "--clip-timeout", "٦٠"], "٦٠ is not a number of seconds from 1 to 86400"),
        (["extract", "d", "--to", "t", "--signs", "1-999999999999"], "no sign has a number above 2147483647"),
        (["extract", "d", "--to", "t", "--signs", "1,2147483648"], "2147483648 is out of range"),
        (["extract", "d", "--to", "t", "--signs", "1-"], "1- is not a list of signs"),
        (["extract", "d", "--to", "t", "--signs", "70-1"], "70-1 ends before it begins"),
        (["extract", "d", "--to", "t", "--signs", "١-٧"], "is not a list of signs like 1-70,77"),
        (["train", "--run", "r", "--leave-signer", "a", "--of-signs", "1-999999999999"], "no sign has a number above"),
        (["extract", "d", "--to", "t", "--workers", "0"], "0 is not a whole number from 1 to"),
        (["train", "--takes", "t", "--run", "r\udcff"], r"the name r\udcff is not UTF-8; rename the file or folder"),
        (["train", "--run", "r", "--validation", "2"], "2 is not a number from 0 to 1"),
        (["train", "--run", "r", "--validation", "0", "--patience", "3"], "--patience needs held-out clips"),
        (["fine-tune", "--from", "b", "--run", "r", "--accumulate", "2"], "unrecognized arguments: --accumulate 2"),
        (["train", "--run", "r", "--accumulate", "0"], "0 is not a whole number from 1 to"),
        (["train", "--run", "r", "--device", "toaster"], "torch cannot use toaster here"),
        (["export", "r", "--to", "b", "--name", "Not A Name"], "Not A Name is not a bundle name"),
        (["export", "r", "--to", "b", "--name", "a", "--threshold", "much"], "much is not a number"),
        (["evaluate", "t", "--model", "m", "--seeds", "1,2"], "--seeds is a training option, which needs --leave-one"),
        (
            ["evaluate", "t", "--leave-one-signer-out", "--run", "r", "--seed", "1", "--seeds", "1,2"],
            "--seeds names all seeds, so --seed cannot be given with it",
        ),
        (["stream", "takes"], "--model"),
        (["stream", "takes", "--model", "m", "--rates", "10,fast"], "fast is not a whole number"),
        (["stream", "takes", "--model", "m", "--minutes", "-1"], "-1 is not a number of minutes"),
        (["stream", "takes", "--model", "m", "--html", "/"], "/ is a folder, not a file"),
        (["evaluate", "clips"], "name the bundle with --model DIR"),
        (["evaluate", "clips", "--model", "m", "--run", "r"], "--run is a training option"),
        (["evaluate", "clips", "--model", "m", "--epochs", "3"], "--epochs is a training option"),
        (["evaluate", "clips", "--leave-one-signer-out"], "needs --run FOLDER"),
        (["evaluate", "clips", "--leave-one-signer-out", "--run", "r", "--model", "m"], "--model cannot be given"),
        (["evaluate", "clips", "--leave-one-signer-out", "--run", "r", "--split", "all"], "--split cannot be given"),
        (["evaluate", "clips", "--model", "m", "--html", "nowhere/report.html"], "there is no folder nowhere"),
        (["evaluate", "clips", "--model", "m", "--html", "."], ". is a folder, not a file"),
        (["report", "nowhere"], "there is no folder nowhere; name the folder of a run"),
        (["report", "r", "--to", "nowhere/report.html"], "there is no folder nowhere"),
        (["compare", "r"], "required: RUN"),
        (["benchmark"], "required: BUNDLE"),
        (["benchmark", "b", "--batches", "1,0"], "0 is not a whole number from 1 to"),
    ],
)
def test_wrong_arguments_end_with_2_before_any_work(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        trainer(arguments)
    assert exit_.value.code == 2
    assert sentence in capsys.readouterr().err
