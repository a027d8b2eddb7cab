"""The address guard: the last look at every address before a socket to it exists.

The resolver judges all addresses of a name together; the socket factory judges the one really dialled, so
that literals, and names that change their answer between look-up and dial, meet it too.
"""

import asyncio
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from federation.addresses import AddressPolicy
from federation.client.options import Lookup

LOOPBACK = "127.0.0.1"

_LOOKUP_THREADS = 16
"""A name server that does not answer holds a thread for some 10 s, and the loop's own pool has but 6."""


class AddressRefused(OSError):
    """An address that may not be dialled; the text says why."""


class SocketGuard:
    """Makes sockets, for addresses that may be dialled."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy

    def __call__(self, info: AddrInfoType) -> socket.socket:
        """Return a socket for the address in `info`; raises `AddressRefused`."""
        family, kind, protocol, _name, address = info
        reason = self._policy.refusal(str(address[0]))
        if reason is not None:
            raise AddressRefused(reason)
        return socket.socket(family, kind, protocol)


class GuardedResolver(AbstractResolver):
    """Finds addresses: the table of hosts, then loopback names, then the name service."""

    def __init__(self, policy: AddressPolicy, hosts: Mapping[str, tuple[str, int]], lookup: Lookup) -> None:
        self._policy = policy
        self._hosts = hosts
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return every address of `host`; raises `AddressRefused` when one of them may not be dialled."""
        found = [(address, at) for address, at in await self._find(host, port) if _is_of(family, address)]
        if not found:
            raise OSError(None, f"{host} has no address")
        for address, _at in found:
            reason = self._policy.refusal(address)
            if reason is not None:
                raise AddressRefused(f"{host}: {reason}")
        return [_result(host, address, at) for address, at in found]

    async def close(self) -> None:
        """Nothing is held."""

    async def _find(self, host: str, port: int) -> list[tuple[str, int]]:
        if host in self._hosts:
            return [self._hosts[host]]
        # RFC 6761 §6.3. Browsers do the same; the name service of many a system knows no *.localhost.
        if host == "localhost" or host.endswith(".localhost"):
            return [(LOOPBACK, port)]
        return [(address, port) for address in await self._lookup(host)]


class SystemLookup:
    """Asks the system's name service, in threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, "lookup")

    async def __call__(self, host: str) -> list[str]:
        """Return the addresses of `host`; raises `OSError` where there are none."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host)

    def close(self) -> None:
        """Take no more names; those being looked up end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def find_refusal(error: BaseException) -> AddressRefused | None:
    """Return the refusal that `error` came from, if it came from one."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, AddressRefused):
        cause = cause.__cause__ or cause.__context__
    return cause


def _look_up(host: str) -> list[str]:
    try:
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except UnicodeError as error:  # the codec refuses a label that the system was never asked for
        raise OSError(None, f"{host} is no name to look up") from error
    return [str(address[0]) for *_rest, address in infos]


def _is_of(family: socket.AddressFamily, address: str) -> bool:
    own = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family in {socket.AF_UNSPEC, own}


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
    )
