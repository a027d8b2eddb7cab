"""Reading notifications: by page, by type, grouped; putting them away; policies and channels; conversations."""

import pytest

from actors.records import ActorRecord
from areas import interactions
from areas.notifications import reading, requests
from areas.notifications.policy import Policy
from areas.reading import conversations
from areas.reading.slices import Slice
from areas.records import AreaRecord, PostRecord
from federation.errors import NotFound, Refused
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def fans(town: Town, area: AreaRecord) -> list[ActorRecord]:
    return [await town.resident(name) for name in ("taro", "jiro", "saburo")]


@pytest.fixture
async def post(town: Town, hanako: ActorRecord, fans: list[ActorRecord]) -> PostRecord:
    """Liked by three, boosted by one, answered by one."""
    made, _ = await town.publish(hanako, "post")
    for fan in fans:
        await town.do(interactions.favourite, fan, made.id, town.now)
    await town.do(interactions.boost, fans[0], made.id, town.now)
    await town.publish(fans[0], "answer", in_reply_to=made.iri)
    return made


async def test_pages_types_and_senders(town: Town, hanako: ActorRecord, post: PostRecord) -> None:
    reader = town.reader(hanako)
    first = await town.do(reading.page, reader, Slice(limit=2))
    rest = await town.do(reading.page, reader, Slice(limit=3, before=first.older))
    assert [each.type for each in (*first.items, *rest.items)] == ["mention", "reblog", *["favourite"] * 3]
    assert rest.older is None
    assert len(await town.told(hanako, types=("mention", "reblog"))) == 2
    assert len(await town.told(hanako, without=("favourite",))) == 2
    taro = first.items[0].by
    assert len(await town.told(hanako, by_id=taro.id)) == 3
    assert all(each.id < 1_000 for each in first.items), "apps read them as numbers"


async def test_groups_of_one_kind_about_one_post(
    town: Town, hanako: ActorRecord, fans: list[ActorRecord], post: PostRecord
) -> None:
    reader = town.reader(hanako)
    found = await town.do(reading.groups, reader)
    assert [(each.type, each.count) for each in found.items] == [
        ("mention", 1),
        ("reblog", 1),
        ("favourite", 3),
    ]
    likes = found.items[2]
    assert [each.username for each in likes.sample] == ["saburo", "jiro", "taro"]
    assert likes.oldest_id < likes.latest.id
    assert (await town.do(reading.find_group, reader, likes.key)).count == 3
    assert len(await town.do(reading.accounts_of, reader, likes.key)) == 3
    alone = await town.do(reading.groups, reader, Slice(), grouped=("reblog",))
    assert len(alone.items) == 5
    assert alone.items[0].key == f"ungrouped-{alone.items[0].latest.id}"
    assert (await town.do(reading.find_group, reader, alone.items[0].key)).count == 1
    one = await town.do(reading.groups, reader, Slice(limit=1))
    two = await town.do(reading.groups, reader, Slice(limit=2, before=one.older))
    assert [each.type for each in (*one.items, *two.items)] == ["mention", "reblog", "favourite"]
    assert two.older is None
    for key in ("favourite-1-1", "ungrouped-x", "ungrouped-999"):
        with pytest.raises(NotFound):
            await town.do(reading.find_group, reader, key)


async def test_only_ones_own_are_found_and_put_away(
    town: Town, hanako: ActorRecord, fans: list[ActorRecord], post: PostRecord
) -> None:
    reader, other = town.reader(hanako), town.reader(fans[0])
    newest = (await town.do(reading.page, reader)).items[0]
    assert (await town.do(reading.find, reader, newest.id)).id == newest.id
    for act in (reading.find, reading.dismiss):
        with pytest.raises(NotFound):
            await town.do(act, other, newest.id)
    with pytest.raises(NotFound):
        await town.do(reading.dismiss_group, other, newest.group_key)
    await town.do(reading.clear, other)
    assert await town.do(reading.count_unread, reader, 0) == 5
    assert await town.do(reading.count_unread, reader, newest.id - 1) == 1
    await town.do(reading.dismiss, reader, newest.id)
    likes = (await town.do(reading.groups, reader)).items[-1]
    await town.do(reading.dismiss_group, reader, likes.key)
    assert await town.told(hanako) == ["reblog taro: post"]
    await town.do(reading.clear, reader, [newest.id])
    assert len(await town.told(hanako)) == 1
    await town.do(reading.clear, reader)
    assert await town.told(hanako) == []


