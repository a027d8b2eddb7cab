"""Push subscriptions: where an app wants to be told of notifications, one for each access token, ending with it."""

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from actors.keys import Vault
from actors.oauth.tokens import is_good
from actors.records import TokenRecord
from actors.statements import insert_into
from actors.tables import access_tokens, actors, push_subscriptions
from federation.errors import Refused
from federation.vocabulary import Millis

Policy = Literal["all", "followed", "follower", "none"]
"""By whom: anybody, whom one follows, who follows one, nobody."""

ENDPOINT_LENGTH: Final = 2_000
"""Of a URL; those of push services have some 200 characters, with a token in it."""
POINT_BYTES: Final = 65
"""An uncompressed point of P-256."""
AUTH_BYTES: Final = 16
"""RFC 8291 §3.2."""

_PURPOSE: Final = "access token of a push subscription"


@dataclass(frozen=True, slots=True)
class Door:
    """Where an app is reached, and how what is sent there is encrypted. `standard`: RFC 8291, else its draft."""

    endpoint: str
    p256dh: bytes
    auth: bytes
    standard: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Of what an app wants to hear: types of notifications, by whom."""

    alerts: frozenset[str]
    policy: Policy = "all"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of an actor's app; `bearer` is its access token, sealed."""

    id: int
    token_id: int
    actor_id: int
    door: Door
    choice: Choice
    bearer: bytes


def subscribe(
    tx: sa.Connection, vault: Vault, token: TokenRecord, bearer: str, door: Door, choice: Choice, now: Millis
) -> Subscription:
    """Let the app of a token be told; an earlier subscription of the same token ends. Raises `Refused`."""
    _check(door)
    values = {
        "actor_id": token.actor_id,
        "endpoint": door.endpoint,
        "p256dh": door.p256dh,
        "auth": door.auth,
        "standard": door.standard,
        "bearer": vault.seal(bearer.encode(), _PURPOSE),
        "created_at": now,
        **_write(choice),
    }
    statement = insert_into(tx, push_subscriptions).values(token_id=token.id, **values)
    replaced = statement.on_conflict_do_update(index_elements=["token_id"], set_=values)
    return _read(tx.execute(replaced.returning(*_COLUMNS)).one())


def _check(door: Door) -> None:
    if len(door.endpoint) > ENDPOINT_LENGTH:
        raise Refused(f"the endpoint of a subscription has at most {ENDPOINT_LENGTH} characters")
    if len(door.auth) != AUTH_BYTES:
        raise Refused(f"the key auth of a subscription has {AUTH_BYTES} bytes")
    if len(door.p256dh) != POINT_BYTES or not _is_point(door.p256dh):
        raise Refused("the key p256dh of a subscription is no uncompressed point of P-256")


def _is_point(key: bytes) -> bool:
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), key)
    except ValueError:
        return False
    return True


def _write(choice: Choice) -> dict[str, str]:
    if choice.policy not in get_args(Policy):
        raise Refused(f"policy {choice.policy!r} is none of {', '.join(get_args(Policy))}")
    return {"alerts": " ".join(sorted(choice.alerts)), "policy": choice.policy}


def change(tx: sa.Connection, token_id: int, choice: Choice) -> Subscription | None:
    """Let the app of a token hear of something else. None = it has no subscription. Raises `Refused`."""
    mine = sa.update(push_subscriptions).where(push_subscriptions.c.token_id == token_id)
    row = tx.execute(mine.values(**_write(choice)).returning(*_COLUMNS)).one_or_none()
    return None if row is None else _read(row)


def find(tx: sa.Connection, token_id: int) -> Subscription | None:
    """Return the subscription of a token."""
    row = tx.execute(sa.select(*_COLUMNS).where(push_subscriptions.c.token_id == token_id)).one_or_none()
    return None if row is None else _read(row)


def unsubscribe(tx: sa.Connection, token_id: int) -> None:
    """End the subscription of a token."""
    tx.execute(sa.delete(push_subscriptions).where(push_subscriptions.c.token_id == token_id))


def drop(tx: sa.Connection, found: Subscription) -> None:
    """End a subscription that the push service has forgotten, unless the app has subscribed anew meanwhile."""
    same = sa.and_(
        push_subscriptions.c.id == found.id,
        push_subscriptions.c.endpoint == found.door.endpoint,
        push_subscriptions.c.p256dh == found.door.p256dh,
    )
    tx.execute(sa.delete(push_subscriptions).where(same))


def list_of(tx: sa.Connection, actor_id: int, now: Millis) -> list[Subscription]:
    """Return the subscriptions of an actor whose tokens still open something."""
    rows = tx.execute(_GOOD.where(push_subscriptions.c.actor_id == actor_id), {"now": now})
    return [_read(row) for row in rows]


def find_good(tx: sa.Connection, subscription_id: int, now: Millis) -> Subscription | None:
    """Return a subscription, if its token still opens something."""
    row = tx.execute(_GOOD.where(push_subscriptions.c.id == subscription_id), {"now": now}).one_or_none()
    return None if row is None else _read(row)


def open_bearer(vault: Vault, found: Subscription) -> str:
    """Return the access token."""
    return vault.open(found.bearer, _PURPOSE).decode()


_COLUMNS: Final = (
    push_subscriptions.c.id,
    push_subscriptions.c.token_id,
    push_subscriptions.c.actor_id,
    push_subscriptions.c.endpoint,
    push_subscriptions.c.p256dh,
    push_subscriptions.c.auth,
    push_subscriptions.c.standard,
    push_subscriptions.c.alerts,
    push_subscriptions.c.policy,
    push_subscriptions.c.bearer,
)
_GOOD: Final = (
    sa.select(*_COLUMNS)
    .join(access_tokens, access_tokens.c.id == push_subscriptions.c.token_id)
    .join(actors, actors.c.id == push_subscriptions.c.actor_id)
    .where(is_good())
    .order_by(push_subscriptions.c.id)
)


def _read(row: Any) -> Subscription:
    return Subscription(
        id=row.id,
        token_id=row.token_id,
        actor_id=row.actor_id,
        door=Door(row.endpoint, bytes(row.p256dh), bytes(row.auth), bool(row.standard)),
        choice=Choice(frozenset(row.alerts.split()), row.policy),
        bearer=bytes(row.bearer),
    )
