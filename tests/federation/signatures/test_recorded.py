"""Requests as GoToSocial, Fedify and PieFed really sent them: each verifies, body and all."""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from federation.errors import SignatureRejected
from federation.reader import JsonObject, JsonValue, load_json
from federation.signatures import Request, keys, read, verify
from federation.signatures.claims import parse_date
from federation.signatures.proofs import read_proof
from federation.vocabulary import Millis

pytestmark = [
    pytest.mark.wire,
    pytest.mark.skipif("KAIRANBAN_TEST_WIRE" not in os.environ, reason="KAIRANBAN_TEST_WIRE names no corpus"),
]

KEYS = {
    "https://gts.test/users/gina/main-key": """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA7gANvBtdCmTrFTpEGELs
rDTy2/PMyWN4ERERof2x+qKEz7s9koIMzK9Do0Er1qHSr24jH2+2is1V9+nvgKy9
XUm9WS+Er1NGOK3rZwVnYe8LTj7mnYMZD9C4BzMcd/6uXi37YX1HHOWjG87eD2QF
g6GDmjpzDGR8rO3v5QBBLiSBZdvs3cvUHNL5eFJw6Mmb3mnccgttZVzkbCYMd6SZ
UJZhs1eMQnmNRGP+lK98PNWa998Hj1be5PnEGoPH+WvIxJJBv+uw4FaAKqhJlsoN
8erPv9e4AvVwD9bavK7Fsy+XJKRwY7BvMjq0jP9fNsTxdm/QKfIbahJExpOzwipu
6wIDAQAB
-----END PUBLIC KEY-----
""",
    "https://fedify.test/users/machi#main-key": """-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA3qyqu9xqcgykgBg6HhEp
N4fA0Jy8SSozpd9xamCmHSkpI6oDWiAumLX5/X3TKYTizvDpkW1G4xVtIeJnrk2F
MQET9ivdjqNJD4PyufAtO361T0Vzw9lIF7ugBwnlaI0nd0Z5XXkbr1aZS4gAZ8KJ
RM+rPIaBKooWVt9VxPjnk94mk201DcL3pU7j24tTsr9L6Nsn90UIsPS4AmBFbqtl
OkoOpVsgNwqx88uzpGM/UN6kai74g9/TokDZCeCAZUH9oCR3nrmj950aN+tZGKlU
waMVjitdr1caebf/CvECjpYvbBrTHKz6sUKL6ocfvZjJsbjXxppJcHVZfyEHykdv
SU8D2bDup5Th6PW75PEgzDCXHGUAp0DGYGTaNELArevyFVq4YcAJkpmKv3yAggXJ
xb4P6FM9Z5eRVZ43zsOuuAclXoDoydpSCu6q3PsfaIvJemjDXoWvGkfCn6aX4iox
MLIj5za5aODIFF2D0YruSaIFqhAKtxS/Lt7gFoD+uLsBga8/zue5PpX+Tn3KRmeS
wDSeS08XgXgEqhraB4qLIr8gtI3cxghGjaaiRWVCcBQwCaSIs+U0kC2Dg6DQEDFc
iB8LQGZMPjvNUPnsHQhM0faO4Pe/OuWppY640UUUuoJDB1daX5sEFOWL6c2Ak79O
/8z1eO/jifVcFynhkqbsNzsCAwEAAQ==
-----END PUBLIC KEY-----
""",
    "https://piefed.test/c/machi#main-key": """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsLxKs8RQyxmnCOyf6zGb
IPlU+QWrbL8kfLOwQFuws29A6MqeCvmp5iDdq5x7Vs6e9w+hCkyzkPkGj8Lkt3vx
wGLKrIJidkQZXNnIM3JhF02SiMXS5K7iVMH/QYOqQGrCeNa11OBtUWt4FXlsMT9O
8AdYyjd0sPbBDW5hOzoCsYea8VhNJHzv0kYOGKiaW7aJq2tjOXR4cLID1SAKaf01
yd7OGQ+fhWZNsYnRBDs9cx+IFahAmDsD/CCNlbA4g5wt7jwvHgXFobclRUMwNtSE
jcZewEwUB4PELP9y9fDDOxAQhaqIP8G2xyQnozSxMEK1P6KhfrYN47r5b7pRbpyA
fQIDAQAB
-----END PUBLIC KEY-----
""",
}
"""The recordings hold no key documents. RSASSA-PKCS1-v1_5 is deterministic, so the modulus divides
signature^65537 - padded hash for every request; these are the greatest common divisors of two of them."""

ORIGIN = "https://sink.test"


@dataclass(frozen=True)
class Exchange:
    """One recorded request; the body was kept as JSON and is written again as its sender wrote it."""

    request: Request
    document: JsonValue

    @property
    def now(self) -> Millis:
        return Millis(parse_date(dict(self.request.headers)["date"]) * 1000)


def read_exchanges() -> list[Exchange]:
    path = Path(os.environ["KAIRANBAN_TEST_WIRE"]) / "recorded" / "exchanges.json"
    found = load_json(path.read_bytes())
    assert isinstance(found, list)
    exchanges = [read_exchange(item) for item in found if isinstance(item, dict)]
    return [exchange for exchange in exchanges if "signature" in dict(exchange.request.headers)]


def read_exchange(item: JsonObject) -> Exchange:
    headers, body = item["h"], item.get("b")
    assert isinstance(headers, dict)
    lines = tuple((name.lower(), str(value)) for name, value in headers.items())
    length = int(dict(lines).get("content-length", "0"))
    raw = None if body is None else write_body(body, length)
    return Exchange(Request(str(item["m"]), ORIGIN, str(item["u"]), lines, raw), body)


def write_body(document: JsonValue, length: int) -> bytes:
    """GoToSocial escapes angle brackets, PieFed everything beyond ASCII, and adds spaces."""
    compact = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    escaped = compact.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    candidates = [text.encode() for text in (compact, escaped, json.dumps(document))]
    return next(candidate for candidate in candidates if len(candidate) == length)


def accept(exchange: Exchange, request: Request) -> None:
    claim = read(request, now=exchange.now)
    verify(claim, keys.load_public(KEYS[claim.key_id]))


def test_every_recorded_request_verifies() -> None:
    exchanges = read_exchanges()
    assert len(exchanges) == 17
    for exchange in exchanges:
        accept(exchange, exchange.request)


def test_no_recorded_request_verifies_elsewhere() -> None:
    for exchange in read_exchanges():
        request = exchange.request
        for changed in (
            replace(request, target="/inbox"),
            replace(request, origin="https://other.test"),
            replace(request, method="DELETE"),
            replace(request, body=(request.body or b"") + b" "),
        ):
            with pytest.raises(SignatureRejected):
                accept(exchange, changed)


def test_every_recorded_proof_is_understood() -> None:
    """Their keys are not in the recordings; form, times, purpose, origin and context are judged."""
    proven = [
        (exchange, exchange.document)
        for exchange in read_exchanges()
        if isinstance(exchange.document, dict) and "proof" in exchange.document
    ]
    assert len(proven) == 3
    for exchange, document in proven:
        claim = read_proof(document, now=exchange.now)
        assert claim is not None
        assert claim.key_id == "https://fedify.test/users/machi#multikey-2"
        assert len(claim.bases) == 1
