"""Warnings that this node sends to other towns, in the name of an area: written on the desk, taken back there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request

from actors.origins import is_served
from actors.standing import read_host
from areas.kinds.kind import Unfit
from areas.kinds.times import ONE_DAY, read_day, to_millis
from areas.records import AreaRecord
from areas.zones import signals
from areas.zones.signals import LONGEST, REASON_LENGTH, Signal
from federation.errors import MalformedDocument, NotFound, Refused
from federation.vocabulary import Iri, Millis
from web.pages.rendering import text_of

HOST_LENGTH: Final = 253
"""Characters of a host name (RFC 1035 §2.3.4)."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was typed, as it was typed; `area` is the number of the area that warns."""

    area: str = ""
    host: str = ""
    reason: str = ""
    until: str = ""


def read_sheet(form: Mapping[str, str]) -> Sheet:
    """What came back."""
    lengths = {"area": 20, "host": HOST_LENGTH, "reason": REASON_LENGTH, "until": 20}
    return Sheet(**{name: form.get(name, "").strip()[:length] for name, length in lengths.items()})


def send(tx: sa.Connection, request: Request, sheet: Sheet, now: Millis) -> Signal | dict[str, str]:
    """Warn the peers of the chosen area; or what is wrong, by field, in the reader's language."""
    until = _read_until(sheet.until, now)
    flaws = {
        "area": find_area(tx, sheet, now) is None,
        "host": not _is_other_server(tx, sheet.host),
        "reason": not sheet.reason,
        "until": until is None,
    }
    area = find_area(tx, sheet, now)
    if area is None or until is None or any(flaws.values()):
        return {name: text_of(request, _FLAWS[name]) for name, is_wrong in flaws.items() if is_wrong}
    return signals.send(tx, area, sheet.host, sheet.reason, until, now)


def find_area(tx: sa.Connection, sheet: Sheet, now: Millis) -> AreaRecord | None:
    """The area that was chosen, among those that somebody listens to."""
    return next((each for each in signals.list_warners(tx, now) if str(each.actor_id) == sheet.area), None)


def withdraw(tx: sa.Connection, signal_id: int, now: Millis) -> Signal:
    """Take back a warning of ours, whoever listens still. Raises `NotFound`."""
    sent = signals.find(tx, signal_id)
    area = signals.find_warner(tx, sent)
    if area is None:
        raise NotFound("there is no such warning of ours")
    return signals.withdraw(tx, area, sent.host, now)


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return sentence


_FLAWS: Final = {
    "area": _("Please choose the area in whose name you warn."),
    "host": _("Please write the name of another server, like spam.example."),
    "reason": _("Please say why: the other towns decide by it."),
    "until": _("Please choose a day within a year."),
}


def _is_other_server(tx: sa.Connection, text: str) -> bool:
    try:
        return not is_served(tx, Iri(f"https://{read_host(text)}/"))
    except (MalformedDocument, Refused):
        return False


def _read_until(text: str, now: Millis) -> Millis | None:
    """The end of that day in the town; None = it is none, is over, or too far."""
    try:
        day = read_day(text, "until")
    except Unfit:
        return None
    until = None if day is None else to_millis(day + ONE_DAY)
    return until if until is not None and now < until <= now + LONGEST else None
