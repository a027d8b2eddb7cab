"""The pages for what went wrong: what happened, and where to go from here."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from web.pages.rendering import render

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
    kind = next((text for code, text in KINDS.items() if code == status), "wrong")
    values = {"kind": kind, "status": status}
    return render(
        request, "failure.html", values, status=status, headers={"cache-control": "no-store", **headers}
    )
