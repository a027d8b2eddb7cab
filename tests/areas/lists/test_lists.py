"""Lists: whose they are, who may be on them, what stands in them; and the lists that areas are."""

from typing import Any

import pytest

from actors.records import ActorRecord
from areas import interactions
from areas.lists import own, synthetic
from areas.lists.own import ListRecord
from areas.lists.synthetic import BOUND, NOTICES, SLOTS
from areas.lists.tables import list_members
from areas.reading import lists
from areas.reading.slices import Slice
from areas.records import AreaRecord
from federation.errors import NotFound, Refused
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def taro(town: Town, area: AreaRecord) -> ActorRecord:
    return await town.resident("taro")


async def make(town: Town, actor: ActorRecord, *members: ActorRecord, **values: Any) -> ListRecord:
    wanted = ListRecord(0, 0, values.pop("title", "friends"), **values)
    made = await town.do(own.create, actor, wanted, town.now)
    await town.do(own.add, made, [each.id for each in members], town.now)
    return made


async def stands(
    town: Town, reader: ActorRecord, found: ListRecord, wanted: Slice | None = None
) -> list[str]:
    page = await town.do(lists.own, town.reader(reader), found, wanted or Slice())
    return await town.texts(reader, page)


async def test_a_list_has_its_members_alone_with_their_boosts(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord, taro: ActorRecord
) -> None:
    await town.follow(hanako, taro)
    made = await make(town, hanako, alice)
    await town.send(bob, town.note(bob, "bobs", cc=(area.iri,)))
    await town.send(alice, town.note(alice, "own"))
    await town.publish(taro, "not on the list")
    town.pass_time()
    await town.share(alice, "https://q.test/notes/bobs")
    assert await stands(town, hanako, made) == ["alice: bobs", "own"]
    assert await stands(town, hanako, made, Slice(limit=1)) == ["alice: bobs"]
    await town.do(own.take_off, made, [alice.id])
    assert await stands(town, hanako, made) == []


@pytest.mark.parametrize(
    ("replies", "expected"),
    [("followed", {"self", "me", "followed"}), ("list", {"self", "me", "member"}), ("none", {"self"})],
)
async def test_which_answers_stand_in_it(
    town: Town, hanako: ActorRecord, alice: ActorRecord, taro: ActorRecord, replies: Any, expected: set[str]
) -> None:
    """To herself always; to me, to whom I follow, or to other members."""
    jiro = await town.resident("jiro")
    for target in (taro, jiro):
        await town.follow(hanako, target)
    made = await make(town, hanako, alice, jiro, replies=replies)
    await town.do(interactions.unfollow, hanako, jiro, town.now)
    await town.do(own.add, made, [hanako.id], town.now)
    await town.do(own.take_off, made, [hanako.id])
    await town.insert(list_members, list_id=made.id, target_id=jiro.id, id=1)
    roots = {
        "self": await town.stored((await _sent(town, alice, "root")).id),
        "me": (await town.publish(hanako, "root"))[0],
        "followed": (await town.publish(taro, "root"))[0],
        "member": (await town.publish(jiro, "root"))[0],
    }
    for name, root in roots.items():
        town.pass_time()
        await town.send(alice, town.note(alice, name, in_reply_to=root.iri))
    found = {each for each in await stands(town, hanako, made) if each != "root"}
    assert found == expected


async def _sent(town: Town, author: ActorRecord, slug: str) -> Any:
    note = town.note(author, slug)
    await town.send(author, note)
    return note


async def test_what_may_not_be_read_stands_in_no_list(
    town: Town, hanako: ActorRecord, alice: ActorRecord, taro: ActorRecord
) -> None:
    await town.follow(hanako, taro)
    made = await make(town, hanako, taro)
    await town.publish(taro, "message", visibility="direct")
    await town.publish(taro, "private", visibility="private")
    assert await stands(town, hanako, made) == ["private"]
    await town.do(interactions.mute, hanako, taro, town.now)
    assert await stands(town, hanako, made) == []


async def test_an_exclusive_list_keeps_its_members_out_of_home(
    town: Town, hanako: ActorRecord, alice: ActorRecord, taro: ActorRecord
) -> None:
    await town.follow(hanako, taro)
    made = await make(town, hanako, alice, exclusive=True)
    await town.send(alice, town.note(alice, "alices"))
    town.pass_time()
    await town.publish(taro, "taros")
    assert await town.at_home(hanako) == ["taros"]
    assert await stands(town, hanako, made) == ["alices"]
    await town.do(own.change, ListRecord(made.id, hanako.id, "others", "none", exclusive=False))
    assert await town.at_home(hanako) == ["taros", "alices"]


