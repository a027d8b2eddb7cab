"""Whom a resident might follow, and whom nobody suggests to her."""

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.standing import block_actor
from actors.tables import actors
from areas import interactions
from areas.reading import suggestions
from areas.records import AreaRecord
from federation.vocabulary import Iri
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


async def suggest(town: Town, actor: ActorRecord) -> list[tuple[str, str]]:
    found = await town.do(suggestions.suggest, actor.id, town.now)
    return [(each.actor.username, each.kind) for each in found]


async def be_found(town: Town, *people: ActorRecord) -> None:
    ids = [each.id for each in people]
    change = sa.update(actors).where(actors.c.id.in_(ids)).values(discoverable=True)
    await town.do(lambda tx: tx.execute(change))


async def test_areas_first_then_who_wrote_last_in_ones_own(
    town: Town, hanako: ActorRecord, area: AreaRecord
) -> None:
    other = await town.area("shimamatsu")
    people = [await town.resident(name) for name in ("taro", "sora", "riku", "umi")]
    taro, sora, riku, umi = people
    await be_found(town, taro, sora, umi)
    for author in (taro, sora, riku, taro):
        town.pass_time()
        await town.publish(author, "除雪を手伝います。", area)
    town.pass_time()
    await town.publish(umi, "島松です。", other)
    assert await suggest(town, hanako) == [("megumino", "area"), ("shimamatsu", "area")]
    await town.follow(hanako, area)
    assert await suggest(town, hanako) == [("shimamatsu", "area"), ("taro", "person"), ("sora", "person")]
    await town.follow(hanako, other)
    assert [name for name, _ in await suggest(town, hanako)] == ["umi", "taro", "sora"]


async def test_nobody_is_suggested_whom_one_has_or_does_not_want(
    town: Town, hanako: ActorRecord, area: AreaRecord
) -> None:
    await town.follow(hanako, area)
    names = ("follows", "asked", "blocks", "blocked", "muted", "dismissed", "limited", "gone", "open")
    people = {name: await town.resident(name) for name in names}
    await be_found(town, hanako, *people.values())
    for author in (*people.values(), hanako):
        await town.publish(author, "除雪を手伝います。", area)
    elsewhere = await town.stranger("alice", "p.test")
    await be_found(town, elsewhere)
    await town.follow(hanako, people["follows"])
    await town.do(
        lambda tx: tx.execute(sa.update(actors).where(actors.c.id == people["asked"].id).values(locked=True))
    )
    asked = await town.actor(people["asked"].iri)
    await town.do(interactions.follow, hanako, asked, town.now)
    await town.do(interactions.block, hanako, people["blocked"], town.now)
    iri = Iri("https://p.test/b")
    await town.do(block_actor, iri=iri, actor_id=people["blocks"].id, target_id=hanako.id, now=town.now)
    await town.do(interactions.mute, hanako, people["muted"], town.now)
    for _ in range(2):
        await town.do(suggestions.dismiss, hanako.id, people["dismissed"].id)
    await town.judge(people["limited"], "limited")
    await town.do(
        lambda tx: tx.execute(sa.update(actors).where(actors.c.id == people["gone"].id).values(gone_at=1))
    )
    assert await suggest(town, hanako) == [("open", "person")]
