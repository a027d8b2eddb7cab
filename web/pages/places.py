"""The menu of every page: where one can go from here, signed in or not."""

from dataclasses import dataclass

from starlette.requests import Request

from web.accounts.visitors import MOST_COUNTED, Visitor, visitor_of
from web.node import node_of
from web.visits import origin_of


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu; `name` is a sentence of the catalogue, `count` how much waits there."""

    path: str
    name: str
    count: str = ""
    is_main: bool = False


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return sentence


def list_places(request: Request) -> tuple[str, tuple[Place, ...]]:
    """Return the origin on which they are, empty for this one, and the places."""
    visitor = visitor_of(request)
    elsewhere = "" if origin_of(request).is_primary else node_of(request).sites.primary.origin.origin
    return elsewhere, _for_anyone() if visitor is None else _for_visitor(visitor)


def _for_anyone() -> tuple[Place, ...]:
    return (
        Place("/", _("Front page")),
        Place("/towns", _("Choose your town")),
        Place("/search", _("Search")),
        Place("/sign-in?next=/home", _("Sign in")),
        Place("/sign-up", _("Sign up"), is_main=True),
    )


def _for_visitor(visitor: Visitor) -> tuple[Place, ...]:
    if visitor.speaker is None:
        finish = Place("/sign-up/profile", _("Finish signing up"), is_main=True)
        return (Place("/", _("Front page")), finish, Place("/account", _("Account")))
    waiting = Place("/desk/held", _("Waiting"), write_count(visitor.waiting or 0))
    return (
        Place("/home", _("Home")),
        Place("/", _("Town")),
        Place("/notifications", _("News"), write_count(visitor.unread)),
        Place("/write", _("Write"), is_main=True),
        Place("/search", _("Search")),
        *(() if visitor.waiting is None else (waiting,)),
        Place("/account", _("Account")),
    )


def write_count(number: int) -> str:
    """How much waits, in two digits."""
    return "" if not number else f"{number}" if number < MOST_COUNTED else f"{MOST_COUNTED}+"
