"""Answers of the client API: JSON, errors in the words that apps look for, and how long an answer may be kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.responses import Response

from federation.errors import Fault, Gone, NotFound, Refused, TooOften, Unreachable

PRIVATE: Final = "private, no-store"
"""What an answer says about caching unless it says something else: most differ by who asks."""
PUBLIC: Final = "public, max-age=60"

INVALID_TOKEN: Final = "The access token is invalid"  # noqa: S105 - a sentence
OUTSIDE_SCOPES: Final = "This action is outside the authorized scopes"
NEEDS_USER: Final = "This method requires an authenticated user"
NOT_FOUND: Final = "Record not found"
TOO_MANY: Final = "Too many requests"
UNREACHABLE: Final = "Remote data could not be fetched"
INVALID: Final = "Validation failed: "

_WORDS: Final[dict[int, str]] = {
    401: INVALID_TOKEN,
    403: "This action is not allowed",
    404: NOT_FOUND,
    405: "This method is not allowed here",
    410: NOT_FOUND,
    429: TOO_MANY,
}
"""What a status says when nothing more is known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """JSON with what stands around it. `cache` is `Cache-Control`."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cache: str = PRIVATE

    def to_response(self) -> Response:
        """As Starlette sends it."""
        headers = {"cache-control": self.cache, "vary": "Authorization", **self.headers}
        return Response(
            orjson.dumps(self.body),
            self.status,
            headers=headers,
            media_type="application/json; charset=utf-8",
        )


def words_of(status: int, detail: str | None = None) -> str:
    """What an error says: its detail, or the words for its status where that is no more than the status."""
    if detail is not None and detail != _phrase(status):
        return detail
    return _WORDS.get(status) or _phrase(status)


def api_error(status: int, text: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """`{"error": …}`; without a text in the words for the status."""
    return Answer({"error": text or words_of(status)}, status, headers or {}).to_response()


def api_fault(fault: Fault, status: int, headers: Mapping[str, str]) -> Response:
    """A fault of ours in Mastodon's words: apps compare them, and show those of a 422 to their user."""
    match fault:
        case NotFound() | Gone():
            return api_error(404, NOT_FOUND, headers)
        case Refused():
            text = fault.public
            return api_error(422, text if text.startswith(INVALID) else INVALID + text, headers)
        case Unreachable():
            return api_error(503, UNREACHABLE, headers)
        case TooOften():
            return api_error(status, TOO_MANY, headers)
        case _:
            return api_error(status, None if status in _WORDS else fault.public, headers)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
