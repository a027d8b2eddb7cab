"""The file of a backup: what is read back is what was written, or it is refused."""

import io
import json
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from federation.errors import Refused
from tests.faults.places import can_mount, mount
from web.backups.archive import (
    CONFIGURATION,
    DESCRIPTION,
    FORMAT,
    MANIFEST,
    SECRET,
    Description,
    Reader,
    Writer,
    encode,
)

PICTURE = "media/0a/" + "0a" * 16
CONTENT = {
    DESCRIPTION: b"",
    CONFIGURATION: b'domain = "chitose.example"\n',
    SECRET: random.Random(1).randbytes(48),
    "tables/posts": random.Random(2).randbytes(3000),
    PICTURE: random.Random(3).randbytes(50_000),
}


def describe(**more: object) -> Description:
    told: dict[str, object] = {
        "format": FORMAT,
        "version": "1.2.3",
        "schema": "0001",
        "database": "postgresql",
        "domain": "chitose.example",
        "media": "here",
        "made_at": 1,
        **more,
    }
    return Description(**told)  # type: ignore[arg-type]


def write(path: Path, **more: object) -> Path:
    with Writer(path) as archive:
        for name, data in CONTENT.items():
            archive.add(name, encode(describe(**more)) if name == DESCRIPTION else data)
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    backup = Reader(write(tmp_path / "a.backup"))
    assert backup.description == describe()
    for name, data in CONTENT.items():
        assert name == DESCRIPTION or backup.read(name) == data
    backup.extract(PICTURE, tmp_path / "deep" / "picture")
    assert (tmp_path / "deep" / "picture").read_bytes() == CONTENT[PICTURE]
    assert (tmp_path / "deep" / "picture").stat().st_mode & 0o777 == 0o600


def test_it_is_a_tar_for_everybody_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.backup")
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(path) as tar:
        member = tar.extractfile(MANIFEST)
        assert member is not None
        assert json.load(member)[SECRET]["size"] == 48


def test_an_existing_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    path.write_text("of last week")
    with pytest.raises(Refused, match="exists already"):
        write(path)
    assert path.read_text() == "of last week"


def test_what_was_not_finished_has_no_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), Writer(tmp_path / "a.backup") as archive:
        archive.add_file(SECRET, tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_any_changed_byte_is_seen_or_changes_nothing(tmp_path: Path) -> None:
    """Names, sizes and contents are in a digest; what is not (padding between members) is not read either."""
    whole = write(tmp_path / "a.backup").read_bytes()
    seen = 0
    chance = random.Random(4)
    for place in chance.sample(range(len(whole)), 400):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        path = tmp_path / "damaged.backup"
        path.write_bytes(damaged)
        try:
            backup = Reader(path)
        except Refused:
            seen += 1
            continue
        assert backup.description == describe()
        assert all(backup.read(name) == data for name, data in CONTENT.items() if name != DESCRIPTION)
    assert seen > 50


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.8, 0.95])
def test_a_file_that_ends_early_is_damaged(tmp_path: Path, share: float) -> None:
    path = write(tmp_path / "a.backup")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(Refused, match="damaged"):
        Reader(path)


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("hello"), io.BytesIO())
    with pytest.raises(Refused, match="no backup"):
        Reader(path)
    with pytest.raises(Refused, match="No such file"):
        Reader(tmp_path / "nowhere")


def test_a_newer_format_is_refused_by_its_first_member(tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    told = {**json.loads(encode(describe())), "format": FORMAT + 1, "version": "9.0", "more": True}
    with Writer(path) as archive:
        archive.add(DESCRIPTION, json.dumps(told).encode())
    with pytest.raises(Refused, match=r"9\.0, which is newer"):
        Reader(path)


def _link(tar: tarfile.TarFile) -> None:
    info = tarfile.TarInfo(PICTURE)
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    tar.addfile(info)


def _climb(tar: tarfile.TarFile) -> None:
    tar.addfile(tarfile.TarInfo("media/../../etc/passwd"), io.BytesIO())


def _twice(tar: tarfile.TarFile) -> None:
    for _ in range(2):
        tar.addfile(tarfile.TarInfo(SECRET), io.BytesIO())


@pytest.mark.parametrize("attack", [_link, _climb, _twice])
def test_nothing_gets_out_of_the_folder(tmp_path: Path, attack: Callable[[tarfile.TarFile], None]) -> None:
    """Whoever can give an operator a file must not write where he wants."""
    path = tmp_path / "a.backup"
    with tarfile.open(path, "w") as tar:
        data = encode(describe())
        info = tarfile.TarInfo(DESCRIPTION)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
        attack(tar)
    with pytest.raises(Refused, match="does not belong"):
        Reader(path)


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    if not can_mount():
        pytest.skip("only root can mount a small disk")
    with mount(tmp_path / "disk", 64) as disk:
        with pytest.raises(Refused, match="No space left"), Writer(disk.path / "a.backup") as archive:
            archive.add(DESCRIPTION, bytes(1 << 20))
        assert list(disk.path.iterdir()) == []
