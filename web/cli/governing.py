"""Words of commands by which an area is governed, and other servers are understood."""

from datetime import datetime

import cyclopts

from areas.timelines import PAGE
from web.cli.running import Json, run, to_millis


def area_edit(
    name: str,
    *,
    title: str | None = None,
    summary: str | None = None,
    policy: str | None = None,
    json: Json = False,
) -> None:
    """Change what an area says of itself, and who may post; its followers are told. POLICY: open, review, closed."""
    run("area edit", json, name=name, title=title, summary=summary, policy=policy)


def area_remove(name: str, post: str, *, reason: str = "", json: Json = False) -> None:
    """Take the POST (its number or address) out of an area; everybody who got it is told."""
    run("area remove", json, name=name, post=post, reason=reason)


def area_restore(name: str, post: str, *, reason: str = "", json: Json = False) -> None:
    """Bring a removed post back."""
    run("area restore", json, name=name, post=post, reason=reason)


def area_lock(name: str, post: str, *, reason: str = "", json: Json = False) -> None:
    """Take no more replies to the thread that POST begins."""
    run("area lock", json, name=name, post=post, reason=reason)


def area_unlock(name: str, post: str, *, json: Json = False) -> None:
    """Take replies again."""
    run("area unlock", json, name=name, post=post)


def area_pin(name: str, post: str, *, json: Json = False) -> None:
    """Show a post first: one of the area's own, or one that stands in it."""
    run("area pin", json, name=name, post=post)


def area_unpin(name: str, post: str, *, json: Json = False) -> None:
    """Show a post first no longer."""
    run("area unpin", json, name=name, post=post)


def area_ban(
    name: str,
    who: str,
    *,
    reason: str = "",
    until: datetime | None = None,
    remove_posts: bool = False,
    json: Json = False,
) -> None:
    """Shut WHO (name or name@host) out of an area, for good or until a time; --remove-posts takes her posts out."""
    words = {"reason": reason, "until": to_millis(until), "remove_posts": remove_posts}
    run("area ban", json, name=name, who=who, **words)


def area_unban(name: str, who: str, *, json: Json = False) -> None:
    """Let WHO in again."""
    run("area unban", json, name=name, who=who)


def post_show(post: str, *, json: Json = False) -> None:
    """Show where a post (its number or address) stands: in areas here, in groups of other servers."""
    run("post-show", json, post=post)


def peer_request(
    area: str,
    other: str,
    *,
    accepts: str = "alert",
    max_per_hour: int = 20,
    until: datetime | None = None,
    zone: str | None = None,
    json: Json = False,
) -> None:
    """Ask OTHER (@area@host) that its posts come to AREA of this node; its people decide.

    ACCEPTS: categories that AREA boosts without asking a person: alert,notice,campaign,event,post; or none.
    """
    words = {"accepts": accepts, "max_per_hour": max_per_hour, "until": to_millis(until), "zone": zone}
    run("peer request", json, area=area, other=other, **words)


def peer_accept(area: str, other: str, *, json: Json = False) -> None:
    """Let posts of AREA go to OTHER, which has asked for them."""
    run("peer accept", json, area=area, other=other)


def peer_reject(area: str, other: str, *, json: Json = False) -> None:
    """Turn down what OTHER has asked for."""
    run("peer reject", json, area=area, other=other)


def peer_end(area: str, other: str, *, direction: str = "both", json: Json = False) -> None:
    """End what AREA and OTHER have agreed on. DIRECTION: in (posts from OTHER), out (posts to OTHER), both."""
    run("peer end", json, area=area, other=other, direction=direction)


def peer_pull(area: str, other: str, *, everything: bool = False, json: Json = False) -> None:
    """Ask OTHER now for what AREA has missed. --everything: all of the last week, also what was heard before."""
    run("peer pull", json, area=area, other=other, everything=everything)


def peer_list(area: str | None = None, *, json: Json = False) -> None:
    """List what areas of this node have agreed on with others, and what waits for an answer."""
    run("peer list", json, area=area)


def zone_list(area: str, *, limit: int = PAGE, json: Json = False) -> None:
    """List what peers of AREA have brought, and what became of it: the newest --limit of them."""
    run("zone list", json, area=area, limit=limit)


def zone_boost(area: str, post: str, *, json: Json = False) -> None:
    """Let AREA boost a peer's POST (its number or address) to who follows it."""
    run("zone boost", json, area=area, post=post)


def zone_hide(area: str, post: str, *, reason: str = "", json: Json = False) -> None:
    """Show a peer's POST in AREA no more, and take its boost back."""
    run("zone hide", json, area=area, post=post, reason=reason)


def zone_show(area: str, post: str, *, json: Json = False) -> None:
    """Show a hidden one again."""
    run("zone show", json, area=area, post=post)


def server_show(host: str, *, json: Json = False) -> None:
    """Show what is known of a server: its software, the dialect in which it is told of posts, its rule."""
    run("server show", json, host=host)


def server_dialect(host: str, dialect: str, *, json: Json = False) -> None:
    """Say in which DIALECT a server is told of posts: object, activity, or found (what it says of itself)."""
    run("server dialect", json, host=host, dialect=dialect)


_AREA = (
    area_edit,
    area_remove,
    area_restore,
    area_lock,
    area_unlock,
    area_pin,
    area_unpin,
    area_ban,
    area_unban,
)
_PEER = (peer_request, peer_accept, peer_reject, peer_end, peer_pull, peer_list)
_ZONE = (zone_list, zone_boost, zone_hide, zone_show)
_SERVER = (server_show, server_dialect)


def add_commands(app: cyclopts.App, area: cyclopts.App, server: cyclopts.App) -> None:
    """Let them be typed."""
    app.command(post_show)
    for ours in _AREA:
        area.command(ours, name=ours.__name__.removeprefix("area_"))
    peer = cyclopts.App(name="peer", help="Agreements between areas.")
    app.command(peer)
    for agreed in _PEER:
        peer.command(agreed, name=agreed.__name__.removeprefix("peer_"))
    zone = cyclopts.App(name="zone", help="What areas of other towns have brought.")
    app.command(zone)
    for brought in _ZONE:
        zone.command(brought, name=brought.__name__.removeprefix("zone_"))
    for others in _SERVER:
        server.command(others, name=others.__name__.removeprefix("server_"))
