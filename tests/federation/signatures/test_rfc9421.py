"""RFC 9421: what is taken, and that each rule of reading refuses on its own."""

from dataclasses import replace

import pytest

from federation.errors import SignatureRejected
from federation.signatures import Request, read, verify
from tests.federation.signatures.samples import (
    BODY,
    CONTENT_DIGEST,
    KEY_ID,
    NOW,
    ORIGIN,
    SECONDS,
    TARGET,
    Cavage,
    Message,
    ed25519_key,
    rsa_key,
)

HOUR = 60 * 60
GET = Message(method="GET", body=None, components='"@method" "@target-uri"')
FEDIFY = '"@method" "@target-uri" "@authority" "host" "date" "content-digest"'


def accept(request: Request) -> None:
    verify(read(request, now=NOW), rsa_key().public_key())


def refuse(request: Request, reason: str = ".") -> None:
    """The rule under test refuses before any key is asked for."""
    with pytest.raises(SignatureRejected, match=reason):
        read(request, now=NOW)


def with_parameters(parameters: str) -> Request:
    return Message(parameters=parameters).send()


def test_reads_who_signed_which_bytes() -> None:
    claim = read(Message().send(), now=NOW)
    assert claim.key_id == KEY_ID
    assert claim.scheme == "rfc9421"
    assert claim.algorithm == "rsa-v1_5-sha256"
    assert claim.bases == (Message().base().encode(),)


@pytest.mark.parametrize("components", [Message.components, FEDIFY])
def test_takes_the_minimum_of_mastodon_and_the_list_of_fedify(components: str) -> None:
    accept(Message(components=components).send())


def test_takes_a_get_without_a_digest() -> None:
    accept(GET.send())
    accept(replace(GET, body=b"").send())


def test_every_derived_component_has_its_value() -> None:
    components = '"@method" "@target-uri" "@authority" "@scheme" "@request-target" "@path" "@query"'
    request = replace(GET, origin="https://sut.test:8443", target="/a%7E/b?c=d&e").send(
        signature_input=f"sig1=({components}){GET.parameters}", signature="sig1=:AA==:"
    )
    assert read(request, now=NOW).bases[0].decode().split("\n")[:-1] == [
        '"@method": GET',
        '"@target-uri": https://sut.test:8443/a%7E/b?c=d&e',
        '"@authority": sut.test:8443',
        '"@scheme": https',
        '"@request-target": /a%7E/b?c=d&e',
        '"@path": /a%7E/b',
        '"@query": ?c=d&e',
    ]


def test_parameters_keep_their_order_and_escapes() -> None:
    parameters = f';nonce="a\\"b\\\\c";created={SECONDS};keyid="{KEY_ID}";tag="x";n=-7'
    claim = read(with_parameters(parameters), now=NOW)
    assert claim.bases[0].decode().endswith(f"({Message.components}){parameters}")
    verify(claim, rsa_key().public_key())


def test_the_algorithm_may_be_left_to_the_key() -> None:
    parameters = f';created={SECONDS};keyid="{KEY_ID}"'
    accept(Message(parameters=parameters).send())
    by_ed25519 = Message(parameters=parameters, signing_key=ed25519_key()).send()
    verify(read(by_ed25519, now=NOW), ed25519_key().public_key())


def test_the_key_decides_the_algorithm() -> None:
    parameters = Message.parameters.replace("rsa-v1_5-sha256", "ed25519")
    signed = Message(parameters=parameters, signing_key=ed25519_key()).send()
    verify(read(signed, now=NOW), ed25519_key().public_key())
    with pytest.raises(SignatureRejected, match="key is not of the algorithm"):
        verify(read(Message(parameters=parameters).send(), now=NOW), rsa_key().public_key())
    with pytest.raises(SignatureRejected, match="key is not of the algorithm"):
        verify(read(Message(signing_key=ed25519_key()).send(), now=NOW), ed25519_key().public_key())


def test_refuses_another_key() -> None:
    with pytest.raises(SignatureRejected, match="does not match"):
        verify(read(Message().send(), now=NOW), rsa_key(1).public_key())
    parameters = f';created={SECONDS};keyid="{KEY_ID}";alg="ed25519"'
    signed = Message(parameters=parameters, signing_key=ed25519_key()).send()
    with pytest.raises(SignatureRejected, match="does not match"):
        verify(read(signed, now=NOW), ed25519_key(1).public_key())


