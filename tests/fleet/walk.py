"""One way through the whole loop, after which a person is forgotten everywhere.

Maryam teaches one device a word, and Sami's word is corrected on the other. Both words are collected, reviewed and made
a bundle, which the devices prove, and the second device reads the word that only the first one was taught. Then Maryam
wants to be forgotten: on the devices, on the workstation, and in the next bundle. A small model of synthetic signs
takes the place of the shipped one, which takes an hour to train.
"""

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from edge.config import SHIPPED_MODEL
from landmarkers.take import read_provenance
from models.bundle import open_bundle
from models.installation import installed_name
from models.sign_number import number_of_word
from tests.device.device import CheckFailed, Device
from tests.fleet.bundles import next_version
from tests.fleet.live_page import TOKEN, LivePage
from tests.fleet.site import Site
from tests.signing import save_signing
from tests.synthetic_takes import write_takes
from tests.trainer.review.collected import reviewing

_COFFEE, _TEA = "قهوة", "شاي"
_COFFEE_ID, _TEA_ID = number_of_word(_COFFEE), number_of_word(_TEA)
_COFFEE_SHAPE, _TEA_SHAPE = 11, 12  # the small model knows the handshapes 0 to 3
_WRONG_ID: Final = 1
_SECTIONS: Final = """[web]
address = "0.0.0.0"
token_file = "web-token"
[learning]
asked_by = "Reception"
keep = "all"
"""
_TAKES: Final = 5
_QUIET: Final = ("--threads", "1", "--track", "none")
_EDGE: Final = "STATE_DIRECTORY=/var/lib/ishara ishara-edge {} --config /etc/ishara/edge.toml"
_SAID_S: Final = 120.0
_SILENCE_S: Final = 25.0  # in which the word is signed three times


def walk(site: Site) -> str:
    """Walk the whole way; return what its steps brought."""
    desk, north, south = site.workstation, LivePage("north"), LivePage("south")
    folder = desk.folder / "walk"
    _make_small_model(site, folder)
    _prepare(site)
    _teach(north)
    _correct(south)
    brought = desk.fleet("collect", "--to", str(folder / "collected")).expect(0)
    reviewed = _review(folder / "collected")
    _take_back(site.south)
    improved = _improve(site, folder, "next")
    proven = desk.fleet("push", str(folder / "next"), "--allow-labels").expect(0, ", proven")
    said = _hear_on_the_other_device(site, folder / "next", south)
    forgotten = _forget(site, folder)
    return "; ".join(
        [brought.row("north"), brought.row("south"), reviewed, improved, proven.row("north"), said, forgotten]
    )


def _make_small_model(site: Site, folder: Path) -> None:
    """Train and sign the model with which the devices begin."""
    takes, run, small = folder / "takes", folder / "small-run", folder / "small"
    write_takes(takes, open_bundle(SHIPPED_MODEL).manifest.landmarker)
    _train("train", "--takes", str(takes), "--run", str(run), "--recipe", "trial", "--validation", "0.3", *_QUIET)
    version = ("--version", str(next_version()))
    _train("export", str(run), "--to", str(small), "--name", "small", "--threshold", "0.3", *version)
    site.workstation.deploy("sign", str(small), "--key", str(site.workstation.folder / "signer.key")).expect(0)


def _prepare(site: Site) -> None:
    """Let the devices be taught, with Maryam before one and Sami before the other."""
    desk = site.workstation
    template = desk.folder / "edge.toml"
    template.write_text(template.read_text() + _SECTIONS)
    (desk.folder / "token").write_text(TOKEN)
    for device, shape, seed in ((site.north, _COFFEE_SHAPE, 0), (site.south, _TEA_SHAPE, 20)):
        _put_signing(desk.folder / "walk", device, "signing", shape, seed)
    _provision(site, north="signing", south="signing")
    desk.fleet("push", str(desk.folder / "walk/small"), "--allow-labels", "--until", "healthy").expect(0)
    for page in map(LivePage, site.devices):
        page.wait_until_served()


def _put_signing(folder: Path, device: Device, to: str, shape: int, seed: int) -> None:
    """Put takes of somebody who signs a word onto a device."""
    landmarker = open_bundle(SHIPPED_MODEL).manifest.landmarker
    takes = save_signing(folder / f"{to}-{seed}", shape, range(seed, seed + 8), landmarker)
    for take in takes.iterdir():
        target = device.path(f"srv/{to}/{take.name}")
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(take.read_bytes())


def _provision(site: Site, **sources: str) -> None:
    """Give each device its signers in place of a camera."""
    values = (f'[hosts.{name}.values]\nsource = "take:/srv/{source}"\n' for name, source in sources.items())
    site.workstation.write_inventory("".join(values), credentials={"mqtt-password": "password", "web-token": "token"})
    site.workstation.fleet("provision").expect(0)


def _teach(page: LivePage) -> None:
    """Teach the device a word, which it reads from then on."""
    page.command(command="teach", person="maryam", word=_COFFEE, word_en="Coffee", takes=_TAKES, purpose="training")
    page.wait_until_learned(1, keep_doubtful=True)
    page.wait_for_words(1, _COFFEE_ID)


def _correct(page: LivePage) -> None:
    """Correct a word, from which the device learns, and the last one wrongly."""
    page.command(command="consent", action="start", person="sami", purpose="training", minutes=30)
    (wrong,) = page.wait_for_words(1)
    page.command(command="correct", seq=wrong["seq"], text=_TEA)
    page.wait_until_learned(1)
    said = page.wait_for_words(_TAKES + 1, _TEA_ID)
    page.command(command="correct", seq=said[-1]["seq"], sign_id=_WRONG_ID)
    page.command(command="consent", action="stop")


