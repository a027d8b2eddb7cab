"""Errors as answers: one table from fault to status, problem details for machines, a page for people.

Never a stack trace, never the text for our log. Source: RFC 9457.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from federation.errors import (
    Fault,
    Gone,
    MalformedDocument,
    NotFound,
    Overloaded,
    Refused,
    SignatureRejected,
    TooOften,
    Unauthorized,
    Unreachable,
)
from web.mastodon.answers import api_error, api_fault
from web.mastodon.headers import is_api
from web.negotiation import wants_json
from web.pages.failures import failure_page
from web.visits import visit_of

Handler = Callable[[Request, Exception], Awaitable[Response]]

STATUSES: tuple[tuple[type[Fault], HTTPStatus], ...] = (
    (MalformedDocument, HTTPStatus.BAD_REQUEST),
    (SignatureRejected, HTTPStatus.UNAUTHORIZED),
    (Unauthorized, HTTPStatus.FORBIDDEN),
    (Gone, HTTPStatus.GONE),
    (Unreachable, HTTPStatus.BAD_GATEWAY),
    (Refused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (TooOften, HTTPStatus.TOO_MANY_REQUESTS),
    (Overloaded, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""The first class that fits decides. An inbox says 429 for all that is our fault (`is_inbox`)."""

RETRY_SECONDS = 60
"""What a sender is told to wait when we failed for a reason of our own."""


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Problem details (RFC 9457) of type `about:blank`."""
    body = {"type": "about:blank", "title": _phrase(status), "status": status, "detail": detail}
    return Response(
        orjson.dumps(body),
        status,
        headers={"cache-control": "no-store", **(headers or {})},
        media_type="application/problem+json",
    )


def refusal(path: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The error for a request of which only the path is sure to be readable."""
    return api_error(status, detail, headers) if is_api(path) else problem(status, detail, headers)


def answer(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The error as the caller can read it: a page where a page was asked for."""
    if is_api(request.url.path):
        return api_error(status, None if detail == _phrase(status) else detail, headers)
    if _is_machine(request):
        return problem(status, detail, headers)

    return failure_page(request, status, headers or {})


def handlers() -> dict[type[Exception], Handler]:
    """What Starlette is to do with each kind of exception."""
    return {
        Fault: answer_fault,
        HTTPException: _answer_http,
        ClientDisconnect: _answer_nobody,
        Exception: _answer_bug,
    }


def status_of(fault: Fault) -> HTTPStatus:
    """The status of a fault, by the table."""
    for kind, status in STATUSES:
        if isinstance(fault, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


async def answer_fault(request: Request, error: Exception) -> Response:
    """A `Fault` as its caller can read it."""
    assert isinstance(error, Fault)
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, Overloaded) else {}
    if is_inbox(request) and status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _say_later(headers)
    if is_api(request.url.path):
        return api_fault(error, status_of(error), headers)
    return answer(request, status_of(error), error.public, headers)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = error.detail or _phrase(error.status_code)
    return answer(request, error.status_code, detail, error.headers)


async def _answer_nobody(_request: Request, _error: Exception) -> Response:
    """The caller has left in the middle of the body; the answer goes nowhere."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _answer_bug(request: Request, _error: Exception) -> Response:
    """Our own mistake. An inbox says "later": many servers count a 5xx as delivered, and the post is lost.

    Starlette raises the error again and uvicorn then drops the connection: without a word of that, a sender that
    knocks a second time at once (Fedify) would knock into it.
    """
    headers = {"connection": "close"}
    if is_inbox(request):
        return _say_later(headers)
    return answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, Fault.public, headers)


def _say_later(headers: Mapping[str, str]) -> Response:
    """An inbox never answers 5xx."""
    later = {"retry-after": str(RETRY_SECONDS), **headers}
    return problem(HTTPStatus.TOO_MANY_REQUESTS, Overloaded.public, later)


def is_inbox(request: Request) -> bool:
    """Whether the request hands us an activity."""
    return request.method == "POST" and request.scope["path"].endswith("/inbox")


def _is_machine(request: Request) -> bool:
    path = request.url.path
    if visit_of(request).site is None or is_inbox(request) or path.startswith(("/.well-known/", "/nodeinfo")):
        return True
    return wants_json(request.headers.get("accept", ""))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
