"""Commands about the installation itself: init, serve, migrate, check."""

import asyncio
import os
import secrets
import signal
import socket
import threading
import tomllib
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvicorn
import uvloop

from actors import jobs
from actors.accounts import create_account, link_actor
from actors.keys import KeyPair, generate_keys
from actors.origins import find_origins
from actors.records import ActorRecord
from actors.registration import create_local
from areas.media import uploads
from areas.registry import grant_role
from federation.errors import Fault, Refused
from federation.vocabulary import Millis
from outbox import claims
from web import garbage
from web.app import create_app
from web.background import run_background
from web.cli import control
from web.cli.reports import Report
from web.database import open_database
from web.media.storage import open_store
from web.node import Node, open_node
from web.progress import Tell
from web.protocol import server_config
from web.settings import Listen, Settings, load_settings, read_secret

FILE = "kairanban.toml"
NOBODY_NAMED = "security_contact: nobody is named whom to tell of a fault (/.well-known/security.txt)"
SECRET = "secret.key"  # noqa: S105 - a file's name
SECRET_BYTES = 48
PRIVATE = 0o600
LATEST_END = 29.0
"""Seconds from SIGTERM to the end at the latest: systemd, Docker and people wait 30 or more, then kill."""
PROBE = "0" * 32
"""A name that no picture has: they are drawn by lot from 2**128."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What `init` was asked for."""

    domain: str
    database_url: str | None
    base_url: str | None
    admin: str | None
    email: str | None
    directory: Path


async def install(request: Installation) -> Report:
    """Write configuration and secret (mode 0600), make the database and the first administrator. Never twice."""
    path = request.directory / FILE
    if path.exists():
        raise Refused(f"{path} exists already; this folder has a node")
    if request.admin and not request.email:
        raise Refused("--admin needs --email: the administrator signs in by mail")
    request.directory.mkdir(parents=True, exist_ok=True)
    text = _configuration(request)
    tomllib.loads(text)
    _write_private(request.directory / SECRET, secrets.token_bytes(SECRET_BYTES))
    _write_private(path, text.encode())
    try:
        settings = load_settings({"KAIRANBAN_CONFIG": str(path.resolve())})
        return await _make(settings, request, path)
    except Fault:
        path.unlink()
        (request.directory / SECRET).unlink()
        raise


def _configuration(request: Installation) -> str:
    lines = [f'domain = "{request.domain}"', f'secret_key_file = "{SECRET}"']
    if request.base_url:
        lines.append(f'base_url = "{request.base_url}"')
    if request.database_url:
        lines.append(f'database_url = "{request.database_url}"')
    return "\n".join(["# Made by `kairanban init`; docs/operators.md explains every setting.", *lines, ""])


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=PRIVATE, exist_ok=True)
    path.chmod(PRIVATE)
    path.write_bytes(data)


async def _make(settings: Settings, request: Installation, path: Path) -> Report:
    async with open_node(settings) as node:
        lines = [f"node {settings.domain} is ready: {path}"]
        if request.admin:
            admin = await _make_admin(node, request.admin, request.email or "")
            lines.append(f"@{admin.handle} is its administrator")
        lines.append("next: kairanban area create NAME --title T --code LGCODE, then kairanban serve")
        return Report(tuple(lines), {"domain": settings.domain, "config": str(path)})


async def _make_admin(node: Node, name: str, email: str) -> ActorRecord:
    keys = await asyncio.to_thread(generate_keys)
    return await node.database.write(_create_admin, node, name, email, keys, node.clock())


def _create_admin(
    tx: sa.Connection, node: Node, name: str, email: str, keys: KeyPair, now: Millis
) -> ActorRecord:
    origin = find_origins(tx)[0]
    actor = create_local(
        tx,
        node.vault,
        kind="resident",
        username=name,
        origin=origin,
        name=name,
        summary="",
        keys=keys,
        now=now,
    )
    account = create_account(tx, node.vault, email, now)
    link_actor(tx, account_id=account.id, actor_id=actor.id, role="self", now=now)
    grant_role(tx, actor.id, "admin", area_id=None, until=None, now=now)
    return actor


async def migrate(settings: Settings) -> Report:
    """Bring the schema up to date, as the only process that does."""
    with control.hold_lock(settings.data_dir):
        database = await open_database(settings.database_url)
        await database.close()
    return Report(("the schema is up to date",), {"migrated": True})


