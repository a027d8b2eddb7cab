"""The size of the letters on pages. Signed out it travels in the address (`?size=large`), as the language does."""

from typing import Final

from starlette.requests import Request

from actors.accounts import Size
from web.accounts.visitors import visitor_of


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return sentence


SIZES: Final[dict[Size, str]] = {
    "normal": _("Letters of ordinary size"),
    "large": _("Large letters"),
    "largest": _("Very large letters"),
}
"""What each is called; the stylesheet says how large it is."""


def size_of(request: Request) -> Size:
    """What the address asks for, else what the account has chosen."""
    visitor = visitor_of(request)
    chosen: Size = "normal" if visitor is None else visitor.wishes.size
    return next((size for size in SIZES if size == request.query_params.get("size")), chosen)
