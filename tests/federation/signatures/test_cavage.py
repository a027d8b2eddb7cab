"""draft-cavage: what is taken, and that each rule of reading refuses on its own."""

from dataclasses import replace
from email.utils import formatdate

import pytest

from federation.errors import SignatureRejected
from federation.signatures import Claim, Request, read, verify
from federation.vocabulary import Millis
from tests.federation.signatures.samples import (
    BODY,
    DATE,
    DIGEST,
    GET,
    KEY_ID,
    NOW,
    SECONDS,
    TARGET,
    Cavage,
    ed25519_key,
    replace_header,
    rsa_key,
)

MINUTE = 60
HOUR = 60 * MINUTE
CREATED = "(request-target) host (created) digest"


def accept(request: Request) -> None:
    verify(read(request, now=NOW), rsa_key().public_key())


def refuse(request: Request, reason: str = ".") -> None:
    """The rule under test refuses before any key is asked for."""
    with pytest.raises(SignatureRejected, match=reason):
        read(request, now=NOW)


def created_at(moment: int, *more: tuple[str, str], names: str = CREATED) -> Cavage:
    return Cavage(names=names, algorithm="hs2019", parameters=(("created", str(moment)), *more))


def dated(seconds: int) -> Request:
    return Cavage().field("date", formatdate(SECONDS + seconds, usegmt=True)).send()


def test_reads_who_signed_which_bytes() -> None:
    claim = read(Cavage().send(), now=NOW)
    assert claim.key_id == KEY_ID
    assert claim.scheme == "cavage"
    assert claim.algorithm == "rsa-sha256"
    assert claim.bases == (Cavage().base().encode(),)
    verify(claim, rsa_key().public_key())


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "hs2019", None])
def test_takes_the_algorithms_that_peers_name(algorithm: str | None) -> None:
    accept(Cavage(algorithm=algorithm).send())


@pytest.mark.parametrize(
    "algorithm", ["none", "", "hmac-sha256", "rsa-sha1", "ecdsa-sha256", "RSA-SHA256", "rsa-v1_5-sha256"]
)
def test_refuses_other_algorithms(algorithm: str) -> None:
    refuse(Cavage(algorithm=algorithm).send(), "algorithm")


def test_the_key_decides_the_algorithm() -> None:
    """No program signs draft-cavage with Ed25519: a key of that kind was meant for something else."""
    with pytest.raises(SignatureRejected, match="key is not of the algorithm"):
        verify(read(Cavage(algorithm="hs2019").send(), now=NOW), ed25519_key().public_key())
    claim = Claim(KEY_ID, "cavage", None, (b"base",), ed25519_key().sign(b"base"))
    with pytest.raises(SignatureRejected, match="key is not of the algorithm"):
        verify(claim, ed25519_key().public_key())


def test_refuses_another_key() -> None:
    with pytest.raises(SignatureRejected, match="does not match"):
        verify(read(Cavage().send(), now=NOW), rsa_key(1).public_key())


def test_refuses_an_unsigned_request() -> None:
    refuse(Request("POST", "https://sut.test", TARGET, Cavage().fields, BODY), "not signed")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "garbage",
        "keyId",
        'keyId="https://p.test/u#k"',
        "keyId='https://p.test/u#k'",
        '"',
        "a=" * 40,
        'keyId="x' + "y" * 9000 + '"',
        "\x00",
        'keyId="https://p.test/u#k",signature="AA==",headers="(request-target) host date digest" x',
    ],
)
def test_refuses_garbage(header: str) -> None:
    refuse(Cavage().send(header))


@pytest.mark.parametrize("separator", [", ", " ,", "\t,\t"])
def test_white_space_around_parameters_means_nothing(separator: str) -> None:
    accept(Cavage().send(separator.join(Cavage().header().split(","))))


def test_refuses_a_trailing_comma() -> None:
    refuse(Cavage().send(Cavage().header() + ","), "malformed")


def test_refuses_a_long_header() -> None:
    refuse(Cavage().send(Cavage().header() + f',more="{"x" * 8192}"'), "too long")


@pytest.mark.parametrize("name", ["keyId", "signature", "headers"])
def test_refuses_a_missing_parameter(name: str) -> None:
    parts = [part for part in Cavage().header().split(",") if not part.startswith(name)]
    refuse(Cavage().send(",".join(parts)))


@pytest.mark.parametrize(
    "extra", ['keyId="https://e.test/k"', 'KEYID="https://e.test/k"', 'signature="AAAA"']
)
def test_refuses_a_parameter_twice(extra: str) -> None:
    refuse(Cavage().send(Cavage().header() + "," + extra), "twice")
    refuse(Cavage().send(extra + "," + Cavage().header()), "twice")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature", "garbage"),
        ("digest", DIGEST),
        ("date", DATE),
        ("host", "sut.test"),
        ("content-type", "a/b"),
    ],
)
def test_refuses_a_header_twice(name: str, value: str) -> None:
    request = Cavage().send()
    refuse(replace(request, headers=(*request.headers, (name, value))), f"two {name}")


