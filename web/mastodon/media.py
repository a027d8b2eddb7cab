"""Uploading pictures for posts, describing them, taking them back."""

import asyncio
import re
from typing import Final

from areas.media import endings, uploads
from areas.media.records import Details, MediaRecord
from federation import iris
from federation.errors import NotFound, Refused
from web.mastodon.answers import Answer
from web.mastodon.calls import Call
from web.mastodon.entities.attachments import uploaded
from web.mastodon.parameters import Parameters
from web.media.library import Reading

PATIENCE: Final = 8.0
"""Seconds that an app waits for its picture before it is told to ask again; most take one."""

_NUMBER: Final = r"\s*([+-]?(?:[0-9]{1,4}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}))\s*"
_FOCUS: Final = re.compile(f"{_NUMBER},{_NUMBER}")


async def upload(call: Call) -> Answer:
    """`POST /api/v2/media`: 202 while the picture is still being read; then ask for it by its id."""
    reading = await _begin(call)
    try:
        async with asyncio.timeout(PATIENCE):
            return _answer(call, await reading.done)
    except TimeoutError:
        return _answer(call, reading.record, 202)


async def upload_and_wait(call: Call) -> Answer:
    """`POST /api/v1/media`: the same, answered when the picture has been read."""
    return _answer(call, await (await _begin(call)).done)


async def find(call: Call) -> Answer:
    """`GET /api/v1/media/{id}`: of one's own that no post has yet; 206 while it is being read."""
    record = await call.read(uploads.find_own, call.actor.id, call.path_id())
    if record.state == "failed":
        raise Refused(record.reason)
    if record.state == "quarantined":
        raise NotFound("the picture is kept from sight")
    return _answer(call, record, 200 if record.state == "ready" else 206)


async def describe(call: Call) -> Answer:
    """`PUT /api/v1/media/{id}`: what is not given stays. A `thumbnail` is refused: we make it."""
    _refuse_thumbnail(call)
    known = await call.read(uploads.find_own, call.actor.id, call.path_id())
    description = call.params.text("description")
    details = Details(
        known.details.description if description is None else description,
        read_focus(call.params) if "focus" in call.params else known.details.focus,
    )
    return _answer(call, await call.write(uploads.describe, call.actor.id, known.id, details))


async def take_back(call: Call) -> Answer:
    """`DELETE /api/v1/media/{id}`: of one's own that no post has."""
    await call.write(endings.take_back, call.actor.id, call.path_id(), call.now)
    return Answer({})


async def _begin(call: Call) -> Reading:
    _refuse_thumbnail(call)
    file = call.params.upload("file")
    if file is None:
        raise Refused("a file is needed: send it as file in a multipart form")
    details = Details(call.params.text("description"), read_focus(call.params))
    return await call.node.library.begin(file.file, call.actor.id, "attachment", details)


def _refuse_thumbnail(call: Call) -> None:
    if call.params.upload("thumbnail") is not None:
        raise Refused("thumbnail cannot be given: it is made of the picture itself")


def read_focus(params: Parameters) -> tuple[float, float] | None:
    """`x,y`, each from -1 to 1."""
    text = params.word("focus")
    if text is None:
        return None
    match = _FOCUS.fullmatch(text)
    if match is None:
        raise Refused(f"focus {text[:50]!r} is not two numbers from -1 to 1, like 0.5,-0.25")
    return float(match[1]), float(match[2])


def _answer(call: Call, record: MediaRecord, status: int = 200) -> Answer:
    return Answer(uploaded(record, iris.origin(call.actor.iri)), status)
