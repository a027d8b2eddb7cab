"""What every answer of the client API carries, errors and refusals included, so that browsers show it to apps.

`*` without credentials: there are no cookies here. Source: the Fetch standard, "CORS protocol".
"""

import re
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANSWER_HEADERS: Final = "kairanban.answer_headers"
"""In the scope: a dict of headers to add to the answer, whatever it turns out to be."""

ANSWERED: Final = frozenset({"http", "websocket"})
STARTS: Final = frozenset({"http.response.start", "websocket.http.response.start"})
"""Where an answer begins: also one in place of a WebSocket."""

METHODS: Final = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
_OPEN: Final = re.compile(
    r"/api/.*|/oauth/(?:token|revoke|userinfo)/?|/\.well-known/.*|/nodeinfo(?:/.*)?|/media/.*"
)
_ERRORS: Final = re.compile(r"/api/.*|/oauth/(?!authorize/*$).*|/\.well-known/oauth-authorization-server")
_API: Final = re.compile(r"/(?:api|oauth)/.*[^/]/+")
"""With a slash at the end; Rails does not mind."""

_CORS: Final = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": (
        "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, Retry-After"
    ),
}
_PREFLIGHT: Final = {
    "access-control-allow-methods": METHODS,
    "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, *",
    "access-control-max-age": "86400",
}


class ApiHeaders:
    """The layer around everything, the guard too: it adds headers, answers preflights, forgives a last slash."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is not for browsers of other sites."""
        if scope["type"] not in ANSWERED or _OPEN.fullmatch(scope["path"]) is None:
            await self.app(_normalise(scope), receive, send)
            return
        if _is_preflight(scope):
            await _answer_preflight(send)
            return
        extra: dict[str, str] = {}

        async def complete(message: Message) -> None:
            if message["type"] in STARTS:
                headers = MutableHeaders(scope=message)
                for name, value in (*_CORS.items(), *extra.items()):
                    headers[name] = value
            await send(message)

        await self.app({**_normalise(scope), ANSWER_HEADERS: extra}, receive, complete)


def is_api(path: str) -> bool:
    """Whether errors there are in the client API's form: everywhere but on the page for people."""
    return _ERRORS.fullmatch(path) is not None


def _normalise(scope: Scope) -> Scope:
    if scope["type"] in ANSWERED and _API.fullmatch(scope["path"]) is not None:
        return {**scope, "path": scope["path"].rstrip("/")}
    return scope


def _is_preflight(scope: Scope) -> bool:
    return scope.get("method") == "OPTIONS" and any(
        name == b"access-control-request-method" for name, _ in scope["headers"]
    )


async def _answer_preflight(send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in {**_CORS, **_PREFLIGHT}.items()]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
