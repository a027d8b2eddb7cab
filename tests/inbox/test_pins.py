"""What somebody elsewhere shows first on her page."""

import pytest
import sqlalchemy as sa

from areas.interactions.marking import MOST_PINS
from areas.personal_tables import pins
from areas.tables import posts
from tests.inbox.rig import AREA, Town
from tests.testrig.peers import Peer

pytestmark = pytest.mark.anyio

ALICE = "https://p.test/users/alice"
BOB = "https://p.test/users/bob"
FEATURED = f"{ALICE}/collections/featured"


@pytest.fixture(autouse=True)
async def _alice(town: Town, peer: Peer) -> None:
    peer.documents[ALICE]["featured"] = FEATURED
    for number in range(MOST_PINS + 1):
        await town.hear(peer, peer.create(peer.note(ALICE, f"n{number}", cc=AREA)))


async def pinned(town: Town) -> list[str]:
    query = sa.select(posts.c.iri).join(pins, pins.c.post_id == posts.c.id).order_by(pins.c.id)
    found = await town.database.read(lambda tx: list(tx.execute(query).scalars()))
    return [iri.rpartition("/")[2] for iri in found]


def note(name: str) -> str:
    return f"https://p.test/notes/{name}"


def pin(peer: Peer, kind: str, name: str, by: str = ALICE, target: object = FEATURED) -> dict[str, object]:
    return peer.activity(kind, by, f"{kind}-{name}-{by[-3:]}", note(name), target=target)


async def test_a_pin_is_kept_and_taken_down(town: Town, peer: Peer) -> None:
    for activity in (pin(peer, "Add", "n0"), {**pin(peer, "Add", "n0"), "id": "https://p.test/again"}):
        assert await town.hear(peer, activity) == "done: "
    assert await pinned(town) == ["n0"]
    assert await town.hear(peer, pin(peer, "Remove", "n0")) == "done: "
    assert await pinned(town) == []


async def test_the_latest_are_kept(town: Town, peer: Peer) -> None:
    for number in range(MOST_PINS + 1):
        town.clock.advance(seconds=1)
        await town.hear(peer, pin(peer, "Add", f"n{number}"))
    assert await pinned(town) == [f"n{number}" for number in range(1, MOST_PINS + 1)]


@pytest.mark.parametrize("target", [f"{ALICE}/followers", f"{BOB}/collections/featured", None])
async def test_only_her_own_collection_counts(town: Town, peer: Peer, target: object) -> None:
    """B28."""
    assert (await town.hear(peer, pin(peer, "Add", "n0", target=target))).startswith("ignored")
    assert await pinned(town) == []


async def test_nobody_pins_or_takes_down_what_is_anothers(town: Town, peer: Peer) -> None:
    """B28."""
    await town.hear(peer, pin(peer, "Add", "n0"))
    peer.documents[BOB]["featured"] = FEATURED
    for kind, name in (("Remove", "n0"), ("Add", "n1")):
        assert (await town.hear(peer, pin(peer, kind, name, by=BOB))).startswith("ignored")
    assert (await town.hear(peer, pin(peer, "Add", "unknown"))).startswith("ignored")
    assert await pinned(town) == ["n0"]


async def test_a_post_that_is_deleted_is_pinned_no_longer(town: Town, peer: Peer) -> None:
    await town.hear(peer, pin(peer, "Add", "n0"))
    gone = {"type": "Tombstone", "id": note("n0")}
    await town.hear(peer, peer.activity("Delete", ALICE, "d1", gone))
    shown = sa.select(posts.c.deleted_at).where(posts.c.iri == note("n0"))
    assert await town.database.read(lambda tx: tx.execute(shown).scalar()) is not None
    assert (await town.hear(peer, {**pin(peer, "Add", "n0"), "id": "https://p.test/more"})).startswith(
        "ignored"
    )
