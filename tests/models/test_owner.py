"""Root changes nothing in a folder that another user owns: it becomes that user first, for good."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from edge.__main__ import main
from models.bundle import open_bundle
from models.installation import remove_leftovers
from models.owner import OwnerUnusable, become_owner
from models.store import BundleStore, StoreUnusable
from tests.models.stock import MakeBundle

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to other users")

OWNER: Final = 60_123


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: MakeBundle) -> Path:
    """The service's folder, which lies in one that only root may enter, as systemd arranges it, and a link to it."""
    monkeypatch.setattr("models.transactions.run_smoke_test", lambda *_: "")
    open_bundle(make(2))  # loads what is loaded late, since perhaps only root may read this Python
    (tmp_path / "private").mkdir(mode=0o700)
    (tmp_path / "private" / "state").mkdir()
    os.chown(tmp_path / "private" / "state", OWNER, OWNER)
    (tmp_path / "state").symlink_to("private/state")
    monkeypatch.setenv("ISHARA_MODEL_STORE", str(tmp_path / "state" / "models"))
    return tmp_path / "state"


def in_child(action: Callable[[], object]) -> int:
    """Return the exit code of a process that does it: 0 if it returns nothing or 0, 1 where an exception ends it."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            code = 1 if action() else 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def install(bundle: Path) -> int:
    return in_child(lambda: main(["models", "install", str(bundle), "--activate", "--allow-labels"]))


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in folder.resolve().rglob("*")}


def test_bundle_that_only_root_may_read_is_installed_for_the_service(state: Path, make: MakeBundle) -> None:
    for bundle in (make(3), make(4)):
        bundle.chmod(0o700)
        assert install(bundle) == 0
    assert owners(state) == {OWNER}

    def roll_back() -> None:
        become_owner(state)
        assert BundleStore(Path("models")).rollback("as the service does") is not None

    assert in_child(roll_back) == 0
    assert "tiny-3-" in str((state / "models" / "current").readlink())


def test_operator_activates_and_rolls_back_as_the_service(state: Path, make: MakeBundle) -> None:
    for version in (3, 4):
        assert install(make(version)) == 0
    assert in_child(lambda: main(["models", "rollback"])) == 0
    (fourth,) = (state / "models").glob("tiny-4-*")
    assert in_child(lambda: main(["models", "activate", fourth.name])) == 0
    assert owners(state) == {OWNER}
    assert str((state / "models" / "current").readlink()) == fourth.name


def test_folder_that_becomes_a_symlink_meanwhile_costs_root_nothing(
    state: Path, make: MakeBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service's user swaps `incoming` between its check and its use."""
    (tmp_path / "of root").mkdir()
    (tmp_path / "of root" / ".profile").write_text("precious")

    def swap(root: Path, spared: str | None) -> None:
        (root / "incoming").rename(root / "aside")
        (root / "incoming").symlink_to(tmp_path / "of root")
        remove_leftovers(root, spared)

    monkeypatch.setattr("models.transactions.remove_leftovers", swap)
    assert install(make(3)) != 0
    assert (tmp_path / "of root" / ".profile").read_text() == "precious"
    assert names(tmp_path / "of root") == [".profile"]


def test_root_leaves_the_store_of_another_user_alone(state: Path, make: MakeBundle) -> None:
    with pytest.raises(StoreUnusable, match="which another user owns"):
        BundleStore(state / "models").install(make(3))
    assert names(state) == []


def test_root_does_not_follow_symlinks_of_another_user(state: Path, tmp_path: Path) -> None:
    (tmp_path / "of root").mkdir()
    (state / "models").symlink_to(tmp_path / "of root")
    os.chown(state / "models", OWNER, OWNER, follow_symlinks=False)

    def change() -> None:
        (become_owner(state / "models") / "new").write_text("")

    assert in_child(change) == 1
    os.chown(state.resolve(), 0, 0)
    with pytest.raises(OwnerUnusable, match="cannot be made to change"):
        become_owner(state / "models")
    assert names(tmp_path / "of root") == []
