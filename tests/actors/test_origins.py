import pytest
import sqlalchemy as sa

from actors.origins import add_origin, find_origin_by_host, find_origins, is_served
from federation.errors import Refused
from tests.testrig.clock import NOON
from web.database import Database

pytestmark = pytest.mark.anyio


async def test_an_origin_is_added_once(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        first = add_origin(tx, "https://Machi.Test/", primary=True, now=NOON)
        again = add_origin(tx, "https://machi.test:443", primary=False, now=NOON)
        assert first == again
        assert (first.origin, first.host, first.is_primary) == ("https://machi.test", "machi.test", True)
        assert find_origin_by_host(tx, "machi.test") == first
        assert find_origin_by_host(tx, "other.test") is None

    await database.write(check)


async def test_one_origin_is_the_primary_one(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        add_origin(tx, "https://machi.test", primary=True, now=NOON)
        add_origin(tx, "https://megumino.test", primary=False, now=NOON)
        assert [origin.host for origin in find_origins(tx)] == ["machi.test", "megumino.test"]
        add_origin(tx, "https://megumino.test", primary=True, now=NOON)
        found = find_origins(tx)
        assert [(origin.host, origin.is_primary) for origin in found] == [
            ("megumino.test", True),
            ("machi.test", False),
        ]

    await database.write(check)


async def test_loopback_names_keep_port_and_scheme(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        added = add_origin(tx, "http://chitose.localhost:8001", primary=True, now=NOON)
        assert (added.origin, added.host) == ("http://chitose.localhost:8001", "chitose.localhost:8001")
        assert is_served(tx, "http://chitose.localhost:8001/areas/chitose")
        assert not is_served(tx, "http://chitose.localhost:8002/areas/chitose")

    await database.write(check)


@pytest.mark.parametrize(
    "origin",
    [
        "machi.test",
        "http://machi.test",
        "https://machi.test/areas",
        "ftp://machi.test",
        "https://a@b.test",
        "",
    ],
)
async def test_not_an_origin(database: Database, origin: str) -> None:
    with pytest.raises(Refused, match=r"not an origin|more than scheme"):
        await database.write(lambda tx: add_origin(tx, origin, primary=False, now=NOON))


async def test_a_host_has_one_scheme(database: Database) -> None:
    await database.write(lambda tx: add_origin(tx, "https://a.localhost", primary=True, now=NOON))
    with pytest.raises(Refused, match="another origin"):
        await database.write(lambda tx: add_origin(tx, "http://a.localhost", primary=True, now=NOON))
    assert [origin.is_primary for origin in await database.read(find_origins)] == [True]
