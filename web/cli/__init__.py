"""The command `kairanban`. Each command is one line here and one function that takes the node and its words."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter

from federation.errors import Fault, LocalFault, Refused
from web.cli import areas, control, delivery, follows, installation, servers
from web.cli.reports import Report
from web.demo import run_demo
from web.node import Node, open_node
from web.settings import Settings, load_settings

Command = Callable[..., Awaitable[Report]]

COMMANDS: dict[str, Command] = {
    "area create": areas.area_create,
    "area list": areas.area_list,
    "area show": areas.area_show,
    "area limit": areas.area_limit,
    "area timeline": areas.area_timeline,
    "actor create": areas.actor_create,
    "role grant": areas.role_grant,
    "follow": follows.follow,
    "unfollow": follows.unfollow,
    "post": areas.post,
    "post-edit": areas.post_edit,
    "post-delete": areas.post_delete,
    "held list": areas.held_list,
    "held approve": areas.held_approve,
    "held refuse": areas.held_refuse,
    "server block": servers.server_block,
    "server unblock": servers.server_unblock,
    "server allow": servers.server_allow,
    "server list": servers.server_list,
    "delivery status": delivery.delivery_status,
    "delivery retry": delivery.delivery_retry,
    "delivery flush": delivery.delivery_flush,
}
"""What runs against a node: in the server when one runs, else in this process."""

Json = Annotated[bool, Parameter(name="--json", negative="")]

app = cyclopts.App(name="kairanban", help="A federated server for towns.", version_flags=["--version"])
area = app.command(cyclopts.App(name="area", help="Areas: the groups that people follow and post to."))
actor = app.command(cyclopts.App(name="actor", help="Residents, official desks, alert actors."))
role = app.command(cyclopts.App(name="role", help="Who may do what."))
held = app.command(cyclopts.App(name="held", help="Posts that wait for a decision."))
server = app.command(cyclopts.App(name="server", help="Other servers: blocked, allowed."))
delivery_app = app.command(cyclopts.App(name="delivery", help="What is owed to whom, and why."))


async def run_command(node: Node, name: str, arguments: dict[str, Any]) -> Report:
    """Run one command of `COMMANDS`. Raises `Refused` for one that does not exist."""
    command = COMMANDS.get(name)
    if command is None:
        raise Refused(f"there is no command {name!r}")
    return await command(node, **arguments)


def _run(command: str, as_json: Json, /, **arguments: Any) -> None:
    print(asyncio.run(_run_somewhere(load_settings(), command, arguments)).print(as_json=as_json))


async def _run_somewhere(settings: Settings, name: str, arguments: dict[str, Any]) -> Report:
    report = await control.ask(settings.data_dir, name, arguments)
    if report is not None:
        return report
    if settings.database_url.startswith("sqlite"):
        with control.hold_lock(settings.data_dir):
            return await _run_here(settings, name, arguments)
    return await _run_here(settings, name, arguments)


async def _run_here(settings: Settings, name: str, arguments: dict[str, Any]) -> Report:
    async with open_node(settings) as node:
        return await run_command(node, name, arguments)


def _millis(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


@app.command
def init(
    *,
    domain: str,
    database_url: str | None = None,
    base_url: str | None = None,
    admin: str | None = None,
    email: str | None = None,
    directory: Path = Path(),
) -> None:
    """Write kairanban.toml and a secret, create the database, the node's own actor and the first administrator."""
    request = installation.Installation(domain, database_url, base_url, admin, email, directory)
    print(asyncio.run(installation.install(request)).print(as_json=False))


@app.command
def serve(*, listen: str | None = None, workers: int = 1, role: str = "all") -> None:
    """Serve HTTP and deliver. SIGTERM stops within 30 seconds."""
    installation.serve(load_settings(), listen=listen, workers=workers, role=role)


@app.command
def migrate() -> None:
    """Bring the database to the schema of this version."""
    print(asyncio.run(installation.migrate(load_settings())).print(as_json=False))


@app.command
def check(*, json: Json = False) -> None:
    """Look at configuration and security settings; exits 1 when something is wrong."""
    report = asyncio.run(installation.check(load_settings()))
    print(report.print(as_json=json))
    if report.data["wrong"]:
        sys.exit(1)


@app.command
def demo(*, directory: Path = Path("var/demo"), keep: bool = False) -> None:
    """Start three towns as three servers on this machine, with areas, residents and posts. Ctrl-C ends it."""
    run_demo(directory, keep=keep)


@area.command(name="create")
def area_create(
    name: str,
    *,
    title: str,
    code: str,
    host: str | None = None,
    summary: str = "",
    policy: str = "open",
    json: Json = False,
) -> None:
    """Create an area: NAME in romaji, CODE the municipality's six digits."""
    _run("area create", json, name=name, title=title, code=code, host=host, summary=summary, policy=policy)


