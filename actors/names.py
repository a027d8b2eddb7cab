"""Which names a local actor may have: the shape, the reserved list, and what is for official actors only.

Two names that read alike count as one: underscores are ignored, and `0` is `o`, `1` and `i` are `l`.
"""

import re
import unicodedata
from collections.abc import Iterable

from actors.records import ActorKind
from federation.errors import Refused

MAX_USERNAME = 30
MAX_COMPANION_USERNAME = 40
"""`{area}_calendar` of an area whose own name has 30 characters."""

MAX_DISPLAY_NAME = 50
"""Characters: one line of a phone, and below what every peer cuts."""

OFFICIAL_KINDS: frozenset[ActorKind] = frozenset(
    {"node", "area", "zone", "desk", "official", "alert", "calendar"}
)
"""Made by the town itself; everybody else may not look like it."""

COMPANION_SUFFIXES: dict[str, ActorKind] = {"_desk": "desk", "_mods": "desk", "_calendar": "calendar"}
"""Endings of actors that come with an area, and the only kind that may have each."""

ZONE_PREFIX = "zone_"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RESERVED = _words(
    """
    about abuse account accounts actor actors admin admins administrator all anonymous api app apps
    area areas auth bot contact desk desks everyone federation feed feeds followers following group
    groups guest health healthz help here host hostmaster inbox info instance kairanban localhost
    login logout mail mailer_daemon me media metrics mod moderation moderator moderators mods nobody
    node nodeinfo noreply no_reply null oauth operator outbox owner people postmaster posts privacy
    promise public readyz register relay report reports root search security server service settings
    shared sharedinbox signin signup staff static status support sysadmin system terms threads tos
    town undefined user users webfinger webmaster well_known www zone zones
    """
)
"""Our own addresses, the mailboxes of RFC 2142, and what a stranger would take for whoever runs the node."""

OFFICIAL_WORDS = _words("bousai cityhall keisatsu kouhou koushiki official shoubou townhall yakuba yakusho")
"""Romaji and English that say "the authorities" wherever they stand in a name."""

OFFICIAL_PARTS = _words("admin alert bosai gov koho moderator police shobo")
"""The same, but short: only as a whole word, since others contain them (badminton)."""

OFFICIAL_TERMS = _words(
    """
    役所 役場 公式 防災 広報 警察 消防署 市長 町長 村長 区長 市政 町政 市議会 町議会 自治体
    教育委員会 選挙管理 管理者 オフィシャル official
    """
)
"""What no display name but an official one contains."""

OFFICIAL_ENDINGS = ("市", "町", "区", "県", "庁")
"""A display name that ends so names a municipality. Not 村: too many surnames end in it."""

OFFICIAL_TAILS = frozenset(
    {"", "エリア", "町内会", "自治会", "地区", "支部", "事務局", "お知らせ", "ニュース", "掲示板", "回覧板"}
)
"""What may follow an area's name without making it another name."""

_USERNAME = re.compile(r"[a-z0-9_]+")
_LOOK_ALIKE = str.maketrans({"_": None, "0": "o", "1": "l", "i": "l"})


def check_username(name: str, *, kind: ActorKind = "resident", areas: Iterable[str] = ()) -> None:
    """Raise `Refused`, naming the rule, unless an actor of `kind` may be called `name`.

    `areas` are the names of the areas and zones that exist. Whether the name is taken is for the database.
    """
    longest = MAX_COMPANION_USERNAME if kind in COMPANION_SUFFIXES.values() else MAX_USERNAME
    if _USERNAME.fullmatch(name) is None or len(name) > longest:
        raise Refused(f"a name has 1 to {longest} of the characters a-z, 0-9 and _: {name[:60]!r} does not")
    if _look(name) in _RESERVED_LOOKS:
        raise Refused(f"the name {name!r} is reserved")
    _check_companion(name, kind)
    if kind not in OFFICIAL_KINDS:
        _check_unofficial(name, areas)


def check_display_name(name: str, *, kind: ActorKind = "resident", areas: Iterable[str] = ()) -> None:
    """Raise `Refused` when `name` is too long, or looks official and `kind` is not.

    `areas` are the display names of the areas and zones that exist.
    """
    if len(name) > MAX_DISPLAY_NAME:
        raise Refused(f"a display name has at most {MAX_DISPLAY_NAME} characters")
    if kind in OFFICIAL_KINDS:
        return
    folded = _fold(name)
    if _looks_official(name, folded):
        raise Refused(f"the display name {name!r} looks official")
    if any(_is_area_name(folded, _fold(area)) for area in areas):
        raise Refused(f"the display name {name!r} is an area's")


def _check_companion(name: str, kind: ActorKind) -> None:
    for suffix, owner in COMPANION_SUFFIXES.items():
        if name.endswith(suffix) and kind != owner:
            raise Refused(f"names that end in {suffix} belong to actors that come with an area")
    if name.startswith(ZONE_PREFIX) and kind != "zone":
        raise Refused(f"names that begin with {ZONE_PREFIX} belong to zones")


def _check_unofficial(name: str, areas: Iterable[str]) -> None:
    look, parts = _look(name), {_look(part) for part in name.split("_")}
    if any(word in look for word in _OFFICIAL_WORD_LOOKS) or not _OFFICIAL_PART_LOOKS.isdisjoint(parts):
        raise Refused(f"the name {name!r} looks official")
    if look in {_look(area) for area in areas}:
        raise Refused(f"the name {name!r} is an area's")


def _looks_official(name: str, folded: str) -> bool:
    if any(term in folded for term in OFFICIAL_TERMS) or folded.endswith(OFFICIAL_ENDINGS):
        return True
    words = re.findall(r"[a-z]+", unicodedata.normalize("NFKC", name).casefold())
    return not OFFICIAL_PARTS.isdisjoint(words)


def _look(name: str) -> str:
    return name.translate(_LOOK_ALIKE)


def _fold(name: str) -> str:
    """Width, case, spaces, punctuation, pictures and invisible characters make no other name."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())


def _is_area_name(folded: str, area: str) -> bool:
    return bool(area) and folded.startswith(area) and folded.removeprefix(area) in OFFICIAL_TAILS


_RESERVED_LOOKS = frozenset(_look(name) for name in RESERVED)
_OFFICIAL_WORD_LOOKS = frozenset(_look(word) for word in OFFICIAL_WORDS)
_OFFICIAL_PART_LOOKS = frozenset(_look(part) for part in OFFICIAL_PARTS)
