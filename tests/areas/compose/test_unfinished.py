"""What somebody has written and not published: hers alone, few, and not for ever; its pictures as long as it."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import accounts
from areas.compose import unfinished
from areas.compose.unfinished import LIFETIME, MOST, Unfinished
from areas.media import endings, uploads
from areas.records import AreaRecord
from areas.tables import posts
from federation.vocabulary import Millis
from tests.areas.media.test_pictures import DAY, picture, publish
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hanako(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("hanako")


async def account(rig: Rig, number: int = 1) -> int:
    def make(tx: sa.Connection) -> int:
        values = {"id": number, "created_at": rig.now}
        tx.execute(sa.insert(accounts).values(**values))
        return number

    made: int = await rig.do(make)
    return made


def sheet(rig: Rig, author: ActorRecord, key: str = "k", text: str = "花が", *media: int) -> Unfinished:
    return Unfinished(key, author.id, {"text": text}, media, "", rig.now)


async def test_what_was_written_last_is_there_again_for_its_account_alone(
    rig: Rig, hanako: ActorRecord
) -> None:
    hers, others = await account(rig), await account(rig, 2)
    await rig.do(unfinished.keep, hers, sheet(rig, hanako))
    await rig.do(unfinished.keep, hers, replace(sheet(rig, hanako, text="花が咲"), error="長い"))
    found = await rig.do(unfinished.find, hers, "k", rig.now)
    assert found == replace(sheet(rig, hanako, text="花が咲"), error="長い")
    assert await rig.do(unfinished.list_of, hers, rig.now) == (found,)
    assert await rig.do(unfinished.find, others, "k", rig.now) is None
    assert await rig.do(unfinished.list_of, others, rig.now) == ()
    await rig.do(unfinished.drop, others, "k", rig.now)
    assert await rig.do(unfinished.find, hers, "k", rig.now) == found
    assert await rig.count(posts) == 0


async def test_the_one_touched_longest_ago_makes_room(rig: Rig, hanako: ActorRecord) -> None:
    hers = await account(rig)
    for number in range(MOST + 1):
        rig.pass_time(1)
        await rig.do(unfinished.keep, hers, sheet(rig, hanako, f"k{number}"))
    left = await rig.do(unfinished.list_of, hers, rig.now)
    assert [each.key for each in left] == [f"k{number}" for number in range(MOST, 0, -1)]


async def test_what_nobody_touches_goes_by_itself(rig: Rig, hanako: ActorRecord) -> None:
    hers = await account(rig)
    await rig.do(unfinished.keep, hers, sheet(rig, hanako, "old"))
    rig.pass_time(LIFETIME - 1)
    await rig.do(unfinished.keep, hers, sheet(rig, hanako, "new"))
    assert await rig.do(unfinished.sweep, rig.now) == 0
    rig.pass_time(1)
    assert await rig.do(unfinished.find, hers, "old", rig.now) is None, "nobody waits for the sweep"
    assert await rig.do(unfinished.sweep, rig.now) == 1
    assert [each.key for each in await rig.do(unfinished.list_of, hers, rig.now)] == ["new"]
    await rig.do(unfinished.drop_all, hers, rig.now)
    assert await rig.do(unfinished.list_of, hers, rig.now) == ()


async def test_its_pictures_stay_as_long_as_it_and_no_longer(rig: Rig, hanako: ActorRecord) -> None:
    hers = await account(rig)
    kept, taken_out = await picture(rig, hanako), await picture(rig, hanako)
    await rig.do(unfinished.keep, hers, sheet(rig, hanako, "k", "花", kept.id, taken_out.id))
    await rig.do(unfinished.keep, hers, sheet(rig, hanako, "k", "花", kept.id))
    assert await rig.do(endings.end_old, Millis(rig.now + DAY)) == 1
    assert await rig.do(uploads.find_media, taken_out.id) is None
    assert await rig.do(uploads.find_media, kept.id) is not None
    await rig.do(unfinished.drop, hers, "k", rig.now)
    assert await rig.do(endings.end_old, Millis(rig.now + DAY)) == 1
    assert await rig.do(uploads.find_media, kept.id) is None


async def test_it_decides_nothing_about_pictures_of_others_or_of_posts(rig: Rig, hanako: ActorRecord) -> None:
    hers, taro = await account(rig), await rig.resident("taro")
    his, posted = await picture(rig, taro), await picture(rig, hanako)
    await publish(rig, hanako, posted.id)
    await rig.do(unfinished.keep, hers, sheet(rig, hanako, "k", "花", his.id, posted.id))
    assert await rig.do(endings.end_old, Millis(rig.now + DAY)) == 1
    assert await rig.do(uploads.find_media, his.id) is None, "nobody keeps what is not hers"
    await rig.do(unfinished.drop, hers, "k", rig.now)
    assert await rig.do(endings.end_old, Millis(rig.now + LIFETIME + DAY)) == 0
    assert await rig.do(uploads.find_media, posted.id) is not None
