"""Edits by strangers: newer text, never a wider audience; boosts follow, end, or begin."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from areas import posts, submissions
from areas.records import AreaRecord
from areas.tables import areas
from federation.vocabulary import PUBLIC, AnnouncePolicy, Iri, Millis, Post
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio

LINK = '<p>see <a href="https://shop.test/">this</a></p>'
CROWD = tuple(f"https://q.test/users/u{number}" for number in range(12))


@pytest.fixture
async def note(rig: Rig, area: AreaRecord, alice: ActorRecord) -> Post:
    """A post that was boosted."""
    note = rig.note(alice, "post", cc=(area.iri,))
    assert await rig.send(alice, note) == {"megumino": "accepted accepted"}
    return note


async def test_newer_text_replaces_older(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.edit(alice, replace(note, content="<p>new</p>"))
    assert (await rig.stored(note.id)).content == "<p>new</p>"
    assert await rig.shorts() == ["Announce/both"], "who reads boosts by id hears of no edit from us"


async def test_an_edit_is_as_harmless_as_a_post(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.edit(alice, replace(note, content='<p onclick="x">new</p><script>alert(1)</script>'))
    assert (await rig.stored(note.id)).content == "<p>new</p>"


@pytest.mark.parametrize("updated", [-HOUR, 0, None])
async def test_older_equal_and_undated_text_does_not(
    rig: Rig, alice: ActorRecord, note: Post, updated: int | None
) -> None:
    at = Millis(rig.now + HOUR)
    await rig.edit(alice, replace(note, content="<p>new</p>", updated=at))
    late = replace(note, content="<p>late</p>", updated=None if updated is None else Millis(at + updated))
    await rig.do(submissions.edit, author=alice, post=late, activity=rig.update(late), now=rig.now)
    assert (await rig.stored(note.id)).content == "<p>new</p>"


async def test_an_edit_must_be_later_than_the_post(rig: Rig, alice: ActorRecord, note: Post) -> None:
    late = replace(note, content="<p>new</p>", updated=note.published)
    assert await rig.edit(alice, late) == {}
    assert (await rig.stored(note.id)).content == "<p>post</p>"


async def test_undated_edits_of_an_undated_post_count(rig: Rig, alice: ActorRecord, note: Post) -> None:
    undated = replace(note, content="<p>new</p>")
    await rig.do(submissions.edit, author=alice, post=undated, activity=rig.update(undated), now=rig.now)
    assert (await rig.stored(note.id)).content == "<p>new</p>"


async def test_edits_under_one_activity_id_all_count(rig: Rig, alice: ActorRecord, note: Post) -> None:
    """GoToSocial and Takahē call every edit of a post by one id."""
    for number in (1, 2):
        rig.pass_time()
        newer = replace(note, content=f"<p>{number}</p>", updated=rig.now)
        activity = replace(rig.update(newer), id=Iri(f"{note.id}#update"))
        await rig.do(submissions.edit, author=alice, post=newer, activity=activity, now=rig.now)
    assert (await rig.stored(note.id)).content == "<p>2</p>"


async def test_published_never_changes(rig: Rig, alice: ActorRecord, note: Post) -> None:
    assert note.published is not None
    backdated = replace(note, content="<p>new</p>", published=Millis(note.published - 1))
    await rig.edit(alice, backdated)
    assert (await rig.stored(note.id)).content == "<p>post</p>"


async def test_a_clamped_published_is_still_the_same(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    """A clock that is ahead: what we stored is when we received it."""
    ahead = rig.note(alice, "ahead", cc=(area.iri,), published=Millis(rig.now + HOUR))
    await rig.send(alice, ahead)
    rig.pass_time()
    await rig.edit(alice, replace(ahead, content="<p>new</p>", updated=Millis(rig.now + HOUR)))
    assert (await rig.stored(ahead.id)).content == "<p>new</p>"


async def test_an_edit_without_published_counts(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.edit(alice, replace(note, content="<p>new</p>", published=None))
    assert (await rig.stored(note.id)).content == "<p>new</p>"


async def test_a_tombstone_stays_one(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.delete(alice, note.id)
    said = await rig.last()
    assert await rig.edit(alice, note) == {}
    assert (await rig.stored(note.id)).deleted_at is not None
    assert await rig.said(after=said) == []


async def test_the_activity_dialect_gets_the_edit(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    await rig.follower(area, "lem", "activity")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    wrap, _ = await rig.said()
    await rig.edit(alice, replace(note, content="<p>new</p>"))
    relayed = (await rig.said())[-1]
    assert relayed.short == "Announce{Update}/activity"
    assert (relayed.concerns, relayed.cancels, relayed.to) == (wrap.id, False, ())


@pytest.mark.parametrize("signature", ["has_proof", "has_ld_signature"])
async def test_an_edit_that_is_signed_inside_is_passed_on_as_it_is(
    rig: Rig, area: AreaRecord, alice: ActorRecord, signature: str
) -> None:
    other = await rig.area("shimamatsu")
    note = rig.note(alice, "post", cc=(area.iri, other.iri))
    await rig.send(alice, note)
    boosts = [each.id for each in await rig.said()]
    for _ in range(2):
        await rig.edit(alice, note, id=Iri(f"{note.id}#update"), **{signature: True})
    forwards = [each for each in await rig.said() if each.type == "Forward"]
    assert len(forwards) == 2, "Takahē calls all edits by one id: each is passed on"
    assert {each.dialect for each in forwards} == {"signed"}
    assert [each.concerns for each in forwards] == [boosts[0]] * 2
    assert [set(each.reaches) for each in forwards] == [set(boosts)] * 2, "once, for both areas"
    assert not any(each.public for each in forwards)
    assert forwards[0].body["type"] == "Update"


async def test_an_unsigned_edit_is_not_forwarded(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.edit(alice, note)
    assert await rig.shorts() == ["Announce/both"]


@pytest.mark.parametrize("name", ["bto", "bcc", "b\\u0063c"])
async def test_an_edit_that_names_somebody_in_secret_is_not_forwarded(
    rig: Rig, alice: ActorRecord, note: Post, name: str
) -> None:
    raw = f'{{"type": "Update", "object": {{"{name}": ["https://a.test/users/secret"]}}}}'.encode()
    await rig.edit(alice, note, has_proof=True, raw=raw)
    assert await rig.shorts() == ["Announce/both"]


async def test_an_edit_that_drops_the_area_takes_the_boost_back(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    await rig.follower(area, "lem", "activity")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    wrap, announce = await rig.said()
    await rig.edit(alice, replace(note, cc=()))
    undo, removal = (await rig.said())[2:]
    assert undo.short == "Undo/object"
    assert undo.body["object"] == {
        "id": announce.iri, "type": "Announce", "actor": area.iri, "object": note.id
    }  # fmt: skip
    assert (undo.concerns, undo.cancels, undo.to) == (announce.id, True, ("alice",))
    assert removal.short == "Announce{Delete}/activity"
    assert (removal.concerns, removal.cancels) == (wrap.id, True)
    delete = removal.body["object"]
    assert (delete["actor"], delete["object"]) == (f"{area.iri.replace('/areas/', '/people/')}_desk", note.id)
    assert delete["summary"]
    assert delete["audience"] == area.iri
    assert await rig.states(note.id) == {"megumino": "withdrawn withdrawn"}
    assert await rig.live(note.id) == {}


async def test_naming_the_area_again_is_the_next_generation(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.edit(alice, replace(note, cc=()))
    before = await rig.last()
    assert await rig.edit(alice, note) == {"megumino": "accepted accepted"}
    (announce,) = await rig.said(after=before)
    first = (await rig.said())[0]
    assert announce.iri == first.iri.removesuffix("-0") + "-1"
    assert (await rig.live(note.id))["megumino"].generation == 1


async def test_naming_the_area_again_may_be_held(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.edit(alice, replace(note, cc=()))
    before = await rig.last()
    assert await rig.edit(alice, replace(note, content=LINK)) == {"megumino": "held new-author-link"}
    (receipt,) = await rig.said(after=before)
    assert (receipt.type, receipt.to) == ("Create", ("alice",)), "the author is told"


async def test_narrowing_takes_the_boost_back(
    rig: Rig, area: AreaRecord, alice: ActorRecord, note: Post
) -> None:
    assert alice.followers is not None
    await rig.edit(alice, replace(note, to=(alice.followers,)))
    stored = await rig.stored(note.id)
    assert stored.visibility == "private"
    assert await rig.shorts() == ["Announce/both", "Undo/both"]
    assert await rig.states(note.id) == {"megumino": "withdrawn withdrawn"}
    assert await rig.do(posts.original, stored.id) is None, "nothing of it is passed on later"


async def test_what_was_narrowed_never_widens(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.edit(alice, replace(note, to=()))
    assert await rig.edit(alice, note) == {}
    assert (await rig.stored(note.id)).visibility == "direct"
    assert await rig.live(note.id) == {}


async def test_a_private_post_edited_to_public_is_never_placed(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", to=(area.iri,))
    await rig.send(alice, note)
    assert await rig.edit(alice, replace(note, to=(PUBLIC, area.iri))) == {}
    assert (await rig.stored(note.id)).visibility == "direct"
    assert await rig.said() == []


async def test_an_unlisted_post_does_not_become_listed(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", to=(), cc=(PUBLIC, area.iri))
    await rig.send(alice, note)
    await rig.edit(alice, replace(note, to=(PUBLIC,)))
    assert (await rig.stored(note.id)).visibility == "unlisted"


async def test_an_edit_may_name_another_area(
    rig: Rig, area: AreaRecord, alice: ActorRecord, note: Post
) -> None:
    other = await rig.area("shimamatsu")
    assert await rig.edit(alice, replace(note, cc=(area.iri, other.iri))) == {
        "shimamatsu": "accepted accepted"
    }
    assert (await rig.live(note.id)).keys() == {"megumino", "shimamatsu"}


async def test_dropping_the_area_withdraws_what_is_held(rig: Rig, alice: ActorRecord) -> None:
    area = await rig.area("shimamatsu", policy="review")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    await rig.edit(alice, replace(note, cc=()))
    assert await rig.states(note.id) == {"shimamatsu": "withdrawn withdrawn"}


async def test_what_was_removed_stays_removed(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.decide("remove", (await rig.placements(note.id))["megumino"])
    assert await rig.edit(alice, replace(note, cc=())) == {}
    assert await rig.edit(alice, note) == {}
    assert await rig.states(note.id) == {"megumino": "removed remove"}
    assert await rig.live(note.id) == {}


async def test_what_a_moderator_refused_stays_refused(rig: Rig, alice: ActorRecord) -> None:
    area = await rig.area("shimamatsu", policy="review")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    await rig.decide("refuse", (await rig.placements(note.id))["shimamatsu"])
    assert await rig.edit(alice, note) == {}
    assert await rig.states(note.id) == {"shimamatsu": "refused refuse"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"content": LINK}, "new-author-link"),
        ({"content": "<p>https://shop.test/</p>"}, "new-author-link"),
        ({"to": (PUBLIC, *CROWD[:4])}, "new-author-mentions"),
        ({"to": (PUBLIC, *CROWD)}, "many-mentions"),
    ],
)
async def test_an_edit_into_what_would_have_been_held_is_held(
    rig: Rig, alice: ActorRecord, note: Post, change: dict[str, object], rule: str
) -> None:
    assert await rig.edit(alice, replace(note, **change)) == {"megumino": f"held {rule}"}  # type: ignore[arg-type]
    announce, undo, receipt = await rig.said()
    assert (undo.type, undo.concerns) == ("Undo", announce.id)
    assert receipt.to == ("alice",)


async def test_what_was_there_before_is_not_held_against_an_edit(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", cc=(area.iri, *CROWD), content=LINK)
    await rig.send(alice, note)
    await rig.decide("approve", (await rig.placements(note.id))["megumino"])
    await rig.edit(alice, replace(note, content=f"{LINK}<p>and more</p>"))
    assert await rig.states(note.id) == {"megumino": "accepted approve"}


async def test_an_edit_that_forbids_boosts_takes_the_boost_back(
    rig: Rig, alice: ActorRecord, note: Post
) -> None:
    forbidding = replace(note, can_announce=AnnouncePolicy())
    assert await rig.edit(alice, forbidding) == {"megumino": "refused author-policy"}
    assert await rig.live(note.id) == {}
    assert await rig.edit(alice, forbidding) == {}
    assert await rig.edit(alice, note) == {"megumino": "accepted accepted"}, (
        "and allowing them brings it back"
    )


async def test_a_held_post_that_forbids_boosts_is_refused(rig: Rig, alice: ActorRecord) -> None:
    area = await rig.area("shimamatsu", policy="review")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    await rig.edit(alice, replace(note, can_announce=AnnouncePolicy()))
    assert await rig.states(note.id) == {"shimamatsu": "refused author-policy"}


@pytest.mark.parametrize(("act", "state"), [("ban", "refused standing"), ("limit", "held limited")])
async def test_an_edit_by_somebody_not_trusted_any_more_takes_the_boost_back(
    rig: Rig, area: AreaRecord, alice: ActorRecord, note: Post, act: str, state: str
) -> None:
    if act == "ban":
        await rig.ban(area, alice)
    else:
        await rig.judge(alice, "limited")
    assert await rig.edit(alice, note) == {"megumino": state}
    assert await rig.live(note.id) == {}


async def test_an_edit_in_a_stricter_area_stays(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    """A rule about the area, or about how much was posted, is no matter of an edit."""
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    values = {"policy": "review", "restricted": True, "author_hourly": 1, "boosts_hourly": 1}
    await rig.do(lambda tx: tx.execute(sa.update(areas).values(**values)))
    await rig.edit(alice, replace(note, content="<p>new</p>"))
    assert await rig.states(note.id) == {"megumino": "accepted accepted"}


async def test_a_post_that_becomes_a_reply_leaves(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.edit(alice, replace(note, in_reply_to=Iri("https://q.test/notes/1")))
    assert await rig.live(note.id) == {}


# What is read again at its own address


async def reread(rig: Rig, alice: ActorRecord, note: Post) -> bool:
    return await rig.do(submissions.reread, author=alice, post=note, now=rig.now)


async def test_a_document_that_has_not_changed_changes_nothing(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    """Also where its Create said more than it: what only the activity named, and that it is unlisted."""
    note = rig.note(alice, "post")
    await rig.send(alice, note, to=(), cc=(PUBLIC, area.iri))
    said = await rig.said()
    assert await reread(rig, alice, note) is False
    assert await rig.said() == said
    assert (await rig.live(note.id)).keys() == {"megumino"}


async def test_a_silent_edit_is_applied(rig: Rig, alice: ActorRecord, note: Post) -> None:
    changed = replace(note, content="<p>new</p>", updated=Millis(rig.now + 1))
    assert await reread(rig, alice, changed) is True
    stored = await rig.stored(note.id)
    assert stored.content == "<p>new</p>"
    assert await rig.do(posts.original, stored.id) is None, "the Create says what she no longer says"


async def test_a_mention_that_was_dropped_in_silence_withdraws(
    rig: Rig, alice: ActorRecord, note: Post
) -> None:
    assert await reread(rig, alice, replace(note, cc=())) is True
    assert await rig.states(note.id) == {"megumino": "withdrawn withdrawn"}
    assert await rig.shorts() == ["Announce/both", "Undo/both"]


async def test_a_post_narrowed_in_silence_withdraws(
    rig: Rig, area: AreaRecord, alice: ActorRecord, note: Post
) -> None:
    assert await reread(rig, alice, replace(note, to=(area.iri,))) is True
    assert await rig.live(note.id) == {}


async def test_a_document_without_addressing_proves_nothing(rig: Rig, alice: ActorRecord) -> None:
    area = await rig.area()
    note = rig.note(alice, "post", addressed=False, to=(), mentions=(area.iri,))
    await rig.send(alice, note, to=(PUBLIC,))
    assert (await rig.stored(note.id)).visibility == "public"
    assert await reread(rig, alice, note) is False
    assert (await rig.live(note.id)).keys() == {"megumino"}


async def test_what_was_deleted_meanwhile_is_not_read_again(rig: Rig, alice: ActorRecord, note: Post) -> None:
    """The document was fetched before the deletion came."""
    await rig.delete(alice, note.id)
    last = await rig.last()
    assert not await reread(rig, alice, replace(note, content="<p>new</p>", updated=Millis(rig.now + 1)))
    assert (await rig.stored(note.id)).content == ""
    assert await rig.said(after=last) == []


async def test_an_older_copy_proves_nothing(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.edit(alice, replace(note, updated=Millis(rig.now + HOUR)))
    assert await reread(rig, alice, replace(note, cc=(), updated=rig.now)) is False
    assert (await rig.live(note.id)).keys() == {"megumino"}
