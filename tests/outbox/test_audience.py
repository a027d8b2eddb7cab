"""Which inboxes, without a database."""

from federation.vocabulary import Millis
from outbox.audience import AUDIENCE, Drop, choose_drops
from outbox.records import Address, Claim, Destination, LogRecord, Named, Work
from tests.outbox.test_rounds import entry

SHARED = Address(None, "https://one.test/inbox")
A, B, C = [Address(each, f"https://one.test/users/{each}/inbox") for each in (1, 2, 3)]
TOWN = 77


def work(
    named: Named | None = None, *, software: str | None = None, key: str = "server:one.test"
) -> tuple[Work, LogRecord]:
    record = entry(1, audience_id=TOWN)
    made = Work(
        claim=Claim(1, 1, "token", Millis(0), probe=False),
        destination=Destination(1, key, 1, "one.test", software, 0, None, None, None),
        seq=0,
        head=1,
        barrier_seq=None,
        fresh=(record,),
        is_whole=True,
        open_gaps=(),
        skipped=frozenset(),
        entries={record.id: record},
        named={} if named is None else {record.id: named},
        followers={TOWN: (A, B)},
    )
    return made, record


def choose(
    named: Named | None = None,
    *,
    software: str | None = None,
    key: str = "server:one.test",
    shared: tuple[Address, ...] = (SHARED,),
    reached: frozenset[int] = frozenset(),
) -> tuple[Drop, ...]:
    made, record = work(named, software=software, key=key)
    return choose_drops(made, record, shared=shared, reached=reached)


def test_followers_share_an_inbox() -> None:
    assert choose() == (Drop(AUDIENCE, (SHARED,)),)


def test_who_is_named_besides_gets_it_there_too() -> None:
    assert choose(Named((A, C), in_audience=True)) == (Drop(AUDIENCE, (SHARED,)),)


def test_who_is_named_alone_gets_it_in_the_own_inbox() -> None:
    assert choose(Named((A, C), in_audience=False)) == (Drop(1, (A,)), Drop(3, (C,)))


def test_one_follower_of_gotosocial_gets_it_for_all() -> None:
    assert choose(software="gotosocial") == (Drop(AUDIENCE, (A, B)),)


def test_gotosocial_besides_gets_it_for_each_who_is_named() -> None:
    drops = choose(Named((C,), in_audience=True), software="gotosocial")
    assert drops == (Drop(AUDIENCE, (A, B)), Drop(3, (C,)))


def test_a_follower_who_is_named_is_the_one() -> None:
    drops = choose(Named((B, C), in_audience=True), software="gotosocial")
    assert drops == (Drop(AUDIENCE, (B, A)), Drop(3, (C,)))


def test_a_single_inbox_is_one_drop() -> None:
    assert choose(Named((A,), in_audience=True), key="actor:1") == (Drop(AUDIENCE, (A, B)),)


def test_a_server_that_lost_its_shared_inbox_gets_it_by_a_follower() -> None:
    assert choose(shared=()) == (Drop(AUDIENCE, (A, B)),)


def test_who_has_it_is_left_out() -> None:
    drops = choose(Named((A, C), in_audience=False), reached=frozenset({1}))
    assert drops == (Drop(3, (C,)),)


def test_followers_of_what_it_reaches_may_be_the_one() -> None:
    made, _ = work(software="gotosocial")
    record = entry(2, audience_id=None, earlier_audiences=(TOWN,))
    assert choose_drops(made, record, shared=(), reached=frozenset()) == (Drop(AUDIENCE, (A, B)),)
