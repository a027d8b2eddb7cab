"""Reading a form, and whether it was sent from our own page.

Source: Fetch Metadata (`Sec-Fetch-Site`), RFC 6454 §7 (`Origin`); every browser sends one of them with a POST.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from federation.html import plain_text
from web.visits import origin_of

MAX_FORM: Final = 64 * 1024
"""Bytes; the longest text of 5,000 characters has 45,000, encoded."""
MAX_FIELDS: Final = 50
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_FILES_TYPE: Final = "multipart/form-data"


async def read_form(request: Request, most: int = MAX_FORM) -> dict[str, str]:
    """Return the fields, plain line ends, without control characters; of a repeated field the last.

    Raises `HTTPException` 403 for a form of another site, 415, 413 above `most` bytes, 400.
    """
    check_site(request)
    if _type_of(request) != _FORM_TYPE:
        raise HTTPException(415, f"A form is sent as {_FORM_TYPE}.")
    body = await request.body()
    if len(body) > most:
        raise HTTPException(413, f"A form may have {most} bytes.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise HTTPException(400, "The form cannot be read.") from error
    return _note(request, {name: clean(value) for name, value in pairs})


@dataclass(frozen=True, slots=True)
class Filled:
    """A form with files: its fields as `read_form` returns them, and the files that are no empty ones, by field."""

    fields: Mapping[str, str]
    uploads: Sequence[tuple[str, UploadFile]] = ()

    @property
    def files(self) -> tuple[UploadFile, ...]:
        """All of them."""
        return tuple(each for _, each in self.uploads)

    def find_file(self, name: str) -> UploadFile | None:
        """The file of one field."""
        return next((each for field, each in self.uploads if field == name), None)


@asynccontextmanager
async def open_form(request: Request, most_files: int) -> AsyncIterator[Filled]:
    """Yield a form that may have files; they are there until the block ends. Raises as `read_form` does."""
    if _type_of(request) != _FILES_TYPE:
        yield Filled(await read_form(request))
        return
    check_site(request)
    async with request.form(max_files=most_files, max_fields=MAX_FIELDS, max_part_size=MAX_FORM) as form:
        uploads = [
            (name, each) for name, each in form.multi_items() if isinstance(each, UploadFile) and each.size
        ]
        yield Filled(_note(request, _fields_of(form), had_files=bool(uploads)), uploads)


async def note_form(request: Request) -> None:
    """Read what a page of ours has sent, for `find_sent` alone. Raises as `read_form` does.

    Files are thrown away while they come in: whoever is not signed in stores nothing here.
    """
    if _type_of(request) != _FILES_TYPE:
        await read_form(request)
        return
    check_site(request)
    parser = _WithoutFiles(
        request.headers, request.stream(), max_files=MAX_FIELDS, max_fields=MAX_FIELDS, max_part_size=MAX_FORM
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400, "The form cannot be read.") from error
    await form.close()
    _note(request, _fields_of(form), had_files=parser.had_files)


class _WithoutFiles(MultiPartParser):
    """Reads the fields of a form, and only sees that files went by."""

    had_files = False

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is None:
            super().on_part_data(data, start, end)
        else:
            self.had_files = True


def _type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _fields_of(form: FormData) -> dict[str, str]:
    return {name: clean(value) for name, value in form.multi_items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a page of ours has sent with a request; of files only that there were some."""

    fields: Mapping[str, str]
    had_files: bool = False


def _note(request: Request, fields: dict[str, str], *, had_files: bool = False) -> dict[str, str]:
    request.state.sent = Sent(fields, had_files)
    return fields


def find_sent(request: Request) -> Sent | None:
    """What was sent, once it was read: nothing of it shall be lost where we fail."""
    sent: Sent | None = getattr(request.state, "sent", None)
    return sent


def check_site(request: Request) -> None:
    """Raise `HTTPException` 403 unless the request was made by a page of the origin that is addressed."""
    if not _is_own_page(request):
        raise HTTPException(403, "The form was not sent from this site.")


def _is_own_page(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin") == origin_of(request).origin


def clean(text: str) -> str:
    """Return text that every database takes, and in which nothing is hidden."""
    return plain_text(text)
