"""Apps register themselves, as anybody may: what each is called, where it may be answered, what it may ask for."""

import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import sqlalchemy as sa

from actors.keys import Vault
from actors.oauth.scopes import parse_scopes, write_scopes
from actors.records import AppRecord
from actors.statements import insert_into
from actors.tables import access_tokens, actors, apps, authorization_codes
from federation import iris
from federation.errors import LocalFault, MalformedDocument, Refused
from federation.vocabulary import Millis

OUT_OF_BAND: Final = "urn:ietf:wg:oauth:2.0:oob"
"""In place of an address: the code is shown, to be typed into the app."""

MAX_NAME: Final = 100
MAX_URI: Final = 2_000
MAX_URIS: Final = 20
"""Every web client registers one or two; the consent page has to fit."""

KEPT_UNUSED_MS: Final = 30 * 86_400_000
"""How long an app is kept that nobody uses. It registers again when it is told `invalid_client`."""

MAX_LISTED: Final = 200
SWEEP_BATCH: Final = 500
MINT_TRIES: Final = 5
SECRET_BYTES: Final = 32

_SECRET: Final = "client secret"  # noqa: S105 - a purpose for the vault, not a secret
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_PRINTED: Final = re.compile(r"[!#-\[\]-~]+")
"""What an address consists of, and an error may repeat (RFC 6749 §4.1.2.1)."""

_NO_APP_SCHEMES: Final = frozenset(
    {
        "javascript",
        "vbscript",
        "data",
        "blob",
        "file",
        "about",
        "view-source",
        "filesystem",
        "ftp",
        "ws",
        "wss",
    }
)
"""What a browser runs or reads itself, so that no app of its own would get the code."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What an app says of itself; nothing of it is believed but shown."""

    name: str
    redirect_uris: tuple[str, ...]
    scopes: str = ""
    website: str | None = None


@dataclass(frozen=True, slots=True)
class AppAccess:
    """An app that may speak as `handle`, and since when at the latest."""

    app: AppRecord
    handle: str
    granted_at: Millis


def register_app(
    tx: sa.Connection, vault: Vault, registration: Registration, now: Millis
) -> tuple[AppRecord, str]:
    """Store a new app; returns it with its secret, which is not kept. Raises `Refused`, in Mastodon's words."""
    scopes = check_registration(registration)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    values = {
        "client_id": secrets.token_urlsafe(SECRET_BYTES),
        "secret_hash": vault.hash(secret, _SECRET),
        "name": registration.name,
        "website": registration.website or None,
        "redirect_uris": json.dumps(registration.redirect_uris),
        "scopes": write_scopes(scopes),
        "created_at": now,
    }
    for _attempt in range(MINT_TRIES):
        statement = insert_into(tx, apps).values(**values, id=iris.mint_id(now)).on_conflict_do_nothing()
        row = tx.execute(statement.returning(*apps.c)).one_or_none()
        if row is not None:
            return _to_app(row), secret
    raise LocalFault("no id was free for a new app")


def find_app(tx: sa.Connection, client_id: str) -> AppRecord | None:
    """Return the app of a `client_id`."""
    row = tx.execute(sa.select(apps).where(apps.c.client_id == client_id)).one_or_none()
    return None if row is None else _to_app(row)


def find_app_by_id(tx: sa.Connection, app_id: int) -> AppRecord | None:
    """Return an app by our own number for it."""
    row = tx.execute(sa.select(apps).where(apps.c.id == app_id)).one_or_none()
    return None if row is None else _to_app(row)


def is_secret_of(tx: sa.Connection, vault: Vault, app: AppRecord, secret: str) -> bool:
    """Whether `secret` is the one that was given to the app."""
    stored = tx.execute(sa.select(apps.c.secret_hash).where(apps.c.id == app.id)).scalar_one_or_none()
    return stored is not None and hmac.compare_digest(stored, vault.hash(secret, _SECRET))


def ensure_app(tx: sa.Connection, client_id: str, registration: Registration, now: Millis) -> AppRecord:
    """Return an app of our own under a fixed `client_id`; nobody has its secret."""
    values = {
        "client_id": client_id,
        "secret_hash": b"",
        "name": registration.name,
        "redirect_uris": json.dumps(registration.redirect_uris),
        "scopes": write_scopes(check_registration(registration)),
        "created_at": now,
    }
    for _attempt in range(MINT_TRIES):
        tx.execute(insert_into(tx, apps).values(**values, id=iris.mint_id(now)).on_conflict_do_nothing())
        found = find_app(tx, client_id)
        if found is not None:
            return found
    raise LocalFault("no id was free for a new app")


