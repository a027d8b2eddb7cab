"""An app that asks to be let in: registration, the page on which somebody says yes, codes and tokens."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import App, stranger
from tests.attacks.rig.browsers import FORM, Browser
from tests.attacks.rig.ours import parse
from tests.attacks.rig.peers import Json, unique
from tests.attacks.rig.wire import Answer

CALLBACK = "https://app.example/callback"
SCOPES = "read write"


@dataclass(frozen=True)
class Client:
    """A registered app; it comes from a network of its own."""

    id: str
    secret: str
    redirect_uri: str
    app: App

    def authorize_path(self, **changes: str | None) -> str:
        """Where it sends people; a change to None leaves a parameter out."""
        given = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPES,
            **changes,
        }
        left = {name: value for name, value in given.items() if value is not None}
        return f"/oauth/authorize?{urlencode(left)}"

    async def exchange(self, code: str, **changes: str | None) -> Answer:
        """Ask for the token of a code; a change to None leaves a parameter out."""
        given = {
            "grant_type": "authorization_code",
            "client_id": self.id,
            "client_secret": self.secret,
            "redirect_uri": self.redirect_uri,
            "code": code,
            **changes,
        }
        left = {name: value for name, value in given.items() if value is not None}
        return await self.app.ask("POST", "/oauth/token", urlencode(left).encode(), FORM)

    async def revoke(self, token: str) -> Answer:
        """Give a token back."""
        given = {"client_id": self.id, "client_secret": self.secret, "token": token}
        return await self.app.ask("POST", "/oauth/revoke", urlencode(given).encode(), FORM)


async def register(rig: Rig, redirect_uri: str = CALLBACK, scopes: str = SCOPES, name: str = "") -> Client:
    """A new one."""
    app = stranger(rig)
    given = {"client_name": name or unique("App"), "redirect_uris": redirect_uri, "scopes": scopes}
    answer = await app.post("/api/v1/apps", given)
    assert answer.status == 200, answer
    made: Json = answer.json()
    return Client(made["client_id"], made["client_secret"], redirect_uri, app)


async def approve(browser: Browser, path: str) -> Answer:
    """Open the page and press yes; returns what comes of it."""
    page = await browser.get(path)
    assert page.status == 200, page
    document = parse(page.body)
    (form,) = (each for each in document.iter("form") if "/oauth/authorize" in each.get("action", ""))
    speakers = [each.get("value", "") for each in form.iter("input") if each.get("name") == "speaker"]
    return await browser.post(form.get("action", ""), {"speaker": speakers[0], "decision": "allow"})


async def get_code(browser: Browser, client: Client, **changes: str | None) -> str:
    """A code that somebody approved."""
    answer = await approve(browser, client.authorize_path(**changes))
    location = answer.header("location")
    assert (answer.status, location.startswith(client.redirect_uri)) == (303, True), answer
    return parse_qs(urlsplit(location).query)["code"][0]


async def get_token(browser: Browser, client: Client) -> str:
    """A token that somebody approved."""
    answer = await client.exchange(await get_code(browser, client))
    assert answer.status == 200, answer
    return str(answer.json()["access_token"])
