"""Running `web.media.decoding`: one short-lived process for each picture, one at a time, ended when it is late."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

from areas.media.records import Made
from federation.errors import Refused
from web.media.formats import (
    HEAD_BYTES,
    MAX_FRAMES,
    MAX_PIXELS,
    MAX_SIDE,
    READABLE,
    Shape,
    find_format,
    is_sound_or_film,
)

DEADLINE: Final = 40.0
"""Seconds by the clock, for a machine that has other things to do: the processor time is bounded below."""
PROGRAM = ("-I", "-m", "web.media.decoding")
ANSWER_BYTES: Final = 4_096

SENTENCES: Final[Mapping[str, str]] = {
    "pixels": f"a picture has at most {MAX_PIXELS // 1_000_000} megapixels and {MAX_SIDE} pixels on a side",
    "frames": f"a moving picture has at most {MAX_FRAMES} frames; this one has too many, or too large ones",
    "memory": "the picture takes too much memory to read",
    "broken": "the picture is damaged or cut off and cannot be read",
    "late": "the picture takes too long to read",
}
"""What people are told, by the word that the program answers."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What was made of a stranger's file: two open files without a name, and what is in them."""

    made: Made
    full: IO[bytes]
    preview: IO[bytes]

    def close(self) -> None:
        """Let go of both files; with that they are gone."""
        self.full.close()
        self.preview.close()


class Sandbox:
    """Decodes pictures, one at a time: what each may cost is then what all may cost. `folder` holds open files."""

    def __init__(self, folder: Path, *, deadline: float = DEADLINE) -> None:
        self._folder = folder
        self._deadline = deadline
        self._turn = asyncio.Semaphore(1)

    def open_file(self) -> IO[bytes]:
        """Return an empty file that has no name: whatever happens, nothing of it stays."""
        return TemporaryFile(dir=self._folder)

    async def make(self, source: IO[bytes], shape: Shape) -> Picture:
        """Return what is made of a picture. Raises `Refused` with the rule that it breaks."""
        name = identify(source)
        full, preview = self.open_file(), self.open_file()
        try:
            async with self._turn:
                answer = await self._run(source, name, shape, full, preview)
            made = _read(answer)
        except BaseException:
            full.close()
            preview.close()
            raise
        return Picture(made, full, preview)

    async def _run(
        self, source: IO[bytes], name: str, shape: Shape, full: IO[bytes], preview: IO[bytes]
    ) -> bytes:
        outputs = (full.fileno(), preview.fileno())
        task = {"format": name, "shape": asdict(shape), "outputs": outputs, "parent": os.getpid()}
        with reopen(source) as given:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *PROGRAM, json.dumps(task)),
                stdin=given.fileno(),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"LC_ALL": "C.UTF-8"},
                pass_fds=outputs,
            )
        assert process.stdout is not None  # a pipe was asked for
        try:
            async with asyncio.timeout(self._deadline):
                answer = await process.stdout.read(ANSWER_BYTES)
                await process.wait()
        except TimeoutError:
            return b'{"refused": "late"}'
        finally:
            await _end(process)
        return answer if process.returncode == 0 else b""


def reopen(file: IO[bytes]) -> IO[bytes]:
    """Open a file again that has no name, with a place of its own in it: who reads one does not move the other."""
    file.flush()
    return Path(f"/proc/self/fd/{file.fileno()}").open("rb", buffering=0)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def identify(source: IO[bytes]) -> str:
    """Return the decoder's name of a file. Raises `Refused` for what is no picture that we read."""
    source.seek(0)
    head = source.read(HEAD_BYTES)
    name = find_format(head)
    if name is not None:
        return name
    if not head:
        raise Refused("the file is empty")
    if is_sound_or_film(head):
        raise Refused(f"videos and recordings cannot be shown here, only pictures: {READABLE}")
    raise Refused(f"the file is no picture that can be shown here: {READABLE}")


def _read(answer: bytes) -> Made:
    """What the program said; silence is the end of one that was ended, by its limits or by a decoder's fault."""
    try:
        said: dict[str, Any] = json.loads(answer)
    except ValueError:
        said = {"refused": "broken"}
    if "refused" in said:
        raise Refused(SENTENCES.get(said["refused"], SENTENCES["broken"]))
    return Made(**said)