def list_access(tx: sa.Connection, account_id: int, now: Millis) -> tuple[AppAccess, ...]:
    """Return which apps speak for an account now, and as whom, the newest first; an app once for each actor."""
    granted = access_tokens.c.created_at
    query = (
        sa.select(apps, actors.c.username, actors.c.host, sa.func.max(granted).label("granted_at"))
        .join(access_tokens, access_tokens.c.app_id == apps.c.id)
        .join(actors, actors.c.id == access_tokens.c.actor_id)
        .where(
            access_tokens.c.account_id == account_id,
            access_tokens.c.revoked_at.is_(None),
            sa.or_(access_tokens.c.expires_at.is_(None), access_tokens.c.expires_at > now),
        )
        .group_by(apps.c.id, actors.c.id)
        .order_by(sa.func.max(granted).desc(), apps.c.id)
        .limit(MAX_LISTED)
    )
    return tuple(
        AppAccess(_to_app(row), f"@{row.username}@{row.host}", row.granted_at) for row in tx.execute(query)
    )


def sweep_apps(tx: sa.Connection, now: Millis) -> int:
    """Forget a batch of old apps that hold no token and no code; returns how many."""
    old = apps.c.created_at < now - KEPT_UNUSED_MS
    # Locked, an app can get no further code or token; what it got before, the second statement sees.
    query = sa.select(apps.c.id).where(old, ~_IS_USED).limit(SWEEP_BATCH).with_for_update(skip_locked=True)
    wanted = tx.execute(query).scalars().all()
    statement = sa.delete(apps).where(apps.c.id.in_(wanted), ~_IS_USED)
    return len(tx.execute(statement.returning(apps.c.id)).all())


def check_registration(registration: Registration) -> frozenset[str]:
    """Return the scopes; raises `Refused`, in Mastodon's words, for the first thing that is wrong."""
    if not registration.name.strip():
        raise Refused("Validation failed: Name can't be blank")
    if len(registration.name) > MAX_NAME:
        raise Refused(f"Validation failed: Name is too long (maximum is {MAX_NAME} characters)")
    _check_website(registration.website)
    _check_redirects(registration.redirect_uris)
    scopes = parse_scopes(registration.scopes)
    if scopes is None:
        raise Refused("Validation failed: Scopes doesn't match configured on the server.")
    return scopes


def _check_website(website: str | None) -> None:
    if not website:
        return
    parts = _split(website)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or len(website) > MAX_URI:
        raise Refused("Validation failed: Website is not a valid URL")


def _check_redirects(uris: Sequence[str]) -> None:
    if not uris:
        raise Refused("Validation failed: Redirect URI can't be blank")
    if len(uris) > MAX_URIS:
        raise Refused(f"Validation failed: Redirect URI has too many entries (maximum is {MAX_URIS})")
    for uri in uris:
        if uri != OUT_OF_BAND:
            _check_redirect(uri)


def _check_redirect(uri: str) -> None:
    parts = _split(uri)
    if parts is None or len(uri) > MAX_URI:
        raise Refused("Validation failed: Redirect URI must be an absolute URI.")
    if "#" in uri:
        raise Refused("Validation failed: Redirect URI cannot contain a fragment.")
    if parts.scheme in _NO_APP_SCHEMES or "@" in parts.netloc:
        raise Refused("Validation failed: Redirect URI is forbidden by the server.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise Refused("Validation failed: Redirect URI must be an HTTPS/SSL URI.")
    if parts.scheme in {"http", "https"} and not _has_host(uri):
        raise Refused("Validation failed: Redirect URI must be an absolute URI.")


def _has_host(uri: str) -> bool:
    """Whether the address has a host that can be one: the page for consent names it in its policy."""
    try:
        return bool(iris.host(uri))
    except MalformedDocument:
        return False


def _split(uri: str) -> SplitResult | None:
    """The parts of an absolute address of printed ASCII; None for anything else."""
    scheme, colon, rest = uri.partition(":")
    if not colon or not rest or _SCHEME.fullmatch(scheme) is None or _PRINTED.fullmatch(uri) is None:
        return None
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts


def _is_loopback(host: str) -> bool:
    """Programs on the reader's own machine may listen without TLS (RFC 8252 §7.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


_IS_USED: Final = sa.or_(
    sa.exists().where(access_tokens.c.app_id == apps.c.id),
    sa.exists().where(authorization_codes.c.app_id == apps.c.id),
)


def _to_app(row: sa.Row[Any]) -> AppRecord:
    return AppRecord(
        id=row.id,
        client_id=row.client_id,
        name=row.name,
        website=row.website,
        redirect_uris=tuple(json.loads(row.redirect_uris)),
        scopes=frozenset(row.scopes.split()),
        created_at=row.created_at,
    )
