"""HTTP signatures as the fediverse has them: draft-cavage-http-signatures-12 with RSA and SHA-256.

https://datatracker.ietf.org/doc/html/draft-cavage-http-signatures-12; coverage is stricter than the draft.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from federation.errors import SignatureRejected
from federation.signatures.claims import (
    MAX_HEADER_LENGTH,
    Claim,
    Request,
    check_key_id,
    check_window,
    collect_fields,
    decode_signature,
    join_base,
    parse_date,
)
from federation.signatures.digests import build_digest, check_digest
from federation.vocabulary import Iri, Millis

ALGORITHMS: Final = frozenset({None, "rsa-sha256", "hs2019"})
"""GoToSocial says hs2019, Takahē and PieFed say nothing, the others rsa-sha256; all mean RSA with SHA-256."""

_TARGET: Final = "(request-target)"
_CREATED: Final = "(created)"
_EXPIRES: Final = "(expires)"
_DEFAULT_PORTS: Final = {"https": ":443", "http": ":80"}
_PARAMETER: Final = re.compile(
    r'[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(?:"([ !#-\[\]-~]*)"|([0-9]{1,15}))[ \t]*(,(?!\Z)|\Z)',
)
_SECONDS: Final = re.compile(r"[0-9]{1,15}")


def read(request: Request, fields: Mapping[str, str], now: Millis) -> Claim:
    """Judge a `Signature` header without its key, or raise `SignatureRejected`.

    `fields` come from `collect_fields` and have a `signature`.
    """
    parameters = _parse(fields["signature"])
    algorithm = parameters.get("algorithm")
    if algorithm not in ALGORITHMS:
        raise SignatureRejected("the signature algorithm is not accepted")
    names = parameters.get("headers", "").split(" ")
    _check_coverage(names, request)
    _check_time(names, parameters, fields, now)
    _check_host(fields, request)
    if request.has_body:
        check_digest(fields.get("digest", ""), request.body or b"")
    values = {**fields, _CREATED: parameters.get("created", ""), _EXPIRES: parameters.get("expires", "")}
    return Claim(
        key_id=check_key_id(parameters.get("keyid")),
        scheme="cavage",
        algorithm=algorithm,
        bases=_build_bases(names, values, request),
        signature=decode_signature(parameters.get("signature", "")),
    )


def _parse(header: str) -> dict[str, str]:
    """Return the parameters with lower-case names; strings and integers alike as text."""
    if len(header) > MAX_HEADER_LENGTH:
        raise SignatureRejected("the Signature header is too long")
    parameters: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None:
            raise SignatureRejected("the Signature header is malformed")
        name, quoted, number, _ = match.groups()
        name = name.lower()
        if name in parameters:
            raise SignatureRejected("the Signature header has a parameter twice")
        parameters[name] = number if quoted is None else quoted
        position = match.end()
    return parameters


def _check_coverage(names: list[str], request: Request) -> None:
    covered = frozenset(names)
    if len(covered) != len(names):
        raise SignatureRejected("a header is signed twice")
    if _TARGET not in covered:
        raise SignatureRejected("(request-target) is not signed")
    if "host" not in covered:
        raise SignatureRejected("host is not signed")
    if "date" not in covered and _CREATED not in covered:
        raise SignatureRejected("neither date nor (created) is signed")
    if request.has_body and "digest" not in covered:
        raise SignatureRejected("the digest is not signed")


def _check_time(
    names: list[str], parameters: Mapping[str, str], fields: Mapping[str, str], now: Millis
) -> None:
    """Check every time that is signed, and `expires` in any case: it can only narrow what is accepted."""
    if (_CREATED in names or _EXPIRES in names) and parameters.get("algorithm") == "rsa-sha256":
        raise SignatureRejected("(created) and (expires) are not for rsa-sha256")  # draft §2.3
    expires = _parse_seconds(parameters["expires"]) if "expires" in parameters else None
    if _CREATED in names:
        check_window(_parse_seconds(parameters.get("created", "")), expires, now)
    if "date" in names:
        check_window(parse_date(fields.get("date", "")), expires, now)
    if _EXPIRES in names and expires is None:
        raise SignatureRejected("(expires) is signed and missing")


def _parse_seconds(text: str) -> int:
    if _SECONDS.fullmatch(text) is None:
        raise SignatureRejected("a time of the signature is not a whole number of seconds")
    return int(text)


def _check_host(fields: Mapping[str, str], request: Request) -> None:
    scheme, _, expected = request.origin.partition("://")
    found = fields.get("host", "").lower().removesuffix(_DEFAULT_PORTS[scheme])
    if found != expected:
        raise SignatureRejected("the request was signed for another host")


def _build_bases(names: list[str], values: Mapping[str, str], request: Request) -> tuple[bytes, ...]:
    """Return the signing strings of draft §2.3: with the query string, then without where there is one.

    Mastodon before 4.3 and Fedify sign the path alone.
    """
    lines = [_build_line(name, values, request) for name in names]
    whole = join_base(lines)
    path, query, _ = request.target.partition("?")
    if not query:
        return (whole,)
    lines[names.index(_TARGET)] = f"{_TARGET}: {request.method.lower()} {path}"
    return (whole, join_base(lines))


def _build_line(name: str, values: Mapping[str, str], request: Request) -> str:
    if name == _TARGET:
        return f"{_TARGET}: {request.method.lower()} {request.target}"
    value = values.get(name)
    if value is None:
        raise SignatureRejected("a signed header is missing")
    return f"{name}: {value}"


def sign(request: Request, *, private_key: RSAPrivateKey, key_id: Iri) -> dict[str, str]:
    """Return the `Signature` header, and `Digest` where there is a body, for a request about to leave.

    `request.headers` hold `host`, `date`, and `content-type` (with a body) or `accept`; all are signed.
    `rsa-sha256` is the one name that every verifier takes.
    """
    fields = collect_fields(request.headers)
    headers: dict[str, str] = {}
    if request.body is not None:
        headers["Digest"] = fields["digest"] = build_digest(request.body)
    order = (_TARGET, "host", "date", "digest", "content-type", "accept")
    names = [name for name in order if name == _TARGET or name in fields]
    base = join_base([_build_line(name, fields, request) for name in names])
    signature = b64encode(private_key.sign(base, PKCS1v15(), SHA256())).decode("ascii")
    headers["Signature"] = (
        f'keyId="{key_id}",algorithm="rsa-sha256",headers="{" ".join(names)}",signature="{signature}"'
    )
    return headers
