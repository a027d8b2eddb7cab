"""Builds the rig in the form that the machine allows, around the server that is asked for."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from tests.attacks.rig import Rig
from tests.attacks.rig.adapters import load_outside
from tests.attacks.rig.clock import CLOCK
from tests.attacks.rig.dials import Dials
from tests.attacks.rig.fronts import Front, has_nginx, run_nginx
from tests.attacks.rig.places import (
    PORT,
    RESOLVER,
    SERVER,
    Authority,
    Elsewhere,
    Loopback,
    Namespace,
    enter_namespace,
    keep_authority,
)
from tests.attacks.rig.resolver import Resolver
from tests.attacks.rig.server import serve
from tests.attacks.rig.stage import Stage
from tests.testrig.namespace import NotPermitted
from tests.testrig.processes import free_port

TARGET = "ATTACKS_TARGET"
"""Environment variable: a TOML file that describes somebody else's server."""
FORM = "ATTACKS_FORM"
"""Environment variable: `loopback` chooses that form where the other would be possible."""
DNS = 53


@contextmanager
def open_stage_and_rig(folder: Path, database_url: str | None) -> Iterator[tuple[Stage, Rig]]:
    """Start everything; end everything."""
    CLOCK.ahead = 0.0
    stage, is_apart = _open_stage(folder)
    opened = _choose(folder, database_url, is_apart=is_apart)
    try:
        rig = stage.run(opened.__aenter__())
        try:
            yield stage, rig
        finally:
            stage.run(opened.__aexit__(None, None, None))
    finally:
        stage.close()


def _open_stage(folder: Path) -> tuple[Stage, bool]:
    if TARGET not in os.environ and os.environ.get(FORM) != "loopback":
        try:
            return Stage(enter_namespace(folder)), True
        except NotPermitted as reason:
            print(f"attacks: loopback form only: {reason}")
    return Stage(lambda: None), False


def _choose(folder: Path, database_url: str | None, *, is_apart: bool) -> AbstractAsyncContextManager[Rig]:
    if TARGET in os.environ:
        return _open_outside(Path(os.environ[TARGET]))
    return (_open_namespace if is_apart else _open_loopback)(folder, database_url)


@asynccontextmanager
async def _open_namespace(folder: Path, database_url: str | None) -> AsyncIterator[Rig]:
    """Public addresses, production rules, port 443, and a name server of ours."""
    place, host = Namespace(Authority(folder), Authority(folder / "misleading")), "sut.test"
    settings = {
        **place.environment(folder),
        "KAIRANBAN_EXTRA_CA_FILE": str(place.authority.file),
        "KAIRANBAN_TRUSTED_PROXIES": "127.0.0.1",
    }
    resolver, dials = Resolver({host: [SERVER]}), Dials()
    async with AsyncExitStack() as stack:
        stack.callback(dials.close)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: resolver, (RESOLVER, DNS))
        stack.callback(transport.close)
        server = await stack.enter_async_context(
            serve(host, f"0.0.0.0:{PORT}", folder / "server", settings, database_url)
        )
        fronts = [Front("direct", (SERVER, PORT), host)]
        if has_nginx():
            nginx = Front("nginx", (SERVER, 443), host, place.authority.client_context())
            papers = place.authority.papers(host)
            await stack.enter_async_context(run_nginx(nginx, ("127.0.0.1", PORT), papers, folder / "nginx"))
            fronts.append(nginx)
        rig = Rig(place, server, {each.name: each for each in fronts}, fronts[0], stack, resolver, dials)
        await rig.meet()
        yield rig


@asynccontextmanager
async def _open_loopback(folder: Path, database_url: str | None) -> AsyncIterator[Rig]:
    """Names below localhost; the server is told that it may reach loopback."""
    place, port = Loopback(Authority(folder)), free_port()
    host = f"sut.localhost:{port}"
    settings = {
        "KAIRANBAN_EXTRA_CA_FILE": str(place.authority.file),
        "KAIRANBAN_TRUSTED_PROXIES": "127.0.0.1",
        "KAIRANBAN_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
    }
    async with AsyncExitStack() as stack:
        opened = serve(host, "127.0.0.1:0", folder / "server", settings, database_url)
        server = await stack.enter_async_context(opened)
        address = (await server.program.expect(event="listening"))["address"].removeprefix("http://")
        backend = ("127.0.0.1", int(address.rpartition(":")[2]))
        fronts = [Front("direct", backend, host)]
        if has_nginx():
            nginx = Front("nginx", ("127.0.0.1", port), "sut.localhost", place.authority.client_context())
            papers = place.authority.papers(host)
            await stack.enter_async_context(run_nginx(nginx, backend, papers, folder / "nginx"))
            fronts.append(nginx)
        rig = Rig(place, server, {each.name: each for each in fronts}, fronts[0], stack)
        await rig.meet()
        yield rig


@asynccontextmanager
async def _open_outside(file: Path) -> AsyncIterator[Rig]:
    """Somebody else's server, as a file describes it."""
    target = load_outside(file)
    place = Elsewhere(keep_authority(target.authority), target.peers)
    host = target.area.split("/")[2].partition(":")[0]
    tls = place.authority.client_context() if target.tls else None
    if tls is not None:
        tls.load_default_certs()
    front = Front("outside", target.address, host, tls)
    async with AsyncExitStack() as stack:
        rig = Rig(place, target, {"outside": front}, front, stack)
        await rig.meet()
        yield rig