@area.command(name="list")
def area_list(*, json: Json = False) -> None:
    """List the areas of this node."""
    _run("area list", json)


@area.command(name="show")
def area_show(name: str, *, json: Json = False) -> None:
    """Show one area."""
    _run("area show", json, name=name)


@area.command(name="limit")
def area_limit(
    name: str,
    *,
    author_hourly: int | None = None,
    author_daily: int | None = None,
    boosts_hourly: int | None = None,
    json: Json = False,
) -> None:
    """Set how many posts of one author, and how many in all, an area takes before it holds them; 0 = no limit."""
    limits = {"author_hourly": author_hourly, "author_daily": author_daily, "boosts_hourly": boosts_hourly}
    _run("area limit", json, name=name, **limits)


@area.command(name="timeline")
def area_timeline(name: str, *, json: Json = False) -> None:
    """Show the newest posts of an area."""
    _run("area timeline", json, name=name)


@actor.command(name="create")
def actor_create(
    name: str,
    *,
    kind: str,
    title: str,
    email: str | None = None,
    area: str | None = None,
    role: str | None = None,
    host: str | None = None,
    json: Json = False,
) -> None:
    """Create a local actor. KIND: resident, shop, partner, desk (official), alert."""
    _run(
        "actor create", json, name=name, kind=kind, title=title, email=email, area=area, role=role, host=host
    )


@role.command(name="grant")
def role_grant(
    name: str, role: str, *, area: str | None = None, until: datetime | None = None, json: Json = False
) -> None:
    """Give NAME a ROLE: designer, moderator, official, admin, auditor."""
    _run("role grant", json, name=name, role=role, area=area, until=_millis(until))


@app.command
def follow(name: str, target: str, *, json: Json = False) -> None:
    """Let the local actor NAME follow TARGET, a handle like @chitose@example.jp."""
    _run("follow", json, name=name, target=target)


@app.command
def unfollow(name: str, target: str, *, json: Json = False) -> None:
    """Let the local actor NAME stop following TARGET."""
    _run("unfollow", json, name=name, target=target)


@app.command
def post(
    author: str, text: str, *, area: str | None = None, reply_to: str | None = None, json: Json = False
) -> None:
    """Write a post as a local actor."""
    _run("post", json, author=author, text=text, area=area, reply_to=reply_to)


@app.command
def post_edit(post_id: int, text: str, *, json: Json = False) -> None:
    """Replace the text of a local post."""
    _run("post-edit", json, post_id=post_id, text=text)


@app.command
def post_delete(post_id: int, *, json: Json = False) -> None:
    """Delete a local post, here and wherever it went."""
    _run("post-delete", json, post_id=post_id)


@held.command(name="list")
def held_list(*, area: str | None = None, json: Json = False) -> None:
    """List what waits for a decision."""
    _run("held list", json, area=area)


@held.command(name="approve")
def held_approve(placement_id: int, *, json: Json = False) -> None:
    """Let a held post into its area."""
    _run("held approve", json, placement_id=placement_id)


@held.command(name="refuse")
def held_refuse(placement_id: int, *, reason: str = "", json: Json = False) -> None:
    """Keep a held post out of its area, and tell its author why."""
    _run("held refuse", json, placement_id=placement_id, reason=reason)


@server.command(name="block")
def server_block(host: str, *, reason: str = "", until: datetime | None = None, json: Json = False) -> None:
    """Block a host and everything below it."""
    _run("server block", json, host=host, reason=reason, until=_millis(until))


@server.command(name="unblock")
def server_unblock(host: str, *, json: Json = False) -> None:
    """Drop the rule about a host."""
    _run("server unblock", json, host=host)


@server.command(name="allow")
def server_allow(host: str, *, reason: str = "", until: datetime | None = None, json: Json = False) -> None:
    """Allow a host where federation is by allow-list."""
    _run("server allow", json, host=host, reason=reason, until=_millis(until))


@server.command(name="list")
def server_list(*, json: Json = False) -> None:
    """List the rules about other servers."""
    _run("server list", json)


@delivery_app.command(name="status")
def delivery_status(*, json: Json = False) -> None:
    """Show what is owed to whom, and what was given up."""
    _run("delivery status", json)


@delivery_app.command(name="retry")
def delivery_retry(host: str, *, json: Json = False) -> None:
    """Try again now what failed at HOST, and close its circuit breaker."""
    _run("delivery retry", json, host=host)


@delivery_app.command(name="flush")
def delivery_flush(*, json: Json = False) -> None:
    """Send everything that is due now."""
    _run("delivery flush", json)


def main() -> None:
    """Run the command line; an expected error is one line on standard error and exit status 1."""
    try:
        app()
    except Fault as error:
        print(f"kairanban: {error.public if isinstance(error, LocalFault) else error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
