from pathlib import Path
from typing import Any

from models.labels import Sign
from trainer.reports.facts import differences, facts
from trainer.training.recipe import Recipe
from trainer.training.run import Run


def run(**note: Any) -> Run:
    signs = tuple(Sign(sign_id=number, word="كلمة", word_en="word") for number in (1, 2, 3, 7))
    content = {"recipe": {"epochs": 3, "size": {"heads": 4}}, "seed": 1, "fine_tuning": None, "signs": []} | note
    return Run(Path("runs/a"), Recipe(), signs, (0, 1, 2), (3,), "clips held out", "made-up", content)


def start(**more: Any) -> dict[str, Any]:
    return {"epoch": 0, "at": "noon", "git": {"revision": "abc"}, "threads": 1} | more


def test_a_run_is_told_fact_by_fact() -> None:
    told = facts(run())
    assert told["recipe.size.heads"] == "4"
    assert told["fine_tuning"] == "-"
    assert told["signs"] == "4: 1-3,7"
    assert (told["split.learned from"], told["split.held out"]) == ("3 takes", "1 takes")


def test_what_stayed_the_same_over_starts_is_told_once() -> None:
    told = facts(run(starts=[start(), start(epoch=5, at="night", threads=2)]))
    assert told["starts.git.revision"] == "abc"
    assert told["starts.epoch"] == "0, then 5"
    assert told["starts.threads"] == "1, then 2"


def test_only_what_differs_is_held_side_by_side_and_not_when_it_was() -> None:
    other = run(seed=2, recipe={"epochs": 9, "size": {"heads": 4}}, starts=[start(at="night")], store="fed")
    assert differences([run(starts=[start()]), other]) == {
        "seed": ("1", "2"),
        "recipe.epochs": ("3", "9"),
        "store": ("-", "fed"),
    }
    assert differences([other, other]) == {}
