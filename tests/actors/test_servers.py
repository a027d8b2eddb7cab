import pytest
import sqlalchemy as sa

from actors.servers import (
    ACTIVITY_SOFTWARE,
    classify,
    effective_dialect,
    find_dialect,
    find_schemes,
    find_server,
    find_server_by_id,
    override_dialect,
    save_implements,
    save_inspection,
    save_scheme,
    save_server,
)
from federation.vocabulary import Millis
from tests.testrig.clock import DAY, NOON
from web.database import Database

WEEK = Millis(NOON + 7 * DAY)
FEP = "https://w3id.org/fep/1b12"


@pytest.mark.parametrize("software", ["lemmy", "piefed", "mbin", "nodebb", "discourse", "friendica", "Lemmy"])
def test_group_software_reads_whole_activities(software: str) -> None:
    assert classify(software) == "activity"


def test_we_are_on_the_list() -> None:
    assert "kairanban" in ACTIVITY_SOFTWARE


@pytest.mark.parametrize("software", ["mastodon", "gotosocial", "takahe", "misskey", "lemmy-like", "", None])
def test_everything_else_reads_boosts(software: str | None) -> None:
    assert classify(software) == "object"


@pytest.mark.parametrize("feature", [FEP, FEP.upper(), FEP + "/", "https://codeberg.org/fediverse/fep-1b12"])
def test_what_is_implemented_counts_before_the_name(feature: str) -> None:
    assert classify("mastodon", ["https://w3id.org/fep/8b32", feature]) == "activity"
    assert classify(None, [feature]) == "activity"


@pytest.mark.parametrize("feature", ["https://w3id.org/fep/8b32", "https://e.test/1b12x", "", "1b12"])
def test_other_features_do_not(feature: str) -> None:
    assert classify("mastodon", [feature]) == "object"


@pytest.mark.anyio
async def test_a_server_is_stored_once(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        assert find_server(tx, "p.test") is None
        server = save_server(tx, "p.test", NOON)
        assert save_server(tx, "p.test", NOON) == server == find_server(tx, "p.test")
        assert find_server_by_id(tx, server.id) == server
        assert find_server_by_id(tx, server.id + 1) is None
        assert (server.dialect, effective_dialect(server)) == (None, "object")
        assert find_dialect(tx, server.id) == "object"

    await database.write(check)


@pytest.mark.anyio
async def test_what_a_server_says_decides_unless_the_operator_does(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        server = save_inspection(tx, "p.test", "lemmy", (), NOON)
        assert (server.software, server.dialect, server.inspected_at) == ("lemmy", "activity", NOON)
        assert effective_dialect(server) == "activity"
        assert find_dialect(tx, server.id) == "activity"
        assert effective_dialect(override_dialect(tx, "p.test", "object", NOON)) == "object"
        assert find_dialect(tx, server.id) == "object"
        assert effective_dialect(save_inspection(tx, "p.test", "lemmy", (), NOON)) == "object"
        assert effective_dialect(override_dialect(tx, "p.test", None, NOON)) == "activity"

    await database.write(check)


@pytest.mark.anyio
async def test_what_an_actor_says_stands_until_the_software_is_another(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        server = save_implements(tx, save_server(tx, "p.test", NOON), [FEP])
        assert server.dialect == "activity"
        assert save_inspection(tx, "p.test", "newgroups", (), NOON).dialect == "activity"
        assert save_inspection(tx, "p.test", "newgroups", (), NOON).dialect == "activity"
        assert save_inspection(tx, "p.test", "mastodon", (), NOON).dialect == "object"
        assert save_implements(tx, save_server(tx, "p.test", NOON), ()).dialect == "object"

    await database.write(check)


@pytest.mark.anyio
async def test_schemes_are_remembered_until_they_expire(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        save_scheme(tx, "p.test", "rfc9421", until=WEEK, now=NOON)
        save_server(tx, "q.test", NOON)
        assert find_schemes(tx, NOON) == {"p.test": ("rfc9421", WEEK)}
        assert find_schemes(tx, WEEK) == {}

    await database.write(check)
