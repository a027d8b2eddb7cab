"""What kinds of posts are called on pages; what else they say stands in `templates/kinds`."""

from collections.abc import Mapping
from typing import Final

from areas.kinds import KINDS
from areas.records import ORDINARY


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return sentence


NAMES: Final[Mapping[str, str]] = {
    ORDINARY: _("Ordinary"),
    "question": _("Question"),
    "give": _("To give away"),
    "ask": _("Looking for"),
    "review": _("Review"),
    "event": _("Event"),
    "notice": _("Notice"),
}
"""A post of each kind, where one chooses what to write."""
TABS: Final[Mapping[str, str]] = {
    "event": _("Events"),
    "question": _("Questions"),
    "offers": _("To give and wanted"),
    "review": _("Reviews"),
}
"""The posts of a tab (`Kind.tab`) on the page of an area, in its order."""


def find_written(tab: str) -> str:
    """The kind of post that is written where one reads a tab."""
    return next((name for name, kind in KINDS.items() if kind.tab and kind.tab == tab), ORDINARY)
