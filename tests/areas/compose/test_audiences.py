"""Who reads what residents write: followers, members of an area, those named; and what never leaves the server."""

from typing import Any

import pytest

from actors.records import ActorRecord
from areas import compose, interactions
from areas.errors import StaysInArea
from areas.records import AreaRecord, Draft, PostRecord, Revision
from federation.errors import NotFound, Refused
from tests.areas.reading.rig import Town
from web.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
def rig(database: Database) -> Town:
    return Town(database)


@pytest.fixture
async def hanako(rig: Town, area: AreaRecord) -> ActorRecord:
    return await rig.resident("hanako")


@pytest.fixture
async def taro(rig: Town, area: AreaRecord) -> ActorRecord:
    return await rig.resident("taro")


async def write_for_members(
    rig: Town, author: ActorRecord, area: AreaRecord, text: str = "for us", **values: Any
) -> PostRecord:
    await rig.do(interactions.join, author, area, rig.now)
    draft = Draft(author.id, text, visibility="private", members_of=area.actor_id, **values)
    post, _ = await rig.do(compose.publish, draft, rig.now)
    return post


async def test_a_private_post_goes_to_followers_and_whom_it_names(rig: Town, hanako: ActorRecord) -> None:
    alice = await rig.stranger("alice")
    await rig.follower(hanako, "fan")
    await rig.publish(hanako, "@alice@p.test へ", visibility="private")
    (create,) = await rig.said()
    assert (create.audience, create.to, create.public) == ("hanako", ("alice",), False)
    note = create.body["object"]
    assert (note["to"], note["cc"]) == ([hanako.followers], [alice.iri])
    assert (create.body["to"], create.body["cc"]) == (note["to"], note["cc"])


async def test_a_message_goes_to_whom_it_names_alone(rig: Town, hanako: ActorRecord) -> None:
    alice = await rig.stranger("alice")
    await rig.follower(hanako, "fan")
    post, _ = await rig.publish(hanako, "@alice@p.test へ", visibility="direct")
    (create,) = await rig.said()
    assert (create.audience, create.to, create.public) == (None, ("alice",), False)
    assert (create.body["object"]["to"], create.body["object"]["cc"]) == ([alice.iri], [])
    await rig.rewrite(post, "@alice@p.test へ、もう一度")
    await rig.do(compose.delete, post.id, rig.now)
    for said in (await rig.said())[1:]:
        assert (said.audience, said.to, said.public) == (None, ("alice",), False)
        assert {*said.body["to"], *said.body["cc"]} == {alice.iri}


async def test_what_is_not_public_is_deleted_before_those_who_got_it_alone(
    rig: Town, hanako: ActorRecord
) -> None:
    post, _ = await rig.publish(hanako, "x", visibility="private")
    await rig.do(compose.delete, post.id, rig.now)
    deleted = (await rig.said())[-1]
    assert (deleted.audience, deleted.body["to"], deleted.body["cc"]) == ("hanako", [hanako.followers], [])


async def test_a_group_is_sent_nothing_that_is_not_for_everyone(
    rig: Town, area: AreaRecord, hanako: ActorRecord
) -> None:
    await rig.stranger("chitose", "chitose.test", type="Group")
    post, placed = await rig.publish(
        hanako, "@megumino@machi.test @chitose@chitose.test", visibility="private"
    )
    assert placed == {}
    assert await rig.named(post.iri) == ()
    assert (await rig.said())[0].to == ()


async def test_areas_are_picked_for_what_anyone_may_read(
    rig: Town, area: AreaRecord, hanako: ActorRecord
) -> None:
    with pytest.raises(Refused, match="only public and unlisted posts reach an area"):
        await rig.publish(hanako, "x", area, visibility="private")