async def test_only_whom_one_follows_is_on_a_list_and_only_as_long(
    town: Town, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    made = await make(town, hanako, alice)
    with pytest.raises(Refused, match="whom one follows"):
        await town.do(own.add, made, [bob.id], town.now)
    assert [each.username for each in (await town.do(own.members, made)).items] == ["alice"]
    assert await town.do(own.list_of, hanako.id, with_member=alice.id) == [made]
    await town.do(interactions.unfollow, hanako, alice, town.now)
    assert (await town.do(own.members, made)).items == ()
    assert await town.do(own.list_of, hanako.id, with_member=alice.id) == []


async def test_lists_are_ones_own(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    made = await make(town, hanako)
    assert made.id > BOUND
    for act in (own.find, own.remove):
        with pytest.raises(NotFound, match="no list"):
            await town.do(act, taro.id, made.id)
    assert await town.do(own.list_of, taro.id) == []
    await town.do(own.remove, hanako.id, made.id)
    assert await town.do(own.list_of, hanako.id) == []


async def test_what_is_no_list(town: Town, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    for values, reason in (
        ({"title": " "}, "1 to 100"),
        ({"title": "x" * 101}, "1 to 100"),
        ({"replies": "all"}, "replies policy"),
    ):
        with pytest.raises(Refused, match=reason):
            await make(town, hanako, **values)
    monkeypatch.setattr(own, "MOST_LISTS", 1)
    await make(town, hanako)
    with pytest.raises(Refused, match="1 lists"):
        await make(town, hanako)


# The lists that areas are


async def test_each_area_one_follows_is_a_list_of_all_and_one_of_notices(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    official = await town.resident("eniwa_bosai", kind="official")
    assert await town.do(synthetic.list_of, hanako.id) == []
    await town.follow(hanako, area)
    everything, notices = await town.do(synthetic.list_of, hanako.id)
    assert (everything.id, notices.id) == (area.number * SLOTS, area.number * SLOTS + NOTICES)
    assert synthetic.is_synthetic(everything.id)
    assert (everything.title("ja"), everything.title("fr")) == ("エリア: meguminoの町", "Area: meguminoの町")
    await town.send(bob, town.note(bob, "bobs", cc=(area.iri,)))
    town.pass_time()
    await town.publish(official, "notice", area)
    reader = town.reader(hanako)
    for found, expected in (
        (everything, ["megumino: notice", "megumino: bobs"]),
        (notices, ["megumino: notice"]),
    ):
        assert await town.texts(hanako, await town.do(lists.of_area, reader, found)) == expected


async def test_an_area_may_be_kept_out_of_home(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    await town.follow(hanako, area)
    await town.send(bob, town.note(bob, "bobs", cc=(area.iri,)))
    found = await town.do(synthetic.find, hanako.id, area.number * SLOTS)
    for exclusive, expected in ((True, []), (True, []), (False, ["megumino: bobs"])):
        kept = await town.do(synthetic.keep_out, hanako.id, found, exclusive=exclusive)
        assert kept.exclusive is exclusive
        assert (await town.do(synthetic.find, hanako.id, found.id)).exclusive is exclusive
        assert await town.at_home(hanako) == expected


async def test_no_area_no_list(town: Town, area: AreaRecord, hanako: ActorRecord) -> None:
    for list_id in (area.number * SLOTS + 7, 999 * SLOTS, 0):
        with pytest.raises(NotFound, match="no list"):
            await town.do(synthetic.find, hanako.id, list_id)


async def test_an_area_elsewhere_is_a_list_of_what_it_boosts(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord, taro: ActorRecord
) -> None:
    """People have none, and a boost for followers is for them alone."""
    far = await town.stranger("kita", "q.test", type="Group", name="北の町")
    await town.follow(hanako, far)
    await town.send(bob, town.note(bob, "bobs", cc=(area.iri,)))
    await town.share(far, "https://q.test/notes/bobs", "private")
    await town.share(alice, "https://q.test/notes/bobs")
    [found] = await town.do(synthetic.list_of, hanako.id)
    assert (found.title("ja"), found.is_elsewhere) == ("エリア: 北の町", True)
    assert found.id >= synthetic.FIRST_ELSEWHERE * SLOTS
    assert synthetic.is_synthetic(found.id)
    assert await town.do(synthetic.list_of, taro.id) == []
    for reader, expected in ((hanako, ["kita: bobs"]), (taro, [])):
        page = await town.do(lists.of_area, town.reader(reader), found)
        assert await town.texts(reader, page) == expected
    await town.follow(taro, far)
    assert await town.do(synthetic.list_of, taro.id) == [found], "one number, whoever follows it"
