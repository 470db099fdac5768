"""Changes of a TOML text."""

import tomllib
from pathlib import Path

import pytest

from edge.settings.document import Changes, edit

EXAMPLE = Path(__file__).parents[3] / "deploy" / "edge.toml"
TEXT = """\
# The device in the hall.
device = "hall"   # on the first floor

# Its broker.
[mqtt]
host = "localhost"
# username = "hall"

# Its screen.
# [captions]

# Its page.
[web]
port = 8300
"""


def test_only_the_values_differ() -> None:
    edited = edit(TEXT, {"device": "door", "mqtt.host": "broker", "web.port": 8301})
    assert edited == TEXT.replace('"hall"   #', '"door"   #').replace("localhost", "broker").replace("8300", "8301")


def test_keys_and_sections_are_added_and_removed() -> None:
    edited = edit(TEXT, {"device": None, "mqtt.username": "hall", "speech.volume": 0.5, "camera.username": None})
    assert tomllib.loads(edited) == {
        "mqtt": {"host": "localhost", "username": "hall"},
        "web": {"port": 8300},
        "speech": {"volume": 0.5},
    }
    assert all(remark in edited for remark in ("# The device", "# username", "# Its broker", "# Its screen", "# [cap"))


def test_removed_section_takes_no_remark_of_another_with_it() -> None:
    edited = edit(TEXT, {"mqtt": None})
    assert edited == TEXT.replace('[mqtt]\nhost = "localhost"\n', "").replace(
        '# username = "hall"\n', '# username = "hall"\n'
    )


def test_example_of_every_key_can_be_changed_and_changed_back() -> None:
    text = EXAMPLE.read_text()
    before = tomllib.loads(text)
    changed = edit(text, {"device": "x", "mqtt.host": "broker", "camera.mirror": True})
    assert edit(changed, {"device": before["device"], "mqtt.host": "localhost", "camera.mirror": False}) == text
    assert "# [captions]" in edit(text, {"mqtt": None})


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ('mqtt = {host = "a"}\n', {"mqtt.host": "b", "mqtt.tls": True}),
        ('mqtt.host = "a"\n', {"mqtt.host": "b", "device": "x"}),
        ('[camera]\nsource = "a"\n[mqtt]\nhost = "a"\n', {"device": "x", "mqtt": None}),
        ("[mqtt]\nhost = '''\n[mqtt]\n'''\n[web]\n", {"mqtt": None}),
        ("[ mqtt ]\nhost = 'a'\n[web]\n", {"mqtt": None}),
    ],
)
def test_every_spelling_says_what_was_asked_for(text: str, changes: Changes) -> None:
    content = tomllib.loads(edit(text, changes))
    for key, value in changes.items():
        section, _, name = key.rpartition(".")
        assert (content.get(section, {}) if section else content).get(name) == value


@pytest.mark.parametrize("text", ["device = 3 3", "mqtt = 3\n", "a = " + "[" * 5000])
def test_what_cannot_be_changed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        edit(text, {"mqtt.host": "b"})