@pytest.mark.parametrize(
    "algorithm", ["hmac-sha256", "rsa-pss-sha512", "ecdsa-p256-sha256", "rsa-sha256", ""]
)
def test_refuses_other_algorithms(algorithm: str) -> None:
    refuse(with_parameters(Message.parameters.replace("rsa-v1_5-sha256", algorithm)), "algorithm")


@pytest.mark.parametrize(
    "missing", ['"@method" "content-digest"', '"@target-uri" "content-digest"', '"@authority" "@path"', ""]
)
def test_refuses_without_method_and_target(missing: str) -> None:
    refuse(Message(components=missing).send(), "not both signed")


def test_refuses_a_body_without_its_digest() -> None:
    refuse(Message(components='"@method" "@target-uri"').send(), "digest is not signed")
    refuse(replace(GET, body=b"x").send(), "digest is not signed")
    refuse(replace(GET, method="POST").send(), "digest is not signed")


def test_refuses_a_wrong_or_missing_digest() -> None:
    refuse(replace(Message().send(), body=BODY + b" "), "not that of the body")
    refuse(Message(fields=(("host", "sut.test"),)).send(), "digest")
    other = CONTENT_DIGEST.replace("sha-256", "sha-512")
    refuse(Message(fields=(("host", "sut.test"), ("content-digest", other))).send(), "digest")


@pytest.mark.parametrize("origin", ["https://other.test", "https://sut.test:8443", "http://sut.test"])
def test_refuses_what_was_signed_for_another_origin(origin: str) -> None:
    with pytest.raises(SignatureRejected, match="does not match"):
        accept(Message(origin=origin).send())


@pytest.mark.parametrize("uri", [ORIGIN + TARGET + "?a", ORIGIN + "/inbox", ORIGIN])
def test_refuses_what_was_signed_for_another_target(uri: str) -> None:
    with pytest.raises(SignatureRejected, match="does not match"):
        accept(Message(signed_uri=uri).send())


@pytest.mark.parametrize(
    "components", ['"@method" "@target-uri" "x-more"', '"@method" "@target-uri" "@status"']
)
def test_refuses_a_component_that_is_missing_or_unknown(components: str) -> None:
    refuse(replace(GET, components=components).send(), "missing or unknown")


@pytest.mark.parametrize(
    "components",
    [
        '"@method" "@target-uri" "host" "host"',
        '"@method" "@method" "@target-uri"',
    ],
)
def test_refuses_a_component_twice(components: str) -> None:
    refuse(replace(GET, components=components).send(), "signed twice")


@pytest.mark.parametrize(
    "component",
    ['"host";sf', '"content-digest";key="sha-256"', '"host";bs', '"@method";req', '"host";tr', '"host";x'],
)
def test_refuses_components_with_parameters(component: str) -> None:
    given = f'sig1=("@method" "@target-uri" {component}){GET.parameters}'
    refuse(GET.send(signature_input=given), "has parameters")


@pytest.mark.parametrize("component", ["host", "1", ":AAAA:", "?1", "@1795339880", '%"host"'])
def test_refuses_components_that_are_not_strings(component: str) -> None:
    refuse(GET.send(signature_input=f'sig1=("@method" "@target-uri" {component}){GET.parameters}'))


@pytest.mark.parametrize("seconds", [66 * 60, -66 * 60, 3 * HOUR])
def test_refuses_a_creation_time_far_from_now(seconds: int) -> None:
    refuse(with_parameters(f';created={SECONDS + seconds};keyid="{KEY_ID}"'), "too old")


@pytest.mark.parametrize(
    "created", ["", "=-1", "=1.5", "=1e400", "=" + "9" * 4300, '="1795339880"', "=x", "=@1795339880", "=?1"]
)
def test_refuses_a_creation_time_that_is_no_number(created: str) -> None:
    refuse(with_parameters(f';created{created};keyid="{KEY_ID}"'))


