"""Where rows are played: a thread with an event loop, in a network of its own where the machine allows it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Stage:
    """Runs coroutines in its own thread, after `prepare` has run there; raises what `prepare` raises."""

    def __init__(self, prepare: Callable[[], None]) -> None:
        self._ready: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=self._live, args=(prepare,), name="stage", daemon=True)
        self._thread.start()
        self.loop = self._ready.result()

    def _live(self, prepare: Callable[[], None]) -> None:
        try:
            prepare()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked for the stage
            self._ready.set_exception(error)
            return
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        self._ready.set_result(asyncio.get_running_loop())
        await self._stopped.wait()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it there, wait here."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End the loop and the thread."""
        self.loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
