"""Deliver one activity to one inbox, or a message to a push service. Whatever a peer does is a value, no exception."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass

from federation.client.dates import read_retry_after, read_skew
from federation.client.exchange import Exchange
from federation.client.knocks import Knocked, Knocks, is_success
from federation.client.options import ClientOptions, Signer
from federation.client.targets import Target, Targets
from federation.errors import RemoteFault, Unreachable
from federation.signatures import Scheme


@dataclass(frozen=True, slots=True)
class PostResult:
    """What came of a POST.

    `status` is None when no answer came, `error` says why there is no success. `refused` is True when our
    own rules forbid the URL: no repeat will help. `retry_after` in seconds from now. `skew` is by how many
    seconds the peer's `Date` is ahead of our clock. `learned_scheme` is set when it succeeded after the other
    one was refused; the memory of schemes has it. `elapsed` in seconds, both knocks together.
    """

    status: int | None
    error: str | None = None
    refused: bool = False
    retry_after: int | None = None
    skew: float | None = None
    learned_scheme: Scheme | None = None
    elapsed: float = 0.0

    @property
    def is_success(self) -> bool:
        """Whether the peer answered 2xx. It is no proof that anybody sees the activity."""
        return self.status is not None and is_success(self.status)


class Poster:
    """Sends signed activities, and what is not ours to sign."""

    def __init__(self, options: ClientOptions, targets: Targets, knocks: Knocks, exchange: Exchange) -> None:
        self._targets = targets
        self._knocks = knocks
        self._exchange = exchange
        self._clock = options.clock
        self._deadline = options.deadlines.post
        self._pool = asyncio.Semaphore(options.limits.posting)
        self._pushing = asyncio.Semaphore(options.limits.pushing)

    def refusal(self, url: str) -> str | None:
        """Why nothing will ever be sent to a URL, as far as it can be told from the URL alone."""
        try:
            self._targets.admit(url)
        except RemoteFault as fault:
            return str(fault)
        return None

    async def post(self, url: str, body: bytes, signer: Signer, first: Scheme | None) -> PostResult:
        """Sign and send `body`; waiting for a place in the pool is not counted as the peer's time."""
        try:
            target = self._targets.admit(url)
        except RemoteFault as fault:
            return PostResult(None, str(fault), refused=True)
        async with self._pool:
            return await self._deliver(target, self._knocks.post(target, signer, body, first))

    async def push(self, url: str, body: bytes, headers: Mapping[str, str]) -> PostResult:
        """Send `body` once, as it is; redirects are not followed."""
        try:
            target = self._targets.admit(url)
        except RemoteFault as fault:
            return PostResult(None, str(fault), refused=True)
        async with self._pushing:
            return await self._deliver(target, self._send(target, body, headers))

    async def _send(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Knocked:
        return Knocked(await self._exchange.post(target, headers, body))

    async def _deliver(self, target: Target, sending: Awaitable[Knocked]) -> PostResult:
        time = asyncio.get_running_loop().time
        started = time()
        try:
            async with asyncio.timeout(self._deadline):
                knocked = await sending
        except TimeoutError:
            error = f"{target.host}: no answer within {self._deadline:g} s"
            return PostResult(None, error, elapsed=time() - started)
        except Unreachable as fault:
            return PostResult(None, str(fault), refused=fault.permanent, elapsed=time() - started)
        return self._judge(target, knocked, time() - started)

    def _judge(self, target: Target, knocked: Knocked, elapsed: float) -> PostResult:
        answer, now = knocked.answer, self._clock()
        return PostResult(
            answer.status,
            None if is_success(answer.status) else f"{target.host}: HTTP {answer.status}",
            retry_after=read_retry_after(answer.header("retry-after"), now),
            skew=read_skew(answer.header("date"), now),
            learned_scheme=knocked.learned,
            elapsed=elapsed,
        )
