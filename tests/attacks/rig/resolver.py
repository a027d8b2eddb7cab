"""A name server that says what a row wants: any addresses, other ones each time, or nothing."""

import asyncio
import ipaddress
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

Addresses = list[str]
Record = Addresses | Callable[[], Addresses]
"""Addresses of both kinds, or what gives them anew for every question."""

_A, _AAAA = 1, 28
_NO_SUCH_NAME = 3
_RESPONSE = 0x8580
"""Response, authoritative, recursion desired and available."""


@dataclass
class Resolver(asyncio.DatagramProtocol):
    """Answers A and AAAA (RFC 1035) with no time to live. A record `*.host` stands for all below the host."""

    records: dict[str, Record] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Names, in order, once for each question."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast(
            "asyncio.DatagramTransport", transport
        )  # asyncio's own is not registered as one

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question."""
        name, end = _read_name(data)
        kind = struct.unpack_from("!H", data, end)[0]
        self.asked.append(name)
        record = self._find(name)
        found = record() if callable(record) else record or []
        wanted = {_A: 4, _AAAA: 6}.get(kind)
        addresses = [ipaddress.ip_address(each) for each in found]
        answers = [each.packed for each in addresses if each.version == wanted]
        code = 0 if record is not None else _NO_SUCH_NAME
        head = data[:2] + struct.pack("!5H", _RESPONSE | code, 1, len(answers), 0, 0)
        body = b"".join(struct.pack("!3HIH", 0xC00C, kind, 1, 0, len(each)) + each for each in answers)
        self._transport.sendto(head + data[12 : end + 4] + body, addr)

    def _find(self, name: str) -> Record | None:
        names = [name, *(f"*.{name[index + 1 :]}" for index, letter in enumerate(name) if letter == ".")]
        return next((self.records[each] for each in names if each in self.records), None)


def _read_name(data: bytes) -> tuple[str, int]:
    """The name in the first question, and where its type begins."""
    labels, at = [], 12
    while size := data[at]:
        labels.append(data[at + 1 : at + 1 + size].decode("ascii", "replace"))
        at += size + 1
    return ".".join(labels).lower(), at + 1
