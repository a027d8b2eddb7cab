"""Reading a form, and whether it was sent from our own page.

Source: Fetch Metadata (`Sec-Fetch-Site`), RFC 6454 §7 (`Origin`); every browser sends one of them with a POST.
"""

from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from web.visits import origin_of

MAX_FORM: Final = 64 * 1024
"""Bytes; the longest text of 5,000 characters has 45,000, encoded."""
MAX_FIELDS: Final = 50
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields, plain line ends, without control characters; of a repeated field the last.

    Raises `HTTPException` 403 for a form of another site, 415, 413, 400.
    """
    check_site(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        raise HTTPException(415, f"A form is sent as {_FORM_TYPE}.")
    body = await request.body()
    if len(body) > MAX_FORM:
        raise HTTPException(413, f"A form may have {MAX_FORM} bytes.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise HTTPException(400, "The form cannot be read.") from error
    return {name: clean(value) for name, value in pairs}


def check_site(request: Request) -> None:
    """Raise `HTTPException` 403 unless the request was made by a page of the origin that is addressed."""
    if not _is_own_page(request):
        raise HTTPException(403, "The form was not sent from this site.")


def _is_own_page(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin") == origin_of(request).origin


def clean(text: str) -> str:
    """Return text with plain line ends and without other control characters or lone surrogates."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        character
        for character in plain
        if character in "\n\t" or (character.isprintable() or character == " ")
    )
