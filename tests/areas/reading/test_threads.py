"""A post in its thread, up to the root and down depth first, as far as its reader may and wants to see."""

import pytest

from actors.records import ActorRecord
from actors.tables import mutes
from areas.reading import threads
from areas.records import AreaRecord, PostRecord
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def thread(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> dict[str, PostRecord]:
    """root ← a ← a1, a2; root ← b; and a private answer of alice to her followers."""
    made: dict[str, PostRecord] = {}
    made["root"], _ = await town.publish(hanako, "root", area)
    for slug, author, parent in (
        ("a", alice, "root"),
        ("b", bob, "root"),
        ("a1", bob, "a"),
        ("a2", alice, "a"),
    ):
        town.pass_time()
        await town.send(author, town.note(author, slug, in_reply_to=made[parent].iri))
        made[slug] = await town.stored(f"https://{author.host}/notes/{slug}")
    town.pass_time()
    await town.send(alice, town.note(alice, "p", to=(str(alice.followers),), in_reply_to=made["root"].iri))
    made["p"] = await town.stored("https://p.test/notes/p")
    return made


async def look(town: Town, reader: ActorRecord | None, post: PostRecord) -> tuple[list[str], list[str]]:
    known = None if reader is None else town.reader(reader)
    above, below = await town.do(threads.context, known, post.id)
    return tuple([each.post.content[3:-4] for each in part] for part in (above, below))  # type: ignore[return-value]


async def test_up_to_the_root_and_down_depth_first(town: Town, thread: dict[str, PostRecord]) -> None:
    assert await look(town, None, thread["root"]) == ([], ["a", "a1", "a2", "b"])
    assert await look(town, None, thread["a"]) == (["root"], ["a1", "a2"])
    assert await look(town, None, thread["a2"]) == (["root", "a"], [])


async def test_private_answers_are_for_those_who_may_read_them(
    town: Town, hanako: ActorRecord, thread: dict[str, PostRecord]
) -> None:
    assert (await look(town, hanako, thread["root"]))[1] == ["a", "a1", "a2", "b", "p"]


async def test_answers_to_what_is_not_shown_are_not_shown(
    town: Town, hanako: ActorRecord, bob: ActorRecord, alice: ActorRecord, thread: dict[str, PostRecord]
) -> None:
    await town.insert(mutes, actor_id=hanako.id, target_id=alice.id, created_at=town.now)
    assert (await look(town, hanako, thread["root"]))[1] == ["b"]
    await town.delete(alice, thread["a"].iri)
    assert await look(town, None, thread["root"]) == ([], ["b"])
    assert await look(town, None, thread["a2"]) == (["root"], [])


async def test_a_thread_whose_root_is_not_known_is_read_all_the_same(town: Town, alice: ActorRecord) -> None:
    await town.send(alice, town.note(alice, "one", in_reply_to="https://x.test/unknown"))
    await town.send(alice, town.note(alice, "two", in_reply_to="https://p.test/notes/one"))
    assert await look(town, None, await town.stored("https://p.test/notes/one")) == ([], ["two"])


async def test_what_goes_deeper_is_read_from_there(
    town: Town, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, _ = await town.publish(hanako, "0")
    first = post
    for number in range(1, threads.DEEPEST + 3):
        town.pass_time()
        post, _ = await town.publish(hanako, str(number), in_reply_to=post.iri)
    below = (await look(town, None, first))[1]
    assert below == [str(number) for number in range(1, threads.DEEPEST + 1)]
    assert len((await look(town, None, post))[0]) == threads.DEEPEST + 2
