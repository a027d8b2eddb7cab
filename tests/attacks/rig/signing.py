"""Signatures by hand, in both schemes, so that any part can be made wrong. Nothing here is the server's own code."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from tests.attacks.rig.clock import CLOCK
from tests.attacks.rig.keys import Key
from tests.attacks.rig.wire import Request

CAVAGE = ("(request-target)", "host", "date", "digest", "content-type")
"""What Mastodon signs of a POST."""
RFC9421 = ("@method", "@target-uri", "content-digest")
"""The least that Mastodon takes."""


class Bare(str):
    """A parameter that is written without quotes."""

    __slots__ = ()


def digest(body: bytes, name: str = "SHA-256") -> str:
    """One value of a `Digest` header (RFC 3230)."""
    algorithm = name.replace("-", "").lower()
    return f"{name}={b64encode(hashlib.new(algorithm, body).digest()).decode()}"


def content_digest(body: bytes) -> str:
    """A `Content-Digest` header (RFC 9530)."""
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


def cavage(
    request: Request,
    key: Key,
    key_id: str,
    *,
    names: Sequence[str] = CAVAGE,
    target: str | None = None,
    **parameters: str | int | None,
) -> Request:
    """Add a `Signature` of draft-cavage-http-signatures-12 over the headers as they stand.

    `parameters` stand beside or in the place of `keyId`, `algorithm`, `headers`, `signature`; None leaves one
    out, numbers and `Bare` text are written without quotes. `target` is signed instead of the request's own.
    """
    base = cavage_base(request, names, target=target, parameters=parameters)
    signature = b64encode(key.sign(base)).decode()
    written: dict[str, str | int | None] = {
        "keyId": key_id,
        "algorithm": "rsa-sha256",
        "headers": " ".join(names),
        "signature": signature,
        **parameters,
    }
    request.drop("Signature")
    return request.add("Signature", ",".join(_pairs(written)))


def cavage_base(
    request: Request,
    names: Sequence[str],
    *,
    target: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> bytes:
    """The bytes that are signed."""
    special = {
        "(request-target)": f"{request.method.lower()} {target or request.target}",
        "(created)": str((parameters or {}).get("created", "")),
        "(expires)": str((parameters or {}).get("expires", "")),
    }
    lines = [f"{name}: {special.get(name, request.header(name))}" for name in names]
    return "\n".join(lines).encode("latin-1")


def _pairs(parameters: Mapping[str, str | int | None]) -> list[str]:
    return [
        f"{name}={value}" if isinstance(value, int | Bare) else f'{name}="{value}"'
        for name, value in parameters.items()
        if value is not None
    ]


def rfc9421(
    request: Request,
    key: Key,
    key_id: str,
    *,
    components: Sequence[str] = RFC9421,
    origin: str | None = None,
    label: str = "sig1",
    **parameters: str | int | None,
) -> Request:
    """Add `Signature-Input`, `Signature`, and `Content-Digest` where it is signed and missing.

    `parameters` stand beside or in the place of `created`, `keyid`, `alg`; None leaves one out. `origin` is
    signed as the server that is meant, else that of the `Host` header, over https.
    """
    if "content-digest" in components and not request.header("content-digest"):
        request.add("Content-Digest", content_digest(request.body))
    given: dict[str, str | int | None] = {
        "created": int(CLOCK.now()),
        "keyid": key_id,
        "alg": "rsa-v1_5-sha256",
        **parameters,
    }
    shown = "".join(f";{pair}" for pair in _pairs(given))
    listed = " ".join(f'"{name}"' for name in components)
    written = f"({listed}){shown}"
    where = origin or f"https://{request.host}"
    derived = {
        "@method": request.method,
        "@target-uri": where + request.target,
        "@authority": request.host,
        "@path": request.path,
        "@request-target": request.target,
        "@scheme": "https",
        "@query": "?" + request.target.partition("?")[2],
    }
    lines = [f'"{name}": {derived.get(name, request.header(name))}' for name in components]
    base = "\n".join([*lines, f'"@signature-params": {written}'])
    signature = b64encode(key.sign(base.encode("latin-1"))).decode()
    request.drop("Signature-Input").drop("Signature")
    return request.add("Signature-Input", f"{label}={written}").add("Signature", f"{label}=:{signature}:")
