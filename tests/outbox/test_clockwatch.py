"""Whose clock is wrong."""

from outbox.clockwatch import SERVERS, ClockWatch


def test_two_servers_prove_nothing() -> None:
    watch = ClockWatch()
    watch.note("a.test", 3600)
    watch.note("b.test", 3600)
    watch.note("b.test", 3600)
    assert watch.skew is None


def test_most_servers_are_believed() -> None:
    watch = ClockWatch()
    for host, skew in [("a.test", 61.0), ("b.test", 60.0), ("liar.test", -9e9), ("c.test", 62.0)]:
        watch.note(host, skew)
    assert watch.skew == 60.5


def test_the_newest_of_each_server_counts() -> None:
    watch = ClockWatch()
    for skew in (500.0, 0.0):
        for host in ("a.test", "b.test", "c.test"):
            watch.note(host, skew)
    assert watch.skew == 0.0


def test_what_is_remembered_is_bounded() -> None:
    watch = ClockWatch()
    for number in range(SERVERS):
        watch.note(f"old{number}.test", 1000.0)
    for number in range(SERVERS):
        watch.note(f"new{number}.test", 1.0)
    assert watch.skew == 1.0
