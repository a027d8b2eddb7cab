"""Sign at the moment of sending, beside the loop: an RSA-2048 signature takes 338 µs of a core.

Requests that wait are signed in batches: waking a thread and the loop for each alone costs a third of a
signature (docs/decisions/0003).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from federation.client.options import Signer
from federation.client.targets import Target
from federation.signatures import Scheme, sign
from federation.vocabulary import Millis

Headers = dict[str, str]

_THREADS = 2
"""RSA leaves the interpreter's lock; a town's node has two cores."""

_BATCH = 8
"""Signatures that one thread makes before it wakes the loop: 3 ms at most."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[], Headers]
    done: asyncio.Future[Headers]


@dataclass(frozen=True, slots=True)
class _Outcome:
    done: asyncio.Future[Headers]
    headers: Headers | None
    error: Exception | None = None

    def settle(self) -> None:
        """Hand over, unless the one who waited has left."""
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        elif self.headers is not None:
            self.done.set_result(self.headers)


class SigningThreads:
    """Signs GETs and POSTs. Jobs are put in and outcomes handed over by the loop alone."""

    def __init__(self, clock: Callable[[], Millis]) -> None:
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, "sign")
        self._jobs: deque[_Job] = deque()
        self._busy = 0

    async def sign_get(self, signer: Signer, scheme: Scheme, target: Target, accept: str) -> Headers:
        """Return the headers of a signed GET."""
        return await self._sign(signer, scheme, target, method="GET", body=None, accept=accept)

    async def sign_post(self, signer: Signer, scheme: Scheme, target: Target, body: bytes) -> Headers:
        """Return the headers of a signed POST of an activity."""
        return await self._sign(signer, scheme, target, method="POST", body=body, accept=None)

    def close(self) -> None:
        """Sign no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _sign(
        self,
        signer: Signer,
        scheme: Scheme,
        target: Target,
        *,
        method: str,
        body: bytes | None,
        accept: str | None,
    ) -> Headers:
        work = partial(
            sign,
            scheme,
            private_key=signer.private_key,
            key_id=signer.key_id,
            method=method,
            url=target.url,
            body=body,
            now=self._clock(),
            accept=accept,
        )
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future())
        self._jobs.append(job)
        self._wake(loop)
        return await job.done

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start a thread when none works, and the next one for every full batch that waits."""
        if self._jobs and self._busy < _THREADS and len(self._jobs) > self._busy * _BATCH:
            self._busy += 1
            self._threads.submit(self._work, loop)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread: sign until nothing waits."""
        while batch := self._take():
            outcomes = [_run(job) for job in batch]
            loop.call_soon_threadsafe(_settle, outcomes)
        loop.call_soon_threadsafe(self._rest, loop)

    def _take(self) -> list[_Job]:
        batch: list[_Job] = []
        while len(batch) < _BATCH:
            try:
                batch.append(self._jobs.popleft())  # the other thread may have been quicker
            except IndexError:
                break
        return batch

    def _rest(self, loop: asyncio.AbstractEventLoop) -> None:
        self._busy -= 1
        self._wake(loop)


def _run(job: _Job) -> _Outcome:
    try:
        return _Outcome(job.done, job.work())
    except Exception as error:  # noqa: BLE001 - raised again where the request waits, as executors do
        return _Outcome(job.done, None, error)


def _settle(outcomes: Iterable[_Outcome]) -> None:
    for outcome in outcomes:
        outcome.settle()
