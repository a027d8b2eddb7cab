"""Pictures of a post that is written anew, and of one that is scheduled, outlive the wait."""

import pytest

from actors.records import ActorRecord
from areas import compose
from areas.compose import scheduling
from areas.media import endings
from areas.records import AreaRecord, Draft, PostRecord
from federation.errors import Refused
from federation.vocabulary import Millis
from tests.areas.media.test_pictures import DAY, is_served, picture, publish
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hanako(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("hanako")


async def test_a_post_that_is_written_anew_keeps_its_pictures_for_a_day(
    rig: Rig, hanako: ActorRecord
) -> None:
    made = await picture(rig, hanako)
    post = await publish(rig, hanako, made.id)
    with pytest.raises(Refused, match="belongs to another post"):
        await publish(rig, hanako, made.id)
    await rig.do(compose.delete, post.id, rig.now, keep_media=True)
    rig.pass_time(DAY - 1)
    await rig.do(endings.end_old, rig.now)
    again = await publish(rig, hanako, made.id)
    assert made.name in again.attachments
    await rig.do(compose.delete, again.id, rig.now)
    assert not await is_served(rig, made.name)


async def test_a_scheduled_post_finds_its_pictures_when_it_is_due(rig: Rig, hanako: ActorRecord) -> None:
    made = await picture(rig, hanako)
    draft = Draft(hanako.id, "x", media_ids=(made.id,))
    due_at = Millis(rig.now + 5 * DAY)
    waiting = await rig.do(scheduling.schedule, draft, due_at, rig.now)
    rig.pass_time(5 * DAY)
    await rig.do(endings.end_old, rig.now)
    post = await rig.do(scheduling.publish_due, waiting.id, rig.now)
    assert isinstance(post, PostRecord)
    assert made.name in post.attachments


async def test_nobody_keeps_anothers_picture_by_scheduling_it(rig: Rig, hanako: ActorRecord) -> None:
    taro = await rig.resident("taro")
    made = await picture(rig, hanako)
    draft = Draft(taro.id, "x", media_ids=(made.id,))
    with pytest.raises(Refused, match="of yours"):
        await rig.do(scheduling.schedule, draft, Millis(rig.now + HOUR), rig.now)
