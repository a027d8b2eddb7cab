"""Our own signatures: what is sent, that every reader accepts it, and that nothing else passes."""

import datetime as dt
from dataclasses import dataclass, field, replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    MappingKeyResolver,
    algorithms,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from federation.errors import LocalFault, MalformedDocument, SignatureRejected
from federation.signatures import Request, Scheme, read, sign, verify
from federation.vocabulary import Millis
from tests.federation.signatures.samples import (
    BODY,
    CONTENT_DIGEST,
    DATE,
    DIGEST,
    KEY_ID,
    NOW,
    SECONDS,
    Cavage,
    Message,
    ed25519_key,
    lower,
    replace_header,
    rsa_key,
)

URL = "https://p.test/users/bob/inbox"
PAGE = "https://p.test/outbox?page=1&min=%E3%81%82"
TYPE = "application/activity+json"
SCHEMES: tuple[Scheme, ...] = ("cavage", "rfc9421")
TARGETS = st.from_regex(r"\A/[a-z0-9%._~/-]{0,20}(\?[a-z0-9=&%]{0,20})?\Z")


def post(scheme: Scheme, body: bytes = BODY, url: str = URL) -> dict[str, str]:
    return sign(scheme, private_key=rsa_key(), key_id=KEY_ID, method="POST", url=url, body=body, now=NOW)


def get(scheme: Scheme, url: str = PAGE, accept: str | None = TYPE) -> dict[str, str]:
    return sign(
        scheme, private_key=rsa_key(), key_id=KEY_ID, method="GET", url=url, body=None, now=NOW, accept=accept
    )


def receive(scheme: Scheme, body: bytes = BODY) -> Request:
    headers = lower(post(scheme, body), ("user-agent", "x"), ("content-length", str(len(body))))
    return Request("POST", "https://p.test", "/users/bob/inbox", headers, body)


def accept(request: Request) -> None:
    verify(read(request, now=NOW), rsa_key().public_key())


def test_a_cavage_post_is_what_peers_expect() -> None:
    headers = post("cavage")
    signature = headers.pop("Signature")
    assert headers == {"Host": "p.test", "Date": DATE, "Content-Type": TYPE, "Digest": DIGEST}
    assert signature.startswith(
        f'keyId="{KEY_ID}",algorithm="rsa-sha256",'
        'headers="(request-target) host date digest content-type",signature="'
    )


def test_a_cavage_get_is_what_peers_expect() -> None:
    headers = get("cavage")
    signature = headers.pop("Signature")
    assert headers == {"Host": "p.test", "Date": DATE, "Accept": TYPE}
    assert 'headers="(request-target) host date accept"' in signature
    assert 'headers="(request-target) host date"' in get("cavage", accept=None)["Signature"]


def test_a_message_signature_is_what_peers_expect() -> None:
    headers = post("rfc9421")
    assert headers.pop("Signature").startswith("sig1=:")
    assert headers == {
        "Host": "p.test",
        "Date": DATE,
        "Content-Type": TYPE,
        "Content-Digest": CONTENT_DIGEST,
        "Signature-Input": f'sig1=("@method" "@target-uri" "content-digest");created={SECONDS};'
        f'keyid="{KEY_ID}";alg="rsa-v1_5-sha256"',
    }
    assert get("rfc9421")["Signature-Input"].startswith('sig1=("@method" "@target-uri");created=')


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_date_is_that_of_the_attempt(scheme: Scheme) -> None:
    later = sign(
        scheme,
        private_key=rsa_key(),
        key_id=KEY_ID,
        method="GET",
        url=URL,
        body=None,
        now=Millis(NOW + 61_999),
    )
    assert later["Date"] == "Sun, 22 Nov 2026 09:32:21 GMT"


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("https://p.test", "p.test", "/"),
        ("https://p.test?a", "p.test", "/?a"),
        ("https://P.test:443/a#b", "p.test", "/a"),
        ("https://p.test:8443/~a?b=c?d", "p.test:8443", "/~a?b=c?d"),
        ("http://p.localhost:8080/%7Ea", "p.localhost:8080", "/%7Ea"),
    ],
)
def test_the_url_is_signed_as_it_leaves(url: str, host: str, target: str) -> None:
    origin = f"{url.partition(':')[0]}://{host}"
    for scheme in SCHEMES:
        headers = get(scheme, url)
        assert headers["Host"] == host
        request = Request("GET", origin, target, lower(headers), None)
        claim = read(request, now=NOW)
        verify(replace(claim, bases=claim.bases[:1]), rsa_key().public_key())


