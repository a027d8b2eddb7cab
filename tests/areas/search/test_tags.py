"""Tags by how they begin."""

import pytest

from actors.records import ActorRecord
from areas.search import tags
from tests.areas.search.rig import Archive

pytestmark = pytest.mark.anyio


async def test_by_how_they_begin(town: Archive, hanako: ActorRecord) -> None:
    for text in ("#snow #snowman #恵庭", "#Snowfall", "#SNOWFALL #rain", "#恵庭市"):
        town.pass_time()
        await town.publish(hanako, text)

    async def find(query: str, limit: int = 20) -> list[tuple[str, int]]:
        return [(each.name, each.posts) for each in await town.do(tags.search, query, limit)]

    assert await find("Snow") == [("snow", 1), ("snowfall", 2), ("snowman", 1)]
    assert await find("snow", 2) == [("snow", 1), ("snowfall", 2)]
    assert await find("#恵") == await find("恵") == [("恵庭", 1), ("恵庭市", 1)]
    assert await find("summer") == await find("") == await find(" ") == []


async def test_many_posts_of_one_tag_are_not_counted_all(
    town: Archive, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "COUNTED", 3)
    for _ in range(5):
        town.pass_time()
        await town.publish(hanako, "#snow")
    assert [each.posts for each in await town.do(tags.search, "snow")] == [3]
