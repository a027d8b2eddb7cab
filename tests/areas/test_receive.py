"""What strangers send: what is stored, what is placed, what is boosted, and what never is."""

import secrets
from dataclasses import replace

import pytest
import sqlalchemy as sa

from actors.follows import record_follow
from actors.records import ActorRecord
from areas import ids, submissions
from areas.records import AreaRecord
from areas.tables import boosts, originals, post_texts
from federation.vocabulary import PUBLIC, AnnouncePolicy, Iri, Millis
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio

EVERYONE = (PUBLIC,)


async def test_a_public_post_that_names_an_area_is_boosted(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "snow", cc=(area.iri,))
    assert await rig.send(alice, note) == {"megumino": "accepted accepted"}
    (announce,) = await rig.said()
    assert announce.short == "Announce/both"
    assert announce.body["object"] == note.id
    assert announce.body["published"]
    assert announce.audience == "megumino"
    assert announce.to == ("alice",), "her own server hears of it, though nobody there follows"
    assert (await rig.live(note.id)).keys() == {"megumino"}


@pytest.mark.parametrize("where", ["to", "cc", "audience", "target", "mentions"])
async def test_an_area_may_be_named_anywhere(
    rig: Rig, area: AreaRecord, alice: ActorRecord, where: str
) -> None:
    named = {where: (*EVERYONE, area.iri) if where == "to" else (area.iri,)}
    assert await rig.send(alice, rig.note(alice, "post", **named)) == {"megumino": "accepted accepted"}


@pytest.mark.parametrize("where", ["to", "cc", "audience", "target"])
async def test_an_area_may_be_named_by_the_activity_alone(
    rig: Rig, area: AreaRecord, alice: ActorRecord, where: str
) -> None:
    named = {where: (*EVERYONE, area.iri) if where == "to" else (area.iri,)}
    assert await rig.send(alice, rig.note(alice, "post"), **named) == {"megumino": "accepted accepted"}


@pytest.mark.parametrize(
    ("to", "cc", "seen"),
    [
        ((PUBLIC,), (), "public"),
        ((), (PUBLIC,), "unlisted"),
        (("followers",), (), "private"),
        ((), (), "direct"),
    ],
)
async def test_only_what_anyone_may_read_is_placed(
    rig: Rig, area: AreaRecord, alice: ActorRecord, to: tuple[str, ...], cc: tuple[str, ...], seen: str
) -> None:
    assert alice.followers is not None
    to = tuple(alice.followers if each == "followers" else each for each in to)
    note = rig.note(alice, "post", to=(*to, area.iri), cc=cc)
    placed = await rig.send(alice, note)
    stored = await rig.stored(note.id)
    assert stored.visibility == seen
    is_shown = seen in {"public", "unlisted"}
    assert bool(placed) == is_shown
    assert bool(await rig.said()) == is_shown
    assert bool(await rig.count(originals)) == is_shown, "what is not public is not kept to be passed on"


