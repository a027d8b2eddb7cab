"""Security headers on every answer, the strict ones on every page; one that a page gives as empty is left out."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.visits import SCOPE_KEY, Visit

YEAR: Final = 31_536_000
"""Seconds."""


def content_policy(form_targets: str = "'self'") -> str:
    """The Content-Security-Policy of a page: nothing but our own scripts, styles, pictures and forms.

    `form_targets` names where a form's answer may redirect to: browsers judge the redirect too.
    """
    return (
        "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'; style-src 'self'; "
        f"img-src 'self'; manifest-src 'self'; base-uri 'none'; form-action {form_targets}; frame-ancestors 'none'"
    )


PAGE_HEADERS: Final = {
    "content-security-policy": content_policy(),
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "x-frame-options": "DENY",
}


class SecurityHeaders:
    """Adds what an answer does not say itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, complete the answer."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                _complete(MutableHeaders(scope=message), is_https=_is_https(scope))
            await send(message)

        await self.app(scope, receive, complete)


def _is_https(scope: Scope) -> bool:
    """Whether an origin of ours with TLS is addressed, as far as the guard came to know."""
    visit: Visit | None = scope.get(SCOPE_KEY)
    return visit is not None and visit.site is not None and visit.site.origin.origin.startswith("https:")


def _complete(headers: MutableHeaders, *, is_https: bool) -> None:
    headers.setdefault("x-content-type-options", "nosniff")
    if is_https:
        headers.setdefault("strict-transport-security", f"max-age={YEAR}")
    if headers.get("content-type", "").startswith("text/html"):
        for name, value in PAGE_HEADERS.items():
            if headers.setdefault(name, value) == "":
                del headers[name]