def test_joins_other_repeated_headers() -> None:
    request = Cavage(names="(request-target) host date digest x").field("x", "one, two")
    sent = request.field("x", "one", " two\t")
    accept(replace(sent.send(), headers=(*sent.fields, ("signature", request.header()))))


def test_refuses_a_name_twice() -> None:
    refuse(Cavage(names="(request-target) host date digest host").send(), "signed twice")


@pytest.mark.parametrize(
    "names", ["(request-target) host date digest x-more", "(request-target) host date digest "]
)
def test_refuses_a_signed_header_that_is_missing(names: str) -> None:
    refuse(Cavage(names=names).send(), "missing")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("", "request-target"),
        ("host date digest", "request-target"),
        ("(request-target) date digest", "host"),
        ("(request-target) host digest", "date"),
        ("(request-target) host date", "digest"),
        ("(REQUEST-TARGET) Host Date Digest", "request-target"),
    ],
)
def test_refuses_what_does_not_cover_everything(names: str, reason: str) -> None:
    refuse(Cavage(names=names).send(), reason)


def test_a_body_needs_its_digest_whatever_the_method() -> None:
    refuse(replace(GET, body=b"x").send(), "digest is not signed")
    accept(replace(GET, body=b"").send())


def test_refuses_a_missing_or_wrong_digest() -> None:
    refuse(Cavage().field("digest").send(), "digest")
    refuse(Cavage().field("digest", "MD5=AAAA").send(), "digest")
    refuse(replace(Cavage().send(), body=BODY + b" "), "not that of the body")
    refuse(replace(Cavage().send(), body=None), "not that of the body")


def test_refuses_body_and_digest_changed_together() -> None:
    changed = replace_header(
        replace(Cavage().send(), body=b""), "digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    )
    with pytest.raises(SignatureRejected, match="does not match"):
        accept(changed)


@pytest.mark.parametrize("change", [{"target": "/areas/other/inbox"}, {"method": "PUT"}])
def test_refuses_a_replay_elsewhere(change: dict[str, str]) -> None:
    request = Cavage().send()
    moved = Request(
        change.get("method", request.method),
        request.origin,
        change.get("target", TARGET),
        request.headers,
        BODY,
    )
    with pytest.raises(SignatureRejected, match="does not match"):
        accept(moved)


def test_refuses_another_host() -> None:
    refuse(Cavage(origin="https://other.test").send(), "another host")
    refuse(Cavage(origin="https://sut.test:8443").send(), "another host")
    refuse(Cavage().field("host", "e.test").send(), "another host")
    refuse(Cavage().field("host", "sut.test:444").send(), "another host")
    refuse(Cavage().field("host", "").send(), "another host")
    refuse(Cavage().field("host").send(), "another host")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("SUT.test", "https://sut.test"),
        ("sut.test:443", "https://sut.test"),
        ("sut.test:8443", "https://sut.test:8443"),
        ("a.localhost:80", "http://a.localhost"),
    ],
)
def test_takes_other_ways_to_write_our_host(host: str, origin: str) -> None:
    accept(Cavage(origin=origin).field("host", host).send())


@pytest.mark.parametrize("seconds", [0, 30 * MINUTE, -30 * MINUTE, 64 * MINUTE, -64 * MINUTE])
def test_takes_dates_around_now(seconds: int) -> None:
    accept(dated(seconds))


@pytest.mark.parametrize("seconds", [66 * MINUTE, -66 * MINUTE, 3 * HOUR, -3 * HOUR, -365 * 24 * HOUR])
def test_refuses_dates_far_from_now(seconds: int) -> None:
    refuse(dated(seconds), "too old")


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "2026-11-22T09:31:20Z",
        "Sun, 22 Nov 2026 09:31:20 +0000",
        "Sun, 31 Feb 2026 09:31:20 GMT",
        "Sun, 22 Nov 0000 09:31:20 GMT",
        "Sun, 22 Nov 2026 24:31:20 GMT",
        "Sun, 22 Nov 2026 09:31:20 GMT, Sun, 22 Nov 2026 09:31:20 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sun, ٢٢ Nov 2026 09:31:20 GMT",
    ],
)
def test_refuses_impossible_dates(date: str) -> None:
    refuse(Cavage().field("date", date).send(), "date|too old")


def test_refuses_a_date_that_is_missing() -> None:
    refuse(Cavage().field("date").send(), "not a date")


def test_takes_a_signed_creation_time_instead_of_a_date() -> None:
    accept(created_at(SECONDS).send())
    accept(replace(created_at(SECONDS), algorithm=None).send())
    quoted = created_at(SECONDS)
    accept(quoted.send(quoted.header().replace(f"created={SECONDS}", f'created="{SECONDS}"')))


def test_refuses_signed_times_with_rsa_sha256() -> None:
    refuse(replace(created_at(SECONDS), algorithm="rsa-sha256").send(), "not for rsa-sha256")
    with_expiry = Cavage(
        names="(request-target) host date digest (expires)", parameters=(("expires", str(SECONDS)),)
    )
    refuse(with_expiry.send(), "not for rsa-sha256")


