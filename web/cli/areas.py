"""Commands about areas, local actors, posts and what is held."""

import asyncio
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from actors.accounts import create_account, link_actor
from actors.directory import find_actor_by_id
from actors.follows import count_followers
from actors.keys import generate_keys
from actors.origins import add_origin, find_origins
from actors.records import ActorKind, ActorRecord, OriginRecord
from actors.registration import create_local, create_node
from actors.signin.access import end_access
from actors.signin.credentials import set_password
from areas import compose, decisions, interactions, placements, posts, registry, timelines
from areas.records import AreaRecord, Draft, PlacementRecord, Revision
from areas.registry import NewArea
from federation.errors import NotFound, Refused
from federation.html import to_text
from federation.vocabulary import Iri, Millis
from web.cli.accounts import hash_password
from web.cli.details import read_details
from web.cli.handles import find_anyone, find_named_actor, find_named_area, resolve
from web.cli.pictures import take_files
from web.cli.reports import Report, table
from web.node import Node

KINDS: dict[str, ActorKind] = {
    "resident": "resident",
    "shop": "shop",
    "partner": "partner",
    "desk": "official",
    "alert": "alert",
}
"""`--kind desk` is an official desk (a Person); an area's own desk is made with the area."""
TEXT_SHOWN = 60
DAY = 24 * 3_600_000


def _origin(tx: sa.Connection, host: str | None) -> OriginRecord:
    served = find_origins(tx)
    found = next((origin for origin in served if host in (None, origin.host)), None)
    if found is None:
        raise NotFound(f"this node does not serve the host {host}")
    return found


async def area_create(
    node: Node,
    *,
    name: str,
    title: str,
    code: str,
    host: str | None = None,
    summary: str = "",
    policy: str = "open",
    kind: str = "area",
) -> Report:
    """Make an area or a zone with its desk, on this node's own host name or on one of its own."""
    keys = await asyncio.to_thread(lambda: (generate_keys(), generate_keys(), generate_keys()))
    now = node.clock()

    def make(tx: sa.Connection) -> AreaRecord:
        origin = _serve_host(tx, node, host, keys[2], now) if host else _origin(tx, None)
        new = NewArea(
            name,
            title,
            code,
            summary,
            policy,  # type: ignore[arg-type]  # `create_area` checks both
            kind=kind,  # type: ignore[arg-type]
        )
        return registry.create_area(tx, node.vault, new, origin=origin, keys=keys[:2], now=now)

    area = await node.database.write(make)
    await node.refresh()
    return Report((f"{area.name} is {area.handle} · {area.iri}",), _area_data(area))


def _serve_host(tx: sa.Connection, node: Node, host: str, keys: Any, now: Millis) -> OriginRecord:
    known = next((origin for origin in find_origins(tx) if origin.host == host), None)
    if known is not None:
        return known
    scheme = node.settings.base_url.partition("://")[0]
    origin = add_origin(tx, f"{scheme}://{host}", primary=False, now=now)
    create_node(tx, node.vault, origin=origin, name=host, keys=keys, now=now)
    return origin


def _area_data(area: AreaRecord) -> dict[str, object]:
    return {
        "name": area.username,
        "handle": area.handle,
        "iri": area.iri,
        "title": area.name,
        "code": area.code,
        "policy": area.policy,
        "kind": area.kind,
    }


async def area_list(node: Node) -> Report:
    """All areas of this node, then all zones."""
    areas = await node.database.read(lambda tx: [*registry.list_areas(tx), *registry.list_areas(tx, "zone")])
    rows = [("handle", "kind", "code", "policy", "title")]
    rows += [(area.handle, area.kind, area.code, area.policy, area.name) for area in areas]
    return Report(
        table(rows, "no areas yet: kairanban area create NAME --title T --code LGCODE"),
        [_area_data(a) for a in areas],
    )


async def area_show(node: Node, *, name: str) -> Report:
    """One area: addresses, policy, counts."""
    data = await node.database.read(_show_area, name)
    return Report(tuple(f"{key}: {value}" for key, value in data.items()), data)


