from pathlib import Path
from typing import Any

from models.labels import Sign
from trainer.reports.facts import differences, run_facts
from trainer.training.recipe import Recipe
from trainer.training.run import Run


def run(**note: Any) -> Run:
    signs = tuple(Sign(sign_id=number, word="كلمة", word_en="word") for number in (1, 2, 3, 7))
    content = {"recipe": {"epochs": 3, "size": {"heads": 4}}, "seed": 1, "fine_tuning": None, "signs": []} | note
    return Run(Path("runs/a"), Recipe(), signs, (0, 1, 2), (3,), "clips held out", "synthetic", content)


def start(**more: Any) -> dict[str, Any]:
    return {"epoch": 0, "at": "noon", "git": {"revision": "abc"}, "threads": 1} | more


def test_metadata_is_flattened_to_facts() -> None:
    facts = run_facts(run())
    assert facts["recipe.size.heads"] == "4"
    assert facts["fine_tuning"] == "-"
    word = "كلمة (word)"
    assert facts["signs"] == f"4: 1 · {word}; 2 · {word}; 3 · {word}; 7 · {word}"
    assert (facts["split.train"], facts["split.validation"]) == ("3 takes", "1 takes")


def test_facts_that_stayed_the_same_over_starts_appear_once() -> None:
    facts = run_facts(run(starts=[start(), start(epoch=5, at="night", threads=2)]))
    assert facts["starts.git.revision"] == "abc"
    assert facts["starts.epoch"] == "0, then 5"
    assert facts["starts.threads"] == "1, then 2"


def test_only_differing_facts_are_compared_and_not_times_of_starts() -> None:
    other = run(seed=2, recipe={"epochs": 9, "size": {"heads": 4}}, starts=[start(at="night")], store="fed")
    assert differences([run(starts=[start()]), other]) == {
        "seed": ("1", "2"),
        "recipe.epochs": ("3", "9"),
        "store": ("-", "fed"),
    }
    assert differences([other, other]) == {}