async def test_a_message_for_nobody_here_is_not_stored(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", to=("https://q.test/users/bob",))
    await rig.send(alice, note)
    assert await rig.post(note.id) is None


async def test_a_message_to_the_desk_is_stored_for_it(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    note = rig.note(alice, "post", to=(f"{area.iri.replace('/areas/', '/people/')}_desk",))
    assert await rig.send(alice, note) == {}
    assert (await rig.stored(note.id)).visibility == "direct"


async def test_a_post_that_concerns_nobody_here_is_not_stored(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post")
    await rig.send(alice, note)
    assert await rig.post(note.id) is None


async def test_what_somebody_here_follows_is_stored(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    hanako = await rig.resident()
    iri = Iri(f"{hanako.iri}/activities/follow-1")
    await rig.do(record_follow, iri=iri, follower=hanako, target=alice, state="accepted", now=rig.now)
    assert alice.followers is not None
    note = rig.note(alice, "post", to=(alice.followers,))
    assert await rig.send(alice, note) == {}
    assert (await rig.stored(note.id)).visibility == "private"


async def test_a_vote_is_not_a_post(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    question = rig.note(alice, "question", cc=(area.iri,), type="Question")
    await rig.send(alice, question)
    bob = await rig.stranger("bob")
    vote = rig.note(bob, "vote", to=(alice.iri, area.iri), content=None, name="はい", in_reply_to=question.id)
    await rig.send(bob, vote)
    assert await rig.post(vote.id) is None


async def test_the_same_post_is_boosted_once_whatever_the_activity_is_called(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    first, second = rig.create(note), replace(rig.create(note), id=Iri(f"{note.id}/other"))
    for activity in (first, second, first):
        await rig.do(submissions.receive, author=alice, post=note, activity=activity, now=rig.now)
    assert await rig.shorts() == ["Announce/both"]
    assert await rig.count(boosts) == 1


async def test_a_private_post_sent_again_in_public_stays_private(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    await rig.send(alice, rig.note(alice, "post", to=(area.iri,)))
    public = rig.note(alice, "post", cc=(area.iri,))
    assert await rig.send(alice, public) == {}
    assert (await rig.stored(public.id)).visibility == "direct"
    assert await rig.said() == []


async def test_an_update_of_an_unknown_post_is_a_submission(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    """GoToSocial sends an `Update` alone when an edit names the area for the first time."""
    note = rig.note(alice, "post", cc=(area.iri,))
    assert await rig.edit(alice, note) == {"megumino": "accepted accepted"}


async def test_another_cannot_send_a_post_under_a_known_id(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    bob = await rig.stranger("bob")
    forged = replace(note, attributed_to=(bob.iri,), content="<p>forged</p>")
    assert await rig.send(bob, forged) == {}
    assert await rig.edit(bob, forged) == {}
    assert await rig.delete(bob, note.id) is False
    stored = await rig.stored(note.id)
    assert (stored.actor_id, stored.content, stored.deleted_at) == (alice.id, "<p>post</p>", None)


async def test_two_areas_decide_each_for_itself(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    await rig.area("shimamatsu", policy="review")
    closed = await rig.area("kashiwagi", policy="closed")
    shimamatsu = area.iri.replace("megumino", "shimamatsu")
    note = rig.note(alice, "post", cc=(area.iri, shimamatsu, closed.iri))
    assert await rig.send(alice, note) == {
        "megumino": "accepted accepted",
        "shimamatsu": "held review",
        "kashiwagi": "refused restricted",
    }
    assert (await rig.live(note.id)).keys() == {"megumino"}


async def test_a_suspended_area_hears_nothing(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    await rig.judge(await rig.actor(area.iri), "suspended")
    assert await rig.send(alice, rig.note(alice, "post", cc=(area.iri,))) == {}


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (AnnouncePolicy(automatic=(PUBLIC,)), "accepted accepted"),
        (AnnouncePolicy(automatic=(Iri("https://machi.test/areas/megumino"),)), "accepted accepted"),
        (AnnouncePolicy(manual=(PUBLIC,)), "refused author-policy"),
        (AnnouncePolicy(automatic=(Iri("https://p.test/users/alice"),)), "refused author-policy"),
        (AnnouncePolicy(), "refused author-policy"),
    ],
)
async def test_the_authors_own_policy_counts(
    rig: Rig, area: AreaRecord, alice: ActorRecord, policy: AnnouncePolicy, outcome: str
) -> None:
    note = rig.note(alice, "post", cc=(area.iri,), can_announce=policy)
    assert await rig.send(alice, note) == {"megumino": outcome}


async def test_a_time_in_the_future_becomes_now(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    note = rig.note(alice, "post", cc=(area.iri,), published=Millis(rig.now + 10**12))
    await rig.send(alice, note)
    stored = await rig.stored(note.id)
    assert stored.published_at == rig.now
    assert ids.time_of(stored.id) == rig.now


async def test_languages_are_kept_where_there_are_several(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    texts = (("ja", "<p>雪</p>"), ("en", "<p>snow</p><script>x</script>"))
    await rig.send(alice, rig.note(alice, "post", cc=(area.iri,), content_map=texts))
    kept = await rig.do(lambda tx: tx.execute(sa.select(post_texts.c.tag, post_texts.c.html)).all())
    assert {tuple(row) for row in kept} == {("ja", "<p>雪</p>"), ("en", "<p>snow</p>")}


async def test_what_a_browser_would_run_is_not_stored(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    """E1."""
    dirty = '<p style="x">snow<img src=x onerror=alert(1)></p><script>alert(1)</script>'
    note = rig.note(alice, "post", cc=(area.iri,), content=dirty, name="a\u202eb", summary="c\x00d")
    await rig.send(alice, note)
    stored = await rig.stored(note.id)
    assert (stored.content, stored.title, stored.summary) == ("<p>snow</p>", "ab", "cd")


async def test_a_millisecond_whose_ids_are_taken_refuses_nothing(
    rig: Rig, area: AreaRecord, alice: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many servers say whole seconds: thousands of posts may have one time."""
    monkeypatch.setattr(secrets, "randbits", lambda _bits: 2)
    for slug in ("a", "b", "c"):
        await rig.do(
            submissions.receive,
            author=alice,
            post=(note := rig.note(alice, slug, cc=(area.iri,))),
            activity=rig.create(note),
            now=Millis(rig.now + 60_000 * ord(slug)),
        )
    found = [await rig.stored(f"https://p.test/notes/{slug}") for slug in "abc"]
    times = [ids.time_of(each.id) for each in found]
    assert times == [times[0], times[0] + 1, times[0] + 2]
    assert [each.thread_id for each in found] == [each.id for each in found]
