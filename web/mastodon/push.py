"""Push subscriptions of apps: one for each access token. What is sent is `web.jobs.push`'s."""

from base64 import b64decode
from typing import Final, cast

from starlette.exceptions import HTTPException

from actors import push
from actors.push import Choice, Door, Policy, Subscription
from federation.errors import NotFound
from web.mastodon.answers import INVALID
from web.mastodon.calls import Call, read_bearer
from web.mastodon.entities import push as entities
from web.mastodon.entities.frame import Json
from web.mastodon.parameters import Parameters
from web.mastodon.showing import frame_of

KEY_LENGTH: Final = 200
"""Characters of a key that are read; a point of P-256 has 88."""


async def show(call: Call) -> Json:
    """`GET /api/v1/push/subscription`: that of the token."""
    return _show(call, await call.read(push.find, call.token.id))


async def subscribe(call: Call) -> Json:
    """`POST /api/v1/push/subscription`: an earlier one of the same token ends."""
    bearer = read_bearer(call.request)
    assert bearer is not None  # the operation demands a token
    door, choice = _read_door(call), _read_choice(call.params)
    made = await call.node.database.write(
        push.subscribe, call.node.vault, call.token, bearer, door, choice, call.now
    )
    return _show(call, made)


async def change(call: Call) -> Json:
    """`PUT /api/v1/push/subscription`: of what one hears, and by whom; all of it is said anew."""
    return _show(call, await call.node.database.write(push.change, call.token.id, _read_choice(call.params)))


async def unsubscribe(call: Call) -> Json:
    """`DELETE /api/v1/push/subscription`."""
    await call.node.database.write(push.unsubscribe, call.token.id)
    return {}


def _show(call: Call, found: Subscription | None) -> Json:
    if found is None:
        raise NotFound("this token has no push subscription")
    return entities.subscription(found, frame_of(call.node))


def _read_door(call: Call) -> Door:
    given = call.params.group("subscription")
    endpoint = given.word("endpoint")
    if endpoint is None:
        raise HTTPException(422, f"{INVALID}subscription[endpoint] is missing")
    refusal = call.node.client.find_refusal(endpoint)
    if refusal is not None:
        raise HTTPException(422, f"{INVALID}subscription[endpoint]: {refusal}")
    keys = given.group("keys")
    return Door(
        endpoint=endpoint,
        p256dh=_read_key(keys, "p256dh"),
        auth=_read_key(keys, "auth"),
        standard=given.flag("standard") or False,
    )


def _read_key(keys: Parameters, name: str) -> bytes:
    """Either alphabet, with or without padding: apps differ. How long it must be is not known here."""
    text = (keys.word(name) or "")[:KEY_LENGTH].translate(_TO_STANDARD).rstrip("=")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise HTTPException(422, f"{INVALID}subscription[keys][{name}] is no base64") from error


_TO_STANDARD: Final = str.maketrans("-_", "+/")


def _read_choice(params: Parameters) -> Choice:
    """Some apps send `policy` beside `data`, not within."""
    data = params.group("data")
    alerts = data.group("alerts")
    policy = data.word("policy") or params.word("policy") or "all"
    return Choice(frozenset(each for each in entities.ALERTS if alerts.flag(each)), cast("Policy", policy))