async def test_what_can_no_longer_be_read_is_not_told(
    town: Town, hanako: ActorRecord, fans: list[ActorRecord], post: PostRecord
) -> None:
    await town.judge(fans[0], "suspended")
    assert [each.split(":")[0] for each in await town.told(hanako, types=("mention",))] == []


async def test_a_policy_is_kept_line_by_line(town: Town, hanako: ActorRecord) -> None:
    assert await town.do(requests.policy_of, hanako.id) == Policy()
    changed = await town.do(requests.change_policy, hanako.id, {"not_following": "drop"})
    assert changed == await town.do(requests.policy_of, hanako.id) == Policy(not_following="drop")
    for wrong in ({"not_following": "maybe"}, {"everybody": "drop"}):
        with pytest.raises(Refused, match="a policy has no line"):
            await town.do(requests.change_policy, hanako.id, wrong)


async def test_a_policy_decides(town: Town, hanako: ActorRecord, fans: list[ActorRecord]) -> None:
    await town.do(requests.change_policy, hanako.id, {"not_following": "drop"})
    await town.publish(fans[0], "@hanako")
    await town.do(requests.change_policy, hanako.id, {"not_following": "filter"})
    await town.publish(fans[1], "@hanako")
    await town.follow(hanako, fans[2])
    await town.publish(fans[2], "@hanako")
    assert [each.split(":")[0] for each in await town.told(hanako)] == ["mention saburo"]
    assert len(await town.told(hanako, filtered=True)) == 2


async def test_requests_page_by_their_newest(
    town: Town, hanako: ActorRecord, fans: list[ActorRecord]
) -> None:
    await town.do(requests.change_policy, hanako.id, {"not_following": "filter"})
    for fan in (*fans, fans[0]):
        await town.publish(fan, "@hanako")
    reader = town.reader(hanako)
    first = await town.do(requests.page, reader, Slice(limit=2))
    rest = await town.do(requests.page, reader, Slice(limit=2, before=first.older))
    assert [(each.sender.username, each.count) for each in (*first.items, *rest.items)] == [
        ("taro", 2),
        ("saburo", 1),
        ("jiro", 1),
    ]
    assert rest.older is None
    with pytest.raises(NotFound):
        await town.do(requests.find, reader, hanako.id)


async def test_a_channel_may_be_spared_some_types(town: Town, hanako: ActorRecord) -> None:
    assert await town.do(requests.unwanted_of, hanako.id, "mail") == frozenset()
    await town.do(requests.choose_unwanted, hanako.id, "mail", ("favourite", "reblog"))
    await town.do(requests.choose_unwanted, hanako.id, "push", ("poll",))
    assert await town.do(requests.unwanted_of, hanako.id, "mail") == {"favourite", "reblog"}
    await town.do(requests.choose_unwanted, hanako.id, "mail", ())
    assert await town.do(requests.unwanted_of, hanako.id, "mail") == frozenset()


async def test_conversations_as_each_sees_them(
    town: Town, hanako: ActorRecord, fans: list[ActorRecord]
) -> None:
    taro = fans[0]
    first, _ = await town.publish(hanako, "@taro hi", visibility="direct")
    town.pass_time()
    await town.publish(taro, "hello", visibility="direct", in_reply_to=first.iri)
    town.pass_time()
    await town.publish(hanako, "@jiro hi", visibility="direct")
    found = (await town.do(conversations.page, town.reader(hanako))).items
    assert [([p.username for p in each.people], each.unread) for each in found] == [
        (["jiro"], False),
        (["taro"], True),
    ]
    assert found[1].last.post.content == "<p>hello</p>"
    reader = town.reader(hanako)
    assert (await town.do(conversations.mark_read, reader, found[1].id)).unread is False
    for act in (conversations.find, conversations.mark_read, conversations.remove):
        with pytest.raises(NotFound):
            await town.do(act, town.reader(taro), found[1].id)
    await town.do(conversations.remove, reader, found[1].id)
    assert len((await town.do(conversations.page, reader)).items) == 1
    town.pass_time()
    await town.publish(taro, "hello?", visibility="direct", in_reply_to=first.iri)
    again = (await town.do(conversations.page, reader)).items
    assert [each.unread for each in again] == [True, False]
