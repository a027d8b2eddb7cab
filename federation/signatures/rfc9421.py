"""HTTP Message Signatures, RFC 9421: one label, components without parameters, RSA or Ed25519.

Only requests, and only the components that a server can derive from its own origin and the request line.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
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
)
from federation.signatures.digests import build_content_digest, check_content_digest
from federation.signatures.keys import PrivateKeyObject
from federation.vocabulary import Iri, Millis

RSA: Final = "rsa-v1_5-sha256"
ED25519: Final = "ed25519"
ALGORITHMS: Final = frozenset({None, RSA, ED25519})

Parameters = dict[str, int | str]

_LABEL: Final = "sig1"
_SIGNATURE: Final = re.compile(r"([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]+):")
_DERIVED: Final[Mapping[str, Callable[[Request], str]]] = {
    "@method": lambda request: request.method,
    "@target-uri": lambda request: request.origin + request.target,
    "@authority": lambda request: request.origin.partition("://")[2],
    "@scheme": lambda request: request.origin.partition("://")[0],
    "@request-target": lambda request: request.target,
    "@path": lambda request: request.target.partition("?")[0],
    "@query": lambda request: "?" + request.target.partition("?")[2],
}
"""RFC 9421 §2.2, for requests in origin form."""


def read(request: Request, fields: Mapping[str, str], now: Millis) -> Claim:
    """Judge `Signature-Input` and `Signature` without the key; `fields` from `collect_fields`.

    The request was meant for us because `@target-uri` is built from `request.origin`. Raises
    `SignatureRejected`.
    """
    label, signature = _parse_signature(fields.get("signature", ""))
    components, parameters = _parse_input(fields["signature-input"], label)
    algorithm = _get_text(parameters, "alg")
    if algorithm not in ALGORITHMS:
        raise SignatureRejected("the signature algorithm is not accepted")
    _check_coverage(components, request)
    created = _get_number(parameters, "created")
    if created is None:
        raise SignatureRejected("the signature has no creation time")
    check_window(created, _get_number(parameters, "expires"), now)
    if request.has_body:
        check_content_digest(fields.get("content-digest", ""), request.body or b"")
    return Claim(
        key_id=check_key_id(_get_text(parameters, "keyid")),
        scheme="rfc9421",
        algorithm=algorithm,
        bases=(_build_base(components, parameters, fields, request),),
        signature=signature,
    )


def _parse_signature(header: str) -> tuple[str, bytes]:
    """Return label and bytes of a dictionary of one byte sequence, the only form accepted."""
    match = _SIGNATURE.fullmatch(header) if len(header) <= MAX_HEADER_LENGTH else None
    if match is None:
        raise SignatureRejected("the Signature header has not one labelled signature")
    return match[1], decode_signature(match[2])


def _parse_input(header: str, label: str) -> tuple[list[str], Parameters]:
    """Return components and parameters of a dictionary whose one key is `label`."""
    if len(header) > MAX_HEADER_LENGTH:
        raise SignatureRejected("the Signature-Input header is too long")
    try:
        members = http_sf.parse(
            header.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse_duplicate
        )
    except ValueError as error:
        raise SignatureRejected("the Signature-Input header is malformed") from error
    assert isinstance(members, dict)  # the top-level type that was asked for
    if list(members) != [label]:
        raise SignatureRejected("Signature-Input and Signature have not one and the same label")
    match members[label]:
        case (list() as items, dict() as parameters):
            return [_read_component(item) for item in items], _read_parameters(parameters)
        case _:
            raise SignatureRejected("the Signature-Input header has no list of components")


def _refuse_duplicate(_key: str, context: str) -> NoReturn:
    """The library would keep the last of two in silence, another reader the first."""
    raise SignatureRejected(f"the Signature-Input header has a {context} key twice")


def _read_component(item: object) -> str:
    match item:
        case (str() as name, dict() as parameters) if not parameters:
            return name
        case _:
            raise SignatureRejected("a signed component has parameters")


def _read_parameters(found: Mapping[str, object]) -> Parameters:
    parameters: Parameters = {}
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise SignatureRejected("a signature parameter is neither text nor a whole number")
        parameters[name] = value
    return parameters


def _get_text(parameters: Parameters, name: str) -> str | None:
    value = parameters.get(name)
    if isinstance(value, int):
        raise SignatureRejected(f"the signature parameter {name} is not text")
    return value


def _get_number(parameters: Parameters, name: str) -> int | None:
    value = parameters.get(name)
    if isinstance(value, str):
        raise SignatureRejected(f"the signature parameter {name} is not a whole number")
    return value


def _check_coverage(components: list[str], request: Request) -> None:
    covered = frozenset(components)
    if len(covered) != len(components):
        raise SignatureRejected("a component is signed twice")
    if not covered >= {"@method", "@target-uri"}:
        raise SignatureRejected("@method and @target-uri are not both signed")
    if request.has_body and "content-digest" not in covered:
        raise SignatureRejected("the content digest is not signed")


def _build_base(
    components: list[str], parameters: Parameters, fields: Mapping[str, str], request: Request
) -> bytes:
    """Return the signature base of RFC 9421 §2.5."""
    lines = [f'"{name}": {_resolve(name, fields, request)}' for name in components]
    lines.append(f'"@signature-params": {_serialise(components, parameters)}')
    return join_base(lines)


def _resolve(name: str, fields: Mapping[str, str], request: Request) -> str:
    derive = _DERIVED.get(name)
    if derive is not None:
        return derive(request)
    value = fields.get(name)
    if value is None:
        raise SignatureRejected("a signed component is missing or unknown")
    return value


def _serialise(components: list[str], parameters: Parameters) -> str:
    """Return the inner list as RFC 9651 §4.1.1 writes it.

    The names are those of headers or of `_DERIVED`, so that nothing in them needs escaping.
    """
    names = " ".join(f'"{name}"' for name in components)
    pairs = "".join(f";{name}={_serialise_value(value)}" for name, value in parameters.items())
    return f"({names}){pairs}"


def _serialise_value(value: int | str) -> str:
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def sign(request: Request, *, private_key: PrivateKeyObject, key_id: Iri, now: Millis) -> dict[str, str]:
    """Return `Signature-Input`, `Signature`, and `Content-Digest` where there is a body.

    The components are the minimum that Mastodon documents; more would be more that a proxy can break.
    """
    fields = collect_fields(request.headers)
    components = ["@method", "@target-uri"]
    headers: dict[str, str] = {}
    if request.body is not None:
        headers["Content-Digest"] = fields["content-digest"] = build_content_digest(request.body)
        components.append("content-digest")
    algorithm = ED25519 if isinstance(private_key, Ed25519PrivateKey) else RSA
    parameters: Parameters = {"created": now // 1000, "keyid": key_id, "alg": algorithm}
    base = _build_base(components, parameters, fields, request)
    headers["Signature-Input"] = f"{_LABEL}={_serialise(components, parameters)}"
    headers["Signature"] = f"{_LABEL}=:{_sign_base(base, private_key)}:"
    return headers


def _sign_base(base: bytes, private_key: PrivateKeyObject) -> str:
    if isinstance(private_key, Ed25519PrivateKey):
        return b64encode(private_key.sign(base)).decode("ascii")
    return b64encode(private_key.sign(base, PKCS1v15(), SHA256())).decode("ascii")
