"""What the endpoints of the authorization server are asked, and what they answer, in Mastodon's words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import OAuth2Error

from actors.records import AppRecord

WORDS: Final = {
    "invalid_request": (
        "The request is missing a required parameter, includes an unsupported parameter value, "
        "or is otherwise malformed."
    ),
    "invalid_client": (
        "Client authentication failed due to unknown client, no client authentication included, "
        "or unsupported authentication method."
    ),
    "invalid_grant": (
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI "
        "used in the authorization request, or was issued to another client."
    ),
    "invalid_scope": "The requested scope is invalid, unknown, or malformed.",
    "unauthorized_client": "The client is not authorized to perform this request using this method.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
    "unsupported_response_type": "The authorization server does not support this response type.",
    "access_denied": "The resource owner or authorization server denied the request.",
}
"""Clients compare and show these sentences; they are Mastodon's."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to one of the endpoints: its parameters, all values of each, and its `Authorization` header."""

    parameters: Mapping[str, Sequence[str]]
    authorization: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not. `redirect_uri` is set where the app may be told: it is one that the app registered."""

    error: str
    description: str
    status: int = HTTPStatus.BAD_REQUEST
    redirect_uri: str | None = None
    state: str | None = None

    @property
    def location(self) -> str | None:
        """Where the app is told."""
        told = {"error": self.error, "error_description": self.description}
        return None if self.redirect_uri is None else answer_at(self.redirect_uri, told, self.state)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an app asks for, found in order: to be put before whoever signs in."""

    app: AppRecord
    scopes: frozenset[str]
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Approval:
    """The code, and where the app waits for it."""

    code: str
    redirect_uri: str
    state: str | None

    @property
    def location(self) -> str:
        """Where the browser goes now."""
        return answer_at(self.redirect_uri, {"code": self.code}, self.state)


@dataclass(frozen=True, slots=True)
class Granted:
    """What the token and revocation endpoints answer when all is well."""

    body: Mapping[str, Any] = field(default_factory=dict)


def explain(error: OAuth2Error) -> Refusal:
    """Say in Mastodon's words what Authlib has found wrong."""
    name = str(error.error)
    is_client = name == "invalid_client"
    return Refusal(
        name,
        WORDS.get(name, WORDS["invalid_request"]),
        HTTPStatus.UNAUTHORIZED if is_client else HTTPStatus.BAD_REQUEST,
        getattr(error, "redirect_uri", None),
        getattr(error, "state", None),
    )


def answer_at(redirect_uri: str, parameters: Mapping[str, str], state: str | None) -> str:
    """Add parameters to an address, which stays as it was registered: `app://` keeps its slashes."""
    given = parameters if state is None else {**parameters, "state": state}
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(given)}"