async def check(settings: Settings) -> Report:
    """What an operator should look at before opening the doors."""
    wrong = []
    try:
        read_secret(settings.secret_key_file)
    except Fault as error:
        wrong.append(str(error))
    wrong += await _check_media(settings)
    warnings = [*settings.warnings(), *([] if settings.fault_contact else [NOBODY_NAMED])]
    lines = [*(f"wrong: {each}" for each in wrong), *(f"warning: {each}" for each in warnings)]
    return Report(tuple(lines or ["nothing wrong"]), {"wrong": wrong, "warnings": warnings})


async def _check_media(settings: Settings) -> list[str]:
    """Whether pictures can be kept: something is written where they go, and removed again."""
    try:
        store = open_store(settings.media_url)
        await store.put(PROBE, BytesIO(b"kairanban check"))
        await store.delete(PROBE)
    except Fault as error:
        return [f"media_url: {error}"]
    return []


def serve(settings: Settings, *, listen: str | None, workers: int, role: str) -> None:
    """Run until SIGTERM or Ctrl-C. Raises `Refused` for what SQLite cannot do."""
    if role not in ("all", "web", "deliver"):
        raise Refused(f"role {role!r} is none of all, web, deliver")
    is_sqlite = settings.database_url.startswith("sqlite")
    if is_sqlite and (workers != 1 or role != "all"):
        raise Refused("several workers and split roles need PostgreSQL: SQLite has one writer")
    if workers != 1:
        raise Refused("start `kairanban serve` once for each worker, on a port of its own behind the proxy")
    host, port = settings.listen.host, settings.listen.port
    if listen is not None:
        name, _, number = listen.rpartition(":")
        host, port = name or host, int(number) if number.isdigit() else port
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, host, port, role))


async def _serve(settings: Settings, host: str, port: int, role: str) -> None:
    async with AsyncExitStack() as stack:
        if settings.database_url.startswith("sqlite"):
            stack.enter_context(control.hold_lock(settings.data_dir))
        node = await stack.enter_async_context(open_node(settings))
        if settings.database_url.startswith("sqlite"):
            await node.database.write(_take_over, node.clock())
        if role != "web":  # one process of a data folder answers commands: the one that delivers
            await stack.enter_async_context(control.listen(settings.data_dir, _runner(node)))
        stop = _listen_to_signals()
        garbage.settle()
        tasks = []
        if role in ("all", "deliver"):
            tasks.append(asyncio.create_task(run_background(node, stop)))
            # Without deliveries it only seems to work: it ends, and whoever supervises it starts it again.
            tasks[0].add_done_callback(lambda _task: stop.set())
        if role in ("all", "web"):
            await _serve_http(node, host, port, stop)
        else:
            await stop.wait()
        stop.set()
        await asyncio.gather(*tasks)


def _listen_to_signals() -> asyncio.Event:
    """Return what SIGTERM and Ctrl-C set. From then on the process has `LATEST_END` to live.

    What ends it then is a thread, whatever the event loop is doing: nothing is lost that a kill would not lose.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(_number: int, _frame: object) -> None:
        last = threading.Timer(LATEST_END, os._exit, (1,))
        last.daemon = True
        last.start()
        loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)  # the loop's own handlers wait for the loop
    return stop


def _take_over(tx: sa.Connection, now: Millis) -> None:
    """The only process of this database: what a killed one held is free at once, without waiting for its leases."""
    claims.release(tx, "", now)
    jobs.release_all(tx)
    uploads.fail_interrupted(tx, now, patience=-1)


def _runner(node: Node) -> control.Run:
    from web.cli import run_command  # noqa: PLC0415 - the table of commands imports this module

    async def run(name: str, arguments: dict[str, Any], tell: Tell) -> Report:
        return await run_command(node, name, arguments, tell)

    return run


async def _serve_http(node: Node, host: str, port: int, stop: asyncio.Event) -> None:
    config = server_config(create_app(node), Listen(host, port))
    server = _Server(config, node)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await node.streams.close()  # else the server waits for them
    server.should_exit = True
    await serving
    stopping.cancel()
    with suppress(asyncio.CancelledError):
        await stopping


class _Server(uvicorn.Server):
    """Uvicorn that leaves the signals to us: SIGTERM stops the web and the deliveries together."""

    def __init__(self, config: uvicorn.Config, node: Node) -> None:
        super().__init__(config)
        self._node = node

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say where: port 0 is any free one."""
        await super().startup(sockets)
        for bound in (each for server in self.servers for each in server.sockets):
            address, port = bound.getsockname()[:2]
            shown = f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
            self._node.log.info("listening", address=shown, domain=self._node.settings.domain)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield
