"""One request of the client API: who asks, by which right, with which parameters."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request

from actors.directory import find_actor_by_id
from actors.keys import Vault
from actors.oauth.scopes import allows
from actors.oauth.tokens import find_token
from actors.records import ActorRecord, TokenRecord
from federation.vocabulary import Millis
from web.mastodon.answers import INVALID_TOKEN, NEEDS_USER, OUTSIDE_SCOPES
from web.mastodon.parameters import MAX_ID, Parameters
from web.node import Node

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Access:
    """What an operation demands: any one of `scopes`, where a token is there or must be.

    `nothing`: a token is not even looked at. `if-given`: without one, the answer is for everybody.
    `token`: an app's own will do. `user`: somebody is signed in.
    """

    needs: Literal["nothing", "if-given", "token", "user"]
    scopes: tuple[str, ...] = ()


PUBLIC: Final = Access("nothing")


def if_given(*scopes: str) -> Access:
    """For everybody; a token must be good, and allow it."""
    return Access("if-given", scopes)


def app(*scopes: str) -> Access:
    """For apps, signed in or not."""
    return Access("token", scopes)


def user(*scopes: str) -> Access:
    """For somebody who is signed in."""
    return Access("user", scopes)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token it is; `actor` is None where an app speaks for itself."""

    token: TokenRecord
    actor: ActorRecord | None


@dataclass(frozen=True, slots=True)
class View:
    """Who looks at a node, and when: what an entity may depend on."""

    node: Node
    caller: Caller | None
    now: Millis

    @property
    def viewer(self) -> ActorRecord | None:
        """Who reads, if somebody is signed in."""
        return None if self.caller is None else self.caller.actor

    @property
    def actor(self) -> ActorRecord:
        """Who acts, in an operation that demands somebody."""
        viewer = self.viewer
        assert viewer is not None  # `Access("user")` has let nobody else in
        return viewer

    @property
    def token(self) -> TokenRecord:
        """By which right, in an operation that demands a token."""
        assert self.caller is not None  # `Access("token")` has let nobody else in
        return self.caller.token

    async def read(self, function: Callable[..., R], *args: Any) -> R:
        """Run a domain function that changes nothing."""
        return await self.node.database.read(function, *args)


@dataclass(frozen=True, slots=True)
class Call(View):
    """A request that was let in."""

    request: Request
    params: Parameters

    def path_id(self, name: str = "id") -> int:
        """Return an id in the path. Raises 404 for what is none."""
        text = self.request.path_params[name]
        if not (text.isascii() and text.isdecimal()) or int(text[:20]) > MAX_ID:
            raise HTTPException(404)
        return int(text)

    async def write(self, function: Callable[..., R], *args: Any) -> R:
        """Run a domain function in a transaction, then let what it said be sent."""
        found = await self.node.database.write(function, *args)
        self.node.nudge()
        return found


Handler = Callable[[Call], Awaitable[Any]]
"""Returns what is rendered as JSON, an `Answer`, or a whole `Response`. Faults become errors by one table."""


def read_bearer(request: HTTPConnection) -> str | None:
    """Return the token of an `Authorization` header (RFC 6750 §2.1), if there is one."""
    scheme, _, bearer = request.headers.get("authorization", "").strip().partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else None


def find_caller(tx: sa.Connection, vault: Vault, bearer: str, now: Millis) -> Caller | None:
    """Return whose token it is now; None for one that opens nothing."""
    token = find_token(tx, vault, bearer, now)
    if token is None:
        return None
    return Caller(token, None if token.actor_id is None else find_actor_by_id(tx, token.actor_id))


def demand(access: Access, caller: Caller | None, *, has_token: bool) -> None:
    """Raise 401, 403 or 422, in Mastodon's words, unless the caller may."""
    if access.needs == "nothing":
        return
    if caller is None:
        if has_token or access.needs != "if-given":
            raise HTTPException(401, INVALID_TOKEN, {"www-authenticate": 'Bearer error="invalid_token"'})
        return
    if access.scopes and not allows(caller.token.scopes, *access.scopes):
        raise HTTPException(403, OUTSIDE_SCOPES)
    if access.needs == "user" and caller.actor is None:
        raise HTTPException(422, NEEDS_USER)
