"""The file of an area: what its first member says, and its rows as they were written."""

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from federation.errors import Refused
from web.backups.archive import DIGEST, MANIFEST, Sealed, check_format

FORMAT: Final = 2
"""Raised when an older program could not read the file."""
FIRST: Final = "area.json"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What an exported file is of. `head` is the number that the old node's log had come to; `made_at` ms UTC."""

    format: int
    version: str
    schema: str
    origin: str
    host: str
    areas: list[str]
    head: int
    counts: dict[str, int]
    made_at: int


def encode(parcel: Parcel) -> bytes:
    """The first member."""
    return json.dumps(asdict(parcel), ensure_ascii=False, indent=1).encode()


class Reader(Sealed):
    """An exported area."""

    what = "exported area"
    first = FIRST
    fixed = frozenset({FIRST, MANIFEST, DIGEST})
    parcel: Parcel

    def describe(self, told: dict[str, Any]) -> None:
        """Keep of what it is."""
        check_format(told, FORMAT, "exported area")
        self.parcel = Parcel(**told)

    def rows(self, table: str) -> Iterator[Row]:
        """Return the rows of a table, in their order."""
        rest = b""
        for piece in self.pieces(f"tables/{table}"):
            *lines, rest = (rest + piece).split(b"\n")
            yield from (json.loads(line, object_hook=_decode) for line in lines)
        if rest:
            raise Refused(f"{self.path} is damaged: the table {table} ends in the middle of a line")

    def pictures(self) -> list[str]:
        """Members that are pictures."""
        return [name for name in self.names if name.startswith("media/")]


def _decode(found: dict[str, Any]) -> Any:
    return base64.b64decode(found["base64"]) if found.keys() == {"base64"} else found