@pytest.mark.parametrize("seconds", [3 * HOUR, -3 * HOUR])
def test_refuses_a_creation_time_far_from_now(seconds: int) -> None:
    refuse(created_at(SECONDS + seconds).send(), "too old")


@pytest.mark.parametrize("created", ["", "-1", "1.5", "1e400", "9" * 4300, "x", "0x10", "1 1", "١"])
def test_refuses_a_creation_time_that_is_no_number(created: str) -> None:
    request = created_at(SECONDS)
    refuse(
        request.send(request.header().replace(f"created={SECONDS}", f"created={created}")),
        "malformed|whole|long",
    )
    refuse(
        request.send(request.header().replace(f"created={SECONDS}", f'created="{created}"')),
        "malformed|whole|long",
    )


def test_refuses_a_signed_time_that_is_missing() -> None:
    refuse(Cavage(names=CREATED, algorithm="hs2019").send(), "whole number")
    refuse(Cavage(names="(request-target) host date digest (expires)", algorithm=None).send(), "expires")


def test_both_times_are_judged_when_both_are_signed() -> None:
    both = created_at(SECONDS - 3 * HOUR, names="(request-target) host date (created) digest")
    refuse(both.send(), "too old")
    late = created_at(SECONDS, names="(request-target) host date (created) digest")
    refuse(late.field("date", formatdate(SECONDS - 3 * HOUR, usegmt=True)).send(), "too old")


def test_honours_the_expiry() -> None:
    accept(created_at(SECONDS - MINUTE, ("expires", str(SECONDS))).send())
    accept(created_at(SECONDS, ("expires", str(SECONDS + 12 * HOUR))).send())
    names = "(request-target) host (created) (expires) digest"
    accept(created_at(SECONDS, ("expires", str(SECONDS)), names=names).send())
    refuse(created_at(SECONDS - MINUTE, ("expires", str(SECONDS - 1))).send(), "expired")
    refuse(created_at(SECONDS, ("expires", str(SECONDS + 12 * HOUR + 1))).send(), "too long")
    refuse(Cavage(parameters=(("expires", str(SECONDS - 1)),)).send(), "expired")
    refuse(Cavage(parameters=(("expires", "9" * 15),)).send(), "too long")


@pytest.mark.parametrize(
    "key_id",
    [
        "",
        "acct:alice@p.test",
        "http://p.test/users/alice#main-key",
        "ftp://p.test/alice",
        "/users/alice",
        "users/alice",
        "https://p.test/" + "x" * 2048,
        "https://bob@p.test/users/alice#main-key",
        "https://p.test@e.test/",
        "https://",
        "https:///alice",
        "https://p.test /alice",
        "https://p.test:99999/alice",
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    ],
)
def test_refuses_key_ids_that_are_no_https_urls(key_id: str) -> None:
    refuse(Cavage(key_id=key_id).send(), "key id")


def test_the_key_id_is_canonical() -> None:
    assert read(Cavage(key_id="HTTPS://P.test:443/users/alice#main-key").send(), now=NOW).key_id == KEY_ID
    local = "http://p.localhost/users/alice#main-key"
    assert read(Cavage(key_id=local).send(), now=NOW).key_id == local


@pytest.mark.parametrize("signature", ["", "=", "AAA", "AA==", "AB==", "AAA A", "////=", "_-__"])
def test_refuses_signatures_that_are_no_signature(signature: str) -> None:
    header = Cavage().header()
    start = header.index(',signature="')
    with pytest.raises(SignatureRejected):
        accept(Cavage().send(f'{header[:start]},signature="{signature}"'))


def test_a_signature_has_one_spelling() -> None:
    """The unused bits of the last character are not free: whoever stores a signature may compare it."""
    header = Cavage().header()
    assert header.endswith('=="')
    last = header[-4]
    other = chr(ord(last) + 1)
    refuse(Cavage().send(f'{header[:-4]}{other}=="'), "not base64")


@pytest.mark.parametrize("value", ["a\nhost: e.test", "a\r", "a\0"])
def test_refuses_a_value_that_would_forge_a_line(value: str) -> None:
    refuse(Cavage(names="(request-target) host date digest x").field("x", value).send(), "line break")
    refuse(replace(Cavage(), target=TARGET + value).send(), "line break")


def test_refuses_a_value_that_no_header_can_have() -> None:
    refuse(replace(Cavage(), target="/日本").send(), "not text")


def test_a_query_is_verified_signed_and_unsigned() -> None:
    accept(replace(GET, target="/outbox?page=2", signed_target="/outbox?page=2").send())
    accept(replace(GET, target="/outbox?page=2", signed_target="/outbox").send())
    with pytest.raises(SignatureRejected, match="does not match"):
        accept(replace(GET, target="/outbox?page=2", signed_target="/outbox?page=3").send())
    with pytest.raises(SignatureRejected, match="does not match"):
        accept(replace(GET, target="/outbox", signed_target="/outbox?page=3").send())


def test_the_window_moves_with_now() -> None:
    with pytest.raises(SignatureRejected, match="too old"):
        read(Cavage().send(), now=Millis(NOW + 66 * MINUTE * 1000))
