"""What one round does, without a database or a network."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from federation.vocabulary import Iri, Millis
from outbox.records import Claim, Destination, GapRecord, LogRecord, Work
from outbox.rounds import MAX_OPEN_GAPS, WINDOW, Plan, plan

NOW = 1_000_000
LATER = NOW + 60_000
DESTINATION = Destination(1, "server:one.test", 1, "one.test", None, 0, None, None, None)


def entry(seq: int, thread: str = "t", **facts: object) -> LogRecord:
    record = LogRecord(
        id=seq * 10,
        seq=seq,
        iri=Iri(f"https://here.test/{seq}"),
        actor_id=1,
        type="Announce",
        thread=thread,
        audience_id=1,
        concerns_id=None,
        cancels=False,
        cancelled_at=None,
        barrier=False,
        created_at=Millis(0),
        expires_at=Millis(NOW + 1),
        earlier_audiences=(),
    )
    return replace(record, **facts)  # type: ignore[arg-type]


def gap(record: LogRecord, *, due_at: int = NOW, attempts: int = 1, **facts: object) -> GapRecord:
    made = GapRecord(
        log_id=record.id,
        seq=record.seq,
        thread=record.thread,
        state="retry",
        attempts=attempts,
        due_at=due_at,
        barrier=record.barrier,
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def work(
    *fresh: LogRecord,
    gaps: tuple[GapRecord, ...] = (),
    others: tuple[LogRecord, ...] = (),
    skipped: frozenset[int] = frozenset(),
    head: int | None = None,
    barrier_seq: int | None = None,
    is_whole: bool = True,
    probe: bool = False,
) -> Work:
    return Work(
        claim=Claim(1, 1, "token", Millis(NOW), probe),
        destination=DESTINATION,
        seq=0,
        head=max((each.seq for each in fresh), default=0) if head is None else head,
        barrier_seq=barrier_seq,
        fresh=fresh,
        is_whole=is_whole,
        open_gaps=gaps,
        skipped=skipped,
        entries={each.id: each for each in (*fresh, *others)},
        named={},
        followers={},
    )


def sent(planned: Plan) -> list[list[int]]:
    return [[pending.entry.seq for pending in chain] for chain in planned.chains]


def kept(planned: Plan) -> dict[int, tuple[str, int]]:
    return {each.seq: (each.state, each.due_at) for each in planned.gaps}


def test_each_thread_is_one_chain() -> None:
    planned = plan(work(entry(1, "a"), entry(2, "b"), entry(3, "a")), now=NOW)
    assert sent(planned) == [[1, 3], [2]]
    assert planned.cursor == 3


def test_a_cursor_with_nothing_before_it_goes_to_its_head() -> None:
    assert plan(work(head=9), now=NOW).cursor == 9
    assert plan(work(entry(1), head=9), now=NOW).cursor == 9
    assert plan(work(entry(1), head=9, is_whole=False), now=NOW).cursor == 1


def test_a_cursor_stops_before_an_open_barrier() -> None:
    assert plan(work(head=9, barrier_seq=5), now=NOW).cursor == 4


def test_a_due_gap_goes_before_what_is_fresh_in_its_thread() -> None:
    first = entry(1, "a")
    planned = plan(work(entry(2, "a"), gaps=(gap(first),), others=(first,)), now=NOW)
    assert sent(planned) == [[1, 2]]


def test_what_is_fresh_waits_behind_a_gap_that_is_not_due() -> None:
    first = entry(1, "a")
    planned = plan(
        work(entry(2, "a"), entry(3, "b"), gaps=(gap(first, due_at=LATER),), others=(first,)), now=NOW
    )
    assert sent(planned) == [[3]]
    assert kept(planned) == {2: ("retry", LATER)}
    assert planned.cursor == 3


def test_a_due_gap_waits_behind_an_earlier_one_that_is_not() -> None:
    first, second = entry(1, "a"), entry(2, "a")
    planned = plan(
        work(gaps=(gap(first, due_at=LATER), gap(second, due_at=NOW)), others=(first, second)), now=NOW
    )
    assert sent(planned) == []
    assert kept(planned) == {2: ("retry", LATER)}


def test_no_more_than_the_window() -> None:
    fresh = [entry(seq, str(seq)) for seq in range(1, 20)]
    planned = plan(work(*fresh), now=NOW)
    assert len(planned.chains) == WINDOW
    assert planned.cursor == WINDOW


def test_due_gaps_beyond_the_window_keep_their_place() -> None:
    records = [entry(seq, str(seq)) for seq in range(1, 12)]
    planned = plan(work(gaps=tuple(map(gap, records)), others=tuple(records)), now=NOW)
    assert [chain[0] for chain in sent(planned)] == list(range(1, WINDOW + 1))
    assert kept(planned) == {}


def test_a_probe_is_one_try_even_before_its_time() -> None:
    first, second = entry(1, "a"), entry(2, "b")
    gaps = (gap(first, due_at=LATER), gap(second, due_at=LATER))
    planned = plan(work(entry(3, "c"), gaps=gaps, others=(first, second), probe=True), now=NOW)
    assert sent(planned) == [[1]]
    assert planned.cursor == 0


def test_a_probe_of_what_is_fresh_leaves_the_rest_before_the_cursor() -> None:
    planned = plan(work(entry(1, "a"), entry(2, "b"), probe=True), now=NOW)
    assert sent(planned) == [[1]]
    assert planned.cursor == 1


def test_what_expired_is_given_up_unsent() -> None:
    old = entry(1, expires_at=NOW)
    older = entry(2, expires_at=NOW)
    planned = plan(work(old, gaps=(gap(older, due_at=LATER),), others=(older,)), now=NOW)
    assert sent(planned) == []
    assert {seq: state for seq, (state, _) in kept(planned).items()} == {1: "failed", 2: "failed"}
    assert planned.cursor == 1


def test_sent_again_by_an_operator_it_has_a_life_of_its_own() -> None:
    old = entry(1, expires_at=NOW - 1)
    planned = plan(work(gaps=(gap(old, expires_at=LATER),), others=(old,)), now=NOW)
    assert sent(planned) == [[1]]


def test_what_was_cancelled_before_it_was_sent_is_skipped_with_its_cancellation() -> None:
    post = entry(1, cancelled_at=NOW)
    edit = entry(2, concerns_id=10)
    undo = entry(3, concerns_id=10, cancels=True)
    planned = plan(work(post, edit, undo), now=NOW)
    assert (sent(planned), planned.gaps, planned.cursor) == ([], (), 3)


def test_the_skip_is_remembered_until_its_cancellation_comes() -> None:
    planned = plan(work(entry(1, cancelled_at=NOW)), now=NOW)
    assert kept(planned) == {1: ("skipped", 0)}
    undo = entry(5, concerns_id=10, cancels=True)
    planned = plan(work(entry(4, concerns_id=10), undo, skipped=frozenset({10})), now=NOW)
    assert sent(planned) == []
    assert planned.removed == (10,)


def test_the_cancellation_of_what_was_sent_is_sent() -> None:
    undo = entry(5, concerns_id=10, cancels=True)
    assert sent(plan(work(undo), now=NOW)) == [[5]]


def test_what_may_have_arrived_is_not_repeated_but_cancelled() -> None:
    post = entry(1, "a", cancelled_at=NOW)
    undo = entry(5, "a", concerns_id=10, cancels=True)
    planned = plan(work(undo, gaps=(gap(post, due_at=LATER, attempts=1),), others=(post,)), now=NOW)
    assert sent(planned) == [[5]]
    assert planned.removed == (10,)


def test_what_only_waited_and_was_cancelled_is_skipped() -> None:
    other, post = entry(1, "a"), entry(2, "a", cancelled_at=NOW)
    undo = entry(5, "a", concerns_id=20, cancels=True)
    gaps = (gap(other, due_at=LATER), gap(post, due_at=LATER, attempts=0))
    planned = plan(work(undo, gaps=gaps, others=(other, post)), now=NOW)
    assert sent(planned) == []
    assert kept(planned) == {}
    assert planned.removed == (20,)


def test_a_gap_behind_a_barrier_waits() -> None:
    late = entry(9, "x")
    planned = plan(work(gaps=(gap(late),), others=(late,), barrier_seq=5), now=NOW)
    assert (sent(planned), planned.gaps) == ([], ())


def test_barriers_do_not_wait_for_each_other() -> None:
    first, second = entry(5, "x", barrier=True), entry(9, "y", barrier=True)
    planned = plan(work(gaps=(gap(first), gap(second)), others=(first, second), barrier_seq=5), now=NOW)
    assert sent(planned) == [[5], [9]]


def test_with_too_many_open_gaps_the_cursor_stays() -> None:
    waiting = [entry(seq, str(seq)) for seq in range(1, MAX_OPEN_GAPS + 1)]
    fresh = entry(MAX_OPEN_GAPS + 1, "new")
    gaps = tuple(gap(each, due_at=LATER) for each in waiting)
    assert plan(work(fresh, gaps=gaps, others=tuple(waiting)), now=NOW).cursor == 0
    assert plan(work(fresh, gaps=gaps[1:], others=tuple(waiting)), now=NOW).cursor == fresh.seq


facts = st.fixed_dictionaries(
    {
        "thread": st.sampled_from("abc"),
        "cancelled_at": st.sampled_from([None, None, NOW]),
        "expires_at": st.sampled_from([NOW + 1, NOW + 1, NOW]),
    }
)
states = st.fixed_dictionaries({"due_at": st.sampled_from([NOW, LATER]), "attempts": st.integers(0, 2)})


@given(
    drawn=st.lists(st.tuples(facts, st.none() | states), max_size=24),
    budget=st.integers(1, 8),
    probe=st.booleans(),
)
def test_nothing_is_lost_and_no_thread_is_overtaken(
    drawn: list[tuple[dict[str, object], dict[str, int] | None]], budget: int, *, probe: bool
) -> None:
    waiting, fresh = [], []
    for seq, (each, state) in enumerate(drawn, start=1):
        if state is not None:
            waiting.append(gap(entry(seq, **each), **state))  # type: ignore[arg-type]
    gap_seqs = {each.seq for each in waiting}
    last_gap = max(gap_seqs, default=0)
    records = {seq: entry(seq, **each) for seq, (each, _) in enumerate(drawn, start=1)}  # type: ignore[arg-type]
    fresh = [records[seq] for seq in records if seq > last_gap]
    planned = plan(
        work(*fresh, gaps=tuple(waiting), others=tuple(records.values()), probe=probe),
        now=NOW,
        budget=budget,
    )
    attempted = {pending.entry.seq for chain in planned.chains for pending in chain}
    written = {each.seq for each in planned.gaps}
    removed = {log_id // 10 for log_id in planned.removed}
    assert len(attempted) <= budget
    for record in fresh:
        settled = record.seq in attempted | written | removed
        assert settled == (record.seq <= planned.cursor)
    for chain in planned.chains:
        thread = chain[0].entry.thread
        first = chain[0].entry.seq
        open_before = [
            each
            for each in waiting
            if each.thread == thread and each.seq < first and each.seq not in written | removed
        ]
        assert open_before == []
        assert [pending.entry.seq for pending in chain] == sorted(pending.entry.seq for pending in chain)
