"""Times as people in the town read them: Asia/Tokyo, whatever the server's own zone is."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from federation.vocabulary import Millis
from web.pages.languages import Language

TOKYO: Final = ZoneInfo("Asia/Tokyo")
_DAYS: Final = {"ja": "月火水木金土日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_time(at: Millis, language: Language) -> str:
    """Return `2026年11月23日（月）21:43`, or `Mon 23 Nov 2026, 21:43`."""
    local = datetime.fromtimestamp(at / 1000, tz=TOKYO)
    day = _DAYS[language][local.weekday()]
    if language == "ja":
        return f"{local.year}年{local.month}月{local.day}日（{day}）{local:%H:%M}"
    return f"{day} {local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def to_iso(at: Millis) -> str:
    """Return the machine-readable form for `<time datetime>`."""
    return datetime.fromtimestamp(at / 1000, tz=UTC).isoformat(timespec="seconds")