async def test_an_answer_is_no_wider_than_what_it_answers(
    rig: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    await rig.follow(taro, hanako)
    for seen, chosen, expected in (
        ("private", "public", "private"),
        ("private", "direct", "direct"),
        ("direct", "private", "direct"),
        ("unlisted", "public", "public"),
    ):
        root, _ = await rig.publish(hanako, "@taro へ", visibility=seen)
        answer, _ = await rig.publish(taro, "はい", in_reply_to=root.iri, visibility=chosen)
        assert answer.visibility == expected
        assert [each.iri for each in await rig.named(answer.iri)] == [hanako.iri]


async def test_nobody_answers_what_she_may_not_read(
    rig: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    private, _ = await rig.publish(hanako, "x", visibility="private")
    direct, _ = await rig.publish(hanako, "x", visibility="direct")
    members = await write_for_members(rig, hanako, area)
    for post in (private, direct, members):
        with pytest.raises(NotFound, match="to reply to"):
            await rig.publish(taro, "はい", in_reply_to=post.iri, visibility="direct")


async def test_a_bare_name_is_a_neighbour(rig: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "@taro と @nobody へ", visibility="direct")
    assert [each.iri for each in await rig.named(post.iri)] == [taro.iri]
    assert post.content == (
        '<p><span class="h-card"><a href="https://machi.test/people/taro" class="u-url mention">'
        "@<span>taro</span></a></span> と @nobody へ</p>"
    )


async def test_a_mention_leads_to_the_page_of_whom_it_names(rig: Town, hanako: ActorRecord) -> None:
    """As Mastodon writes it; clients find the mention by that address."""
    await rig.stranger("alice", url="https://p.test/@alice")
    post, _ = await rig.publish(hanako, "@alice@p.test")
    assert 'href="https://p.test/@alice" class="u-url mention"' in post.content


async def test_tags_are_links_and_tags_on_the_wire(rig: Town, hanako: ActorRecord) -> None:
    post, _ = await rig.publish(hanako, "#Yuki と #ゆずります と #yuki")
    note = (await rig.said())[0].body["object"]
    link = '<a href="https://machi.test/tags/yuki" class="mention hashtag" rel="tag">#<span>Yuki</span></a>'
    assert link in post.content
    assert [(tag["type"], tag["name"]) for tag in note["tag"]] == [
        ("Hashtag", "#Yuki"),
        ("Hashtag", "#ゆずります"),
    ]
    assert note["tag"][1]["href"] == "https://machi.test/tags/%E3%82%86%E3%81%9A%E3%82%8A%E3%81%BE%E3%81%99"


# For the members of an area


async def test_what_is_for_members_never_leaves_the_server(
    rig: Town, area: AreaRecord, hanako: ActorRecord
) -> None:
    """No Create, no boost, no reply passed on, whoever follows; nor when it is edited, removed, restored, deleted."""
    for dialect in ("object", "activity"):
        await rig.follower(hanako, f"fan-{dialect}", dialect)
        await rig.follower(area, f"town-{dialect}", dialect)
    post = await write_for_members(rig, hanako, area)
    assert await rig.states(post.iri) == {"megumino": "accepted accepted"}
    draft = Draft(hanako.id, "and this", in_reply_to=post.iri, visibility="private")
    reply, _ = await rig.do(compose.publish, draft, rig.now)
    await rig.rewrite(post, "for us, corrected")
    await rig.rewrite(reply, "and that")
    for act in ("remove", "restore"):
        await rig.decide(act, (await rig.placements(post.iri))["megumino"])
    await rig.do(compose.delete, reply.id, rig.now)
    await rig.do(compose.delete, post.id, rig.now)
    assert await rig.said() == []


async def test_an_answer_to_members_is_for_them(
    rig: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    post = await write_for_members(rig, hanako, area)
    await rig.do(interactions.join, taro, area, rig.now)
    draft = Draft(taro.id, "はい", in_reply_to=post.iri, visibility="private")
    answer, _ = await rig.do(compose.publish, draft, rig.now)
    assert (answer.visibility, answer.members_of) == ("private", area.actor_id)
    jiro = await rig.resident("jiro")
    await rig.follow(jiro, taro)
    assert await rig.may_read(hanako, answer)
    assert not await rig.may_read(jiro, answer)
    for visibility in ("public", "unlisted"):
        with pytest.raises(StaysInArea, match="is for them as well"):
            await rig.publish(taro, "はい", in_reply_to=post.iri, visibility=visibility)


async def test_what_is_for_members_names_nobody_elsewhere(
    rig: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    """Known or not; neither at first, nor by an edit, nor in a message that answers it."""
    await rig.stranger("alice")
    post = await write_for_members(rig, hanako, area, "@taro へ")
    for text in ("@alice@p.test へ", "@unknown@p.test へ"):
        with pytest.raises(StaysInArea, match="names nobody on another server"):
            await write_for_members(rig, hanako, area, text)
        with pytest.raises(StaysInArea, match="names nobody on another server"):
            await rig.do(compose.edit, post.id, Revision(text), rig.now)
        for visibility in ("private", "direct"):
            with pytest.raises(StaysInArea, match="names nobody on another server"):
                await rig.publish(hanako, text, in_reply_to=post.iri, visibility=visibility)
    assert await rig.said() == []


async def test_only_members_write_for_members_and_for_one_area(
    rig: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    other = await rig.area("kashiwagi")
    ours = {"visibility": "private", "members_of": area.actor_id}
    with pytest.raises(Refused, match="only members"):
        await rig.publish(taro, "x", **ours)
    await rig.do(interactions.join, hanako, area, rig.now)
    with pytest.raises(StaysInArea, match="no other area"):
        await rig.publish(hanako, "x", other, **ours)
    with pytest.raises(Refused, match="is private"):
        await rig.publish(hanako, "x", members_of=area.actor_id)
    with pytest.raises(NotFound, match="no area 4"):
        await rig.publish(hanako, "x", visibility="private", members_of=4)
    root, _ = await rig.publish(hanako, "root")
    with pytest.raises(Refused, match="those who read what it answers"):
        await rig.publish(hanako, "x", in_reply_to=root.iri, **ours)


async def test_an_area_may_check_what_is_for_its_members_first(
    rig: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    strict = await rig.area("shimamatsu", policy="review")
    post = await write_for_members(rig, hanako, strict)
    await rig.do(interactions.join, taro, strict, rig.now)
    assert not await rig.may_read(taro, post)
    await rig.decide("approve", (await rig.placements(post.iri))["shimamatsu"])
    assert await rig.may_read(taro, post)
    assert "megumino" not in await rig.placements(post.iri)
