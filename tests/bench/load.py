"""A load of prepared requests over keep-alive connections, in a process of its own: `python -m tests.bench.load`.

Reads a job (JSON) from standard input, prints one JSON line. Bounded: every request is sent once.
"""

import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any


async def run(job: dict[str, Any]) -> dict[str, Any]:
    """Send each request of the file on one of the connections; `pace` = requests a second (0 = at once)."""
    requests = Path(job["file"]).read_bytes().split(b"\x00\x01\x02SEPARATOR\x02\x01\x00")
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    latencies: list[float] = []
    statuses: dict[str, int] = {}
    workers = [
        asyncio.create_task(_work(job["port"], queue, latencies, statuses)) for _ in range(job["connections"])
    ]
    begin = time.perf_counter()
    for number, request in enumerate(requests):
        if job["pace"]:
            delay = begin + number / job["pace"] - time.perf_counter()
            if delay > 0:
                await asyncio.sleep(delay)
        queue.put_nowait(request)
    await queue.join()
    elapsed = time.perf_counter() - begin
    for worker in workers:
        worker.cancel()
    quantiles = statistics.quantiles(latencies, n=100)
    return {"elapsed": elapsed, "p50": quantiles[49], "p99": quantiles[98], "statuses": statuses}


async def _work(
    port: int, queue: "asyncio.Queue[bytes]", latencies: list[float], statuses: dict[str, int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            request = await queue.get()
            begin = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                ),
                0,
            )
            if length:
                await reader.readexactly(length)
            latencies.append(time.perf_counter() - begin)
            status = head.split(b" ", 2)[1].decode()
            statuses[status] = statuses.get(status, 0) + 1
            queue.task_done()
    finally:
        writer.close()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(json.loads(sys.stdin.readline())))))
