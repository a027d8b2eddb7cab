"""Commands about agreements between areas, and about what comes of them."""

from collections.abc import Callable
from typing import Final, cast

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import registry
from areas.records import AreaRecord, PostRecord
from areas.timelines import PAGE
from areas.zones import agreements, flow, progress, reading
from areas.zones.records import NEXT, Agreement, Direction, Terms
from federation.errors import NotFound, Refused
from federation.rendering import format_time
from federation.vocabulary import Millis
from web.cli.handles import find_named_area, find_named_post, resolve
from web.cli.reports import Report, table
from web.node import Node

OWN_SOFTWARE: Final = "kairanban"
DIRECTIONS: Final[dict[str, tuple[Direction, ...]]] = {"in": ("in",), "out": ("out",), "both": ("in", "out")}


async def peer_request(
    node: Node,
    *,
    area: str,
    other: str,
    accepts: str = "alert",
    max_per_hour: int = 20,
    until: Millis | None = None,
    zone: str | None = None,
) -> Report:
    """Ask another area that its posts come here."""
    peer = await resolve(node, other)
    await _require_own_software(node, peer)
    head = None if zone is None else (await resolve(node, zone)).iri
    now = node.clock()

    def ask(tx: sa.Connection) -> tuple[AreaRecord, Agreement]:
        home = find_named_area(tx, area)
        terms = Terms(home.iri if home.is_zone else head, _read_categories(accepts), max_per_hour, until)
        return home, agreements.ask(tx, home, peer, terms, now)

    home, made = await node.database.write(ask)
    node.worker.nudge()
    return _tell(home, peer, made)


async def _require_own_software(node: Node, peer: ActorRecord) -> None:
    """Groups of other software read a Follow by a Group as they like; an area's desk can follow them."""
    if peer.local:
        return
    server = await node.directory.server(peer.host)
    if server.software != OWN_SOFTWARE:
        raise Refused(
            f"{peer.handle} is on {server.software or 'unknown software'}: only areas of Kairanban agree on this; "
            "let the area's desk follow it"
        )


def _read_categories(text: str) -> tuple[str, ...]:
    names = [each.strip() for each in text.split(",")]
    return tuple(dict.fromkeys(each for each in names if each and each != "none"))


async def peer_accept(node: Node, *, area: str, other: str) -> Report:
    """Let posts go to who asked for them."""
    home, peer, made = await _answer(node, area, other, "accept")
    return _tell(home, peer, made)


async def peer_reject(node: Node, *, area: str, other: str) -> Report:
    """Turn a request down."""
    home, peer, made = await _answer(node, area, other, "reject")
    return _tell(home, peer, made)


async def _answer(node: Node, area: str, other: str, act: str) -> tuple[AreaRecord, ActorRecord, Agreement]:
    peer = await resolve(node, other)
    now = node.clock()
    do = flow.accept if act == "accept" else agreements.reject

    def write(tx: sa.Connection) -> tuple[AreaRecord, Agreement]:
        home = find_named_area(tx, area)
        return home, do(tx, home, peer, now)

    home, made = await node.database.write(write)
    node.worker.nudge()
    return home, peer, made


async def peer_end(node: Node, *, area: str, other: str, direction: str = "both") -> Report:
    """End one direction, or both as far as there is something to end."""
    if direction not in DIRECTIONS:
        raise Refused(f"direction {direction!r} is none of {', '.join(DIRECTIONS)}")
    peer = await resolve(node, other)
    now = node.clock()

    def write(tx: sa.Connection) -> tuple[AreaRecord, list[Agreement]]:
        home = find_named_area(tx, area)
        found = [agreements.find(tx, home.actor_id, peer.id, each) for each in DIRECTIONS[direction]]
        standing = [each for each in found if each is not None and each.state in NEXT["end"]]
        if not standing:
            raise NotFound(f"{home.handle} and @{peer.handle} have agreed on nothing that could end")
        return home, [agreements.end(tx, home, peer, each.direction, now) for each in standing]

    home, ended = await node.database.write(write)
    node.worker.nudge()
    data = [_describe(home, peer, each) for each in ended]
    return Report(tuple(_line(each) for each in data), data)


async def peer_pull(node: Node, *, area: str, other: str, everything: bool = False) -> Report:
    """Ask a peer now for what was missed."""
    peer, now = await resolve(node, other), node.clock()

    def write(tx: sa.Connection) -> AreaRecord:
        home = find_named_area(tx, area)
        if peer.local or agreements.find_in_force(tx, home.actor_id, peer.id, "in", now) is None:
            raise NotFound(f"{home.handle} gets nothing of @{peer.handle} from another server")
        progress.plan_again(tx, peer.id, now, everything=everything)
        return home

    home = await node.database.write(write)
    data = {"area": home.handle, "peer": f"@{peer.handle}", "everything": everything}
    return Report((f"{data['peer']} is asked within a minute: kairanban peer list",), data)


async def peer_list(node: Node, *, area: str | None = None) -> Report:
    """Everything that is agreed on or asked for."""
    data = await node.database.read(_list, area)
    heading = ("area", "peer", "direction", "state", "accepts", "an hour", "caught up", "known alike")
    return Report(
        table(
            [heading, *(_row(each) for each in data)],
            "no agreements: kairanban peer request AREA @other@host",
        ),
        data,
    )


