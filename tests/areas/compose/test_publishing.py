"""What people here write: stored, sent, submitted; waiting while areas hold it; edited and deleted everywhere."""

import json
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.remote import mark_gone
from areas import compose, creates, decisions, posts, timelines, wire
from areas.records import AreaRecord, Draft, Revision
from areas.tables import tombstones
from federation.errors import NotFound, Refused
from federation.html import sanitise, to_text
from federation.vocabulary import PUBLIC, Iri, Millis
from outbox.tables import log
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hanako(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("hanako")


@pytest.fixture
async def strict(rig: Rig) -> AreaRecord:
    """An area that checks every post first."""
    return await rig.area("shimamatsu", policy="review")


async def test_a_post_is_sent_and_boosted(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    await rig.follower(area, "lem", "activity")
    post, placed = await rig.publish(hanako, "雪が降りました", area)
    assert placed == {"megumino": "accepted accepted"}
    create, wrap, announce = await rig.said()
    assert (create.short, create.by, create.audience, create.to) == ("Create/both", "hanako", "hanako", ())
    note = create.body["object"]
    assert note["to"] == [PUBLIC, area.iri]
    assert note["cc"] == [hanako.followers]
    assert note["audience"] == area.iri
    assert note["tag"] == [{"type": "Mention", "href": area.iri, "name": "@megumino@machi.test"}]
    assert note["contentMap"] == {"ja": "<p>雪が降りました</p>"}
    assert "name" not in note
    assert "summary" not in note
    assert note["context"] == f"https://machi.test/threads/{post.id}"
    assert (announce.short, announce.to, announce.body["object"]) == ("Announce/object", (), post.iri)
    assert json.loads(wrap.raw)["object"] == create.body
    assert (await rig.stored(post.iri)).log_id == create.id


async def test_a_post_without_an_area_is_sent(rig: Rig, hanako: ActorRecord) -> None:
    post, placed = await rig.publish(hanako, "ひとりごと")
    assert placed == {}
    assert await rig.shorts() == ["Create/both"]
    assert post.log_id is not None


async def test_an_unlisted_post_says_so(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    await rig.publish(hanako, "静かに", area, visibility="unlisted", summary="注意")
    note = (await rig.said())[0].body["object"]
    assert note["to"] == [hanako.followers, area.iri]
    assert note["cc"] == [PUBLIC]
    assert (note["summary"], note["sensitive"]) == ("注意", True)


async def test_handles_in_the_text_are_mentions(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    alice = await rig.stranger("alice")
    text = "@alice@p.test と @Alice@P.test と @nobody@p.test と @hanako@machi.test へ"
    await rig.publish(hanako, text)
    (create,) = await rig.said()
    assert create.to == ("alice",)
    note = create.body["object"]
    assert [tag["href"] for tag in note["tag"]] == [alice.iri]
    assert alice.iri in note["cc"]
    assert note["content"].count(f'href="{alice.iri}"') == 2
    assert "@nobody@p.test" in note["content"]


async def test_an_area_here_may_be_named_in_the_text(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    _, placed = await rig.publish(hanako, "こんにちは @megumino@machi.test")
    assert placed == {"megumino": "accepted accepted"}
    assert (await rig.said())[0].body["object"]["audience"] == area.iri


async def test_an_area_elsewhere_named_in_the_text_gets_a_submission(
    rig: Rig, area: AreaRecord, hanako: ActorRecord
) -> None:
    group = await rig.stranger("chitose", "chitose.test", type="Group")
    await rig.publish(hanako, "こんにちは @chitose@chitose.test", area)
    create = (await rig.said())[0]
    assert create.to == ("chitose",), "its Create goes to the area's inbox"
    note = create.body["object"]
    assert note["to"] == [PUBLIC, area.iri, group.iri], "a post to the group, not a mere mention"
    assert note["audience"] == area.iri, "the first area named"
    assert create.body["to"] == note["to"]


async def test_who_is_gone_is_not_named(rig: Rig, hanako: ActorRecord) -> None:
    alice = await rig.stranger("alice")
    await rig.do(mark_gone, alice.id, rig.now)
    await rig.publish(hanako, "@alice@p.test へ")
    (create,) = await rig.said()
    assert (create.to, create.body["object"]["tag"]) == ((), [])


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        ({"text": " \n "}, "needs a text"),
        ({"text": "\x00\x01"}, "needs a text"),
        ({"text": "あ" * 5001}, "at most 5000"),
        ({"text": "&" * 5000}, "as HTML"),
        ({"text": "https://a.bc " * 380}, "as HTML"),
        ({"text": "\ud800"}, "Unicode"),
        ({"text": "x", "summary": "x" * 501}, "content warning"),
        ({"text": "x", "language": "<script>"}, "language"),
        ({"text": " ".join(f"@u{n}@p.test" for n in range(51))}, "at most 50"),
    ],
)
async def test_what_cannot_be_written(
    rig: Rig, hanako: ActorRecord, draft: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        await rig.do(compose.publish, Draft(hanako.id, **draft), rig.now)
    assert await rig.said() == []


async def test_control_characters_are_left_out(rig: Rig, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "a\x00b\x1bc\nd")
    assert post.content == "<p>abc<br>d</p>"


async def test_the_longest_text_fits_an_activity(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    """Takahē refuses what is longer than 50 kB."""
    await rig.publish(hanako, "𠮷" * 4990, area)
    assert len((await rig.said())[0].raw) < 48_000


async def test_nobody_writes_for_a_stranger_or_while_suspended(rig: Rig, hanako: ActorRecord) -> None:
    alice = await rig.stranger("alice")
    for author_id in (alice.id, 1):
        with pytest.raises(NotFound):
            await rig.do(compose.publish, Draft(author_id, "x"), rig.now)
    post, _ = await rig.publish(hanako, "x")
    await rig.judge(hanako, "suspended")
    with pytest.raises(Refused):
        await rig.do(compose.publish, Draft(hanako.id, "x"), rig.now)
    with pytest.raises(Refused):
        await rig.rewrite(post, "y")


async def test_what_cannot_be_answered(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, strict: AreaRecord
) -> None:
    alice = await rig.stranger("alice")
    private = rig.note(alice, "private", to=(area.iri,))
    await rig.send(alice, private)
    waiting, _ = await rig.publish(hanako, "待っています", strict)
    for iri in (private.id, waiting.iri, Iri("https://p.test/notes/unknown")):
        with pytest.raises(NotFound):
            await rig.do(compose.publish, Draft(hanako.id, "x", in_reply_to=iri), rig.now)


async def test_a_reply_cannot_be_posted_to_an_area(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "x", area)
    with pytest.raises(Refused):
        await rig.publish(hanako, "y", area, in_reply_to=post.iri)
    reply, placed = await rig.publish(hanako, "y @megumino@machi.test", in_reply_to=post.iri)
    assert placed == {}
    assert await rig.live(reply.iri) == {}


async def test_an_unknown_area_is_refused(rig: Rig, hanako: ActorRecord) -> None:
    with pytest.raises(NotFound):
        await rig.do(compose.publish, Draft(hanako.id, "x", (hanako.id,)), rig.now)


# Waiting


async def test_a_post_waits_while_every_area_holds_it(
    rig: Rig, hanako: ActorRecord, strict: AreaRecord
) -> None:
    post, placed = await rig.publish(hanako, "待っています", strict)
    assert placed == {"shimamatsu": "held review"}
    assert post.log_id is None
    assert await rig.said() == [], "neither sent, nor told by message: she sees it"
    assert await rig.do(timelines.by_actor, hanako.id) == []
    assert await rig.do(timelines.single, post.id) == []
    assert await rig.do(posts.shown_thread, post.id) == []


async def test_approval_sends_it_and_boosts_it(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, strict: AreaRecord
) -> None:
    await rig.follower(strict, "lem", "activity")
    post, _ = await rig.publish(hanako, "待っています", strict)
    await rig.decide("approve", (await rig.placements(post.iri))["shimamatsu"])
    create, wrap, announce = await rig.said()
    assert (create.type, announce.type) == ("Create", "Announce")
    assert json.loads(wrap.raw)["object"] == create.body, "the activity dialect has it too"
    assert (await rig.stored(post.iri)).log_id == create.id


async def test_one_acceptance_is_enough(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, strict: AreaRecord
) -> None:
    post, placed = await rig.publish(hanako, "両方へ", strict, area)
    assert placed == {"shimamatsu": "held review", "megumino": "accepted accepted"}
    assert await rig.shorts() == ["Create/both", "Announce/both"]
    await rig.decide("approve", (await rig.placements(post.iri))["shimamatsu"])
    assert await rig.shorts() == ["Create/both", "Announce/both", "Announce/both"], "it is not sent twice"


async def test_a_refused_post_is_not_sent(rig: Rig, hanako: ActorRecord, strict: AreaRecord) -> None:
    post, _ = await rig.publish(hanako, "待っています", strict)
    await rig.decide("refuse", (await rig.placements(post.iri))["shimamatsu"])
    assert await rig.said() == []
    await rig.rewrite(post, "書き直しました")
    assert await rig.said() == []


async def test_a_waiting_post_is_edited_and_sent_as_it_is_then(
    rig: Rig, hanako: ActorRecord, strict: AreaRecord
) -> None:
    post, _ = await rig.publish(hanako, "まちがい", strict)
    await rig.rewrite(post, "なおしました")
    assert await rig.said() == []
    await rig.decide("approve", (await rig.placements(post.iri))["shimamatsu"])
    create = (await rig.said())[0]
    assert create.body["object"]["content"] == "<p>なおしました</p>"


async def test_a_waiting_post_is_deleted_without_a_word(
    rig: Rig, hanako: ActorRecord, strict: AreaRecord
) -> None:
    post, _ = await rig.publish(hanako, "待っています", strict)
    held = (await rig.placements(post.iri))["shimamatsu"]
    await rig.do(compose.delete, post.id, rig.now)
    assert await rig.said() == []
    assert (await rig.stored(post.iri)).deleted_at == rig.now
    with pytest.raises(Refused):
        await rig.decide("approve", held)


async def test_a_waiting_post_that_drops_the_area_is_sent(
    rig: Rig, hanako: ActorRecord, strict: AreaRecord
) -> None:
    post, placed = await rig.publish(hanako, "@shimamatsu@machi.test へ")
    assert placed == {"shimamatsu": "held review"}
    edited = await rig.rewrite(post, "みなさんへ")
    (create,) = await rig.said()
    assert (create.type, create.body["object"]["tag"]) == ("Create", [])
    assert edited.log_id == create.id
    assert await rig.states(post.iri) == {"shimamatsu": "withdrawn withdrawn"}


async def test_a_waiting_post_that_names_an_open_area_is_sent_and_boosted(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, strict: AreaRecord
) -> None:
    post, _ = await rig.publish(hanako, "待っています", strict)
    await rig.rewrite(post, "@megumino@machi.test にも")
    assert await rig.shorts() == ["Create/both", "Announce/both"]
    assert (await rig.live(post.iri)).keys() == {"megumino"}


# Edits


async def test_an_edit_reaches_whoever_got_the_post_or_a_boost(
    rig: Rig, area: AreaRecord, hanako: ActorRecord
) -> None:
    await rig.follower(area, "lem", "activity")
    await rig.stranger("alice")
    await rig.stranger("bob")
    post, _ = await rig.publish(hanako, "@alice@p.test に", area)
    create, wrap, announce = await rig.said()
    await rig.rewrite(post, "@bob@p.test に")
    update, relayed = (await rig.said())[3:]
    assert (update.type, update.concerns, update.cancels) == ("Update", create.id, False)
    assert update.to == ("alice", "bob"), "also who is not named any more"
    assert set(update.reaches) == {create.id, announce.id}
    assert update.body["object"]["updated"]
    assert (relayed.short, relayed.concerns) == ("Announce{Update}/activity", wrap.id)
    assert json.loads(relayed.raw)["object"] == update.body


async def test_an_area_that_was_picked_stays_and_one_that_was_written_goes_with_the_text(
    rig: Rig, area: AreaRecord, hanako: ActorRecord
) -> None:
    other = await rig.area("shimamatsu")
    post, _ = await rig.publish(hanako, "@shimamatsu@machi.test にも", area)
    assert (await rig.live(post.iri)).keys() == {"megumino", "shimamatsu"}
    await rig.rewrite(post, "なおしました")
    assert (await rig.live(post.iri)).keys() == {"megumino"}
    undo = next(each for each in await rig.said() if each.type == "Undo")
    assert undo.by == other.username
    note = await rig.do(wire.note, await rig.stored(post.iri), hanako)
    assert note["to"] == [PUBLIC, area.iri]


async def test_two_edits_at_one_instant_are_two(rig: Rig, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "x")
    for text in ("y", "z"):
        await rig.do(compose.edit, post.id, Revision(text), rig.now)
    updates = [each for each in await rig.said() if each.type == "Update"]
    assert [each.body["object"]["content"] for each in updates] == ["<p>y</p>", "<p>z</p>"]
    assert updates[0].body["object"]["updated"] < updates[1].body["object"]["updated"]
    assert await rig.rewrite(post, "w")


async def test_an_edit_is_judged_like_any_other(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "x", area)
    await rig.rewrite(post, "https://shop.test/ をどうぞ")
    assert await rig.states(post.iri) == {"megumino": "held new-author-link"}
    assert await rig.live(post.iri) == {}


async def test_text_reads_the_same_written_or_edited(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    await rig.stranger("alice")
    text = '1 < 2 & "3"\n\n@alice@p.test https://example.com/?a=1&b=2 #雪\n終わり'
    post, _ = await rig.publish(hanako, text)
    edited = await rig.rewrite(post, text)
    assert edited.content == post.content
    assert to_text(sanitise(post.content)) == to_text(post.content)


@pytest.mark.parametrize("text", ["", "あ" * 5001])
async def test_an_edit_keeps_the_rules(rig: Rig, hanako: ActorRecord, text: str) -> None:
    post, _ = await rig.publish(hanako, "x")
    with pytest.raises(Refused):
        await rig.rewrite(post, text)


async def test_only_posts_from_here_are_edited_and_deleted_here(
    rig: Rig, area: AreaRecord, hanako: ActorRecord
) -> None:
    alice = await rig.stranger("alice")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    post, _ = await rig.publish(hanako, "x")
    await rig.do(compose.delete, post.id, rig.now)
    for post_id in (1, (await rig.stored(note.id)).id, post.id):
        with pytest.raises(NotFound):
            await rig.do(compose.edit, post_id, Revision("y"), rig.now)
        with pytest.raises(NotFound):
            await rig.do(compose.delete, post_id, rig.now)


# Deletion, and the Create again


async def test_a_deletion_reaches_whoever_got_the_post_or_a_boost(
    rig: Rig, area: AreaRecord, hanako: ActorRecord
) -> None:
    await rig.follower(area, "lem", "activity")
    await rig.stranger("alice")
    post, _ = await rig.publish(hanako, "@alice@p.test に", area)
    create, wrap, announce = await rig.said()
    await rig.do(compose.delete, post.id, rig.now)
    delete, undo, removal = (await rig.said())[3:]
    assert (delete.type, delete.concerns, delete.cancels, delete.to) == (
        "Delete",
        create.id,
        True,
        ("alice",),
    )
    assert set(delete.reaches) == {create.id, announce.id}
    assert delete.body["object"] == {"id": post.iri, "type": "Tombstone"}
    assert (undo.type, undo.concerns) == ("Undo", announce.id)
    assert (removal.short, removal.concerns) == ("Announce{Delete}/activity", wrap.id)
    assert json.loads(removal.raw)["object"] == delete.body
    assert await rig.count(tombstones) == 1


async def test_a_create_is_made_again_when_the_log_has_let_it_go(rig: Rig, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "x")
    (create,) = await rig.said()
    assert await rig.do(creates.create_body, post) == create.raw
    await rig.do(lambda tx: tx.execute(sa.update(log).values(body=None)))
    again = await rig.do(creates.create_body, post)
    assert again is not None
    assert json.loads(again) == create.body


async def test_an_edited_post_is_created_as_it_is_now(
    rig: Rig, area: AreaRecord, hanako: ActorRecord
) -> None:
    post, _ = await rig.publish(hanako, "x", area)
    await rig.rewrite(post, "y")
    placement = (await rig.placements(post.iri))["megumino"]
    await rig.decide("remove", placement)
    await rig.follower(area, "lem", "activity")
    await rig.decide("restore", placement)
    wrap = next(each for each in await rig.said() if each.dialect == "activity")
    assert wrap.body["object"]["object"]["content"] == "<p>y</p>"


async def test_history_of_a_waiting_post(rig: Rig, hanako: ActorRecord, strict: AreaRecord) -> None:
    post, _ = await rig.publish(hanako, "x", strict)
    rig.pass_time()
    await rig.decide("approve", (await rig.placements(post.iri))["shimamatsu"], by=hanako.id, reason="ok")
    found = await rig.do(decisions.history, strict.actor_id, post.id)
    assert [(each.outcome, each.rule, each.by) for each in found] == [
        ("held", "review", None),
        ("accepted", "approve", hanako.id),
    ]
    assert found[1] == decisions.Decided("accepted", "approve", "ok", hanako.id, Millis(rig.now))


async def test_the_first_replies_are_embedded(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "x")
    alice = await rig.stranger("alice")
    for number in range(wire.FIRST_REPLIES + 1):
        rig.pass_time()
        await rig.send(alice, rig.note(alice, f"r{number}", in_reply_to=post.iri))
    note: Any = await rig.do(wire.note, post, hanako)
    page = note["replies"]["first"]
    assert page["items"] == [f"https://p.test/notes/r{number}" for number in range(wire.FIRST_REPLIES)]
    assert page["next"].startswith(f"{post.iri}/replies?after=")


@pytest.mark.parametrize("visibility", ["private", "direct"])
async def test_what_is_not_public_is_never_rendered_as_public(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, visibility: str
) -> None:
    await rig.stranger("alice")
    post, _ = await rig.publish(hanako, "@alice@p.test に", area)
    note: Any = await rig.do(wire.note, replace(post, visibility=visibility), hanako)  # type: ignore[arg-type]
    everyone = {*note["to"], *note["cc"]}
    assert PUBLIC not in everyone
    assert area.iri not in everyone, "nor sent to an area, whose followers are everybody"
    assert (hanako.followers in everyone) == (visibility == "private")
    assert "https://p.test/users/alice" in everyone