def _show_area(tx: sa.Connection, name: str) -> dict[str, object]:
    area = find_named_area(tx, name)
    return {
        **_area_data(area),
        "desk": registry.desk_of(tx, area).handle,
        "followers": count_followers(tx, area.actor_id),
        "posts": placements.count(tx, area.actor_id, "accepted"),
        "held": placements.count(tx, area.actor_id, "held"),
    }


async def area_limit(
    node: Node,
    *,
    name: str,
    author_hourly: int | None = None,
    author_daily: int | None = None,
    boosts_hourly: int | None = None,
) -> Report:
    """Set how much an area takes; 0 = no limit, None = as it is."""
    asked = {"author_hourly": author_hourly, "author_daily": author_daily, "boosts_hourly": boosts_hourly}
    limits = {key: value for key, value in asked.items() if value is not None}
    if any(value < 0 for value in limits.values()):
        raise Refused("a limit is 0 (none) or more")

    def change(tx: sa.Connection) -> AreaRecord:
        return registry.change_limits(tx, find_named_area(tx, name).actor_id, limits)

    area = await node.database.write(change)
    found = {key: getattr(area, key) for key in asked}
    return Report(tuple(f"{key}: {value or 'no limit'}" for key, value in found.items()), found)


async def area_timeline(node: Node, *, name: str) -> Report:
    """The newest posts of an area."""
    area = await node.database.read(find_named_area, name)
    shown = await node.database.read(timelines.area_timeline, area.actor_id)
    data = [
        {"iri": each.post.iri, "author": each.author_handle, "text": to_text(each.post.content)}
        for each in shown
    ]
    return Report(
        tuple(f"{each['author']}: {each['text'][:TEXT_SHOWN]}" for each in data) or ("no posts",), data
    )


async def actor_create(
    node: Node,
    *,
    name: str,
    kind: str,
    title: str,
    email: str | None = None,
    area: str | None = None,
    role: str | None = None,
    host: str | None = None,
    password: str | None = None,
) -> Report:
    """Make a local actor, with an account if a mail address is given, which then may have a password.

    A resident of an area belongs to it, and has her home there.
    """
    if kind not in KINDS:
        raise Refused(f"kind {kind!r} is none of {', '.join(KINDS)}")
    if password is not None and not email:
        raise Refused("a password needs --email: it belongs to the account of a mail address")
    hashed = None if password is None else await hash_password(node, password, email or "")
    keys = await asyncio.to_thread(generate_keys)
    now = node.clock()

    def make(tx: sa.Connection) -> ActorRecord:
        home = find_named_area(tx, area) if area else None
        origin = _origin(tx, host or (home.host if home else None))
        actor = create_local(
            tx,
            node.vault,
            kind=KINDS[kind],
            username=name,
            origin=origin,
            name=title,
            summary="",
            keys=keys,
            now=now,
        )
        if email:
            account = create_account(tx, node.vault, email, now)
            link_actor(tx, account_id=account.id, actor_id=actor.id, role="self", now=now)
            if hashed is not None:
                set_password(tx, account.id, hashed, now)
                end_access(tx, account.id, now)  # the address may have had an account before
        if role:
            registry.grant_role(
                tx, actor.id, role, area_id=home.actor_id if home else None, until=None, now=now
            )
        if home and kind == "resident":
            interactions.join(tx, actor, home, now, home=True)
        return actor

    actor = await node.database.write(make)
    return Report((f"{title} is @{actor.handle} · {actor.iri}",), {"handle": actor.handle, "iri": actor.iri})


async def role_grant(
    node: Node, *, name: str, role: str, area: str | None = None, until: Millis | None = None
) -> Report:
    """Give someone a role, in an area or on the whole node. `name` may be `user@elsewhere`."""
    if role not in registry.ROLES:
        raise Refused(f"role {role!r} is none of {', '.join(registry.ROLES)}")
    now = node.clock()

    def grant(tx: sa.Connection) -> str:
        actor = find_anyone(tx, name)
        home = find_named_area(tx, area) if area else None
        registry.grant_role(tx, actor.id, role, area_id=home.actor_id if home else None, until=until, now=now)
        return f"@{actor.handle} is {role} of {home.handle if home else 'this node'}"

    line = await node.database.write(grant)
    return Report((line,), {"granted": line})


