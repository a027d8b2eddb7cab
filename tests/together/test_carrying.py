"""An area with its own host name changes nodes: who follows it, its posts and its keys are where they were."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actors.accounts import find_account, find_account_actors
from actors.directory import find_actor
from actors.follows import find_follow
from actors.keys import find_keys
from actors.records import ActorRecord
from actors.signin.credentials import find_password
from areas import compose, placements, registry
from areas.records import AreaRecord, Draft, PostRecord, Revision
from areas.tables import areas, posts, shares
from federation.errors import Overloaded, Refused
from federation.vocabulary import Iri
from tests.testrig.peers import PUBLIC, Peer
from tests.testrig.world import Town, World
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
HOST = "megumino.example"
AREA = f"https://{HOST}/areas/megumino"
INBOX = f"{AREA}/inbox"
KEN = "https://mas.example/users/ken"


class Scene:
    """Megumino lives with `old` and goes to `new`; taro stays with `old`, jiro is of `new`, saburo of `third`."""

    def __init__(self, world: World, towns: tuple[Town, Town, Town], ken: Peer, folder: Path) -> None:
        self.world, self.ken, self.file = world, ken, folder / "megumino.area"
        self.old, self.new, self.third = towns
        self.people: dict[str, ActorRecord] = {}

    async def do(self, town: Town, command: str, **words: Any) -> Any:
        report = await run_command(town.node, command, words)
        await self.world.settle()
        return report.data

    def switch(self, town: Town) -> None:
        """The name of the area leads to another node."""
        self.world.network.hosts[HOST] = self.world.network.hosts[town.node.settings.domain]

    async def export(self) -> Any:
        return await self.do(self.old, "export-area", name="megumino", file=str(self.file))

    async def carry(self) -> Any:
        """The whole way, but for the end on the old node."""
        await self.export()
        found = await self.do(self.new, "import-area", file=str(self.file))
        self.switch(self.new)
        return found

    async def area(self, town: Town) -> AreaRecord:
        found = await town.read(registry.find_named, [Iri(AREA)])
        return found[0]  # type: ignore[no-any-return]

    async def state(self, town: Town, follower: str) -> str | None:
        def look(tx: sa.Connection) -> str | None:
            pair = [find_actor(tx, Iri(iri)) for iri in (follower, AREA)]
            assert pair[0] is not None
            assert pair[1] is not None
            found = find_follow(tx, (pair[0].id, pair[1].id))
            return None if found is None else found.state

        return await town.read(look)  # type: ignore[no-any-return]

    async def write(self, town: Town, author: str, text: str) -> PostRecord:
        """A public post that mentions the area, from wherever."""
        person = self.people[author]
        ours = await town.read(registry.find_named, [Iri(AREA)])
        draft = Draft(person.id, f"@megumino@{HOST} {text}", tuple(each.actor_id for each in ours))
        record, _ = await town.write(compose.publish, draft, self.world.clock())
        await self.world.settle()
        return record  # type: ignore[no-any-return]

    async def submit(self, name: str) -> tuple[Any, str]:
        """Ken posts to the area; return the status, and the id of his post."""
        tag = {"type": "Mention", "href": AREA, "name": f"@megumino@{HOST}"}
        note = self.ken.note(KEN, name, cc=[AREA], tag=[tag])
        answer = await self.ken.send(self.ken.create(note, cc=[AREA]), INBOX)
        await self.world.settle()
        return answer, note["id"]


@pytest.fixture
async def scene(world: World, new_database: NewDatabase, tmp_path: Path) -> Scene:
    towns = [
        await world.town(host, new_database())
        for host in ("eniwa.example", "chitose.example", "ebetsu.example")
    ]
    ken = world.peer("mas.example")
    ken.actor("ken")
    scene = Scene(world, (towns[0], towns[1], towns[2]), ken, tmp_path)
    words = {"name": "megumino", "title": "恵み野", "code": "012319", "host": HOST}
    await scene.do(scene.old, "area create", **words)
    scene.switch(scene.old)
    for town, name in zip(towns, ("taro", "jiro", "saburo"), strict=True):
        scene.people[name] = await town.person(name)
        await scene.do(town, "follow", name=name, target=f"@megumino@{HOST}")
    await scene.do(
        scene.old,
        "actor create",
        name="hana",
        kind="resident",
        title="花",
        area="megumino",
        email="hana@example.jp",
        password="correct horse battery",
    )
    follow = ken.activity("Follow", KEN, "f1", AREA)
    assert (await ken.send(follow, INBOX)).status_code == 202
    await world.settle()
    return scene


async def look_at_keys(town: Town) -> list[tuple[str, str]]:
    def look(tx: sa.Connection) -> list[tuple[str, str]]:
        area = find_actor(tx, Iri(AREA))
        assert area is not None
        return [(each.key_id, each.public) for each in find_keys(tx, area.id)]

    return await town.read(look)  # type: ignore[no-any-return]


async def test_everybody_goes_on_following_and_believes_the_same_keys(scene: Scene) -> None:
    _, before = await scene.submit("before")
    keys = await look_at_keys(scene.old)
    found = await scene.carry()
    assert await look_at_keys(scene.new) == keys
    assert found["counts"]["areas"] == found["stored"]["areas"] == 1
    assert all(found["stored"][each] == found["counts"][each] for each in ("placements", "boosts"))
    await scene.do(scene.old, "area leave", name="megumino")
    asked = len(scene.world.network.carried)
    _, after = await scene.submit("after")
    assert [len(scene.ken.boosts(each)) for each in (before, after)] == [1, 1]
    for town in (scene.old, scene.new, scene.third):
        kept = await town.read(_count_shown, after)
        assert kept == 1, town.node.settings.domain
    fetched = [each.url for each in scene.world.network.carried[asked:] if each.method == "GET"]
    assert AREA not in fetched  # the key that they had was believed


def _count_shown(tx: sa.Connection, iri: str) -> int:
    """Whether who follows the area is shown a post: by its place, or by the boost of an area elsewhere."""
    row = tx.execute(sa.select(posts.c.id).where(posts.c.iri == iri)).one_or_none()
    if row is None:
        return 0
    placed = len([each for each in placements.placements_of(tx, row.id) if each.state == "accepted"])
    boosted = sa.select(sa.func.count()).select_from(shares).where(shares.c.post_id == row.id)
    return placed + int(tx.execute(boosted).scalar_one())


async def test_who_follows_is_who_followed(scene: Scene) -> None:
    await scene.carry()
    await scene.do(scene.old, "area leave", name="megumino")
    for town, name in ((scene.old, "taro"), (scene.new, "jiro"), (scene.third, "saburo")):
        assert await scene.state(town, scene.people[name].iri) == "accepted"
        assert await scene.state(scene.new, scene.people[name].iri) == "accepted"
    assert await scene.state(scene.new, KEN) == "accepted"
    assert (await scene.do(scene.new, "area show", name="megumino"))["followers"] == 5  # and hana


async def test_an_edit_and_a_deletion_reach_who_got_the_post(scene: Scene) -> None:
    """By the area's own resident, who goes along; said on the new node."""

    async def hana(town: Town) -> ActorRecord:
        found = await town.read(find_actor, Iri(f"https://{HOST}/people/hana"))
        assert found is not None
        return found  # type: ignore[no-any-return]

    scene.people["hana"] = await hana(scene.old)
    first = await scene.write(scene.old, "hana", "見つけました")
    second = await scene.write(scene.old, "hana", "落としました")
    left = scene.ken.activity("Undo", KEN, "u1", scene.ken.activity("Follow", KEN, "f1", AREA))
    assert (await scene.ken.send(left, INBOX)).status_code == 202
    await scene.world.settle()
    await scene.carry()
    await scene.do(scene.old, "area leave", name="megumino")
    scene.ken.received.clear()

    def find(tx: sa.Connection, iri: str) -> int:
        return int(tx.execute(sa.select(posts.c.id).where(posts.c.iri == iri)).scalar_one())

    numbers = [await scene.new.read(find, each.iri) for each in (first, second)]
    assert [f"https://{HOST}/posts/{each}" for each in numbers] == [first.iri, second.iri]
    scene.world.clock.advance(minutes=5)
    await scene.new.write(
        compose.edit, numbers[0], Revision(f"@megumino@{HOST} 直しました"), scene.world.clock()
    )
    await scene.new.write(compose.delete, numbers[1], scene.world.clock())
    await scene.world.settle()
    said = [(each["type"], _object(each)) for each in scene.ken.received]
    assert ("Update", first.iri) in said
    assert ("Delete", second.iri) in said
    assert "Undo" in [kind for kind, _ in said]
    for town in (scene.old, scene.third):
        assert "直しました" in await town.read(_text_of, first.iri)
        assert await town.read(_count_shown, second.iri) == 0


