"""Kinds of posts as they are stored, sent, stepped on, answered from elsewhere, and ended."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from areas import compose, interactions, kinds, timelines
from areas.compose import scheduling
from areas.kinds import places, responses
from areas.kinds.tables import offers, questions
from areas.kinds.tables import responses as response_table
from areas.records import AreaRecord, Draft, PostRecord, Revision
from federation.errors import NotFound, Refused
from federation.vocabulary import PUBLIC, Hashtag, Millis
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio

BED = {"item": "ベビーベッド"}


@pytest.fixture
async def hanako(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("hanako")


@pytest.fixture
async def taro(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("taro")


@pytest.fixture
async def bed(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> PostRecord:
    post, _ = await rig.publish(hanako, "白いです。", area, kind="give", details=BED)
    return post


async def state_of(rig: Rig, post: PostRecord) -> str:
    facts = await rig.do(kinds.find, await rig.stored(post.iri))
    assert facts is not None
    return facts.state


async def step(rig: Rig, actor: ActorRecord, post: PostRecord, name: str) -> None:
    rig.pass_time()
    await rig.do(interactions.step, actor, post.id, name, rig.now)


async def step_reply(rig: Rig, actor: ActorRecord, reply: PostRecord, name: str) -> None:
    rig.pass_time()
    await rig.do(interactions.step_reply, actor, reply.id, name, rig.now)


async def answer(rig: Rig, author: ActorRecord, post: PostRecord, slug: str, **values: Any) -> PostRecord:
    """A reply from another server."""
    given = {"to": (PUBLIC, str(post.iri)), "in_reply_to": post.iri, **values}
    note = rig.note(author, slug, **given)
    await rig.send(author, note)
    return await rig.stored(note.id)


async def newest(rig: Rig) -> dict[str, Any]:
    """The object of the newest Create or Update."""
    said = [each for each in await rig.said(by="hanako") if each.type in {"Create", "Update"}]
    found: dict[str, Any] = said[-1].body["object"]
    return found


async def test_a_gift_on_the_wire(rig: Rig, area: AreaRecord, bed: PostRecord) -> None:
    note = await newest(rig)
    assert note["type"] == "Note"
    assert "name" not in note
    assert note["content"].startswith("<p>【ゆずります】ベビーベッド</p><p>白いです。</p>")
    assert [tag["name"] for tag in note["tag"] if tag["type"] == "Hashtag"] == ["#ゆずります"]
    assert (note["purpose"], note["publishes"]["action"]) == ("offer", "transfer")
    assert note["publishes"]["resourceQuantity"]["hasNumericalValue"] == "1"
    assert (await rig.do(compose.source_of, bed)).text == "白いです。"


async def test_an_ordinary_post_has_none_of_it(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "白いです。", area)
    assert not {"purpose", "publishes", "location", "acceptedAnswer"} & set(await newest(rig))
    assert (post.kind, await rig.do(kinds.find, post)) == ("ordinary", None)


async def test_a_gift_is_chosen_released_handed_over_and_reopened(
    rig: Rig, hanako: ActorRecord, taro: ActorRecord, bed: PostRecord
) -> None:
    reply = await rig.do(interactions.respond, taro, bed.id, "ほしいです", "k", rig.now)
    assert reply.visibility == "direct"
    await step_reply(rig, hanako, reply, "choose")
    assert await state_of(rig, bed) == "reserved"
    note = await newest(rig)
    assert "お相手と調整中" in note["content"]
    assert "taro" not in str(note), "who it is is for both alone"
    await step(rig, hanako, bed, "release")
    assert (await state_of(rig, bed), await states(rig, bed)) == ("open", {"taro": "applied"})
    await step_reply(rig, hanako, reply, "choose")
    await step(rig, hanako, bed, "finish")
    note = await newest(rig)
    assert "【受け渡し済み】" in note["content"]
    assert note["publishes"]["resourceQuantity"]["hasNumericalValue"] == "0"
    await step(rig, hanako, bed, "reopen")
    assert (await state_of(rig, bed), await states(rig, bed)) == ("reserved", {"taro": "chosen"})


async def states(rig: Rig, post: PostRecord) -> dict[str, str]:
    return {rig.names[each.actor_id]: each.state for each in await rig.do(responses.list_of, post.id)}


async def test_a_second_press_changes_nothing_and_a_wrong_one_is_refused(
    rig: Rig, hanako: ActorRecord, bed: PostRecord
) -> None:
    await step(rig, hanako, bed, "finish")
    before = await rig.last()
    await step(rig, hanako, bed, "finish")
    assert await rig.last() == before
    with pytest.raises(Refused, match="done"):
        await step(rig, hanako, bed, "withdraw")


async def test_nobody_but_its_author_takes_steps(
    rig: Rig, hanako: ActorRecord, taro: ActorRecord, bed: PostRecord, alice: ActorRecord
) -> None:
    reply = await answer(rig, alice, bed, "me")
    for name in ("finish", "choose", "nonsense"):
        with pytest.raises(NotFound):
            await step(rig, taro, bed, name)
    with pytest.raises(NotFound):
        await step(rig, hanako, bed, "choose")
    for name in ("admit", "leave"):
        with pytest.raises(NotFound):
            await step_reply(rig, taro, reply, name)
    with pytest.raises(NotFound):
        await step_reply(rig, hanako, reply, "leave")
    own, _ = await rig.publish(hanako, "まだあります。", in_reply_to=bed.iri)
    with pytest.raises(NotFound):
        await step_reply(rig, hanako, own, "admit")
    assert await rig.count(response_table) == 0


async def test_an_ordinary_post_and_its_replies_have_no_steps(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    post, _ = await rig.publish(hanako, "やあ", area)
    reply = await answer(rig, alice, post, "hi")
    with pytest.raises(NotFound):
        await step(rig, hanako, post, "finish")
    with pytest.raises(NotFound):
        await step_reply(rig, hanako, reply, "admit")
    with pytest.raises(NotFound):
        await step_reply(rig, hanako, post, "admit")


async def test_a_reply_from_elsewhere_is_an_application_by_one_press(
    rig: Rig, hanako: ActorRecord, bed: PostRecord, alice: ActorRecord
) -> None:
    reply = await answer(rig, alice, bed, "me")
    assert await states(rig, bed) == {}, "a candidate, until the author says so"
    with pytest.raises(Refused):
        await step_reply(rig, hanako, reply, "choose")
    await step_reply(rig, hanako, reply, "admit")
    await step_reply(rig, hanako, reply, "admit")
    assert await states(rig, bed) == {"alice": "applied"}
    again = await answer(rig, alice, bed, "still-me")
    await step_reply(rig, hanako, again, "choose")
    assert await states(rig, bed) == {"alice": "chosen"}


async def test_only_one_is_chosen(
    rig: Rig, hanako: ActorRecord, taro: ActorRecord, bed: PostRecord, alice: ActorRecord
) -> None:
    first = await rig.do(interactions.respond, taro, bed.id, "ほしい", "k", rig.now)
    other = await answer(rig, alice, bed, "me")
    await step_reply(rig, hanako, other, "admit")
    await step_reply(rig, hanako, first, "choose")
    with pytest.raises(Refused, match="reserved"):
        await step_reply(rig, hanako, other, "choose")
    assert await states(rig, bed) == {"taro": "chosen", "alice": "applied"}
    await step_reply(rig, hanako, other, "decline")
    await step_reply(rig, hanako, other, "restore")
    await step_reply(rig, hanako, other, "dismiss")
    assert await states(rig, bed) == {"taro": "chosen"}


async def test_who_was_chosen_may_leave_and_it_is_open_again(
    rig: Rig, hanako: ActorRecord, taro: ActorRecord, bed: PostRecord
) -> None:
    reply = await rig.do(interactions.respond, taro, bed.id, "ほしい", "k", rig.now)
    await step_reply(rig, hanako, reply, "choose")
    await step_reply(rig, taro, reply, "leave")
    assert (await states(rig, bed), await state_of(rig, bed)) == ({}, "open")
    assert "【ゆずります】ベビーベッド" in (await newest(rig))["content"]


async def test_who_cannot_apply(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord, bed: PostRecord
) -> None:
    with pytest.raises(Refused):
        await rig.do(interactions.respond, hanako, bed.id, "わたし", "k", rig.now)
    asked, _ = await rig.publish(hanako, "ごみの日は？", area, kind="question")
    with pytest.raises(Refused):
        await rig.do(interactions.respond, taro, asked.id, "はい", "k", rig.now)
    late, _ = await rig.publish(
        hanako, "本", area, kind="give", details={"item": "本", "until": "2026-11-24"}
    )
    rig.pass_time(48 * HOUR)
    with pytest.raises(Refused):
        await rig.do(interactions.respond, taro, late.id, "ほしい", "k", rig.now)
    await step(rig, hanako, bed, "finish")
    with pytest.raises(Refused):
        await rig.do(interactions.respond, taro, bed.id, "ほしい", "k", rig.now)
    secret, _ = await rig.publish(hanako, "本", kind="give", details={"item": "本"}, visibility="private")
    with pytest.raises(NotFound):
        await rig.do(interactions.respond, taro, secret.id, "ほしい", "k", rig.now)


async def test_applying_twice_is_applying_once(rig: Rig, taro: ActorRecord, bed: PostRecord) -> None:
    first = await rig.do(interactions.respond, taro, bed.id, "ほしい", "a", rig.now)
    second = await rig.do(interactions.respond, taro, bed.id, "ほしいです", "b", rig.now)
    assert (first.id, await rig.count(response_table)) == (second.id, 1)
    assert first.visibility == "direct", "only both sides see who applied"


async def test_the_answer_that_helped_is_told_where_anyone_may_read_it(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    post, _ = await rig.publish(hanako, "ごみの日は？", area, kind="question")
    reply = await answer(rig, alice, post, "friday")
    await step_reply(rig, hanako, reply, "choose")
    note = await newest(rig)
    assert (note["acceptedAnswer"], "【解決】" in note["content"]) == (reply.iri, True)
    await step(rig, hanako, post, "reopen")
    note = await newest(rig)
    assert ("acceptedAnswer" in note, "【相談】" in note["content"]) == (False, True)
    await step(rig, hanako, post, "solve")
    assert "acceptedAnswer" not in await newest(rig)


async def test_a_private_answer_is_not_told(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    post, _ = await rig.publish(hanako, "ごみの日は？", area, kind="question")
    reply = await answer(rig, alice, post, "secret", to=(str(hanako.iri),), mentions=(str(hanako.iri),))
    assert reply.visibility == "direct"
    await step_reply(rig, hanako, reply, "choose")
    assert reply.iri not in str(await newest(rig))
    assert await state_of(rig, post) == "solved"


async def test_an_edit_keeps_the_kind_and_what_it_says(rig: Rig, bed: PostRecord) -> None:
    changed = await rig.rewrite(bed, "白くて、きれいです。")
    assert changed.kind == "give"
    assert (await newest(rig))["content"].startswith("<p>【ゆずります】ベビーベッド</p><p>白くて、")
    revision = Revision(details={"item": "ベビーベッド（白）"})
    await rig.do(compose.edit, bed.id, revision, rig.now)
    note = await newest(rig)
    assert note["content"].startswith("<p>【ゆずります】ベビーベッド（白）</p><p>白くて、")


async def test_the_kind_is_fixed_once_somebody_has_answered(
    rig: Rig, bed: PostRecord, alice: ActorRecord
) -> None:
    changed = await rig.do(compose.edit, bed.id, Revision(kind="question"), rig.now)
    assert (changed.kind, await rig.count(offers), await rig.count(questions)) == ("question", 0, 1)
    plain = await rig.do(compose.edit, bed.id, Revision(kind="ordinary"), rig.now)
    assert (plain.kind, plain.content, await rig.count(questions)) == ("ordinary", "<p>白いです。</p>", 0)
    await answer(rig, alice, bed, "hm")
    with pytest.raises(Refused, match="fixed"):
        await rig.do(compose.edit, bed.id, Revision(kind="question"), rig.now)


async def test_what_has_no_kind_is_refused(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "やあ", area)
    with pytest.raises(Refused, match="no kind 'campaign'"):
        await rig.publish(hanako, "まつり", area, kind="campaign")
    with pytest.raises(Refused, match="an answer"):
        await rig.publish(hanako, "これも", kind="question", in_reply_to=post.iri)
    with pytest.raises(Refused, match="item"):
        await rig.publish(hanako, "これ", area, kind="give")


async def test_a_shop_gives_nothing_away(rig: Rig, area: AreaRecord) -> None:
    shop = await rig.resident("mise", "shop")
    with pytest.raises(Refused, match="shop"):
        await rig.publish(shop, "割引です", area, kind="give", details=BED)
    post, _ = await rig.publish(shop, "割引です #ゆずります", area)
    assert post.kind == "ordinary"


async def test_hashtags_make_kinds_of_posts_of_apps_and_other_servers(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    post, _ = await rig.publish(hanako, "ごみの日は？ #相談", area)
    assert (post.kind, await state_of(rig, post)) == ("question", "open")
    chosen, _ = await rig.publish(hanako, "#相談 という字", area, kind="ordinary")
    assert chosen.kind == "ordinary"
    note = rig.note(alice, "bed", to=(PUBLIC, str(area.iri)))
    tagged = rig.note(alice, "cafe", to=(PUBLIC, str(area.iri)))
    for each, kind in ((note, "ordinary"), (with_tag(tagged, "口コミ"), "review")):
        await rig.send(alice, each)
        stored = await rig.stored(each.id)
        assert (stored.kind, await rig.do(kinds.find, stored)) == (kind, None)
    shown = await rig.do(timelines.area_timeline, area.actor_id, which="review")
    assert [each.post.iri for each in shown] == [tagged.id]
    shown = await rig.do(timelines.area_timeline, area.actor_id, which="question")
    assert [each.post.iri for each in shown] == [post.iri]


def with_tag(note: Any, name: str) -> Any:
    return replace(note, tags=(*note.tags, Hashtag(name)))


async def test_everything_of_a_kind_ends_with_its_post_and_its_reply(
    rig: Rig, hanako: ActorRecord, taro: ActorRecord, bed: PostRecord
) -> None:
    reply = await rig.do(interactions.respond, taro, bed.id, "ほしい", "k", rig.now)
    await rig.do(compose.delete, reply.id, rig.now)
    assert await rig.count(response_table) == 0
    await rig.do(interactions.respond, taro, bed.id, "やっぱりほしい", "l", rig.now)
    await rig.do(compose.delete, bed.id, rig.now)
    assert (await rig.count(response_table), await rig.count(offers)) == (0, 0)
    with pytest.raises(NotFound):
        await step(rig, hanako, bed, "finish")


async def test_two_reviews_are_of_one_place_and_another_area_has_its_own(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    cafe = {"place": "喫茶ひまわり", "address": "恵み野西3丁目"}
    first, _ = await rig.publish(hanako, "静かです。", area, kind="review", details=cafe)
    note = await newest(rig)
    await rig.publish(taro, "おいしい。", area, kind="review", details={**cafe, "place": "喫茶ひまわり "})
    (place,) = await rig.do(places.suggest, area.actor_id)
    assert note["location"] == {
        "type": "Place",
        "id": f"https://machi.test/places/{place.id}",
        "name": "喫茶ひまわり",
        "address": "恵み野西3丁目",
    }
    other = await rig.area("asabu")
    await rig.publish(taro, "別の店。", other, kind="review", details=cafe)
    (elsewhere,) = await rig.do(places.suggest, other.actor_id)
    assert elsewhere.id != place.id
    await rig.do(compose.delete, first.id, rig.now)
    assert [each.id for each in await rig.do(places.suggest, area.actor_id)] == [place.id]


async def test_places_of_what_is_not_for_everyone_are_suggested_to_nobody(
    rig: Rig, hanako: ActorRecord
) -> None:
    strict = await rig.area("shimamatsu", policy="review")
    await rig.publish(hanako, "静か", strict, kind="review", details={"place": "待つ店"})
    assert await rig.do(places.suggest, strict.actor_id) == []


async def test_a_gift_can_be_published_later(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    draft = Draft(hanako.id, "白いです。", (area.actor_id,), kind="give", details=BED)
    made = await rig.do(scheduling.schedule, draft, Millis(rig.now + HOUR), rig.now)
    assert (await rig.do(scheduling.find, hanako.id, made.id)).draft == draft


async def test_a_gift_that_waits_is_sent_as_it_is_by_then(rig: Rig, hanako: ActorRecord) -> None:
    strict = await rig.area("shimamatsu", policy="review")
    post, _ = await rig.publish(hanako, "白いです。", strict, kind="give", details=BED)
    await step(rig, hanako, post, "withdraw")
    assert await rig.said(by="hanako") == []
    placement = (await rig.placements(post.iri))["shimamatsu"]
    await rig.decide("approve", placement)
    assert "【取りやめ】ベビーベッド" in (await newest(rig))["content"]


async def test_steps_of_posts_for_members_stay_there(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    await rig.do(interactions.join, hanako, area, rig.now, home=True)
    before = await rig.last()
    post, _ = await rig.publish(
        hanako, "白いです。", kind="give", details=BED, visibility="private", members_of=area.actor_id
    )
    await step(rig, hanako, post, "finish")
    assert await rig.last() == before
    assert "【受け渡し済み】" in (await rig.stored(post.iri)).content


async def test_one_chosen_is_a_rule_of_the_database(
    rig: Rig, hanako: ActorRecord, taro: ActorRecord, bed: PostRecord, alice: ActorRecord
) -> None:
    first = await rig.do(interactions.respond, taro, bed.id, "ほしい", "k", rig.now)
    other = await answer(rig, alice, bed, "me")
    rows = [
        {
            "post_id": bed.id,
            "actor_id": each.actor_id,
            "reply_id": each.id,
            "state": "chosen",
            "changed_at": 1,
        }
        for each in (other,)
    ]
    await rig.do(
        lambda tx: tx.execute(
            sa.update(response_table).where(response_table.c.reply_id == first.id).values(state="chosen")
        )
    )
    with pytest.raises(sa.exc.IntegrityError):
        await rig.do(lambda tx: tx.execute(sa.insert(response_table).values(rows)))
