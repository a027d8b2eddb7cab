from typing import Any

import pytest
import sqlalchemy as sa

from actors.directory import find_actor_by_id, mark_gone
from actors.records import ActorRecord, FederationMode
from actors.standing import (
    FEDERATION_OFF,
    GONE,
    SERVER_BLOCKED,
    SERVER_NOT_ALLOWED,
    SUSPENDED,
    RuleBook,
    allow_server,
    block_actor,
    block_server,
    disallow_server,
    find_block,
    is_host_refused,
    is_refused,
    list_rules,
    read_host,
    server_rule,
    set_standing,
    unblock_actor,
    unblock_by_iri,
    unblock_server,
)
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri, Millis
from tests.testrig.clock import DAY, NOON, ManualClock
from tests.testrig.people import meet, serve, settle
from web.database import Database

pytestmark = pytest.mark.anyio

BELOW = ["bad.test", "sub.bad.test", "a.b.bad.test", "bad.test:8443", "sub.bad.test:8443"]
BESIDE = ["notbad.test", "bad.test.example", "test", "bad", "good.test"]


def block(tx: sa.Connection, host: str = "bad.test", until: Millis | None = None, now: Millis = NOON) -> Any:
    return block_server(tx, host, reason="spam", until=until, now=now)


def allow(tx: sa.Connection, host: str = "p.test", until: Millis | None = None) -> Any:
    return allow_server(tx, host, reason="", until=until, now=NOON)


@pytest.mark.parametrize(
    "name", ["bad.test", "BAD.TEST", "bad.test.", " bad.test ", "bad.test:443", "https://bad.test/x"]
)
async def test_a_block_holds_for_all_spellings_and_everything_below(database: Database, name: str) -> None:
    def check(tx: sa.Connection) -> None:
        rule = block(tx, name)
        assert (rule.host, rule.rule, rule.reason, rule.until) == ("bad.test", "block", "spam", None)
        for host in BELOW:
            assert server_rule(tx, host, "block", NOON) == rule, host
            assert is_host_refused(tx, host, NOON) == SERVER_BLOCKED, host
        for host in BESIDE:
            assert server_rule(tx, host, "block", NOON) is None, host
            assert is_host_refused(tx, host, NOON) is None, host

    await database.write(check)


@pytest.mark.parametrize("name", ["例え.test", "例え。test", "xn--r8jz45g.test", "XN--R8JZ45G.TEST"])
async def test_one_name_in_all_alphabets(database: Database, name: str) -> None:
    def check(tx: sa.Connection) -> None:
        assert block(tx, name).host == "xn--r8jz45g.test"
        assert is_host_refused(tx, "xn--r8jz45g.test", NOON) == SERVER_BLOCKED

    await database.write(check)


@pytest.mark.parametrize(
    "name", ["", "bad test", "a\u00adb.test", "a\u200bb.test", "-.test", "bad.test:x", "://"]
)
def test_not_a_host_name(name: str) -> None:
    with pytest.raises(Refused, match="not a host name"):
        read_host(name)


