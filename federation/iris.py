"""IRIs, origins and hosts: one canonical form for comparing, and how our own ids are minted.

Nothing here decides whether an address may be dialled; IP literals pass, `federation.addresses` judges them.
"""

import re
import secrets
import unicodedata
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import idna

from federation.errors import MalformedDocument
from federation.vocabulary import Iri

MAX_IRI_LENGTH = 2048
"""Bytes of an id or URL in UTF-8: fits an index row of PostgreSQL (2,704), and the longest seen was 700."""

MAX_HOST_LENGTH = 253
"""RFC 1035 §2.3.4, without the trailing dot."""

_MAX_PORT = 65535
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_IRI = re.compile(r"(https?)://([^/?#]+)(.*)", re.IGNORECASE | re.DOTALL)
_UNSAFE = re.compile(r"[\s\x00-\x20\x7f-\x9f<>\"\\\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_IDEOGRAPHIC_DOT = "\u3002"


@lru_cache(maxsize=1024)
def canonical(iri: str) -> Iri:
    """Return the form under which an http(s) IRI is compared and stored.

    Scheme and host are canonical, the default port is dropped, path, query and fragment stay untouched.
    Raises `MalformedDocument` when `iri` is not absolute, is longer than `MAX_IRI_LENGTH`, has user
    information, or has white space, control, bidi or invisible characters anywhere.
    """
    if len(iri.encode(errors="surrogatepass")) > MAX_IRI_LENGTH:
        raise MalformedDocument(f"an IRI is longer than {MAX_IRI_LENGTH} bytes")
    match = _IRI.fullmatch(iri)
    if match is None or _UNSAFE.search(iri) is not None:
        raise MalformedDocument("not an absolute http(s) IRI")
    scheme, authority, rest = match.groups()
    return Iri(_canonical_origin(scheme.lower(), authority) + rest)


def identify(iri: str) -> Iri:
    """Return the canonical form of an id that may be stored or fetched, else raise `MalformedDocument`.

    An id is `https`, or `http` on a loopback name.
    """
    found = canonical(iri)
    if found.startswith("http:") and not is_allowed_scheme(found):
        raise MalformedDocument("plain http is accepted on loopback names only")
    return found


def is_allowed_scheme(iri: str) -> bool:
    """Whether the scheme may carry federation: https everywhere, http on `localhost` and `*.localhost`."""
    where = origin(iri)
    if where.startswith("https:"):
        return True
    name = where.removeprefix("http://").partition(":")[0]
    return name == "localhost" or name.endswith(".localhost")


def origin(iri: str) -> str:
    """Return `scheme://host[:port]` in canonical form (RFC 6454 §6, with A-labels)."""
    whole = canonical(iri)
    match = _IRI.fullmatch(whole)
    assert match is not None  # a canonical IRI matches by construction
    return f"{match[1]}://{match[2]}"


def same_origin(first: str, second: str) -> bool:
    """Whether two IRIs share scheme, host and port (FEP-fe34). A malformed one shares nothing."""
    try:
        return origin(first) == origin(second)
    except MalformedDocument:
        return False


def host(iri: str) -> str:
    """Return `host[:port]` in canonical form; the port only where it is not the scheme's default."""
    return origin(iri).partition("://")[2]


def without_fragment(iri: str) -> Iri:
    """Return the IRI of the document in which `iri` is found (a key id names its actor's document)."""
    return Iri(iri.partition("#")[0])


def mint_id(now: int, chance: int | None = None) -> int:
    """Mint a positive 63-bit id that sorts by time: 48 bits of milliseconds, then 15 random bits.

    `now` is milliseconds UTC; `chance` replaces the random bits where a caller needs the same id twice.
    """
    bits = secrets.randbits(15) if chance is None else chance & 0x7FFF
    return (now & 0xFFFF_FFFF_FFFF) << 15 | bits


def canonical_host(text: str) -> str:
    """Return a host name as lower-case A-labels without trailing dot, or an IP literal in short form.

    Width and case are folded (UTS 46 would also drop soft hyphens and zero-width spaces in silence, which
    makes two names one: those are refused), then IDNA 2008 judges every label that is not plain ASCII.
    Raises `MalformedDocument` for anything else, ports and user information included.
    """
    if text.startswith("["):
        return _canonical_ipv6(text)
    labels = [_canonical_label(label) for label in _fold(text).removesuffix(".").split(".")]
    if _NUMERIC_LABEL.fullmatch(labels[-1]) is not None:
        return _canonical_ipv4(".".join(labels))
    found = ".".join(labels)
    if len(found) > MAX_HOST_LENGTH:
        raise MalformedDocument("a host name is too long")
    return found


@lru_cache(maxsize=8192)
def _canonical_origin(scheme: str, authority: str) -> str:
    if "@" in authority:
        raise MalformedDocument("an IRI has user information")
    name, port = _split_port(authority)
    found = canonical_host(name)
    if port is None or port == _DEFAULT_PORTS[scheme]:
        return f"{scheme}://{found}"
    return f"{scheme}://{found}:{port}"


def _split_port(authority: str) -> tuple[str, str | None]:
    name, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return authority, None
    if not (port.isascii() and port.isdigit()) or not 0 < int(port) <= _MAX_PORT:
        raise MalformedDocument("an IRI has an impossible port")
    return name, str(int(port))


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    return folded.replace(_IDEOGRAPHIC_DOT, ".")


def _canonical_label(label: str) -> str:
    if _LABEL.fullmatch(label) is not None and not label.startswith("xn--"):
        return label
    try:
        return idna.alabel(label).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise MalformedDocument("a host name is not valid by IDNA 2008") from error


def _canonical_ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError as error:
        raise MalformedDocument("a host name ends in a number") from error


def _canonical_ipv6(text: str) -> str:
    if not text.endswith("]") or "%" in text:
        raise MalformedDocument("not an IPv6 literal")
    try:
        return f"[{IPv6Address(text[1:-1]).compressed}]"
    except AddressValueError as error:
        raise MalformedDocument("not an IPv6 literal") from error