def _take_back(device: Device) -> None:
    """Take the wrong correction back, which would hide Sami's word with any model."""
    taken_back = device.run(_EDGE.format("learning undo"))
    if "version 2 is undone" not in taken_back:
        raise CheckFailed(taken_back)


def _review(collected: Path) -> str:
    """Give the wrongly corrected take its word, reject one take, and accept the others."""
    rejected = 0
    with reviewing(collected, "--labels", collected.parent / "small/labels.json") as review:
        view = _ask(f"{review.url}api/takes")
        while (take := view["take"]) is not None:
            decision = {"verdict": "accepted"}
            if take["person"] == "sami" and take["word"]["arabic"] != _TEA:
                decision["word"] = _TEA
            elif take["person"] == "maryam" and not rejected:
                decision, rejected = {"verdict": "rejected"}, 1
            view = _ask(f"{review.url}api/takes/{take['number']}", decision)
        review.stop()
    return review.output.strip()


def _ask(url: str, body: dict[str, str] | None = None) -> Any:
    """Ask the page of a review, with a decision if there is one. Raises CheckFailed."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60.0) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise CheckFailed(f"{url} answers {body} with {error.code}: {error.read().decode()}") from error
    except (OSError, ValueError) as error:
        raise CheckFailed(f"{url}: {error}") from error


def _improve(site: Site, folder: Path, name: str) -> str:
    """Make a signed bundle of the takes that were collected; return the sentence that compares it."""
    done = _train(
        *("improve", "--from", str(folder / "small"), "--takes", str(folder / "collected")),
        *("--run", str(folder / f"{name}-run"), "--to", str(folder / name), "--version", str(next_version())),
        *("--key", str(site.workstation.folder / "signer.key"), *_QUIET),
    )
    return next(line for line in done.splitlines() if "nowhere worse" in line)


def _train(*arguments: str, code: int = 0) -> str:
    done = subprocess.run([sys.executable, "-m", "trainer", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != code:
        raise CheckFailed(f"{arguments[0]} ends with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
    return done.stdout


def _hear_on_the_other_device(site: Site, bundle: Path, page: LivePage) -> str:
    """Have somebody else sign the taught word before the device that was never taught it."""
    _put_signing(bundle.parent, site.south, "coffee", _COFFEE_SHAPE, 40)
    _provision(site, north="signing", south="coffee")
    title = open_bundle(bundle).manifest.title
    word = page.wait_for_words(1, _COFFEE_ID, _SAID_S)[0]
    if word["model"] != title:
        raise CheckFailed(f"{word['model']} said the word, not {title}")
    return f"south says {word['word_en']} by {title}, {word['confidence']:.2f}"


def _forget(site: Site, folder: Path) -> str:
    """Forget Maryam on devices and workstation, and replace the bundle that was trained with her takes."""
    desk, collected, old = site.workstation, folder / "collected", folder / "next"
    for device in site.devices.values():
        device.run(_EDGE.format("learning forget --person maryam"))
    forget = ("forget", "--person", "maryam", "--takes", str(collected), "--bundles", str(folder))
    listed = _train(*forget, "--store", str(folder / "next-run/takes.store"))
    if f"forgot {_TAKES} takes of maryam in" not in listed or f"in {old}" not in listed:
        raise CheckFailed(listed)
    again = desk.fleet("collect", "--to", str(collected)).expect(0)
    _improve(site, folder, "later")
    # A device does not judge a model by a sign that it was never trained on, so Sami stands before both.
    for device in site.devices.values():
        _put_signing(folder, device, "tea", _TEA_SHAPE, 60)
    _provision(site, north="tea", south="tea")
    desk.fleet("push", str(folder / "later"), "--allow-labels").expect(0, ", proven")
    _provision(site, north="signing", south="coffee")
    for device in site.devices.values():
        device.run(_EDGE.format(f"models remove {installed_name(open_bundle(old))}"))
    shutil.rmtree(old)
    shutil.rmtree(folder / "next-run")
    if "no bundle was trained with takes of maryam" not in (listed := _train(*forget)):
        raise CheckFailed(listed)
    _expect_nothing_of_maryam(site, folder)
    return f"maryam forgotten, then {again.row('north')}"


def _expect_nothing_of_maryam(site: Site, folder: Path) -> None:
    """Raise CheckFailed if a take of hers is left, if a device still says her word, or if the new bundle has it."""
    people = {read_provenance(path).signer for path in (folder / "collected").rglob("*.take.npz*")}
    words = {sign.word for sign in open_bundle(folder / "later").signs}
    if people != {"sami"} or _COFFEE in words or _TEA not in words:
        raise CheckFailed(f"takes of {people}, and a bundle that reads {words & {_COFFEE, _TEA}}")
    for name, device in site.devices.items():
        found = device.attempt("find /var/lib/ishara -path '*maryam*'; grep -rla maryam /var/lib/ishara").stdout
        if found:
            raise CheckFailed(f"{name} still has {found}")
    page = LivePage("south")
    page.wait_until_served()
    seen = len(page.words(_COFFEE_ID))
    time.sleep(_SILENCE_S)
    if len(page.words(_COFFEE_ID)) > seen:
        raise CheckFailed("the device still says her word")
