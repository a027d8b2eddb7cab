"""Tokens for codes and credentials, and back again; who is signed in; what the authorization server can do.

The consent page, which is for people, is `web.accounts.authorization`.
"""

from http import HTTPStatus
from typing import Final

from actors.oauth import messages, server
from actors.oauth.messages import Granted, Refusal
from web.mastodon.answers import PUBLIC, Answer
from web.mastodon.calls import Call
from web.mastodon.entities.apps import server_metadata, user_info
from web.mastodon.entities.frame import Json
from web.mastodon.showing import frame_of

_READ: Final = (
    "grant_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "redirect_uri",
    "scope",
    "token",
    "token_type_hint",
)


async def give_token(call: Call) -> Answer:
    """`POST /oauth/token`: `authorization_code`, `client_credentials`; PKCE by S256 where it was begun."""
    found = await call.node.database.write(server.exchange, call.node.vault, _read(call), call.now)
    return _answer(call, found)


async def take_back(call: Call) -> Answer:
    """`POST /oauth/revoke`."""
    found = await call.node.database.write(server.revoke, call.node.vault, _read(call), call.now)
    return _answer(call, found)


async def show_user(call: Call) -> Json:
    """`GET /oauth/userinfo`."""
    return user_info(call.actor, frame_of(call.node))


async def describe_server(call: Call) -> Answer:
    """`GET /.well-known/oauth-authorization-server` (RFC 8414)."""
    return Answer(server_metadata(call.node.sites.primary.origin.origin), cache=PUBLIC)


def _read(call: Call) -> messages.Call:
    given = {name: call.params.texts(name) for name in _READ if name in call.params}
    return messages.Call(given, call.request.headers.get("authorization", ""))


def _answer(call: Call, found: Granted | Refusal) -> Answer:
    """Errors as RFC 6749 §5.2 has them; whoever tried `Basic` is told that it was that."""
    if isinstance(found, Granted):
        return Answer(dict(found.body))
    is_challenged = found.status == HTTPStatus.UNAUTHORIZED and "authorization" in call.request.headers
    headers = {"www-authenticate": 'Basic realm="kairanban"'} if is_challenged else {}
    return Answer({"error": found.error, "error_description": found.description}, found.status, headers)