def _row(data: dict[str, object]) -> tuple[str, ...]:
    accepts = ",".join(cast("list[str]", data["accepts"])) or "none"
    names = ("area", "peer", "direction", "state")
    state = cast("dict[str, object] | None", data.get("catch_up"))
    return (*(str(data[name]) for name in names), accepts, str(data["max_per_hour"]), *_tell_progress(state))


def _tell_progress(state: dict[str, object] | None) -> tuple[str, str]:
    """When all had been heard that was missed, and whether both sides know the same posts."""
    if state is None:
        return "", ""
    pulled_at = state["pulled_at"]
    caught_up = "never" if pulled_at is None else format_time(cast("Millis", pulled_at))
    if state["last_error"] is not None:
        caught_up = f"{caught_up}; then {state['last_error']}"
    if state["theirs"] is None:
        return caught_up, "not compared yet"
    if state["differs_since"] is None:
        return caught_up, "yes"
    since = format_time(cast("Millis", state["differs_since"]))
    return caught_up, f"no, {state['theirs']} there and {state['ours']} here, since {since}"


def _list(tx: sa.Connection, name: str | None) -> list[dict[str, object]]:
    home = None if name is None else find_named_area(tx, name)
    found = agreements.list_all(tx, None if home is None else home.actor_id)
    return [_describe_stored(tx, each) for each in found]


def _describe_stored(tx: sa.Connection, agreement: Agreement) -> dict[str, object]:
    area, peer = registry.find_area(tx, agreement.area_id), find_actor_by_id(tx, agreement.peer_id)
    assert area is not None  # foreign keys hold both
    assert peer is not None
    data = _describe(area, peer, agreement)
    if agreement.direction == "out" or agreement.state != "accepted" or peer.local:
        return data
    found = progress.find(tx, peer.id)
    names = ("pulled_at", "failures", "last_error", "theirs", "ours", "differs_since")
    return {**data, "catch_up": {name: getattr(found, name) for name in names}}


def _describe(area: AreaRecord, peer: ActorRecord, agreement: Agreement) -> dict[str, object]:
    terms = agreement.terms
    return {
        "area": area.handle,
        "peer": f"@{peer.handle}",
        "direction": agreement.direction,
        "state": agreement.state,
        "zone": terms.zone,
        "accepts": list(terms.accepts),
        "max_per_hour": terms.max_per_hour,
        "until": terms.expires_at,
    }


def _tell(area: AreaRecord, peer: ActorRecord, agreement: Agreement) -> Report:
    data = _describe(area, peer, agreement)
    return Report((_line(data),), data)


def _line(data: dict[str, object]) -> str:
    arrow = "←" if data["direction"] == "in" else "→"
    return f"{data['area']} {arrow} {data['peer']}: {data['state']}"


async def zone_list(node: Node, *, area: str, limit: int = PAGE) -> Report:
    """What peers have brought, the newest first."""
    if limit < 1:
        raise Refused("the limit is at least 1")
    data = await node.database.read(_brought, area, limit)
    rows = [
        ("id", "from", "category", "state", "reason"),
        *((e["id"], e["from"], e["category"], e["state"], e["reason"]) for e in data),
    ]
    return Report(table(rows, "nothing yet: kairanban peer list shows with whom it has agreed"), data)


def _brought(tx: sa.Connection, name: str, limit: int) -> list[dict[str, str]]:
    return [
        {
            "id": str(each.post_id),
            "iri": each.iri,
            "from": each.home,
            "category": each.category,
            "state": each.state,
            "reason": each.reason,
        }
        for each in reading.list_brought(tx, find_named_area(tx, name).actor_id, limit)
    ]


async def zone_boost(node: Node, *, area: str, post: str) -> Report:
    """Boost a peer's post."""
    now = node.clock()
    return await _act(
        node, area, post, lambda tx, home, found: flow.boost(tx, home, flow.require(tx, home, found), now)
    )


async def zone_hide(node: Node, *, area: str, post: str, reason: str = "") -> Report:
    """Show a peer's post no more."""
    now = node.clock()
    return await _act(node, area, post, lambda tx, home, found: flow.hide(tx, home, found, reason, now))


async def zone_show(node: Node, *, area: str, post: str) -> Report:
    """Show a hidden one again."""
    now = node.clock()
    return await _act(node, area, post, lambda tx, home, found: flow.show(tx, home, found, now))


async def _act(
    node: Node, area: str, post: str, act: Callable[[sa.Connection, AreaRecord, PostRecord], flow.ZonePost]
) -> Report:
    def write(tx: sa.Connection) -> tuple[AreaRecord, PostRecord, flow.ZonePost]:
        home, found = find_named_area(tx, area), find_named_post(tx, post)
        return home, found, act(tx, home, found)

    home, found, brought = await node.database.write(write)
    node.worker.nudge()
    data = {"area": home.handle, "iri": found.iri, "state": brought.state}
    return Report((f"{home.handle}: {found.iri} · {brought.state}",), data)
