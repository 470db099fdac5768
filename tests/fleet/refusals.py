"""The models that a device must refuse; each function returns the sentence of the refusal."""

from pathlib import Path

from deploy.artifact import open_artifact
from tests.device.device import CheckFailed
from tests.fleet.bundles import FIRST, flip, make_bundle, make_with_extra_nodes, rewrite
from tests.fleet.checks import active_bundle, canary_outcome, is_processing
from tests.fleet.site import CommandResult, Site
from tests.models.hard_networks import large_allocation, slow_loop


def expect_refusal(site: Site, path: Path, *expected: str, options: tuple[str, ...] = ()) -> CommandResult:
    """Expect a refusal by the canary: a sentence, exit code 2, the old model active, the next host untouched."""
    before = [active_bundle(device) for device in site.devices.values()]
    result = site.workstation.fleet("push", str(path), *options).expect(
        2, *expected, "not tried, because the canary failed"
    )
    if [active_bundle(device) for device in site.devices.values()] != before or not is_processing(site.north):
        raise CheckFailed(f"the old model is no longer active: {before}, {active_bundle(site.north)}")
    return result


def unsigned(site: Site) -> str:
    return canary_outcome(expect_refusal(site, make_bundle(site.workstation, key=None), "manifest.sig"))


def bad_signature(site: Site) -> str:
    """The manifest was changed after it was signed."""
    bundle = make_bundle(site.workstation)
    rewrite(bundle, version=FIRST * 2)
    return canary_outcome(expect_refusal(site, bundle, "sign"))


def wrong_key(site: Site) -> str:
    bundle = make_bundle(site.workstation, key="elsewhere/stranger.key")
    return canary_outcome(expect_refusal(site, bundle, "stranger"))


def flipped_byte(site: Site) -> str:
    bundle = make_bundle(site.workstation)
    flip(bundle / "model.onnx")
    return canary_outcome(expect_refusal(site, bundle, "model.onnx"))


def truncated(site: Site) -> str:
    """It is refused before any device is asked."""
    whole = open_artifact(make_bundle(site.workstation)).content
    short = site.workstation.folder / "short.tar"
    short.write_bytes(whole[: len(whole) // 512 // 2 * 512])
    return site.workstation.fleet("push", str(short)).expect(2, "short.tar is truncated").err.strip()


def slow(site: Site) -> str:
    """A network that takes longer than the stride of the spotter."""
    return canary_outcome(
        expect_refusal(site, make_with_extra_nodes(site.workstation, slow_loop(1_000_000)), "that is due every")
    )


def endless(site: Site) -> str:
    return canary_outcome(
        expect_refusal(site, make_with_extra_nodes(site.workstation, slow_loop(10**12)), "limit of processor time")
    )


def greedy(site: Site) -> str:
    return canary_outcome(
        expect_refusal(
            site, make_with_extra_nodes(site.workstation, large_allocation(4000)), "more memory than its limit"
        )
    )


def downgrade(site: Site) -> str:
    bundle = make_bundle(site.workstation, version=FIRST - 1)
    expected = canary_outcome(expect_refusal(site, bundle, "older than"))
    site.workstation.fleet("push", str(bundle), "--allow-downgrade", "--until", "healthy").expect(0)
    site.workstation.fleet("push", str(make_bundle(site.workstation)), "--until", "healthy").expect(0)
    return f"{expected}; with the option it is accepted"


def full_disk(site: Site) -> str:
    """The disk is full in the middle of the transfer, and then lacks the room to install."""
    bundle = make_bundle(site.workstation)
    free = int(site.north.run("df --output=avail --block-size=1 / | tail -1"))
    size = len(open_artifact(bundle).content)
    try:
        site.north.run(f"fallocate --length {free - size // 2} /root/ballast")
        on_its_way = canary_outcome(expect_refusal(site, bundle, "disk is full"))
        free = int(site.north.run("rm /root/ballast; df --output=avail --block-size=1 / | tail -1"))
        site.north.run(f"fallocate --length {free - size * 5 // 4} /root/ballast")
        at_the_door = canary_outcome(expect_refusal(site, bundle, "room"))
    finally:
        site.north.run("rm -f /root/ballast")
    return f"{on_its_way}; {at_the_door}"
