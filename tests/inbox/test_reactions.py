"""Likes, boosts and reports of what is known here, and their undoing."""

from typing import Any

import pytest
import sqlalchemy as sa

from areas import registry
from areas import reports as reporting
from areas.tables import reactions, reports, shares
from tests.inbox.rig import AREA, ORIGIN, Town, sign
from tests.testrig.peers import Peer

ALICE = "https://p.test/users/alice"
BOB = "https://p.test/users/bob"
SNOW = "https://p.test/notes/snow"
UNKNOWN = "ignored: nothing public that is known here, and nobody here follows"

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def _snow(town: Town, peer: Peer) -> None:
    await town.hear(peer, peer.create(peer.note(ALICE, "snow", cc=AREA)))


async def counts(town: Town) -> dict[str, int]:
    boosted = sa.select(sa.literal("Announce"), sa.func.count()).select_from(shares)
    reacted = sa.select(reactions.c.kind, sa.func.count()).group_by(reactions.c.kind)
    rows = await town.database.read(lambda tx: tx.execute(sa.union_all(reacted, boosted)).all())
    return {row[0]: row[1] for row in rows if row[1]}


@pytest.mark.parametrize("kind", ["Like", "EmojiReact", "Dislike", "Announce"])
@pytest.mark.parametrize("how", ["embedded", "by id"])
async def test_a_reaction_is_counted_and_undone(town: Town, peer: Peer, kind: str, how: str) -> None:
    activity = peer.activity(kind, BOB, "r1", SNOW)
    assert await town.hear(peer, activity) == "done: "
    assert await counts(town) == {kind: 1}
    undone = activity if how == "embedded" else activity["id"]
    assert await town.hear(peer, peer.activity("Undo", BOB, "u1", undone)) == "done: "
    assert await counts(town) == {}


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_nobody_counts_twice(town: Town, peer: Peer, kind: str) -> None:
    await town.hear(peer, peer.activity(kind, BOB, "r1", SNOW))
    assert (await town.hear(peer, peer.activity(kind, BOB, "r2", SNOW))).startswith("ignored")
    assert await counts(town) == {kind: 1}


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_nobody_undoes_anothers_reaction(town: Town, peer: Peer, kind: str) -> None:
    """B25."""
    activity = peer.activity(kind, BOB, "r1", SNOW)
    await town.hear(peer, activity)
    for number, undone in enumerate((activity, {**activity, "actor": ALICE}, activity["id"])):
        undo = peer.activity("Undo", ALICE, f"u{number}", undone)
        assert (await town.hear(peer, undo)).startswith("ignored")
    assert await counts(town) == {kind: 1}


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_an_id_that_was_never_heard_undoes_nothing(town: Town, peer: Peer, kind: str) -> None:
    """B25."""
    await town.hear(peer, peer.activity(kind, BOB, "r1", SNOW))
    unknown = peer.activity(kind, BOB, "r2", SNOW)
    assert (await town.hear(peer, peer.activity("Undo", BOB, "u1", unknown))).startswith("ignored")
    assert await counts(town) == {kind: 1}


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_what_is_not_known_is_not_fetched(town: Town, peer: Peer, kind: str) -> None:
    peer.note(ALICE, "rain")
    peer.requests.clear()
    await town.hear(peer, peer.activity(kind, ALICE, "r1", "https://p.test/notes/rain"))
    assert town.lines[-1]["outcome"] == "ignored"
    assert peer.requests == []


async def test_an_announce_is_never_a_submission(town: Town, peer: Peer) -> None:
    """Nor is the post that it embeds believed (B16)."""
    rain = peer.note(ALICE, "rain", cc=AREA)
    announce = peer.activity("Announce", BOB, "a1", rain, to=[AREA])
    assert await town.hear(peer, announce) == UNKNOWN
    assert await town.post_of(str(rain["id"])) is None


