"""A network between nodes of one process: host → ASGI application, with faults that a test decides."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate

import httpx
from starlette.types import ASGIApp

from federation.vocabulary import Millis

START = Millis(1_795_521_600_000)
"""2026-11-24T12:00:00Z"""


class Clock:
    """Moved by hand."""

    def __init__(self, now: int = START) -> None:
        self.now = Millis(now)

    def __call__(self) -> Millis:
        return self.now

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        self.now = Millis(self.now + int(1000 * (seconds + 60 * minutes + 3600 * hours + 86_400 * days)))


@dataclass(frozen=True, slots=True)
class Carried:
    """A request as it went over the network, and the status that came back (None = lost)."""

    source: str
    method: str
    url: str
    headers: httpx.Headers
    body: bytes
    status: int | None


Fault = Callable[[httpx.Request], "str | int | None"]
"""What happens to a request: None = it is carried; "drop" = lost before it arrives; "lose-answer" = it
arrives and the answer is lost; "repeat" = it arrives twice; a number = that status without arriving. Who sends it is
its extension `source`."""


@dataclass
class Network:
    """All hosts that can be reached, and everything that was carried."""

    hosts: dict[str, ASGIApp] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    """Hosts that are cut off: nothing comes there, and nothing from there."""
    fault: Fault | None = None
    carried: list[Carried] = field(default_factory=list)
    clocks: dict[str, Callable[[], Millis]] = field(default_factory=dict)
    """Of hosts whose answers have a `Date`, as those of real servers do."""

    def transport(self, source: str) -> "Transport":
        """The way out for one node."""
        return Transport(self, source)

    def posts(self, host: str) -> list[Carried]:
        """What was POSTed to a host and answered."""
        return [
            each
            for each in self.carried
            if each.method == "POST"
            and httpx.URL(each.url).netloc.decode() == host
            and each.status is not None
        ]


class Transport(httpx.AsyncBaseTransport):
    """Carries a request to the application of its host."""

    def __init__(self, network: Network, source: str) -> None:
        self._network = network
        self._source = source

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        request.extensions["source"] = self._source
        verdict = self._judge(request)
        if isinstance(verdict, int):
            self._note(request, body, verdict)
            return httpx.Response(verdict, headers=self._date(request), request=request)
        if verdict == "drop":
            self._note(request, body, None)
            raise httpx.ConnectError("lost on the way", request=request)
        response = await self._carry(request, body)
        if verdict == "repeat":
            response = await self._carry(request, body)
        if verdict == "lose-answer":
            self._note(request, body, None)
            raise httpx.ReadError("the answer was lost", request=request)
        self._note(request, body, response.status_code)
        return response

    def _judge(self, request: httpx.Request) -> str | int | None:
        if self._network.away & {self._source, request.url.netloc.decode()}:
            return "drop"
        return self._network.fault(request) if self._network.fault else None

    async def _carry(self, request: httpx.Request, body: bytes) -> httpx.Response:
        app = self._network.hosts.get(request.url.netloc.decode())
        if app is None:
            raise httpx.ConnectError("no such host", request=request)
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        response = await transport.handle_async_request(copy)
        content = await response.aread()
        await asyncio.sleep(0)
        headers = httpx.Headers([*response.headers.multi_items(), *self._date(request).items()])
        return httpx.Response(response.status_code, headers=headers, content=content, request=request)

    def _date(self, request: httpx.Request) -> dict[str, str]:
        clock = self._network.clocks.get(request.url.netloc.decode())
        return {} if clock is None else {"date": formatdate(clock() / 1000, usegmt=True)}

    def _note(self, request: httpx.Request, body: bytes, status: int | None) -> None:
        carried = Carried(self._source, request.method, str(request.url), request.headers, body, status)
        self._network.carried.append(carried)
