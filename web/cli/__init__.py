"""The command `kairanban`: how each command is written, and what it prints."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from federation.errors import Fault, Refused
from web.cli import backups, governing, installation, moving_words, warning_words
from web.cli.commands import COMMANDS, run_command
from web.cli.running import Json, run, to_millis
from web.demo import run_demo
from web.pages.times import TOKYO
from web.settings import load_settings

From = Annotated[datetime | None, Parameter(name="--from")]
Until = Annotated[datetime | None, Parameter(name="--until")]
PasswordStdin = Annotated[bool, Parameter(name="--password-stdin", negative="")]

__all__ = ["COMMANDS", "app", "main", "run_command"]

app = cyclopts.App(name="kairanban", help="A federated server for towns.", version_flags=["--version"])
area = app.command(cyclopts.App(name="area", help="Areas: the groups that people follow and post to."))
actor = app.command(cyclopts.App(name="actor", help="Residents, official desks, alert actors."))
role = app.command(cyclopts.App(name="role", help="Who may do what."))
account = app.command(cyclopts.App(name="account", help="How people sign in."))
invitation = app.command(cyclopts.App(name="invitation", help="Who may sign up where not everybody may."))
token = app.command(cyclopts.App(name="token", help="Access tokens of the client API."))
media = app.command(cyclopts.App(name="media", help="Pictures that must not be seen."))
announcement = app.command(
    cyclopts.App(name="announcement", help="What apps show above everything else while it is in force.")
)
held = app.command(cyclopts.App(name="held", help="Posts that wait for a decision."))
server = app.command(cyclopts.App(name="server", help="Other servers: blocked, allowed."))
delivery_app = app.command(cyclopts.App(name="delivery", help="What is owed to whom, and why."))


def _read_password() -> str:
    """The first line of standard input: what is an argument, everybody on the machine can read."""
    return sys.stdin.readline().rstrip("\r\n")


def _tokyo_millis(moment: datetime | None) -> int | None:
    """Without a zone of its own, it is the town's time."""
    return to_millis(moment if moment is None or moment.tzinfo else moment.replace(tzinfo=TOKYO))


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


app.command(backups.backup)
app.command(backups.restore)


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
    kind: str = "area",
    json: Json = False,
) -> None:
    """Create an area: NAME in romaji, CODE the municipality's six digits.

    --kind zone makes a region's actor, to which nobody posts; `peer request` brings it what its towns share.
    """
    words = {"title": title, "code": code, "host": host, "summary": summary, "policy": policy, "kind": kind}
    run("area create", json, name=name, **words)


@area.command(name="list")
def area_list(*, json: Json = False) -> None:
    """List the areas and zones of this node."""
    run("area list", json)


@area.command(name="show")
def area_show(name: str, *, json: Json = False) -> None:
    """Show one area."""
    run("area show", json, name=name)


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
    run("area limit", json, name=name, **limits)


@area.command(name="timeline")
def area_timeline(name: str, *, json: Json = False) -> None:
    """Show the newest posts of an area."""
    run("area timeline", json, name=name)


governing.add_commands(app, area, server)
moving_words.add_commands(app, area, account)
warning_words.add_commands(app)


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
    password_stdin: PasswordStdin = False,
    json: Json = False,
) -> None:
    """Create a local actor. KIND: resident, shop, partner, desk (official), alert."""
    password = _read_password() if password_stdin else None
    words = {
        "name": name,
        "kind": kind,
        "title": title,
        "email": email,
        "area": area,
        "role": role,
        "host": host,
    }
    run("actor create", json, **words, password=password)


@actor.command(name="picture")
def actor_picture(
    name: str, *, avatar: Path | None = None, header: Path | None = None, json: Json = False
) -> None:
    """Give the local actor NAME a face, and a picture at the head of its page."""
    files = {
        key: str(path.absolute()) if path else None for key, path in (("avatar", avatar), ("header", header))
    }
    run("actor picture", json, name=name, **files)


@actor.command(name="standing")
def actor_standing(name: str, standing: str, *, reason: str = "", json: Json = False) -> None:
    """Let NAME, or name@host elsewhere, be open, limited (nothing is accepted unseen) or suspended (not heard)."""
    run("actor standing", json, name=name, standing=standing, reason=reason)


