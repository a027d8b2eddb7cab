"""Who is shut out of which area, and for how long."""

import pytest

from actors.records import ActorRecord
from areas.bans import is_banned
from areas.records import AreaRecord
from federation.vocabulary import Millis
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio


async def banned(rig: Rig, area: AreaRecord, actor: ActorRecord, now: int) -> bool:
    return await rig.do(is_banned, area_id=area.actor_id, actor_id=actor.id, now=Millis(now))


async def test_a_ban_is_of_one_area_and_one_actor(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    other, bob = await rig.area("shimamatsu", "012319"), await rig.stranger("bob")
    await rig.ban(area, alice)
    assert await banned(rig, area, alice, rig.now)
    assert not await banned(rig, other, alice, rig.now)
    assert not await banned(rig, area, bob, rig.now)


async def test_a_ban_lasts_until_its_end_or_for_good(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    bob = await rig.stranger("bob")
    await rig.ban(area, alice)
    await rig.ban(area, bob, until=rig.now + HOUR)
    later = rig.now + HOUR
    assert [await banned(rig, area, each, later - 1) for each in (alice, bob)] == [True, True]
    assert [await banned(rig, area, each, later) for each in (alice, bob)] == [True, False]
