"""Deliver one activity to one inbox. Whatever the peer does is a value, never an exception."""

import asyncio
from dataclasses import dataclass

from federation.client.dates import read_retry_after, read_skew
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
    """Sends signed activities."""

    def __init__(self, options: ClientOptions, targets: Targets, knocks: Knocks) -> None:
        self._targets = targets
        self._knocks = knocks
        self._clock = options.clock
        self._deadline = options.deadlines.post
        self._pool = asyncio.Semaphore(options.limits.posting)

    async def post(self, url: str, body: bytes, signer: Signer, first: Scheme | None) -> PostResult:
        """Sign and send `body`; waiting for a place in the pool is not counted as the peer's time."""
        try:
            target = self._targets.admit(url)
        except RemoteFault as fault:
            return PostResult(None, str(fault), refused=True)
        async with self._pool:
            return await self._deliver(target, body, signer, first)

    async def _deliver(self, target: Target, body: bytes, signer: Signer, first: Scheme | None) -> PostResult:
        time = asyncio.get_running_loop().time
        started = time()
        try:
            async with asyncio.timeout(self._deadline):
                knocked = await self._knocks.post(target, signer, body, first)
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
