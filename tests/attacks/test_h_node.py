"""H21, H24, H34: setting the node up again; scripts of other sites; an account that is deleted."""

import asyncio
import os

import pytest

from federation.errors import Refused
from tests.attacks.rig import Rig
from tests.attacks.rig.apps import resident, stranger
from tests.attacks.rig.browsers import signed_in, token_of
from tests.attacks.rig.ours import ask, own
from tests.attacks.rig.peers import unique
from tests.attacks.rig.server import KAIRANBAN
from tests.attacks.rig.wire import ACTIVITY_JSON, Headers

SETUPS = (
    *("/setup", "/install", "/install.php", "/first-run", "/wizard", "/onboarding", "/bootstrap", "/init"),
    *("/admin/setup", "/admin/install", "/setup/admin", "/api/setup", "/api/v1/setup", "/api/v1/admin/setup"),
    *("/api/admin/accounts/create", "/auth/sign_up", "/auth/setup", "/register", "/signup"),
    *("/wp-admin/install.php", "/wp-admin/setup-config.php", "/_setup", "/config", "/installer", "/migrate"),
)


async def test_H21_setting_up(rig: Rig) -> None:
    """There is no such page; the command does it once for a folder."""
    server, reader = own(rig), stranger(rig)
    for path in SETUPS:
        for verb in ("GET", "POST"):
            answer = await reader.ask(verb, path, b"domain=e.test" if verb != "GET" else b"")
            assert answer.status in {404, 405}, f"{verb} {path}"
    kept = {name: (server.folder / name).read_bytes() for name in ("kairanban.toml", "secret.key")}
    command = [str(KAIRANBAN), "init", "--domain", "e.test", "--admin", "mallory", "--email", "m@e.test"]
    kept_out = ("KAIRANBAN_", "LD_PRELOAD")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(kept_out)}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=server.folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode
    assert b"exists already" in said
    assert kept == {name: (server.folder / name).read_bytes() for name in kept}


ORIGINS = ("https://e.test", "null", "https://sut.test")
API = (
    *(
        "/api/v2/instance",
        "/api/v1/accounts/verify_credentials",
        "/api/v1/timelines/home",
        "/api/v1/statuses",
    ),
    *("/oauth/token", "/api/v1/nothing", "/.well-known/webfinger?resource=x", "/nodeinfo/2.1"),
)
PAGES = ("/", "/account", "/sign-in", "/oauth/authorize", "/report", "/account/password", "/sign-out")


@pytest.mark.both_fronts
async def test_H24_scripts_of_other_sites(rig: Rig) -> None:
    """They may speak to the client API with a token; of pages, and by cookies, they learn nothing."""
    own(rig)
    _, browser = await signed_in(rig)
    taro = await resident(rig)
    for origin in ORIGINS:
        for path in (*API, *PAGES):
            for asked in (None, "POST"):
                headers: Headers = [("Origin", origin)]
                headers += [("Access-Control-Request-Method", asked)] if asked else []
                headers += [("Access-Control-Request-Headers", "authorization")] if asked else []
                headers += [("Access-Control-Request-Private-Network", "true")] if asked else []
                answer = await browser.ask("OPTIONS" if asked else "GET", path, headers=headers)
                assert not answer.header("access-control-allow-credentials"), path
                assert not answer.header("access-control-allow-private-network"), path
                allowed = answer.header("access-control-allow-origin")
                assert allowed == ("*" if path in API else ""), f"{path} {asked}: {allowed}"
                assert (
                    len([name for name, _ in answer.headers if name.lower() == "access-control-allow-origin"])
                    < 2
                )
    foreign = [("Origin", "https://e.test"), ("Sec-Fetch-Site", "cross-site")]
    by_cookie = await browser.ask("GET", "/api/v1/accounts/verify_credentials", headers=foreign)
    assert by_cookie.status == 401
    assert not by_cookie.header("set-cookie")
    by_token = await taro.ask("GET", "/api/v1/accounts/verify_credentials", headers=foreign)
    assert (by_token.status, by_token.header("access-control-allow-origin")) == (200, "*")
    assert by_token.header("cache-control") == "private, no-store"


GONE = {404, 410}


async def test_H34_a_deleted_account(rig: Rig) -> None:
    """Nothing of hers is served in any way, no door opens to her any more, and her name is nobody's."""
    own(rig)
    person, browser = await signed_in(rig)
    app = await token_of(rig, person)
    account = (await app.get("/api/v1/accounts/verify_credentials")).json()
    area = f"@{rig.area['preferredUsername']}@{rig.origin.removeprefix('https://')}"
    answer = await app.post("/api/v1/statuses", {"status": f"{area} {unique('花')}が咲きました。"})
    assert answer.status == 200, answer
    post = answer.json()
    await rig.has_effect({"id": post["uri"]})
    assert (await browser.post("/settings/leave")).status == 422
    assert (await rig.get(post["uri"])).status == 200
    left = await browser.post("/settings/leave", {"is_sure": "1"})
    assert (left.status, left.header("location")) == (303, "/?done=left"), left
    reader = stranger(rig)
    for address in (account["url"], post["uri"]):
        for accept in ("text/html", ACTIVITY_JSON):
            assert (await rig.get(address, accept)).status == 410, (address, accept)
    handle = f"{person.name}@{rig.origin.removeprefix('https://')}"
    for path in (
        f"/.well-known/webfinger?resource=acct:{handle}",
        f"/api/v1/accounts/{account['id']}",
        f"/api/v1/accounts/lookup?acct={person.name}",
        f"/api/v1/statuses/{post['id']}",
    ):
        assert (await reader.ask("GET", path)).status in GONE, path
    assert post["uri"] not in await rig.adapter.timeline()
    assert (await app.get("/api/v1/accounts/verify_credentials")).status == 401
    assert not await browser.is_signed_in()
    assert (await browser.sign_in(person)).status != 303
    with pytest.raises(Refused):
        await ask(rig, "actor create", name=person.name, kind="resident", title="mallory")