async def test_a_wrapped_activity_of_whom_nobody_follows_is_ignored(town: Town, peer: Peer) -> None:
    """The activity dialect (FEP-1b12): never an Announce in an Announce, and nothing is fetched."""
    group = peer.actor("town", "Group")
    rain = peer.create(peer.note(ALICE, "rain", cc=AREA))
    wrapped = peer.activity("Announce", ALICE, "x", SNOW)
    for number, (inner, reason) in enumerate(((rain, UNKNOWN), (wrapped, "ignored: a wrapped boost"))):
        announce = peer.activity("Announce", group, f"a{number}", inner)
        assert await town.hear(peer, announce) == reason
    assert await counts(town) == {}
    assert await town.post_of("https://p.test/notes/rain") is None


async def test_an_announce_of_what_is_not_public_is_not_kept(town: Town, peer: Peer) -> None:
    """B17."""
    secret = peer.note(ALICE, "secret", to=f"{ORIGIN}/people/hanako")
    await town.hear(peer, peer.create(secret))
    assert await town.post_of(str(secret["id"])) is not None
    outcome = await town.hear(peer, peer.activity("Announce", BOB, "a1", secret["id"]))
    assert outcome == UNKNOWN


async def test_a_moderators_like_lets_a_held_post_in(town: Town, peer: Peer) -> None:
    """From whatever server she uses; anybody else's is a like and no more."""
    await town.database.write(lambda tx: tx.execute(sa.text("UPDATE areas SET policy = 'review'")).close())
    rain = peer.note(ALICE, "rain", cc=AREA)
    await town.hear(peer, peer.create(rain))
    assert sorted(each.state for each in await town.placements()) == ["accepted", "held"]
    await town.hear(peer, peer.activity("Like", ALICE, "l1", rain["id"]))
    assert sorted(each.state for each in await town.placements()) == ["accepted", "held"]
    bob = await town.actor(BOB) if await _knows(town, peer, BOB) else None
    assert bob is not None
    await town.database.write(
        lambda tx: registry.grant_role(
            tx, bob.id, "moderator", area_id=town.area.actor_id, until=None, now=town.clock()
        )
    )
    await town.hear(peer, peer.activity("Like", BOB, "l2", rain["id"]))
    assert [each.state for each in await town.placements()] == ["accepted", "accepted"]


async def _knows(town: Town, peer: Peer, iri: str) -> bool:
    await town.hear(peer, peer.activity("Like", iri, "hello", "https://p.test/notes/none"))
    return True


# Reports.


def flag(peer: Peer, *things: str, **more: Any) -> dict[str, Any]:
    return peer.activity("Flag", BOB, "flag", list(things), **more)


@pytest.mark.parametrize("thing", [SNOW, AREA, f"{ORIGIN}/people/hanako"])
@pytest.mark.parametrize("key", ["content", "summary"])
async def test_a_report_is_kept(town: Town, peer: Peer, thing: str, key: str) -> None:
    """GoToSocial writes to `content`, PieFed to `summary`; remote posts that are known here count too."""
    assert await town.hear(peer, flag(peer, "https://e.test/x", thing, **{key: "通報テスト"})) == "done: "
    row = await town.database.read(lambda tx: tx.execute(sa.select(reports)).one())
    assert row.text == "通報テスト"
    assert thing in row.objects
    assert row.actor_id == (await town.actor(BOB)).id


async def test_a_report_of_what_is_not_ours_is_not_kept(town: Town, peer: Peer) -> None:
    assert (
        await town.hear(peer, flag(peer, ALICE, "https://e.test/x")) == "ignored: nothing that is known here"
    )
    assert await town.count(reports) == 0


async def test_a_report_is_looked_at_so_far_and_no_further(town: Town, peer: Peer) -> None:
    """B30. 200 things may be named; each costs a look into the database."""
    many = [f"https://e.test/{number}" for number in range(reporting.MOST_OBJECTS)]
    assert (await town.hear(peer, flag(peer, *many, SNOW))).startswith("ignored: nothing that is known")
    assert await town.hear(peer, {**flag(peer, SNOW, *many), "id": "https://p.test/flags/2"}) == "done: "


async def test_reports_are_rate_limited(town: Town, peer: Peer) -> None:
    """B30."""
    statuses = []
    for number in range(40):
        one = {**flag(peer, SNOW), "id": f"https://p.test/flags/{number}"}
        statuses.append((await town.post(sign(peer, one, signer=BOB))).status)
    assert statuses == [202] * 30 + [429] * 10
    assert await town.count(reports) == 30