@media.command(name="quarantine")
def media_quarantine(address: str, *, reason: str, json: Json = False) -> None:
    """Keep the picture at ADDRESS from everybody's sight, for a REASON."""
    run("media quarantine", json, address=address, reason=reason)


@media.command(name="release")
def media_release(address: str, *, json: Json = False) -> None:
    """Show a quarantined picture again."""
    run("media release", json, address=address)


@media.command(name="remove")
def media_remove(address: str, *, json: Json = False) -> None:
    """Remove a quarantined picture for good."""
    run("media remove", json, address=address)


@role.command(name="grant")
def role_grant(
    name: str, role: str, *, area: str | None = None, until: datetime | None = None, json: Json = False
) -> None:
    """Give NAME a ROLE: designer, moderator, official, admin, auditor."""
    run("role grant", json, name=name, role=role, area=area, until=to_millis(until))


@account.command(name="password")
def account_password(name: str, *, password_stdin: PasswordStdin = False, json: Json = False) -> None:
    """Set the password of whoever is NAME, and sign her out everywhere. The password comes on standard input."""
    if not password_stdin:
        raise Refused("say --password-stdin, and send the password on standard input")
    run("account password", json, name=name, password=_read_password())


@account.command(name="sign-out")
def account_sign_out(name: str, *, json: Json = False) -> None:
    """End every session and every app's access of whoever is NAME."""
    run("account sign-out", json, name=name)


@invitation.command(name="create")
def invitation_create(*, note: str = "", uses: int = 1, days: int = 30, json: Json = False) -> None:
    """Print the words, and the address, by which as many people as --uses may sign up within --days."""
    run("invitation create", json, note=note, uses=uses, days=days)


@token.command(name="create")
def token_create(name: str, *, scopes: str = "read write follow push", json: Json = False) -> None:
    """Print a new access token, by which a program speaks as the local actor NAME."""
    run("token create", json, name=name, scopes=scopes)


@app.command
def follow(name: str, target: str, *, json: Json = False) -> None:
    """Let the local actor NAME follow TARGET, a handle like @chitose@example.jp."""
    run("follow", json, name=name, target=target)


@app.command
def unfollow(name: str, target: str, *, json: Json = False) -> None:
    """Let the local actor NAME stop following TARGET."""
    run("unfollow", json, name=name, target=target)


@app.command
def post(
    author: str,
    text: str,
    *,
    area: str | None = None,
    reply_to: str | None = None,
    photo: list[Path] | None = None,
    alt: list[str] | None = None,
    zone: bool = False,
    kind: str | None = None,
    detail: list[str] | None = None,
    json: Json = False,
) -> None:
    """Write a post as a local actor. --photo and --alt may come several times: a picture, and what it shows.

    --kind is question, give, ask, review, event or notice; --detail NAME=VALUE, several times, fills its fields.

    --zone lets it go to the region too, where the author speaks for AREA.
    """
    photos = [str(each.absolute()) for each in photo or ()]
    words = {"area": area, "reply_to": reply_to, "photo": photos, "alt": alt or [], "zone": zone}
    run("post", json, author=author, text=text, kind=kind, detail=detail or [], **words)


@app.command
def post_edit(post_id: int, text: str, *, json: Json = False) -> None:
    """Replace the text of a local post."""
    run("post-edit", json, post_id=post_id, text=text)


@app.command
def post_delete(post_id: int, *, json: Json = False) -> None:
    """Delete a local post, here and wherever it went."""
    run("post-delete", json, post_id=post_id)


@announcement.command(name="create")
def announcement_create(
    text: str,
    *,
    english: str | None = None,
    area: str | None = None,
    by: str | None = None,
    post: str | None = None,
    starts: From = None,
    ends: Until = None,
    all_day: bool = False,
    json: Json = False,
) -> None:
    """Announce TEXT in apps: to who follows AREA, or to everybody here. Times without a zone are Japanese.

    BY is the official desk that says it, POST the address of a post where more is said.
    """
    times = {"starts": _tokyo_millis(starts), "ends": _tokyo_millis(ends), "all_day": all_day}
    words = {"text": text, "english": english, "area": area, "by": by, "post": post}
    run("announcement create", json, **words, **times)


