from typing import Any

import pytest
import sqlalchemy as sa

from actors.oauth.apps import (
    KEPT_UNUSED_MS,
    MAX_NAME,
    MAX_URI,
    MAX_URIS,
    OUT_OF_BAND,
    Registration,
    check_registration,
    ensure_app,
    find_app,
    find_app_by_id,
    is_secret_of,
    register_app,
    sweep_apps,
)
from actors.oauth.tokens import issue_for_itself
from actors.tables import apps
from federation.errors import Refused
from federation.vocabulary import Millis
from tests.testrig.clock import DAY, NOON
from tests.testrig.people import VAULT
from web.database import Database

pytestmark = pytest.mark.anyio
LATER = Millis(NOON + KEPT_UNUSED_MS + 1)


def described(**values: Any) -> Registration:
    return Registration(**{"name": "Phanpy", "redirect_uris": ("https://phanpy.test/",), **values})


async def test_an_app_registers_and_is_found(database: Database) -> None:
    asked = described(scopes="push read", website="https://phanpy.test")

    def check(tx: sa.Connection) -> None:
        app, secret = register_app(tx, VAULT, asked, NOON)
        assert (app.name, app.website, app.redirect_uris) == ("Phanpy", asked.website, asked.redirect_uris)
        assert app.scopes == {"read", "push"}
        assert find_app(tx, app.client_id) == find_app_by_id(tx, app.id) == app
        assert is_secret_of(tx, VAULT, app, secret)
        assert not is_secret_of(tx, VAULT, app, secret + "x")
        other, _ = register_app(tx, VAULT, asked, NOON)
        assert not is_secret_of(tx, VAULT, other, secret)
        stored = tx.execute(sa.select(apps).where(apps.c.id == app.id)).one()
        assert secret not in str(tuple(stored))
        assert find_app(tx, "unknown") is None
        assert find_app_by_id(tx, 1) is None

    await database.write(check)


@pytest.mark.parametrize(
    "uri",
    [
        *("https://elk.test/cb?x=1", "http://localhost:5314/api/a/oauth/http%3A%2F%2Flocalhost%3A5314"),
        *("http://127.0.0.1:8080/cb", "http://[::1]/cb", "http://demo.localhost:3000/"),
        *(
            "icecubesapp://",
            "oauth2redirect://com.keylesspalace.tusky/",
            "com.tapbots.Ivory.10217:/request_token",
        ),
        *("chrome-extension://abcdef/cb", OUT_OF_BAND),
    ],
)
def test_where_an_app_may_be_answered(uri: str) -> None:
    check_registration(described(redirect_uris=(uri, "https://other.test/")))


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        *((uri, "forbidden") for uri in ("javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x")),
        *((uri, "forbidden") for uri in ("vbscript:x", "file:///etc/passwd", "blob:https://x.test/1")),
        ("https://elk.test@evil.test/", "forbidden"),
        ("https://elk.test/#fragment", "fragment"),
        ("app://cb#", "fragment"),
        ("http://elk.test/cb", "HTTPS"),
        ("http://localhost.evil.test/", "HTTPS"),
        ("http:///cb", "HTTPS"),
        *(
            (uri, "absolute")
            for uri in ("https:///cb", "//elk.test/", "/cb", "cb", "", "https:", ":cb", "1a:/")
        ),
        *(
            (uri, "absolute")
            for uri in ("https://elk.test/\x00", "https://elk.test/ a", "https://elk.test/\n")
        ),
        *((uri, "absolute") for uri in ("https://例え.test/", 'https://elk.test/"', "https://elk.test/\\")),
        *((uri, "absolute") for uri in ("https://[::1", "https://elk.test:port/", "x:" + "y" * MAX_URI)),
        # The consent page names the host in its Content-Security-Policy.
        *(
            (uri, "absolute")
            for uri in ("https://elk.test;sandbox/", "https://elk.test,x/", "https://elk$.test/")
        ),
    ],
)
def test_where_no_app_is_answered(uri: str, rule: str) -> None:
    with pytest.raises(Refused, match=rf"^Validation failed: Redirect URI .*{rule}"):
        check_registration(described(redirect_uris=("https://a.test/", uri)))


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"name": " "}, "Name can't be blank"),
        ({"name": "x" * (MAX_NAME + 1)}, "Name is too long"),
        ({"redirect_uris": ()}, "Redirect URI can't be blank"),
        ({"redirect_uris": ("a:b",) * (MAX_URIS + 1)}, "Redirect URI has too many"),
        ({"scopes": "read admin:read"}, "Scopes doesn't match"),
        ({"website": "javascript:alert(1)"}, "Website is not a valid URL"),
        ({"website": "https://" + "x" * MAX_URI}, "Website is not a valid URL"),
        ({"website": "https:"}, "Website is not a valid URL"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused, match=f"^Validation failed: {rule}"):
        check_registration(described(**values))


async def test_what_is_wrong_is_not_stored(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        for wrong in (described(name=""), described(redirect_uris=("javascript:alert(1)",))):
            with pytest.raises(Refused):
                register_app(tx, VAULT, wrong, NOON)
            with pytest.raises(Refused):
                ensure_app(tx, "ours", wrong, NOON)

    await database.write(check)


async def test_one_app_of_our_own(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        made = ensure_app(tx, "kairanban-command", described(), NOON)
        assert ensure_app(tx, "kairanban-command", described(name="Other"), LATER) == made
        assert not is_secret_of(tx, VAULT, made, "")

    await database.write(check)


async def test_only_old_apps_that_hold_nothing_are_forgotten(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        unused, _ = register_app(tx, VAULT, described(), NOON)
        used, _ = register_app(tx, VAULT, described(), NOON)
        issue_for_itself(tx, VAULT, used, used.scopes, NOON)
        recent, _ = register_app(tx, VAULT, described(), Millis(NOON + DAY))
        assert sweep_apps(tx, LATER) == 1
        assert find_app(tx, unused.client_id) is None
        assert find_app(tx, used.client_id) == used
        assert find_app(tx, recent.client_id) == recent

    await database.write(check)