def test_refuses_without_creation_time_or_key_id() -> None:
    refuse(with_parameters(f';keyid="{KEY_ID}"'), "creation time")
    refuse(with_parameters(f";created={SECONDS}"), "key id")
    refuse(with_parameters(f";created={SECONDS};keyid={KEY_ID[:5]}"), "neither text")
    refuse(with_parameters(f";created={SECONDS};keyid=7"), "keyid is not text")


@pytest.mark.parametrize("key_id", ["acct:alice@p.test", "http://p.test/k", "https://bob@p.test/", "k"])
def test_refuses_key_ids_that_are_no_https_urls(key_id: str) -> None:
    refuse(with_parameters(f';created={SECONDS};keyid="{key_id}"'), "key id")


def test_honours_the_expiry() -> None:
    def expiring(created: int, expires: object) -> Request:
        return with_parameters(f';created={SECONDS + created};keyid="{KEY_ID}";expires={expires}')

    accept(expiring(0, SECONDS + 12 * HOUR))
    refuse(expiring(-60, SECONDS - 1), "expired")
    refuse(expiring(0, SECONDS + 12 * HOUR + 1), "too long")
    refuse(expiring(0, '"never"'), "expires is not a whole number")


@pytest.mark.parametrize(
    ("signature_input", "reason"),
    [
        ("", "one and the same label"),
        ("sig1", "no list of components"),
        ("sig1=1", "no list of components"),
        (f"sig1=({GET.components}", "malformed"),
        (f"sig1=({GET.components}){GET.parameters},", "malformed"),
        (
            f"sig1=({GET.components}){GET.parameters}, sig1=({GET.components}){GET.parameters}",
            "dictionary key twice",
        ),
        (f"sig1=({GET.components}){GET.parameters};created={SECONDS}", "parameter key twice"),
        (f'sig1=("@method";a;a "@target-uri"){GET.parameters}', "parameter key twice"),
        (f"sig1=({GET.components}){GET.parameters}, sig2=({GET.components}){GET.parameters}", "same label"),
        (f"sig2=({GET.components}){GET.parameters}", "same label"),
        (f"sig1=({GET.components}){GET.parameters};x=" + '"' + "y" * 8192 + '"', "too long"),
        (f"sig1=({GET.components}){GET.parameters};x=é", "malformed"),
        (f"sig1=({GET.components}){GET.parameters};x=:AAAA:", "neither text"),
        (f"sig1=({GET.components}){GET.parameters};x", "neither text"),
        (f"sig1=({GET.components}){GET.parameters};x=token", "neither text"),
    ],
)
def test_refuses_other_inputs(signature_input: str, reason: str) -> None:
    refuse(GET.send(signature_input=signature_input), reason)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sig1",
        "sig1=",
        "sig1=::",
        "sig1=:AAA:",
        "sig1=:AB==:",
        'sig1="AAAA"',
        "sig1=:AAAA:;x",
        "sig2=:AAAA:",
        "sig1=:AAAA:, sig1=:AAAA:",
        "sig1=:AAAA:, sig2=:AAAA:",
        "sig1=:" + "A" * 8192 + ":",
        'keyId="https://p.test/k",signature="AAAA"',
    ],
)
def test_refuses_other_signatures(signature: str) -> None:
    refuse(GET.send(signature=signature))


def test_refuses_an_input_without_a_signature() -> None:
    request = GET.send()
    refuse(replace(request, headers=tuple(pair for pair in request.headers if pair[0] != "signature")))


@pytest.mark.parametrize("name", ["signature-input", "signature", "content-digest", "date"])
def test_refuses_a_header_twice(name: str) -> None:
    request = Message().send()
    line = next(pair for pair in request.headers if pair[0] == name)
    refuse(replace(request, headers=(*request.headers, line)), f"two {name}")


def test_refuses_a_value_that_would_forge_a_line() -> None:
    components = '"@method" "@target-uri" "x"'
    fields = (("host", "sut.test"), ("x", 'a\n"@authority": e.test'))
    refuse(replace(GET, components=components, fields=fields).send(), "line break")


def test_a_bad_message_signature_is_not_saved_by_a_good_cavage_one() -> None:
    """`Signature-Input` announces RFC 9421, and there is one reading of a request."""
    cavage = Cavage().send()
    both = replace(cavage, headers=(*cavage.headers, ("signature-input", "sig1=()")))
    refuse(both, "one labelled signature")
