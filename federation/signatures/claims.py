"""What both signature schemes share: the request as received, the claim it makes, its age, its key id."""

import re
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from federation import iris
from federation.errors import MalformedDocument, OutOfTime, SignatureRejected
from federation.vocabulary import Iri, Millis

Scheme = Literal["cavage", "rfc9421"]

WINDOW: Final = 65 * 60
"""Seconds around now: Lemmy and Fedify sign for an hour, clocks and queues want a few minutes more."""

MAX_LIFETIME: Final = 12 * 60 * 60
"""Seconds from creation to expiry; Mastodon's limit."""

MAX_HEADER_LENGTH: Final = 8192
"""Characters of a signature header: the longest key id, a signature by RSA-8192 and 100 covered names."""

_SINGLE: Final = frozenset(
    {
        "content-digest",
        "content-length",
        "content-type",
        "date",
        "digest",
        "host",
        "signature",
        "signature-input",
    },
)
"""Two of these make two readings of one request: whoever checks one acts on the other."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IMF_FIXDATE: Final = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) GMT",
    re.ASCII,
)
_MONTH_NUMBERS: Final = {name: number for number, name in enumerate(_MONTHS, 1)}
_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request as received, or as it will be sent.

    `origin` is the served origin that was addressed (never taken from a header), `target` the raw
    `path?query` of the request line, `headers` have lower-case names in wire order.
    """

    method: str
    origin: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None

    @property
    def has_body(self) -> bool:
        """Whether the signature must cover a digest of the body."""
        return bool(self.body) or self.method in _BODY_METHODS


@dataclass(frozen=True, slots=True)
class Claim:
    """Everything about a signature that needs no key: who is said to have signed which bytes, and how.

    `bases` are the byte strings of which one must be signed: with the query string and, for draft-cavage,
    without it. `algorithm` is what the header says, `None` when it is silent.
    """

    key_id: Iri
    scheme: Scheme
    algorithm: str | None
    bases: tuple[bytes, ...]
    signature: bytes


def collect_fields(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map header names to values; repeated lines are joined by `, ` (RFC 9110 §5.3).

    Raises `SignatureRejected` where a header that a signature relies on comes twice.
    """
    fields: dict[str, str] = {}
    for name, line in headers:
        value = line.strip(" \t")
        if name in fields:
            if name in _SINGLE:
                raise SignatureRejected(f"two {name} headers")
            value = f"{fields[name]}, {value}"
        fields[name] = value
    return fields


def check_key_id(text: str | None) -> Iri:
    """Return the canonical key id, or raise `SignatureRejected`.

    It is an absolute https URL (http on loopback names) of at most `iris.MAX_IRI_LENGTH` characters, without
    user information; so `acct:`, which cannot be bound to an actor document, is none.
    """
    try:
        return iris.identify(text or "")
    except MalformedDocument as error:
        raise SignatureRejected("the key id is missing or not an https URL") from error


def check_window(created: int, expires: int | None, now: Millis) -> None:
    """Raise `OutOfTime` unless `now` is near `created` and before `expires` (both in seconds UTC)."""
    present = now / 1000
    if abs(present - created) > WINDOW:
        raise OutOfTime("the signature is too old, or from the future")
    if expires is None:
        return
    if expires < present:
        raise OutOfTime("the signature has expired")
    if expires - created > MAX_LIFETIME:
        raise SignatureRejected("the signature lives too long")


def parse_date(text: str) -> int:
    """Return the seconds UTC of an IMF-fixdate (RFC 9110 §5.6.7), the only form in use.

    Raises `SignatureRejected` for anything else.
    """
    match = _IMF_FIXDATE.fullmatch(text)
    if match is None:
        raise SignatureRejected("the Date header is not a date")
    day, month, year, hour, minute, second = match.groups()
    try:
        moment = datetime(
            int(year), _MONTH_NUMBERS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    except ValueError as error:
        raise SignatureRejected("the Date header is not a date") from error
    return int(moment.timestamp())


def decode_signature(text: str) -> bytes:
    """Decode padded base64; `SignatureRejected` unless it is the one way to write those bytes."""
    try:
        data = a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise SignatureRejected("the signature is not base64") from error
    if not data or b64encode(data).decode("ascii") != text:
        raise SignatureRejected("the signature is not base64")
    return data


def join_base(lines: list[str]) -> bytes:
    """Return the signature base of `lines`; `SignatureRejected` where a value would forge another line."""
    text = "\n".join(lines)
    if text.count("\n") != len(lines) - 1 or "\r" in text or "\0" in text:
        raise SignatureRejected("a signed value has a line break")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise SignatureRejected("a signed value is not text of a header") from error