async def test_addresses_have_no_parents(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        assert block(tx, "[2001:DB8::1]:8443").host == "[2001:db8::1]"
        assert is_host_refused(tx, "[2001:db8::1]:443", NOON) == SERVER_BLOCKED
        assert is_host_refused(tx, "[2001:db8::2]", NOON) is None
        block(tx, "192.0.2.1")
        assert is_host_refused(tx, "192.0.2.1:80", NOON) == SERVER_BLOCKED
        assert is_host_refused(tx, "1.192.0.2", NOON) is None
        with pytest.raises(Refused, match="not a host name"):
            block(tx, "2.1")

    await database.write(check)


@pytest.mark.parametrize("depth", [0, 1, 3, 4, 5, 6, 7, 8, 20])
async def test_a_block_holds_however_deep_the_name(database: Database, depth: int) -> None:
    def check(tx: sa.Connection) -> None:
        actor = meet(tx, host="a." * depth + "bad.test")
        assert is_refused(tx, actor, NOON, "open") is None
        block(tx)
        assert is_refused(tx, actor, NOON, "open") == SERVER_BLOCKED

    await database.write(check)


async def test_a_rule_ends(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        until = Millis(NOON + DAY)
        block(tx, until=until)
        actor = meet(tx, host="bad.test")
        assert is_refused(tx, actor, Millis(until - 1), "open") == SERVER_BLOCKED
        assert is_refused(tx, actor, until, "open") is None
        assert is_host_refused(tx, "bad.test", until) is None
        assert [rule.host for rule in list_rules(tx)] == ["bad.test"]

    await database.write(check)


async def test_a_block_above_counts_more_than_an_allowance_below(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        block(tx)
        allow(tx, "good.bad.test")
        assert is_host_refused(tx, "good.bad.test", NOON) == SERVER_BLOCKED
        assert is_refused(tx, meet(tx, host="good.bad.test"), NOON, "allowlist") == SERVER_BLOCKED

    await database.write(check)


async def test_blocking_again_changes_the_rule(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        block(tx, until=Millis(NOON + DAY))
        changed = block_server(tx, "bad.test", reason="worse", until=None, now=Millis(NOON + 1))
        assert list_rules(tx) == (changed,)
        assert (changed.reason, changed.until) == ("worse", None)
        assert unblock_server(tx, "BAD.test") == changed
        assert list_rules(tx) == ()
        assert is_host_refused(tx, "bad.test", NOON) is None
        with pytest.raises(NotFound, match=r"bad\.test is not blocked"):
            unblock_server(tx, "bad.test")

    await database.write(check)


async def test_the_nearest_name_of_a_list_is_what_counts_of_it(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        block(tx, "test")
        nearest = block(tx, "b.bad.test")
        allow(tx, "a.b.bad.test")
        assert server_rule(tx, "a.b.bad.test", "block", NOON) == nearest

    await database.write(check)


async def refusals(database: Database, host: str, now: Millis = NOON) -> tuple[str | None, str | None]:
    """What an open node and a closed one say of a host."""

    def read(tx: sa.Connection) -> tuple[str | None, str | None]:
        return is_host_refused(tx, host, now), is_host_refused(tx, host, now, "allowlist")

    return await database.read(read)


async def test_blocked_and_allowed_are_two_lists(database: Database) -> None:
    """Whatever is put on one of them or taken from it, the other one stays as it was."""
    await database.write(block, "p.test")
    await database.write(allow, "p.test")
    assert [rule.rule for rule in await database.read(list_rules)] == ["allow", "block"]
    assert await refusals(database, "p.test") == (SERVER_BLOCKED, SERVER_BLOCKED)
    assert (await database.write(unblock_server, "p.test")).rule == "block"
    assert await refusals(database, "p.test") == (None, None)
    await database.write(block, "p.test")
    assert (await database.write(disallow_server, "p.test")).rule == "allow"
    assert await refusals(database, "p.test") == (SERVER_BLOCKED, SERVER_BLOCKED)
    await database.write(unblock_server, "p.test")
    assert await refusals(database, "p.test") == (None, SERVER_NOT_ALLOWED)
    for end, said in ((unblock_server, "blocked"), (disallow_server, "allowed")):
        with pytest.raises(NotFound, match=f"not {said}"):
            await database.write(end, "p.test")


async def test_a_block_that_ends_leaves_the_allowance(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        allow(tx)
        until = Millis(NOON + DAY)
        block(tx, "p.test", until=until)
        actor = meet(tx)
        assert is_refused(tx, actor, Millis(until - 1), "allowlist") == SERVER_BLOCKED
        assert is_refused(tx, actor, until, "allowlist") is None
        assert is_host_refused(tx, "p.test", until, "allowlist") is None

    await database.write(check)


@pytest.mark.parametrize("name", ["machi.test", "town.machi.test", "test", "MACHI.test:443"])
async def test_our_own_names_are_not_blocked(database: Database, name: str) -> None:
    def check(tx: sa.Connection) -> None:
        serve(tx)
        serve(tx, "https://town.machi.test")
        with pytest.raises(Refused, match="name of this node"):
            block(tx, name)
        block(tx, "other.machi.test")
        block(tx, "achi.test")

    await database.write(check)


@pytest.mark.parametrize(
    ("mode", "rule", "reason"),
    [
        ("open", None, None),
        ("open", "allow", None),
        ("open", "block", SERVER_BLOCKED),
        ("allowlist", None, SERVER_NOT_ALLOWED),
        ("allowlist", "allow", None),
        ("allowlist", "block", SERVER_BLOCKED),
        ("off", None, FEDERATION_OFF),
        ("off", "allow", FEDERATION_OFF),
    ],
)
@pytest.mark.parametrize("named", ["p.test", "test"])
async def test_federation_modes(
    database: Database, mode: FederationMode, rule: str | None, reason: str | None, named: str
) -> None:
    def check(tx: sa.Connection) -> None:
        actor = meet(tx)
        if rule is not None:
            (allow if rule == "allow" else block)(tx, named)
        assert is_refused(tx, actor, NOON, mode) == reason
        assert is_host_refused(tx, "p.test", NOON, mode) == reason

    await database.write(check)


async def test_local_actors_are_heard_in_every_mode(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        actor = settle(tx)
        for mode in ("open", "allowlist", "off"):
            assert is_refused(tx, actor, NOON, mode) is None
        set_standing(tx, actor.id, "suspended", reason="spam", now=NOON)
        assert is_refused(tx, actor, NOON, "off") == SUSPENDED

    await database.write(check)


async def test_the_database_decides_not_an_old_record(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        old = meet(tx)
        changed = set_standing(tx, old.id, "suspended", reason="spam", now=NOON)
        assert (changed.standing, changed.standing_reason) == ("suspended", "spam")
        assert is_refused(tx, old, NOON, "open") == SUSPENDED
        set_standing(tx, old.id, "limited", reason="new", now=NOON)
        assert is_refused(tx, old, NOON, "open") is None
        reopened = set_standing(tx, old.id, "open", reason="", now=NOON)
        assert is_refused(tx, reopened, NOON, "open") is None
        mark_gone(tx, old.id, NOON)
        assert is_refused(tx, old, NOON, "open") == GONE

    await database.write(check)


async def test_nobody_has_no_standing(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        with pytest.raises(NotFound):
            set_standing(tx, 404, "suspended", reason="", now=NOON)

    await database.write(check)


async def test_the_rule_book_says_what_the_database_says(database: Database) -> None:
    def fill(tx: sa.Connection) -> None:
        block(tx)
        block(tx, "passing.test", until=Millis(NOON + DAY))
        allow(tx, "p.test")

    await database.write(fill)
    clock = ManualClock()
    book = RuleBook(clock)
    assert not book.is_blocked("bad.test")
    book.load(await database.read(list_rules))
    assert all(book.is_blocked(host) for host in BELOW)
    assert not any(book.is_blocked(host) for host in [*BESIDE, "p.test"])
    assert book.is_blocked("x.passing.test")
    clock.advance(DAY)
    assert not book.is_blocked("x.passing.test")
    book.load(())
    assert not book.is_blocked("bad.test")


async def test_blocks_between_actors_have_a_direction(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        one, other = meet(tx), settle(tx)
        made = set_block(tx, one, other, "https://p.test/blocks/1")
        assert find_block(tx, actor_id=one.id, target_id=other.id) == made
        assert find_block(tx, actor_id=other.id, target_id=one.id) is None
        again = set_block(tx, one, other, "https://p.test/blocks/2")
        assert (again.iri, again.created_at) == ("https://p.test/blocks/2", made.created_at)
        assert unblock_actor(tx, actor_id=other.id, target_id=one.id) is None
        assert unblock_actor(tx, actor_id=one.id, target_id=other.id) == again
        assert find_block(tx, actor_id=one.id, target_id=other.id) is None

    await database.write(check)


async def test_only_its_own_actor_ends_a_block_by_id(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        one, other = meet(tx), settle(tx)
        iri = Iri("https://p.test/blocks/1")
        set_block(tx, one, other, iri)
        assert not unblock_by_iri(tx, actor_id=other.id, iri=iri)
        assert not unblock_by_iri(tx, actor_id=one.id, iri=Iri("https://p.test/blocks/2"))
        assert unblock_by_iri(tx, actor_id=one.id, iri=iri)
        assert find_block(tx, actor_id=one.id, target_id=other.id) is None
        assert find_actor_by_id(tx, one.id) == one

    await database.write(check)


def set_block(tx: sa.Connection, one: ActorRecord, other: ActorRecord, iri: str) -> Any:
    return block_actor(tx, iri=Iri(iri), actor_id=one.id, target_id=other.id, now=NOON)
