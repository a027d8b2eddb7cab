"""What an inbox answers. Peers decide by the status alone whether a post is lost, so there are few.

202 durable, or deliberately ignored · 400 unreadable · 401 certainly not signed by whom it claims ·
403 not heard here · 429 busy or full, with `Retry-After`. Never 5xx: Takahē counts those as delivered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from federation.errors import Fault, Gone, MalformedDocument, Overloaded, SignatureRejected, Unauthorized

PROBLEM: Final = "application/problem+json"
LATER: Final = 60
"""Seconds until a request is to be sent again, where nothing else is known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; without `body` it has none."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str | int] = field(default_factory=dict)


def explain(fault: Fault) -> Answer:
    """Turn a fault into problem details (RFC 9457): the rule, and the JSON path where there is one.

    Whatever is not the sender's fault is to be sent again.
    """
    if isinstance(fault, MalformedDocument):
        return _describe(HTTPStatus.BAD_REQUEST, fault.public, path=fault.path, rule=fault.reason)
    if isinstance(fault, SignatureRejected | Gone):
        return _describe(HTTPStatus.UNAUTHORIZED, fault.public)
    if isinstance(fault, Unauthorized):
        return REFUSED
    retry_after = fault.retry_after if isinstance(fault, Overloaded) else LATER
    return _describe(HTTPStatus.TOO_MANY_REQUESTS, Overloaded.public, retry_after=retry_after)


def _describe(status: HTTPStatus, detail: str, *, retry_after: int | None = None, **more: str) -> Answer:
    """Return problem details; `type` is left out, which means that the status says what kind it is."""
    body = {"title": status.phrase, "status": status.value, "detail": detail, **more}
    headers = {"Content-Type": PROBLEM}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Answer(status.value, headers, body)


ACCEPTED: Final = Answer(HTTPStatus.ACCEPTED.value)
REFUSED: Final = _describe(HTTPStatus.FORBIDDEN, Unauthorized.public)
