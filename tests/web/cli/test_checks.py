"""`kairanban check` says where pictures cannot be kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.testrig.buckets import open_bucket
from tests.testrig.world import make_settings
from web.cli import installation

pytestmark = pytest.mark.anyio


async def wrong(folder: Path, media_url: str) -> list[str]:
    settings = replace(
        make_settings("chitose.example", folder, "sqlite+aiosqlite:///unused"), media_url=media_url
    )
    found: list[str] = (await installation.check(settings)).data["wrong"]
    return found


async def test_a_folder_that_can_be_written_is_well_and_left_as_it_was(tmp_path: Path) -> None:
    assert await wrong(tmp_path, f"file:{tmp_path}/media") == []
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file")
    (found,) = await wrong(tmp_path, f"file:{tmp_path}/media")
    assert found.startswith("media_url: the media folder:")


async def test_a_bucket_is_tried(tmp_path: Path) -> None:
    async with open_bucket() as bucket:
        assert await wrong(tmp_path, bucket.url) == []
        assert bucket.objects == {}
        bucket.status = 403
        (found,) = await wrong(tmp_path, bucket.url)
    assert found.startswith("media_url: the media bucket:")
