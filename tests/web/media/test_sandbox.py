"""The process that decodes: what it may use, and what happens when it is ended. Each picture here costs a process."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path
from typing import IO

import pytest
from PIL import Image

from federation.errors import Refused
from tests.testrig import pictures
from web.media import sandbox
from web.media.formats import Shape
from web.media.sandbox import Sandbox

pytestmark = pytest.mark.anyio

SHAPE = Shape(4096, 4096)


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


def file_of(box: Sandbox, data: bytes) -> IO[bytes]:
    file = box.open_file()
    file.write(data)
    return file


async def refusal(box: Sandbox, data: bytes) -> str:
    with file_of(box, data) as file, pytest.raises(Refused) as caught:
        await box.make(file, SHAPE)
    return str(caught.value)


async def test_a_picture_is_made_and_nothing_has_a_name(box: Sandbox, tmp_path: Path) -> None:
    with file_of(box, pictures.heic_with("secret")) as file:
        picture = await box.make(file, SHAPE)
        assert (picture.made.media_type, picture.made.width) == ("image/jpeg", 64)
        picture.full.seek(0)
        with Image.open(BytesIO(picture.full.read()), formats=["JPEG"]) as image:
            assert image.size == (64, 48)
        picture.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<svg/>", "no picture"),
        (b"%PDF-1.7", "no picture"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", "videos"),
        (pictures.huge_png(13_000, 13_000), "33 megapixels"),
        (pictures.long_gif(10_000), "150 frames"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "damaged"),
    ],
    ids=["empty", "svg", "pdf", "film", "bomb", "frames", "damaged"],
)
async def test_people_are_told_which_rule_was_broken(box: Sandbox, data: bytes, words: str) -> None:
    assert words in await refusal(box, data)


async def running(box: Sandbox) -> AsyncIterator[int]:
    """The number of the process that decodes now."""
    me = str(os.getpid())
    while True:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _is_child(entry, me):
                yield int(entry.name)
                return
        await asyncio.sleep(0.005)


def _is_child(entry: Path, parent: str) -> bool:
    try:
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
        return fields[1] == parent and b"web.media.decoding" in (entry / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_a_decoder_that_is_killed_is_a_picture_that_cannot_be_read(box: Sandbox) -> None:
    with file_of(box, pictures.jpeg()) as file:
        making = asyncio.create_task(box.make(file, SHAPE))
        async with asyncio.timeout(30):
            pid = await anext(running(box))
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(Refused, match="cannot be read"):
            await making
    with file_of(box, pictures.jpeg()) as file:
        (await box.make(file, SHAPE)).close()


async def test_a_decoder_that_hangs_is_ended_at_the_deadline(tmp_path: Path) -> None:
    hasty = Sandbox(tmp_path, deadline=0.01)
    assert "too long" in await refusal(hasty, pictures.jpeg())


async def test_who_leaves_takes_the_decoder_along(box: Sandbox) -> None:
    with file_of(box, pictures.jpeg()) as file:
        making = asyncio.create_task(box.make(file, SHAPE))
        async with asyncio.timeout(30):
            pid = await anext(running(box))
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


TREE = Path(__file__).parents[3]
"""A program by itself finds the modules of the installation, which may be of another tree than this one."""
ATTEMPTS: dict[str, tuple[str, str]] = {
    "file": ("open('/etc/passwd').read()", "OSError"),
    "socket": ("__import__('socket').socket()", "OSError"),
    "memory": ("bytearray(2 << 30)", "MemoryError"),
    "output": ("outputs[0].write(b'x' * (40 << 20))", "OSError"),
}


@pytest.mark.parametrize("attempt", sorted(ATTEMPTS))
async def test_a_decoder_may_not(attempt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same start as the real program's, then what a decoder that was taken over would try."""
    code, error = ATTEMPTS[attempt]
    program = (
        "import json, os, sys\n"
        f"sys.path.insert(0, {str(TREE)!r})\n"
        "from web.media import decoding\n"
        "decoding.warm_up(); decoding.give_up_rights(threads=False)\n"
        "outputs = [os.fdopen(each, 'wb') for each in json.loads(sys.argv[1])['outputs']]\n"
        f"try:\n    {code}\n    outputs[0].flush()\nexcept BaseException as caught:\n"
        "    names = [each.__name__ for each in type(caught).__mro__]\n"
        "    os.write(1, json.dumps({'refused': ' '.join(names)}).encode())\n"
    )
    monkeypatch.setattr(sandbox, "PROGRAM", ("-I", "-c", program))
    monkeypatch.setattr(sandbox, "SENTENCES", _Echo())
    assert error in await refusal(Sandbox(tmp_path), pictures.jpeg())


class _Echo(dict[str, str]):
    def get(self, key: str, default: object = None) -> str:
        return key

    def __getitem__(self, key: str) -> str:
        return "nothing was refused"


async def test_the_time_of_a_processor_is_bounded_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "from web.media import decoding\ndecoding.CPU_SECONDS = 1\n"
        "decoding.give_up_rights(threads=False)\nwhile True: pass\n"
    )
    monkeypatch.setattr(sandbox, "PROGRAM", ("-I", "-c", program))
    assert "cannot be read" in await refusal(Sandbox(tmp_path, deadline=60), pictures.jpeg())


def test_a_decoder_whose_server_is_gone_goes_too() -> None:
    program = "from web.media import decoding\ndecoding.leave_with({})\nprint('still here')"
    for parent, said in ((os.getpid(), "still here\n"), (1, "")):
        command = [sys.executable, "-c", program.format(parent)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.stdout, done.returncode == 0) == (said, bool(said))


async def test_one_at_a_time(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[int] = [0, 0]
    run: Callable[..., object] = Sandbox._run

    async def counted(self: Sandbox, *args: object) -> object:
        inside[0] += 1
        inside[1] = max(inside)
        try:
            return await run(self, *args)  # type: ignore[misc]
        finally:
            inside[0] -= 1

    monkeypatch.setattr(Sandbox, "_run", counted)
    files = [file_of(box, pictures.jpeg()) for _ in range(3)]
    for picture in await asyncio.gather(*(box.make(file, SHAPE) for file in files)):
        picture.close()
    for file in files:
        file.close()
    assert inside[1] == 1
