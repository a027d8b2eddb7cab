"""Whose clock is wrong."""

from federation.vocabulary import Millis
from outbox.clockwatch import MOVED, SITES, ClockWatch, find_site


class Machine:
    """Its clock, and how long it has run."""

    def __init__(self) -> None:
        self.now, self.up = 1_700_000_000.0, 1000.0

    def watch(self) -> ClockWatch:
        return ClockWatch(lambda: Millis(int(self.now * 1000)), lambda: self.up)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.up += seconds


def test_two_servers_prove_nothing() -> None:
    watch = Machine().watch()
    watch.note("a.test", 3600)
    watch.note("b.test", 3600)
    watch.note("b.test", 3600)
    assert watch.skew is None


def test_most_servers_are_believed() -> None:
    watch = Machine().watch()
    for host, skew in [("a.test", 61.0), ("b.test", 60.0), ("liar.test", -9e9), ("c.test", 62.0)]:
        watch.note(host, skew)
    assert watch.skew == 60.5


def test_the_newest_of_each_server_counts() -> None:
    watch = Machine().watch()
    for skew in (500.0, 0.0):
        for host in ("a.test", "b.test", "c.test"):
            watch.note(host, skew)
    assert watch.skew == 0.0


def test_what_is_remembered_is_bounded() -> None:
    watch = Machine().watch()
    for number in range(SITES):
        watch.note(f"old{number}.test", 1000.0)
    for number in range(SITES):
        watch.note(f"new{number}.test", 1.0)
    assert watch.skew == 1.0


def test_names_below_one_domain_are_one_voice() -> None:
    """Else whoever has a domain makes a town's server unready for the price of some follows."""
    watch = Machine().watch()
    for host in ("a.test", "b.test", "c.test"):
        watch.note(host, 0.0)
    for number in range(100):
        watch.note(f"n{number}.liar.test:8443", 3600.0)
    assert watch.skew == 0.0
    assert [find_site(host) for host in ("a.test:1", "deep.a.test", "localhost", "10.0.0.1")] == [
        "a.test",
        "a.test",
        "localhost",
        "0.1",
    ]


def test_a_clock_that_is_set_begins_anew() -> None:
    """What was seen before says nothing any more: a node whose clock was put right is ready at once."""
    machine = Machine()
    watch = machine.watch()
    for host in ("a.test", "b.test", "c.test"):
        watch.note(host, 600.0)
    machine.wait(3600)
    assert watch.skew == 600.0
    machine.now += 600
    assert watch.skew is None
    for host in ("a.test", "b.test", "c.test"):
        watch.note(host, 0.5)
    machine.now -= MOVED / 2  # as time services do it
    assert watch.skew == 0.5