def test_an_impossible_url_is_not_signed() -> None:
    with pytest.raises(MalformedDocument):
        get("cavage", "mailto:a@p.test")


def test_ed25519_signs_messages_and_not_cavage() -> None:
    headers = sign(
        "rfc9421", private_key=ed25519_key(), key_id=KEY_ID, method="POST", url=URL, body=BODY, now=NOW
    )
    assert headers["Signature-Input"].endswith('alg="ed25519"')
    request = Request("POST", "https://p.test", "/users/bob/inbox", lower(headers), BODY)
    verify(read(request, now=NOW), ed25519_key().public_key())
    with pytest.raises(LocalFault):
        sign("cavage", private_key=ed25519_key(), key_id=KEY_ID, method="GET", url=URL, body=None, now=NOW)


@given(st.sampled_from(SCHEMES), st.binary(max_size=200), TARGETS)
@settings(max_examples=60, deadline=None)
def test_what_is_signed_verifies(scheme: Scheme, body: bytes, target: str) -> None:
    headers = lower(post(scheme, body, f"https://p.test{target}"))
    accept(Request("POST", "https://p.test", target, headers, body))


@given(st.sampled_from(SCHEMES), st.data())
@settings(max_examples=150, deadline=None)
def test_one_flipped_bit_of_the_body_breaks_it(scheme: Scheme, data: st.DataObject) -> None:
    request = receive(scheme)
    bit = data.draw(st.integers(0, len(BODY) * 8 - 1))
    flipped = (int.from_bytes(BODY) ^ 1 << bit).to_bytes(len(BODY))
    with pytest.raises(SignatureRejected):
        accept(replace(request, body=flipped))


def flip(text: str, data: st.DataObject) -> str:
    raw = bytearray(text.encode("latin-1"))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    return raw.decode("latin-1")


@given(
    st.sampled_from(
        ["cavage host", "cavage date", "cavage digest", "cavage content-type", "rfc9421 content-digest"]
    ),
    st.data(),
)
@settings(max_examples=250, deadline=None)
def test_one_flipped_bit_of_a_signed_header_breaks_it(which: str, data: st.DataObject) -> None:
    scheme, name = which.split()
    request = receive("cavage" if scheme == "cavage" else "rfc9421")
    changed = flip(dict(request.headers)[name], data)
    with pytest.raises(SignatureRejected):
        accept(replace_header(request, name, changed))


@given(st.sampled_from(SCHEMES), st.data())
@settings(max_examples=250, deadline=None)
def test_one_flipped_bit_of_the_target_breaks_it(scheme: Scheme, data: st.DataObject) -> None:
    request = receive(scheme)
    changed = flip(request.target, data)
    if changed.partition("?")[0] == request.target:
        return
    with pytest.raises(SignatureRejected):
        accept(replace(request, target=changed))


@given(st.data())
@settings(max_examples=600, deadline=None)
def test_one_flipped_bit_of_a_cavage_header_changes_nothing_that_is_signed(data: st.DataObject) -> None:
    """Key id and algorithm are unsigned: another id finds another key, and the key decides the algorithm."""
    request = receive("cavage")
    original = read(request, now=NOW)
    changed = flip(dict(request.headers)["signature"], data)
    try:
        claim = read(replace_header(request, "signature", changed), now=NOW)
        verify(claim, rsa_key().public_key())
    except SignatureRejected:
        return
    assert replace(original, key_id=claim.key_id, algorithm=claim.algorithm) == claim


@given(st.sampled_from(["signature", "signature-input"]), st.data())
@settings(max_examples=600, deadline=None)
def test_one_flipped_bit_of_a_message_signature_breaks_it(name: str, data: st.DataObject) -> None:
    request = receive("rfc9421")
    changed = flip(dict(request.headers)[name], data)
    with pytest.raises(SignatureRejected):
        accept(replace_header(request, name, changed))


