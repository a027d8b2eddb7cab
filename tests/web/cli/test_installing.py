"""`kairanban init`: what it writes is for nobody else to read, and it writes nothing over a node that is there."""

from pathlib import Path

import pytest

from federation.errors import Refused
from web.cli.installation import Installation, install

pytestmark = pytest.mark.anyio


def wish(folder: Path, domain: str = "town.example", **words: str) -> Installation:
    given = {"database_url": None, "base_url": None, "admin": None, "email": None, **words}
    return Installation(domain=domain, directory=folder, **given)


def files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("kairanban.toml", "secret.key")}


async def test_a_folder_has_one_node(tmp_path: Path) -> None:
    await install(wish(tmp_path))
    before = files(tmp_path)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("*.*")} == {0}
    with pytest.raises(Refused, match="exists already"):
        await install(wish(tmp_path, "other.example"))
    assert files(tmp_path) == before


async def test_what_cannot_be_leaves_nothing(tmp_path: Path) -> None:
    for words in ({"admin": "hanako"}, {"admin": "hanako", "email": "nobody"}):
        with pytest.raises(Refused):
            await install(wish(tmp_path / "new", **words))
        assert not [path for path in tmp_path.rglob("*.*") if path.suffix in {".toml", ".key"}]