@announcement.command(name="edit")
def announcement_edit(
    number: int,
    text: str,
    *,
    english: str | None = None,
    starts: From = None,
    ends: Until = None,
    all_day: bool = False,
    json: Json = False,
) -> None:
    """Let announcement NUMBER say TEXT, for the time that is given now; who has read it sees it as new."""
    times = {"starts": _tokyo_millis(starts), "ends": _tokyo_millis(ends), "all_day": all_day}
    run("announcement edit", json, announcement=number, text=text, english=english, **times)


@announcement.command(name="end")
def announcement_end(number: int, *, json: Json = False) -> None:
    """Take announcement NUMBER back."""
    run("announcement end", json, announcement=number)


@announcement.command(name="list")
def announcement_list(*, json: Json = False) -> None:
    """List what is announced, and what is still to come."""
    run("announcement list", json)


@held.command(name="list")
def held_list(*, area: str | None = None, json: Json = False) -> None:
    """List what waits for a decision."""
    run("held list", json, area=area)


@held.command(name="approve")
def held_approve(placement_id: int, *, json: Json = False) -> None:
    """Let a held post into its area."""
    run("held approve", json, placement_id=placement_id)


@held.command(name="refuse")
def held_refuse(placement_id: int, *, reason: str = "", json: Json = False) -> None:
    """Keep a held post out of its area, and tell its author why."""
    run("held refuse", json, placement_id=placement_id, reason=reason)


@held.command(name="clear")
def held_clear(
    *,
    area: str | None = None,
    rule: str | None = None,
    host: str | None = None,
    reason: str = "",
    suspend: bool = False,
    json: Json = False,
) -> None:
    """Refuse at once all that is held of an area, by a rule, from a host; authors are told nothing.

    --suspend also suspends those of whom no area has ever taken anything.
    """
    words = {"area": area, "rule": rule, "host": host, "reason": reason, "suspend": suspend}
    run("held clear", json, **words)


@server.command(name="block")
def server_block(host: str, *, reason: str = "", until: datetime | None = None, json: Json = False) -> None:
    """Block a host and everything below it."""
    run("server block", json, host=host, reason=reason, until=to_millis(until))


@server.command(name="unblock")
def server_unblock(host: str, *, json: Json = False) -> None:
    """End the block of a host; that it is allowed by name stays."""
    run("server unblock", json, host=host)


@server.command(name="allow")
def server_allow(host: str, *, reason: str = "", until: datetime | None = None, json: Json = False) -> None:
    """Allow a host where federation is by allow-list; what is blocked stays so."""
    run("server allow", json, host=host, reason=reason, until=to_millis(until))


@server.command(name="disallow")
def server_disallow(host: str, *, json: Json = False) -> None:
    """Take a host from the list of the allowed; a block of it stays."""
    run("server disallow", json, host=host)


@server.command(name="clear")
def server_clear(host: str, *, reason: str = "", json: Json = False) -> None:
    """Take out of all areas what HOST and all below it have posted, and refuse what is held of it."""
    run("server clear", json, host=host, reason=reason)


@server.command(name="list")
def server_list(*, json: Json = False) -> None:
    """List which servers are blocked and which are allowed."""
    run("server list", json)


@delivery_app.command(name="status")
def delivery_status(*, json: Json = False) -> None:
    """Show what is owed to whom, and what was given up."""
    run("delivery status", json)


@delivery_app.command(name="retry")
def delivery_retry(host: str, *, json: Json = False) -> None:
    """Try again now what failed at HOST, and close its circuit breaker."""
    run("delivery retry", json, host=host)


@delivery_app.command(name="flush")
def delivery_flush(*, json: Json = False) -> None:
    """Send everything that is due now."""
    run("delivery flush", json)


def main() -> None:
    """Run the command line; an expected error is one line on standard error and exit status 1."""
    try:
        app()
    except Fault as error:
        print(f"kairanban: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
