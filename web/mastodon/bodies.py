"""Where the parameters of a request are: query string and body; what the body says wins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from web.mastodon.parameters import MAX_FIELDS, Node, Parameters, read_json, read_pairs

MAX_FILES: Final = 4
"""A profile has two pictures, an upload a file and a preview."""
MAX_TEXT: Final = 1 << 20
"""Bytes of one text in a multipart form; the guard has counted the whole body before."""

_JSON: Final = "application/json"
_URLENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"


@asynccontextmanager
async def open_parameters(request: Request) -> AsyncIterator[Parameters]:
    """Yield the parameters; files that came with them are there until the block ends. Raises 400, 415."""
    nodes = read_pairs(_parse(request.scope["query_string"]))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _MULTIPART:
        form = await _read_multipart(request)
        try:
            yield Parameters({**nodes, **read_pairs(form.multi_items())})
        finally:
            await form.close()
    else:
        yield Parameters({**nodes, **_read(kind, await request.body())})


async def _read_multipart(request: Request) -> FormData:
    """Files beyond 1 MiB go to disk. Starlette answers 400 for what it cannot read."""
    return await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_TEXT)


def _read(kind: str, body: bytes) -> dict[str, Node]:
    if not body:
        return {}
    if kind == _JSON or (kind.startswith("application/") and kind.endswith("+json")):
        return read_json(body)
    if kind == _URLENCODED:
        return read_pairs(_parse(body))
    raise HTTPException(415, f"Send parameters as {_JSON}, {_URLENCODED} or {_MULTIPART}.")


def _parse(encoded: bytes) -> list[tuple[str, str]]:
    """Letters beyond ASCII may come as they are: browsers escape them, scripts with curl do not."""
    try:
        return parse_qsl(encoded.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise HTTPException(400, f"The parameters are not UTF-8, or are more than {MAX_FIELDS}.") from error
