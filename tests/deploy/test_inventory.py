import re
from pathlib import Path

import pytest

from deploy.configuration import configuration
from deploy.inventory import AppSection, FleetInventory, HostSection, InventoryInvalid, load_inventory, waves
from deploy.plan import plan
from edge.installation.program import ProgramFiles, Release
from models.keys import generate_keys

REACHABLE = 'user = "keeper"\n'

RELEASE = Release("1-00000000", ProgramFiles(Path("ishara-1-py3-none-any.whl"), Path("l")))


def write(folder: Path, text: str) -> Path:
    (folder / "fleet.toml").write_text(text)
    return folder / "fleet.toml"


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(InventoryInvalid) as refused:
        load_inventory(write(folder, text))
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_settings_of_a_host_override_the_defaults(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[defaults]\nuser = "keeper"\nport = 2222\nconfig = "edge.toml"\n'
        'values = { rotation = 90, source = "/dev/video0" }\n'
        '[hosts.entrance]\naddress = "192.0.2.1"\n'
        '[hosts.hall]\nuser = "other"\nport = 22\nname = "big-hall"\nvalues = { source = "picamera:0" }\n',
    )
    entrance, hall = load_inventory(path).entries()
    assert (entrance.address, entrance.port, entrance.user, entrance.name) == ("192.0.2.1", 2222, "keeper", "entrance")
    assert (hall.address, hall.port, hall.user, hall.name) == ("hall", 22, "other", "big-hall")
    assert hall.values == {"rotation": 90, "source": "picamera:0"}
    assert hall.config == tmp_path / "edge.toml"


def test_inventory_and_template_may_come_from_an_editor_of_windows(tmp_path: Path) -> None:
    mark, inventory = b"\xef\xbb\xbf", tmp_path / "fleet.toml"
    inventory.write_bytes(mark + b'[hosts.entrance]\r\nuser = "keeper"\r\nconfig = "edge.toml"\r\n')
    (tmp_path / "edge.toml").write_bytes(mark + b"device = {{ device }}\r\n")
    (entry,) = load_inventory(inventory).entries()
    assert configuration(entry, tmp_path / "edge.toml").text == 'device = "entrance"\n'
    inventory.write_text("[hosts.entrance]", encoding="utf-16")
    with pytest.raises(InventoryInvalid, match="UTF-16; save it as UTF-8"):
        load_inventory(inventory)


def test_trusted_keys_that_would_replace_each_other_are_refused(tmp_path: Path) -> None:
    hosts = f"[hosts.a]\n{REACHABLE}"
    one = "trusted_keys = ['workshop/ishara.pub', 'institute/ishara.pub']\n"
    assert refusal(tmp_path, one + hosts) == (
        f"the inventory {tmp_path / 'fleet.toml'} is wrong: trusted_keys: {tmp_path / 'workshop/ishara.pub'} and "
        f"{tmp_path / 'institute/ishara.pub'} have one name, under which a device keeps one key: rename one"
    )
    two = "trusted_keys = ['workshop/ishara.pub', 'institute/institute.pub']\n"
    assert len(load_inventory(write(tmp_path, two + hosts)).trusted_keys) == 2


