"""The pages for what went wrong: what happened, and where to go from here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from web.forms import Sent, find_sent
from web.pages.rendering import render


@dataclass(frozen=True, slots=True)
class Again:
    """The form that could not be done: where it goes, its fields, and whether it had files."""

    action: str
    fields: Mapping[str, str]
    had_files: bool = False

    @property
    def written(self) -> Sequence[str]:
        """The long ones of its fields."""
        return [each for each in self.fields.values() if len(each) >= LONG or "\n" in each]

    @property
    def hidden(self) -> Mapping[str, str]:
        """What is sent again. Where files are missing nothing is published unseen: they are chosen anew first."""
        return {**self.fields, "step": "write"} if self.had_files and "step" in self.fields else self.fields


PASSING: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INTERNAL_SERVER_ERROR)
"""After which the same form can be sent again as it was."""
UNTOLD: Final = "password"
"""The field of which no page has the value."""

KINDS: Final = {
    HTTPStatus.NOT_FOUND: "missing",
    HTTPStatus.GONE: "gone",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.TOO_MANY_REQUESTS: "busy",
    HTTPStatus.SERVICE_UNAVAILABLE: "resting",
    HTTPStatus.BAD_GATEWAY: "unreachable",
    HTTPStatus.INTERNAL_SERVER_ERROR: "broken",
}
"""Every other status reads "this did not work"."""


def failure_page(request: Request, status: int, headers: Mapping[str, str]) -> Response:
    """Say what happened, in words for people."""
    sent = find_sent(request) if status in PASSING else None
    kind = next((text for code, text in KINDS.items() if code == status), "wrong")
    values = {
        "kind": kind,
        "status": status,
        "again": None if sent is None else describe_again(request, sent),
    }
    return render(
        request, "failure.html", values, status=status, headers={"cache-control": "no-store", **headers}
    )


def describe_again(request: Request, sent: Sent) -> Again | None:
    """The same form with a button; None where nothing was in it, or a secret, which is typed again."""
    if not sent.fields or UNTOLD in sent.fields:
        return None
    address = request.url.replace(scheme="", netloc="", fragment="")
    return Again(str(address), sent.fields, sent.had_files)


LONG: Final = 20
"""Characters; what is shorter was chosen, or is typed again in a moment."""
