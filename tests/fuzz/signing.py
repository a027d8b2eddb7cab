"""Signed requests, digests, dates, keys and proofs: what is accepted says what its signer said."""

from base64 import b64encode
from dataclasses import replace
from email.utils import formatdate
from hashlib import sha256
from typing import Any, NamedTuple

from hypothesis import strategies as st

from actors.claims import list_keys
from federation import iris
from federation.client.dates import read_date, read_retry_after, read_skew
from federation.errors import MalformedDocument, SignatureRejected
from federation.parsing import parse_document
from federation.signatures import Request, keys, proofs, read, sign, verify
from federation.signatures.claims import parse_date
from federation.signatures.digests import (
    build_content_digest,
    build_digest,
    check_content_digest,
    check_digest,
)
from federation.vocabulary import Actor, Iri
from tests.federation.signatures.samples import BODY, KEY_ID, NOW, ORIGIN, TARGET, ed25519_key, rsa_key
from tests.fuzz.mutations import samples, spoiled_bytes, spoiled_documents, spoiled_json, spoiled_texts
from tests.fuzz.targets import Target

TOKENS = (
    *(
        " ",
        "\t",
        ",",
        ";",
        "=",
        '"',
        "\\",
        "(",
        ")",
        ":",
        "@",
        "*",
        "?1",
        "%",
        "\n",
        "\r\n",
        "\0",
        "\xff",
        "\x85",
    ),
    *(
        "é",
        "駅",
        'keyId="https://e.test/k"',
        'headers="date"',
        'headers=""',
        "created=1795339880",
        "expires=1",
    ),
    *('algorithm="hs2019"', '"@method"', '"@path"', '"@query"', '"@status"', '"host";sf', '"date";req'),
    *(";created=1", ';alg="hmac-sha256"', "sig1", "sig2=:AAAA:", ":AAAA:", "9" * 20, "-1", "1.5", "1e9"),
    *("SHA-256=", "sha-256=", "SHA-512=x", "GMT", "Feb 30", "(request-target)", "(created)", "(expires)"),
    *("host", "digest", "content-digest", "HTTP/1.1", "%2F", "/../", "?"),
)
NAMES = (
    *("host", "date", "digest", "content-digest", "content-type", "signature", "signature-input"),
    *("accept", "x-more"),
)


def _signed(scheme: Any, method: str, body: bytes | None, key: Any) -> Request:
    url = f"{ORIGIN}{TARGET}?a=1"
    headers = sign(
        scheme, private_key=key, key_id=KEY_ID, method=method, url=url, body=body, now=NOW, accept="*/*"
    )
    fields = tuple((name.lower(), value) for name, value in headers.items())
    return Request(method, ORIGIN, f"{TARGET}?a=1", fields, body)


RIGHT = (
    _signed("cavage", "POST", BODY, rsa_key()),
    _signed("cavage", "GET", None, rsa_key()),
    _signed("rfc9421", "POST", BODY, rsa_key()),
    _signed("rfc9421", "GET", None, rsa_key()),
    _signed("rfc9421", "POST", BODY, ed25519_key()),
)
PUBLIC_KEYS = (rsa_key().public_key(), ed25519_key().public_key())


class Spoilt(NamedTuple):
    """A request that was right, and what it has become."""

    right: Request
    changed: Request


@st.composite
def spoilt_requests(draw: st.DrawFn) -> Spoilt:
    """Change one or two parts of a signed request."""
    right = draw(st.sampled_from(RIGHT))
    changed = right
    for _ in range(draw(st.integers(1, 2))):
        changed = draw(st.sampled_from([_with_value, _with_value, _with_lines, _with_part]))(draw, changed)
    return Spoilt(right, changed)


def _with_value(draw: st.DrawFn, request: Request) -> Request:
    if not request.headers:
        return request
    place = draw(st.integers(0, len(request.headers) - 1))
    lines = list(request.headers)
    lines[place] = (lines[place][0], draw(spoiled_texts([lines[place][1]], TOKENS, most=3)))
    return replace(request, headers=tuple(lines))


def _with_lines(draw: st.DrawFn, request: Request) -> Request:
    lines = list(request.headers)
    if draw(st.booleans()) and lines:
        del lines[draw(st.integers(0, len(lines) - 1))]
    else:
        value = draw(st.sampled_from([value for _, value in request.headers] or [""]))
        lines.insert(draw(st.integers(0, len(lines))), (draw(st.sampled_from(NAMES)), value))
    return replace(request, headers=tuple(lines))


def _with_part(draw: st.DrawFn, request: Request) -> Request:
    match draw(st.sampled_from(["method", "target", "origin", "body"])):
        case "method":
            return replace(
                request, method=draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "post", ""]))
            )
        case "target":
            tokens = ["/", "?", "%2F", "%", "\n", "é", "#"]
            return replace(request, target=draw(spoiled_texts([request.target], tokens)))
        case "origin":
            return replace(
                request, origin=draw(st.sampled_from([ORIGIN, "https://e.test", "http://sut.test"]))
            )
        case _:
            body = draw(st.none() | spoiled_bytes([request.body or b"", BODY], [b"\0", b"x", b"}"]))
            return replace(request, body=body)