def test_canaries_come_before_the_waves(tmp_path: Path) -> None:
    hosts = {"a": "wave = 2", "b": "", "c": "canary = true", "d": "wave = 1", "e": "canary = true\nwave = 3"}
    text = "".join(f"[hosts.{name}]\n{REACHABLE}{more}\n" for name, more in hosts.items())
    found = waves(load_inventory(write(tmp_path, text)).entries())
    assert [[entry.host for entry in wave] for wave in found] == [["c", "e"], ["b", "d"], ["a"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[hosts.a]\nuser = 'k'\nprot = 22\n", "there is no key hosts.a.prot"),
        ("[hosts.a]\n", "hosts.a has no user"),
        ("[hosts.a]\nuser = 'k'\nport = 0\n", "hosts.a.port: Input should be greater than or equal to 1, not 0"),
        ("[hosts]\n", "there is no [hosts.NAME]"),
        ("known_hosts = 'x'\n", "hosts is missing"),
        (
            "[hosts.a]\nuser = 'k'\nname = 'x'\n[hosts.b]\nuser = 'k'\nname = 'x'\n",
            "two hosts have the same device name",
        ),
        ("[hosts.a]\nuser = 'k'\n[hosts.b]\nuser = 'k'\naddress = 'a'\n", "two hosts have the same address and port"),
        ("[hosts.a]\nuser = 'k'\n[hosts.a.credentials]\nshadow = 'x'\n", "hosts.a.credentials.shadow: "),
        ("[hosts.'a b']\nuser = 'k'\n", "hosts.a b: "),
        ("hosts = ", "is not TOML"),
    ],
)
def test_wrong_inventory_is_refused_by_its_key(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal(tmp_path, text)


def test_unknown_host_is_refused(tmp_path: Path) -> None:
    inventory = load_inventory(write(tmp_path, f"[hosts.a]\n{REACHABLE}[hosts.b]\n{REACHABLE}"))
    assert [entry.host for entry in inventory.chosen(("b",))] == ["b"]
    with pytest.raises(InventoryInvalid, match="the inventory has no host c; it has a, b"):
        inventory.chosen(("c",))


def templated(folder: Path, template: str, values: str) -> str:
    (folder / "edge.toml").write_text(template)
    host = f'[hosts.entrance]\nuser = "k"\nconfig = "edge.toml"\nvalues = {values}\n'
    return configuration(load_inventory(write(folder, host)).entries()[0], folder / "edge.toml").text


def test_template_is_rendered(tmp_path: Path) -> None:
    template = "device = {{ device }}\n[camera]\nsource = {{ source }}\nrotation_degrees = {{ rotation }}\n"
    template += "mirror = {{ mirror }}\n"
    text = templated(tmp_path, template, """{ source = 'a "quoted" \\ name', rotation = 90, mirror = true }""")
    assert text == (
        'device = "entrance"\n[camera]\nsource = "a \\"quoted\\" \\\\ name"\nrotation_degrees = 90\nmirror = true\n'
    )


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("device = {{ device }}\n[camera]\nsource = {{ source }}\n", "'source' is undefined"),
        ("device = {{ device }}\nnonsense = 1\n", "there is no key nonsense"),
        ("device = {{ device }}\n[camera]\nrotation_degrees = {{ rotation }}\n", "camera.rotation_degrees"),
        ('device = "elsewhere"\n', "names the device elsewhere, not entrance"),
        ("device = {{ device\n", "hosts.entrance: "),
    ],
)
def test_template_is_validated_by_the_daemons_own_rules(tmp_path: Path, template: str, message: str) -> None:
    with pytest.raises(InventoryInvalid) as refused:
        templated(tmp_path, template, "{ rotation = 45 }")
    assert message in str(refused.value)
    assert "hosts.entrance" in str(refused.value)


def test_example_is_valid_and_names_every_key() -> None:
    path = Path(__file__).parents[2] / "deploy" / "fleet.toml"
    assert [[entry.host for entry in wave] for wave in waves(load_inventory(path).entries())] == [
        ["entrance"],
        ["hall"],
    ]
    for section in (FleetInventory, AppSection, HostSection):
        for key in set(section.model_fields) - {"app", "defaults", "hosts"}:
            assert re.search(rf"^(# )?{key} = ", path.read_text(), re.MULTILINE), key


def test_trusted_keys_and_demanded_signatures_must_agree(tmp_path: Path) -> None:
    generate_keys(tmp_path, "ishara")
    (tmp_path / "edge.toml").write_text("device = {{ device }}\n")
    host = (
        '[hosts.entrance]\nuser = "k"\nconfig = "edge.toml"\n[app]\nwheel = "ishara-1-py3-none-any.whl"\nlock = "l"\n'
    )
    inventory = load_inventory(write(tmp_path, f'trusted_keys = ["ishara.pub"]\n{host}'))
    with pytest.raises(InventoryInvalid, match=r'must say \[model\] trusted_keys = "/etc/ishara/keys"'):
        plan(inventory, inventory.entries()[0], RELEASE)
    (tmp_path / "edge.toml").write_text('device = {{ device }}\n[model]\ntrusted_keys = "/etc/ishara/keys"\n')
    for name in ("ishara-1-py3-none-any.whl", "l"):
        (tmp_path / name).write_text("")
    keys = plan(inventory, inventory.entries()[0], RELEASE).keys
    assert [key.path for key in keys or ()] == ["/etc/ishara/keys/ishara.pub"]
    bare = load_inventory(write(tmp_path, host))
    with pytest.raises(InventoryInvalid, match="demands signatures, but the inventory has no trusted_keys"):
        plan(bare, bare.entries()[0], RELEASE)


def test_device_gets_the_packages_of_what_is_configured(tmp_path: Path) -> None:
    for name in ("ishara-1-py3-none-any.whl", "l"):
        (tmp_path / name).write_text("")
    app = '[app]\nwheel = "ishara-1-py3-none-any.whl"\nlock = "l"\n'
    inventory = load_inventory(write(tmp_path, f'{app}[hosts.entrance]\n{REACHABLE}config = "edge.toml"\n'))

    def packages(sections: str) -> set[str]:
        (tmp_path / "edge.toml").write_text(f"device = {{{{ device }}}}\n{sections}")
        return set(plan(inventory, inventory.entries()[0], RELEASE).packages)

    silent = packages("")
    assert packages("[speech]\n") - silent == {"espeak-ng", "alsa-utils"}
    assert "libgbm1" in packages("[captions]\n") - silent
