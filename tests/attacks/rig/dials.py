"""Every TCP connection that anybody in the namespace tries to open, as the packets themselves show it."""

import asyncio
import ipaddress
import socket
import struct
from dataclasses import dataclass

_ALL_PROTOCOLS = 3
_OUTGOING = 4
"""Packets on a loopback interface pass twice; one way is enough."""
_TCP = 6
_SYN, _ACK = 0x02, 0x10
_ENOUGH = 80
_BUFFER = 1 << 23
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Dial:
    """Who tried to reach whom."""

    source: str
    address: str
    port: int


class Dials:
    """Grows as packets pass. Needs the right to open a packet socket."""

    def __init__(self) -> None:
        self.log: list[Dial] = []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL_PROTOCOLS))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.setblocking(False)  # noqa: FBT003 - a method of the library
        asyncio.get_running_loop().add_reader(self._socket, self.read)

    def read(self) -> None:
        """Take in what has passed by now."""
        for _ in range(_AT_ONCE):
            try:
                data, (_, _, kind, *_) = self._socket.recvfrom(_ENOUGH)
            except BlockingIOError:
                return
            dial = _parse(data) if kind == _OUTGOING else None
            if dial is not None:
                self.log.append(dial)

    def close(self) -> None:
        """Look no more."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()


def _parse(packet: bytes) -> Dial | None:
    """The first packet of a TCP connection, or nothing."""
    if packet[0] >> 4 == 4:
        protocol, start, width, at = packet[9], (packet[0] & 15) * 4, 4, 12
    else:
        protocol, start, width, at = packet[6], 40, 16, 8
    if protocol != _TCP or packet[start + 13] & (_SYN | _ACK) != _SYN:
        return None
    source, target = packet[at : at + width], packet[at + width : at + 2 * width]
    port = struct.unpack_from("!H", packet, start + 2)[0]
    return Dial(str(ipaddress.ip_address(source)), str(ipaddress.ip_address(target)), port)