def _object(activity: dict[str, Any]) -> str:
    thing = activity["object"]
    return str(thing["id"] if isinstance(thing, dict) else thing)


def _text_of(tx: sa.Connection, iri: str) -> str:
    return str(tx.execute(sa.select(posts.c.content).where(posts.c.iri == iri)).scalar_one())


async def test_what_was_turned_away_meanwhile_arrives_at_the_new_node(scene: Scene) -> None:
    """From a stranger, from a neighbour's queue, and from residents of the new node itself."""
    _, known = await scene.submit("before")
    await scene.export()
    liked = scene.ken.activity("Like", KEN, "l1", known)
    assert (await scene.ken.send(liked, INBOX)).status_code == 429  # though nobody is told of it
    refused, iri = await scene.submit("meanwhile")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "600")
    stranger = scene.ken.activity("Follow", scene.ken.actor("yuki"), "f2", AREA)
    assert (await scene.ken.send(stranger, INBOX)).status_code == 429  # not put aside either
    by_saburo = await scene.write(scene.third, "saburo", "道の草")
    by_jiro = await scene.write(scene.new, "jiro", "川の水")
    with pytest.raises(Overloaded, match="moving to another node"):
        await scene.write(scene.old, "taro", "山の木")
    with pytest.raises(Overloaded):
        await scene.do(scene.old, "area edit", name="megumino", title="別の名")
    found = await scene.do(scene.new, "import-area", file=str(scene.file))
    assert found["heard"] == 1
    scene.switch(scene.new)
    await scene.do(scene.old, "area leave", name="megumino")
    by_taro = await scene.write(scene.old, "taro", "山の木")
    await scene.ken.send(scene.ken.create(scene.ken.documents[iri], cc=[AREA]), INBOX)
    scene.world.clock.advance(hours=1)
    await scene.world.settle()
    for each in (iri, by_saburo.iri, by_jiro.iri, by_taro.iri):
        assert len(scene.ken.boosts(each)) == 1, each


