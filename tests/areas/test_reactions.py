"""Reactions: counted once, taken back by their own; and a moderator's Like, which releases what is held."""

import pytest

from actors.records import ActorRecord
from areas import reactions, registry
from areas.records import AreaRecord
from federation.vocabulary import Iri, Post
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def note(rig: Rig, area: AreaRecord, alice: ActorRecord) -> Post:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    return note


@pytest.fixture
async def bob(rig: Rig) -> ActorRecord:
    return await rig.stranger("bob", "q.test")


async def react(rig: Rig, actor: ActorRecord, thing: str, kind: str = "Like", slug: str = "1") -> bool:
    iri = Iri(f"https://{actor.host}/{kind}/{actor.username}/{slug}")
    return await rig.do(reactions.record, actor=actor, iri=iri, object_iri=Iri(thing), kind=kind, now=rig.now)


async def counts(rig: Rig, thing: str) -> dict[str, int]:
    return await rig.do(reactions.counts, (await rig.stored(thing)).id)


async def test_each_actor_counts_once_for_each_kind(
    rig: Rig, alice: ActorRecord, bob: ActorRecord, note: Post
) -> None:
    assert await react(rig, bob, note.id) is True
    assert await react(rig, bob, note.id, slug="2") is False
    assert await react(rig, bob, note.id, "EmojiReact") is True
    assert await react(rig, alice, note.id) is True
    assert await counts(rig, note.id) == {"Like": 2, "EmojiReact": 1}


async def test_only_what_anyone_may_read_can_be_liked(
    rig: Rig, area: AreaRecord, alice: ActorRecord, bob: ActorRecord, note: Post
) -> None:
    private = rig.note(alice, "private", to=(area.iri,))
    await rig.send(alice, private)
    await rig.delete(alice, note.id)
    for thing in (private.id, note.id, "https://p.test/notes/unknown"):
        assert await react(rig, bob, thing) is False


async def test_a_reaction_is_taken_back_by_its_id_and_by_its_own_actor_alone(
    rig: Rig, alice: ActorRecord, bob: ActorRecord, note: Post
) -> None:
    await react(rig, bob, note.id)
    iri = Iri("https://q.test/Like/bob/1")
    assert await rig.do(reactions.undo, actor=alice, iri=iri) is False
    assert await rig.do(reactions.undo, actor=bob, iri=Iri("https://q.test/Like/bob/2")) is False
    assert await rig.do(reactions.undo, actor=bob, iri=iri) is True
    assert await rig.do(reactions.undo, actor=bob, iri=iri) is False
    assert await counts(rig, note.id) == {}
    assert await react(rig, bob, note.id, slug="3") is True


async def test_a_reaction_is_taken_back_by_what_it_was_about(
    rig: Rig, alice: ActorRecord, bob: ActorRecord, note: Post
) -> None:
    await react(rig, bob, note.id)
    for actor, kind, thing in (
        (alice, "Like", note.id),
        (bob, "EmojiReact", note.id),
        (bob, "Like", "https://x.test/1"),
    ):
        assert await rig.do(reactions.undo_kind, actor=actor, object_iri=Iri(thing), kind=kind) is False
    assert await rig.do(reactions.undo_kind, actor=bob, object_iri=note.id, kind="Like") is True


# A moderator's Like


@pytest.fixture
async def strict(rig: Rig) -> AreaRecord:
    return await rig.area("shimamatsu", policy="review")


@pytest.fixture
async def held(rig: Rig, strict: AreaRecord, alice: ActorRecord) -> Post:
    note = rig.note(alice, "held", cc=(strict.iri,))
    await rig.send(alice, note)
    return note


@pytest.mark.parametrize("role", registry.MODERATING)
async def test_a_moderators_like_releases_from_whatever_server(
    rig: Rig, strict: AreaRecord, bob: ActorRecord, held: Post, role: str
) -> None:
    await rig.moderator(strict, bob, role)
    assert await react(rig, bob, held.id) is True
    assert await rig.states(held.id) == {"shimamatsu": "accepted approve"}
    assert (await rig.live(held.id)).keys() == {"shimamatsu"}


@pytest.mark.parametrize("role", ["official", "auditor"])
async def test_others_roles_release_nothing(
    rig: Rig, strict: AreaRecord, bob: ActorRecord, held: Post, role: str
) -> None:
    await rig.moderator(strict, bob, role)
    await react(rig, bob, held.id)
    assert await rig.states(held.id) == {"shimamatsu": "held review"}


@pytest.mark.parametrize("kind", ["Dislike", "EmojiReact", "Announce"])
async def test_only_a_like_releases(
    rig: Rig, strict: AreaRecord, bob: ActorRecord, held: Post, kind: str
) -> None:
    await rig.moderator(strict, bob)
    assert await react(rig, bob, held.id, kind) is True
    assert await rig.states(held.id) == {"shimamatsu": "held review"}


async def test_nobody_else_releases(
    rig: Rig, area: AreaRecord, strict: AreaRecord, alice: ActorRecord, bob: ActorRecord, held: Post
) -> None:
    await rig.moderator(area, bob)
    await rig.do(
        registry.grant_role, alice.id, "moderator", area_id=strict.actor_id, until=rig.now, now=rig.now
    )
    rig.pass_time(HOUR)
    for actor in (alice, bob):
        await react(rig, actor, held.id)
    assert await rig.states(held.id) == {"shimamatsu": "held review"}


async def test_a_node_wide_moderator_releases_everywhere(rig: Rig, bob: ActorRecord, held: Post) -> None:
    await rig.do(registry.grant_role, bob.id, "admin", area_id=None, until=None, now=rig.now)
    await react(rig, bob, held.id)
    assert await rig.states(held.id) == {"shimamatsu": "accepted approve"}


async def test_a_like_that_cannot_release_is_still_a_like(
    rig: Rig, strict: AreaRecord, alice: ActorRecord, bob: ActorRecord, held: Post
) -> None:
    await rig.moderator(strict, bob)
    await rig.ban(strict, alice)
    assert await react(rig, bob, held.id) is True
    assert await counts(rig, held.id) == {"Like": 1}
    assert await rig.states(held.id) == {"shimamatsu": "held review"}


async def test_taking_the_like_back_takes_nothing_else_back(
    rig: Rig, strict: AreaRecord, bob: ActorRecord, held: Post
) -> None:
    await rig.moderator(strict, bob)
    await react(rig, bob, held.id)
    await rig.do(reactions.undo, actor=bob, iri=Iri("https://q.test/Like/bob/1"))
    assert (await rig.live(held.id)).keys() == {"shimamatsu"}
