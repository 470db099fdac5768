import hashlib
import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from deploy.artifact import ArtifactUnusable, open_artifact
from edge.config import SHIPPED_MODEL


def test_a_bundle_is_packed_into_the_same_bytes_whenever_and_wherever(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED_MODEL, tmp_path / SHIPPED_MODEL.name)
    for path in (tmp_path / SHIPPED_MODEL.name).iterdir():
        os.utime(path, (1, 1))
        path.chmod(0o600)
    here, there = open_artifact(SHIPPED_MODEL), open_artifact(tmp_path / SHIPPED_MODEL.name)
    assert here.content == there.content
    with tarfile.open(fileobj=io.BytesIO(here.content)) as tar:
        unpacked = {member.name: tar.extractfile(member) for member in tar}
        assert {name: file.read() for name, file in unpacked.items() if file is not None} == {
            f"{SHIPPED_MODEL.name}/{path.name}": path.read_bytes() for path in SHIPPED_MODEL.iterdir()
        }


def test_a_bundle_and_its_tar_are_known_by_the_name_they_get_on_the_device(tmp_path: Path) -> None:
    parcel = open_artifact(SHIPPED_MODEL)
    (tmp_path / "any.tar").write_bytes(parcel.content)
    digest = hashlib.sha256((SHIPPED_MODEL / "manifest.json").read_bytes()).hexdigest()
    assert parcel.installed_name is not None
    assert parcel.installed_name.startswith("karsl-190-")
    assert parcel.installed_name.endswith(f"-{digest[:8]}")
    assert open_artifact(tmp_path / "any.tar").installed_name == parcel.installed_name


def test_what_is_neither_bundle_nor_wheel_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("")
    (tmp_path / "other-1.0-py3-none-any.whl").write_text("")
    (tmp_path / "broken.tar").write_text("no tar")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "manifest.json").write_text("[]")
    for name, told in (
        ("letter.txt", "is neither a bundle"),
        ("other-1.0-py3-none-any.whl", "is neither a bundle"),
        ("broken.tar", "is no tar"),
        ("odd", "tells no name and version"),
        (".", "is no bundle: it has no manifest.json"),
        ("nothing", "there is no"),
    ):
        with pytest.raises(ArtifactUnusable, match=told):
            open_artifact(tmp_path / name)
