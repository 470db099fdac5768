"""The models that a device must refuse, a function a check; each returns the sentence that was told."""

from pathlib import Path

from deploy.artifact import open_artifact
from tests.device.device import CheckFailed
from tests.fleet.bundles import FIRST, flip, make_bundle, make_burdened, rewrite
from tests.fleet.checks import is_reading, sentence, serving
from tests.fleet.site import Site, Told
from tests.models.hard_networks import hoarding, turning


def refused(site: Site, path: Path, *told: str, options: tuple[str, ...] = ()) -> Told:
    """A push that the canary refuses: with a sentence, exit 2, the old model serving, and nothing sent to the next."""
    before = [serving(device) for device in site.devices.values()]
    answer = site.desk.fleet("push", str(path), *options).must(2, *told, "not tried, because the canary failed")
    if [serving(device) for device in site.devices.values()] != before or not is_reading(site.north):
        raise CheckFailed(f"the old model does not serve any more: {before}, {serving(site.north)}")
    return answer


def unsigned(site: Site) -> str:
    return sentence(refused(site, make_bundle(site.desk, key=None), "manifest.sig"))


def bad_signature(site: Site) -> str:
    """Signed, and the manifest changed afterwards."""
    bundle = make_bundle(site.desk)
    rewrite(bundle, version=FIRST * 2)
    return sentence(refused(site, bundle, "sign"))


def wrong_key(site: Site) -> str:
    bundle = make_bundle(site.desk, key="elsewhere/stranger.key")
    return sentence(refused(site, bundle, "stranger"))


def flipped_byte(site: Site) -> str:
    bundle = make_bundle(site.desk)
    flip(bundle / "model.onnx")
    return sentence(refused(site, bundle, "model.onnx"))


def truncated(site: Site) -> str:
    whole = open_artifact(make_bundle(site.desk)).content
    short = site.desk.folder / "short.tar"
    short.write_bytes(whole[: len(whole) // 512 // 2 * 512])
    return sentence(refused(site, short, "short.tar"))


def slow(site: Site) -> str:
    """A network that takes longer than the time between two looks of the spotter."""
    return sentence(refused(site, make_burdened(site.desk, turning(4_000_000)), "to be read every"))


def endless(site: Site) -> str:
    return sentence(
        refused(site, make_burdened(site.desk, turning(10**12)), "more of the processor's time than it may")
    )


def greedy(site: Site) -> str:
    return sentence(refused(site, make_burdened(site.desk, hoarding(4000)), "more memory than it may have"))


def downgrade(site: Site) -> str:
    bundle = make_bundle(site.desk, version=FIRST - 1)
    told = sentence(refused(site, bundle, "older than"))
    site.desk.fleet("push", str(bundle), "--allow-downgrade", "--until", "healthy").must(0)
    site.desk.fleet("push", str(make_bundle(site.desk)), "--until", "healthy").must(0)
    return f"{told}; with the option it is taken"


def full_disk(site: Site) -> str:
    """Full in the middle of the transfer, and then with just too little room to install."""
    bundle = make_bundle(site.desk)
    free = int(site.north.run("df --output=avail --block-size=1 / | tail -1"))
    size = len(open_artifact(bundle).content)
    try:
        site.north.run(f"fallocate --length {free - size // 2} /root/ballast")
        on_its_way = sentence(refused(site, bundle, "disk is full"))
        free = int(site.north.run("rm /root/ballast; df --output=avail --block-size=1 / | tail -1"))
        site.north.run(f"fallocate --length {free - size * 5 // 4} /root/ballast")
        at_the_door = sentence(refused(site, bundle, "room"))
    finally:
        site.north.run("rm -f /root/ballast")
    return f"{on_its_way}; {at_the_door}"
