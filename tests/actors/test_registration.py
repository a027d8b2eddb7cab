import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from actors.directory import find_actor, find_local, mark_gone
from actors.keys import find_keys
from actors.names import OFFICIAL_KINDS
from actors.records import ActorKind
from actors.registration import ACTOR_TYPES, create_node
from federation.errors import Refused
from tests.testrig.clock import NOON
from tests.testrig.people import VAULT, key_pair, meet, serve, settle
from web.database import Database

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("kind", "type_", "path"),
    [
        ("area", "Group", "/areas/megumino"),
        ("zone", "Group", "/areas/megumino"),
        ("desk", "Service", "/people/megumino"),
        ("official", "Person", "/people/megumino"),
        ("shop", "Person", "/people/megumino"),
        ("partner", "Person", "/people/megumino"),
        ("resident", "Person", "/people/megumino"),
        ("alert", "Service", "/people/megumino"),
        ("calendar", "Service", "/people/megumino"),
    ],
)
async def test_type_and_addresses_by_kind(database: Database, kind: ActorKind, type_: str, path: str) -> None:
    actor = await database.write(lambda tx: settle(tx, "megumino", kind, name="x", summary="<p>よ</p>"))
    base = f"https://machi.test{path}"
    assert (actor.type, actor.kind, actor.iri, actor.url) == (type_, kind, base, base)
    assert actor.inbox == f"{base}/inbox"
    assert actor.shared_inbox == "https://machi.test/inbox"
    assert (actor.outbox, actor.featured) == (f"{base}/outbox", f"{base}/featured")
    assert (actor.followers, actor.following) == (f"{base}/followers", f"{base}/following")
    assert actor.local
    assert actor.handle == "megumino@machi.test"
    assert (actor.standing, actor.also_known_as, actor.gone_at) == ("open", (), None)
    assert actor.discoverable is actor.indexable is (kind in OFFICIAL_KINDS)
    assert actor.id >> 15 == NOON
    assert await database.read(find_local, "megumino", "machi.test") == actor
    assert [key.actor_id for key in await database.read(find_keys, actor.id)] == [actor.id] * 2


async def test_every_kind_has_a_type() -> None:
    assert set(ACTOR_TYPES.values()) == {"Application", "Group", "Person", "Service"}


async def test_the_node_is_called_like_its_host(database: Database) -> None:
    def make(tx: sa.Connection, origin: str) -> str:
        node = create_node(tx, VAULT, origin=serve(tx, origin), name="x", keys=key_pair(), now=NOON)
        assert (node.type, node.iri, node.inbox) == (
            "Application",
            f"{origin}/actor",
            f"{origin}/actor/inbox",
        )
        return node.handle

    assert await database.write(make, "https://machi.test") == "machi.test@machi.test"
    assert await database.write(make, "http://a.localhost:8001") == "a.localhost@a.localhost:8001"


async def test_markup_and_controls_are_taken_out(database: Database) -> None:
    made: dict[str, Any] = {"name": " は\u202eな  こ ", "summary": "<p>よ<script>alert(1)</script></p>"}
    actor = await database.write(lambda tx: settle(tx, **made))
    assert actor.name == "はな こ"
    assert "script" not in actor.summary
    assert actor.summary.startswith("<p>よ")


async def test_one_namespace_for_all_kinds_of_a_host(database: Database) -> None:
    await database.write(lambda tx: settle(tx, "megumino", "official"))
    for kind in ("area", "resident"):
        with pytest.raises(Refused, match="taken"):
            await database.write(lambda tx, kind=kind: settle(tx, "megumino", kind))


async def test_hosts_have_namespaces_of_their_own(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        here = settle(tx, "hanako")
        there = settle(tx, "hanako", origin=serve(tx, "https://megumino.test"))
        assert (here.handle, there.handle) == ("hanako@machi.test", "hanako@megumino.test")
        assert there.iri == "https://megumino.test/people/hanako"

    await database.write(check)


async def test_a_remote_namesake_is_no_hindrance(database: Database) -> None:
    await database.write(lambda tx: meet(tx, "hanako"))
    await database.write(lambda tx: settle(tx, "hanako"))


async def test_a_name_is_never_used_twice(database: Database) -> None:
    gone = await database.write(lambda tx: settle(tx, "hanako"))
    await database.write(lambda tx: mark_gone(tx, gone.id, NOON))
    with pytest.raises(Refused, match="taken"):
        await database.write(lambda tx: settle(tx, "hanako"))


async def test_names_that_others_own_are_refused(database: Database) -> None:
    def make_area(tx: sa.Connection) -> None:
        settle(tx, "megumino", "area", name="恵み野", origin=serve(tx, "https://megumino.test"))

    await database.write(make_area)
    with pytest.raises(Refused, match="reserved"):
        await database.write(lambda tx: settle(tx, "admin", "official"))
    with pytest.raises(Refused, match="an area's"):
        await database.write(lambda tx: settle(tx, "megum1no"))
    with pytest.raises(Refused, match="an area's"):
        await database.write(lambda tx: settle(tx, "taro", name="【恵み野】"))
    with pytest.raises(Refused, match="looks official"):
        await database.write(lambda tx: settle(tx, "taro", name="恵庭市公式"))
    await database.write(lambda tx: settle(tx, "megumino_4827", name="けんた"))


async def test_of_twenty_at_once_one_gets_the_name(database: Database) -> None:
    async def make() -> str:
        try:
            return (await database.write(lambda tx: settle(tx, "hanako", origin=origin))).iri
        except Refused:
            return "refused"

    origin = await database.write(serve)
    made = await asyncio.gather(*(make() for _ in range(20)))
    assert sorted(made) == ["https://machi.test/people/hanako"] + ["refused"] * 19
    assert await database.read(find_actor, "https://machi.test/people/hanako") is not None