FRAGMENTS = st.sampled_from(
    [
        'keyId="https://p.test/k"',
        'algorithm="hs2019"',
        'headers="(request-target) host date digest"',
        'signature="AAAA"',
        "created=1795339880",
        'expires="1795339880"',
        "expires=" + "9" * 20,
        ",",
        ";",
        "=",
        '"',
        "\\",
        "sig1=",
        '("@method" "@target-uri" "content-digest")',
        ";created=1795339880",
        ';keyid="https://p.test/k"',
        "sig1=:AAAA:",
        ":",
        '%"%ff"',
        "@99999999999999",
        "-",
        "(",
        ")",
    ]
)
HEADER_TEXTS = st.one_of(
    st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")),
    st.lists(FRAGMENTS, max_size=12).map("".join),
    st.lists(FRAGMENTS, max_size=12).map(",".join),
    st.text(max_size=60),
)


@given(HEADER_TEXTS, HEADER_TEXTS | st.none())
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("sig1=:AAAA:", "sig1=(@")
@example("sig1=:AAAA:", 'sig1=("@method" "@target-uri" "content-digest");created=@-99999999999999')
def test_any_header_is_read_or_refused(signature: str, signature_input: str | None) -> None:
    lines: tuple[tuple[str, str], ...] = (("signature", signature),)
    if signature_input is not None:
        lines += (("signature-input", signature_input),)
    for fields in (Cavage().fields, Message().fields, ()):
        try:
            claim = read(Request("POST", "https://sut.test", "/inbox", fields + lines, BODY), now=NOW)
        except SignatureRejected:
            continue
        with pytest.raises(SignatureRejected):
            verify(claim, rsa_key().public_key())


@given(
    st.lists(
        st.tuples(st.sampled_from(["host", "date", "digest", "content-digest"]), st.text(max_size=30)),
        max_size=4,
    )
)
@settings(max_examples=300, deadline=None)
def test_any_signed_values_are_read_or_refused(fields: list[tuple[str, str]]) -> None:
    for signed in (Cavage().header(), Message().header()):
        lines = (("signature", signed), *fields)
        if signed.startswith("sig1"):
            lines += (("signature-input", f"sig1=({Message.components}){Message.parameters}"),)
        with pytest.raises(SignatureRejected):
            accept(Request("POST", "https://sut.test", "/inbox", lines, BODY))


@dataclass
class Foreign:
    """A request in the shape that the other library reads and writes."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


ORACLES: dict[str, tuple[type[HTTPSignatureAlgorithm], rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey]] = {
    "rsa": (algorithms.RSA_V1_5_SHA256, rsa_key()),
    "ed25519": (algorithms.ED25519, ed25519_key()),
}


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("url", [URL, PAGE, "https://p.test:8443/", "https://p.test?a=b"])
def test_the_other_library_verifies_ours(name: str, url: str) -> None:
    algorithm, key = ORACLES[name]
    now = Millis(round(dt.datetime.now(dt.UTC).timestamp() * 1000))
    for method, body in (("POST", BODY), ("GET", None)):
        headers = sign("rfc9421", private_key=key, key_id=KEY_ID, method=method, url=url, body=body, now=now)
        verifier = HTTPMessageVerifier(
            signature_algorithm=algorithm,
            key_resolver=MappingKeyResolver(public_keys={KEY_ID: key.public_key()}, private_keys={}),
        )
        (result,) = verifier.verify(Foreign(method, url, headers), body=body)
        assert result.parameters["keyid"] == KEY_ID
        assert result.body == body


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize(
    "components",
    [
        ("@method", "@target-uri"),
        (
            "@target-uri",
            "host",
            "@authority",
            "@scheme",
            "@path",
            "@query",
            "@request-target",
            "@method",
            "date",
        ),
    ],
)
@pytest.mark.parametrize("url", [URL, PAGE, "https://p.test:8443/a/%7Eb?"])
def test_we_verify_the_other_librarys(name: str, components: tuple[str, ...], url: str) -> None:
    algorithm, key = ORACLES[name]
    origin, target = url[: url.index("/", 8)], url[url.index("/", 8) :]
    foreign = Foreign("POST", url, {"Host": origin.removeprefix("https://"), "Date": DATE})
    signer = HTTPMessageSigner(
        signature_algorithm=algorithm,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={KEY_ID: key}),
    )
    created = dt.datetime.fromtimestamp(SECONDS, dt.UTC)
    signer.sign(
        foreign, key_id=KEY_ID, covered_component_ids=components, body=BODY, created=created, nonce='"\\'
    )
    request = Request("POST", origin, target, lower(foreign.headers), BODY)
    verify(read(request, now=NOW), key.public_key())