async def post(
    node: Node,
    *,
    author: str,
    text: str,
    area: str | None = None,
    reply_to: str | None = None,
    photo: Sequence[str] = (),
    alt: Sequence[str] = (),
    zone: bool = False,
    kind: str | None = None,
    detail: Sequence[str] = (),
) -> Report:
    """A local post: the same door as for every other way of writing."""
    details = read_details(kind, detail)
    for name, host in compose.find_handles(text):
        await resolve(node, f"{name}@{host}")
    writer = await node.database.read(find_named_actor, author)
    pictures = await take_files(node, writer, photo, alt)
    now = node.clock()

    def publish(tx: sa.Connection) -> Report:
        home = find_named_area(tx, area) if area else None
        draft = Draft(
            author_id=writer.id,
            text=text,
            area_ids=(home.actor_id,) if home else (),
            in_reply_to=Iri(reply_to) if reply_to else None,
            media_ids=pictures,
            to_zone=zone,
            kind=kind,
            details=details,
        )
        record, placed = compose.publish(tx, draft, now)
        states = ", ".join(f"{each.state} ({each.rule})" for each in placed) or "published"
        data = {
            "id": str(record.id),
            "iri": record.iri,
            "placements": [{"state": p.state, "rule": p.rule} for p in placed],
        }
        return Report((f"{record.iri} · {states}",), data)

    report = await node.database.write(publish)
    node.worker.nudge()
    return report


async def post_edit(node: Node, *, post_id: int, text: str) -> Report:
    """Replace the text of a local post."""
    record = await node.database.write(compose.edit, post_id, Revision(text), node.clock())
    node.worker.nudge()
    return Report((f"{record.iri} · edited",), {"id": str(record.id), "iri": record.iri})


async def post_delete(node: Node, *, post_id: int) -> Report:
    """Delete a local post everywhere it went."""
    await node.database.write(compose.delete, post_id, node.clock())
    node.worker.nudge()
    return Report((f"{post_id} · deleted",), {"id": str(post_id)})


async def held_list(node: Node, *, area: str | None = None) -> Report:
    """What waits for a decision, oldest first."""
    data = await node.database.read(_held, area)
    rows = [("id", "area", "author", "rule", "text")]
    rows += [
        (each["id"], each["area"], each["author"], each["rule"], each["text"][:TEXT_SHOWN]) for each in data
    ]
    return Report(table(rows, "nothing is held"), data)


def _held(tx: sa.Connection, area: str | None) -> list[dict[str, str]]:
    home = find_named_area(tx, area) if area else None
    return [_held_data(tx, each) for each in placements.held(tx, home.actor_id if home else None)]


def _held_data(tx: sa.Connection, placement: PlacementRecord) -> dict[str, str]:
    record = posts.find_post_by_id(tx, placement.post_id)
    author = find_actor_by_id(tx, placement.author_id)
    area = registry.find_area(tx, placement.area_id)
    return {
        "id": str(placement.id),
        "area": area.handle if area else "",
        "author": f"@{author.handle}" if author else "",
        "rule": placement.rule,
        "text": to_text(record.content) if record else "",
        "iri": record.iri if record else "",
    }


async def held_approve(node: Node, *, placement_id: int) -> Report:
    """Let a held post into its area."""
    await node.database.write(_approve, placement_id, node.clock())
    node.worker.nudge()
    return Report((f"{placement_id} · approved and boosted",), {"id": str(placement_id), "state": "accepted"})


def _approve(tx: sa.Connection, placement_id: int, now: Millis) -> None:
    decisions.approve(tx, placement_id, by=None, now=now)


async def held_refuse(node: Node, *, placement_id: int, reason: str = "") -> Report:
    """Keep a held post out, and tell its author why."""
    await node.database.write(_refuse, placement_id, reason, node.clock())
    node.worker.nudge()
    return Report((f"{placement_id} · refused",), {"id": str(placement_id), "state": "refused"})


def _refuse(tx: sa.Connection, placement_id: int, reason: str, now: Millis) -> None:
    decisions.refuse(tx, placement_id, by=None, reason=reason, now=now)
