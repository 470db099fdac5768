import hashlib
import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from deploy.artifact import ArtifactUnusable, open_artifact
from edge.config import SHIPPED_MODEL
from tests.models.hostile_tars import HOSTILE_TARS


def test_bundle_is_always_packed_into_the_same_bytes(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED_MODEL, tmp_path / SHIPPED_MODEL.name)
    for path in (tmp_path / SHIPPED_MODEL.name).iterdir():
        os.utime(path, (1, 1))
        path.chmod(0o600)
    first, second = open_artifact(SHIPPED_MODEL), open_artifact(tmp_path / SHIPPED_MODEL.name)
    assert first.content == second.content
    with tarfile.open(fileobj=io.BytesIO(first.content)) as tar:
        unpacked = {member.name: tar.extractfile(member) for member in tar}
        assert {name: file.read() for name, file in unpacked.items() if file is not None} == {
            f"{first.installed_name}/{path.name}": path.read_bytes() for path in SHIPPED_MODEL.iterdir()
        }


def test_bundle_and_its_tar_have_the_name_of_the_installed_folder(tmp_path: Path) -> None:
    artifact = open_artifact(SHIPPED_MODEL)
    (tmp_path / "any.tar").write_bytes(artifact.content)
    digest = hashlib.sha256((SHIPPED_MODEL / "manifest.json").read_bytes()).hexdigest()
    assert artifact.installed_name is not None
    assert artifact.installed_name.startswith("karsl-230-")
    assert artifact.installed_name.endswith(f"-{digest[:8]}")
    assert open_artifact(tmp_path / "any.tar").installed_name == artifact.installed_name


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("")
    (tmp_path / "other-1.0-py3-none-any.whl").write_text("")
    (tmp_path / "broken.tar").write_text("no tar")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "manifest.json").write_text("[]")
    for name, message in (
        ("letter.txt", "is neither a bundle"),
        ("other-1.0-py3-none-any.whl", "is neither a bundle"),
        ("broken.tar", "nor a .tar of one"),
        ("odd", "has no name and version"),
        (".", "is no bundle: it contains no manifest.json"),
        ("nothing", "does not exist"),
    ):
        with pytest.raises(ArtifactUnusable, match=message):
            open_artifact(tmp_path / name)


@pytest.mark.parametrize("kind", HOSTILE_TARS)
def test_tar_with_a_negative_size_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    (tmp_path / "hostile.tar").write_bytes(HOSTILE_TARS[kind])
    with pytest.raises(ArtifactUnusable, match="hostile.tar"):
        open_artifact(tmp_path / "hostile.tar")


def test_only_files_of_a_bundle_are_sent(tmp_path: Path) -> None:
    bundle = shutil.copytree(SHIPPED_MODEL, tmp_path / SHIPPED_MODEL.name)
    (bundle / "notes.txt").write_text("of the operator")
    assert open_artifact(bundle).content == open_artifact(SHIPPED_MODEL).content
    (bundle / "README.md").unlink()
    (bundle / "README.md").symlink_to("notes.txt")
    with pytest.raises(ArtifactUnusable, match=r"README\.md cannot be read: it is a symlink"):
        open_artifact(bundle)