async def test_what_was_heard_on_the_old_node_is_not_heard_again(scene: Scene) -> None:
    _, iri = await scene.submit("once")
    await scene.carry()
    again = scene.ken.create(scene.ken.documents[iri], cc=[AREA])
    assert (await scene.ken.send(again, INBOX)).status_code == 202
    await scene.world.settle()
    assert len(scene.ken.boosts(iri)) == 1


async def test_a_resident_of_the_host_signs_in_at_the_new_node(scene: Scene) -> None:
    await scene.carry()

    def look(tx: sa.Connection, town: Town) -> tuple[list[str], bool] | None:
        account = find_account(tx, town.node.vault, "hana@example.jp")
        if account is None:
            return None
        return [each.iri for each in find_account_actors(tx, account.id, scene.world.clock())], bool(
            find_password(tx, account.id)
        )

    assert await scene.new.read(look, scene.new) == ([f"https://{HOST}/people/hana"], True)
    await scene.do(scene.old, "area leave", name="megumino")
    assert await scene.old.read(look, scene.old) is None


async def test_an_export_is_taken_back(scene: Scene) -> None:
    await scene.export()
    assert (await scene.submit("too-early"))[0].status_code == 429
    await scene.do(scene.old, "area return", name="megumino")
    answer, iri = await scene.submit("later")
    assert answer.status_code == 202
    assert len(scene.ken.boosts(iri)) == 1
    with pytest.raises(Refused, match="was not exported"):
        await scene.do(scene.old, "area leave", name="megumino")


async def test_nobody_leaves_who_still_owes(scene: Scene) -> None:
    scene.world.network.away.add("mas.example")
    await scene.write(scene.old, "taro", "待っています")
    await scene.carry()
    with pytest.raises(Refused, match="still to be delivered"):
        await scene.do(scene.old, "area leave", name="megumino")
    scene.world.network.away.clear()
    scene.world.clock.advance(hours=13)
    await scene.world.settle()
    assert "Announce" in scene.ken.kinds()  # from the old node, though the name leads to the new one
    await scene.do(scene.old, "area leave", name="megumino")


async def test_there_and_back_again(scene: Scene) -> None:
    _, iri = await scene.submit("first")
    await scene.carry()
    await scene.do(scene.old, "area leave", name="megumino")
    await scene.submit("second")
    back = scene.file.with_name("back.area")
    await scene.do(scene.new, "export-area", name="megumino", file=str(back))
    await scene.do(scene.old, "import-area", file=str(back))
    scene.switch(scene.old)
    await scene.do(scene.new, "area leave", name="megumino")
    _, last = await scene.submit("third")
    assert len(scene.ken.boosts(last)) == 1
    deleted = scene.ken.activity("Delete", KEN, "d1", iri, to=[PUBLIC])
    scene.ken.received.clear()
    assert (await scene.ken.send(deleted, INBOX)).status_code == 202
    await scene.world.settle()
    assert "Undo" in scene.ken.kinds()
    for town in (scene.old, scene.new, scene.third):
        assert [await town.read(_count_shown, each) for each in (iri, last)] == [0, 1]


async def test_a_file_is_imported_once(scene: Scene) -> None:
    await scene.carry()
    for town in (scene.new, scene.old):
        with pytest.raises(Refused, match="is served here already"):
            await scene.do(town, "import-area", file=str(scene.file))


async def test_the_own_host_name_of_a_node_stays(scene: Scene) -> None:
    made = await scene.old.area("eniwa")
    with pytest.raises(Refused, match="own host name"):
        await scene.do(scene.old, "export-area", name="eniwa", file=str(scene.file))
    assert not scene.file.exists()
    assert made.username == "eniwa"


async def test_where_nothing_can_be_written_nothing_rests(scene: Scene) -> None:
    scene.file.write_text("something else")
    with pytest.raises(Refused, match="exists already"):
        await scene.export()
    answer, iri = await scene.submit("as-ever")
    assert (answer.status_code, len(scene.ken.boosts(iri))) == (202, 1)


async def test_the_file_is_for_its_owner_alone(scene: Scene) -> None:
    found = await scene.export()
    assert scene.file.stat().st_mode & 0o777 == 0o600
    assert found["areas"] == [f"@megumino@{HOST}"]
    json.dumps(found)
    rows = await scene.old.read(lambda tx: tx.execute(sa.select(areas.c.number)).all())
    assert len(rows) == 1
