"""A real server that is killed: nobody is signed out, no guess is forgiven, and the mail still comes."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tests.testrig.processes import ServerProcess, Zygote, free_port

pytestmark = [pytest.mark.anyio, pytest.mark.processes]
ADDRESS = "hanako@mail.example"
PASSWORD = "niwatori hasami 42"
PATIENCE = 30
OURS = {"sec-fetch-site": "same-origin"}


@pytest.fixture
async def server(
    zygote: Zygote, tmp_path: Path, new_database: Callable[[], str]
) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(zygote, tmp_path / "node", "chitose", free_port(), new_database())
    await server.init()
    await server.start()
    yield server
    await server.end()


def browser(server: ServerProcess) -> httpx.AsyncClient:
    """On the loopback, whatever the machine's resolver thinks of `*.localhost`; the cookie goes by hand."""
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.port}", headers={"host": server.host, **OURS}, timeout=PATIENCE
    )


async def post(client: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    return await client.post(path, data=form)


async def wait_for_mail(server: ServerProcess) -> str:
    """The digits of the one mail."""
    folder = server.folder / "var" / "mail"
    async with asyncio.timeout(PATIENCE):
        while not (found := list(folder.glob("*.eml"))):
            await asyncio.sleep(0.02)
    code = re.search(r"^ {4}(\d{6})$", found[0].read_text("utf-8"), re.MULTILINE)
    assert code is not None
    return code[1]


async def test_a_killed_server_forgets_nothing(server: ServerProcess) -> None:
    words = {"name": "hanako", "kind": "resident", "title": "花子", "email": ADDRESS, "password": PASSWORD}
    await server.command("actor create", **words)
    async with browser(server) as client:
        entered = await post(client, "/sign-in", email=ADDRESS, password=PASSWORD, way="password")
        cookie = re.match(
            r"session=([^;]+); HttpOnly; Max-Age=\d+; Path=/; SameSite=lax$", entered.headers["set-cookie"]
        )
        assert cookie is not None
        wrong = [
            await post(client, "/sign-in", email=ADDRESS, password="wrong!", way="password")
            for _ in range(11)
        ]
        assert [each.status_code for each in wrong] == [422] * 10 + [429]
        asked = await post(client, "/sign-in", email=ADDRESS, way="code")
        assert asked.status_code == 303
    await server.end()
    await server.start()
    async with browser(server) as client:
        refused = await post(client, "/sign-in", email=ADDRESS, password=PASSWORD, way="password")
        assert refused.status_code == 429
        account = await client.get("/account", headers={"cookie": f"session={cookie[1]}"})
        assert account.status_code == 200
        code = await wait_for_mail(server)
        entered = await post(client, asked.headers["location"], code=code)
        assert (entered.status_code, entered.headers["location"]) == (303, "/home")
    for secret in (PASSWORD, code, cookie[1], ADDRESS, asked.headers["location"].split("/")[3][:20]):
        assert secret not in server.log()