def check_request(spoilt: Spoilt) -> None:
    """Refused, or it says what was signed: method, origin (draft-cavage knows no scheme), target and body."""
    right, changed = spoilt
    try:
        claim = read(changed, now=NOW)
        verify(claim, PUBLIC_KEYS[0 if claim.algorithm != "ed25519" else 1])
    except SignatureRejected:
        return
    assert (changed.method.upper(), changed.target) == (right.method, right.target)
    assert iris.host(changed.origin) == iris.host(right.origin)
    assert changed.origin == right.origin or claim.scheme == "cavage"
    assert (changed.body or b"") == (right.body or b"")


def check_digests(given: tuple[str, bytes]) -> None:
    """A digest that is taken has the body's hash in it."""
    value, body = given
    for check in (check_digest, check_content_digest):
        try:
            check(value, body)
        except SignatureRejected:
            continue
        assert b64encode(sha256(body).digest()).decode() in value


def check_dates(text: str) -> None:
    """Every reader of a date reads the same, and what was read is written as it stood."""
    waits, ahead = read_retry_after(text, NOW), read_skew(text, NOW)
    assert waits is None or waits >= 0
    try:
        seconds = parse_date(text)
    except SignatureRejected:
        return
    assert read_date(text) == seconds * 1000
    assert ahead == seconds - NOW / 1000
    assert formatdate(seconds, usegmt=True)[3:] == text[3:]


def check_pem(text: str) -> None:
    """A key that is taken is of bounded size, and comes back as itself."""
    try:
        key = keys.load_public(text)
    except SignatureRejected:
        return
    assert keys.public_pem(keys.load_public(keys.public_pem(key))) == keys.public_pem(key)
    assert len(text) <= keys.MAX_PEM_LENGTH


def check_multikey(text: str) -> None:
    """A Multikey has one spelling."""
    try:
        key = keys.from_multibase(text)
    except SignatureRejected:
        return
    assert keys.to_multibase(key) == text


def check_claims(data: bytes) -> None:
    """Of a stranger's document only keys are listed that name it as their owner, on its own origin."""
    try:
        actor = parse_document(data)
    except MalformedDocument:
        return
    if isinstance(actor, Actor):
        for key in list_keys(actor):
            assert iris.same_origin(key.key_id, actor.id)
            assert any(each.id == key.key_id and each.owner == actor.id for each in actor.keys)


def _prove() -> dict[str, Any]:
    document = {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"],
        "id": "https://p.test/notes/1",
        "type": "Note",
        "attributedTo": "https://p.test/users/alice",
        "content": "除雪",
        "tag": [{"type": "Hashtag", "name": "#x", "count": 1.5}],
    }
    return dict(proofs.add_proof(document, ed25519_key(), Iri(f"{KEY_ID}2"), NOW))


PROVEN = _prove()


def check_proof(document: Any) -> None:
    """A proof that is taken vouches for the very document that was proven."""
    if not isinstance(document, dict):
        return
    try:
        claim = proofs.read_proof(document, now=NOW)
        if claim is None:
            return
        proofs.verify_proof(claim, ed25519_key().public_key())
    except SignatureRejected:
        return
    unsigned = {"proof", "signature"}
    assert {name: value for name, value in document.items() if name not in unsigned} == {
        name: value for name, value in PROVEN.items() if name not in unsigned
    }


PEMS = (
    keys.public_pem(rsa_key()),
    keys.public_pem(ed25519_key()),
    "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----",
)
MULTIKEYS = (keys.to_multibase(ed25519_key().public_key()),)
DATES = (
    *("Sun, 22 Nov 2026 09:31:20 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"),
    *("120", "0"),
)
DIGESTS = (build_digest(BODY), build_content_digest(BODY))
ACTORS = [each for each in samples() if isinstance(each, dict) and "publicKey" in each]

TARGETS = (
    Target("signed-requests", spoilt_requests(), check_request, 250),
    Target("digests", st.tuples(spoiled_texts(DIGESTS, TOKENS), st.just(BODY) | st.binary()), check_digests),
    Target("dates", spoiled_texts(DATES, [*TOKENS, "00", "31", "99", "Sep", "٣"]), check_dates, 300),
    Target("pem-keys", spoiled_texts(PEMS, ["-----", "\n", " ", "=", "A" * 64, PEMS[1]]), check_pem, 300),
    Target("multikeys", spoiled_texts(MULTIKEYS, ["z", "1", "0", "é"]), check_multikey, 200),
    Target("actor-keys", spoiled_documents(ACTORS), check_claims, 200),
    Target("proofs", spoiled_json([PROVEN], most=2), check_proof, 200),
)
