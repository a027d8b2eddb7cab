"""A form that was sent after the session had ended: it goes along through signing in, and is offered again afterwards.

It travels in the pages themselves, from form to form, and is stored nowhere. Only a page of ours can hand it on
(`forms.check_site`): no words of a stranger are offered to be sent by whoever has just signed in.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request

from web.accounts.onward import read_onward
from web.forms import MAX_FIELDS, MAX_FORM, find_sent, note_form
from web.pages.failures import Again, describe_again

FIELD: Final = "interrupted"
MOST: Final = 4 * MAX_FORM
"""Bytes of a form that has another one in it: a kanji has 3 of them, and 9 when it is encoded."""
NEXT: Final = "next"
"""The field of buttons that says where they stand: with nothing else in it, nothing of a form can be lost."""


async def take(request: Request) -> Again | None:
    """Return what was sent; None where nothing can be lost, or where it did not come from a page of ours."""
    with suppress(HTTPException):
        await note_form(request)
    sent = find_sent(request)
    return None if sent is None or sent.fields.keys() <= {NEXT} else describe_again(request, sent)


def find_button(request: Request) -> str:
    """Where the button stands that was pressed; else home."""
    sent = find_sent(request)
    return read_onward(None if sent is None else sent.fields.get(NEXT))


def write(again: Again | None) -> str:
    """It as the value of a field; empty for none."""
    if again is None:
        return ""
    return orjson.dumps([again.action, dict(again.fields), again.had_files]).decode()


def read(form: Mapping[str, str]) -> Again | None:
    """Return what came along with a form; None for nothing, and for what no page of ours has written."""
    try:
        action, fields, had_files = orjson.loads(form.get(FIELD, ""))
    except (ValueError, TypeError):
        return None
    if not isinstance(action, str) or read_onward(action) != action or not isinstance(fields, dict):
        return None
    is_text = all(isinstance(each, str) for each in fields.values())
    return Again(action, fields, had_files is True) if is_text and len(fields) <= MAX_FIELDS else None
