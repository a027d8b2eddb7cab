"""A1 to A18: what can be judged of a signature without its key."""

import hmac
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.clock import CLOCK, http_date
from tests.attacks.rig.signing import CAVAGE, Bare, cavage_base, digest
from tests.attacks.rig.wire import Request

MINUTE, HOUR = 60, 3600
WITHOUT_DATE = ("(request-target)", "host", "digest", "content-type")
WITH_CREATED = ("(request-target)", "host", "(created)", "digest")
REFUSED = {401}


async def test_A01_no_signature(rig: Rig) -> None:
    alice = rig.p.actor()
    async with rig.no_effect():
        assert (await rig.send(alice.unsigned(alice.create()))).status == 401


MALFORMED: dict[str, Callable[[str], str]] = {
    "garbage": lambda _: "all that glitters",
    "empty": lambda _: "",
    "no keyId": lambda good: good.partition(",")[2],
    "no signature": lambda good: good.rpartition(",")[0],
    "signature empty": lambda good: good.rpartition(",")[0] + ',signature=""',
    "signature not base64": lambda good: good.rpartition(",")[0] + ',signature="***"',
    "headers empty": lambda good: good.replace(" ".join(CAVAGE), ""),
    "quotes open": lambda good: good[:-1],
    "text after it": lambda good: good + ";more",
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
async def test_A02_malformed_signature(rig: Rig, change: Callable[[str], str]) -> None:
    alice = rig.p.actor()
    request = alice.signed(alice.create())
    async with rig.no_effect():
        answer = await rig.send(request.set("Signature", change(request.header("Signature"))))
        assert answer.status == 401


async def test_A03_other_key(rig: Rig) -> None:
    alice, bob = rig.p.actor(), rig.p.actor()
    assert alice.key != bob.key
    note = alice.note()
    await rig.post(alice, alice.create(note))
    await rig.has_effect(note)
    asked = rig.p.asked(alice.id)
    async with rig.no_effect():
        for _ in range(3):
            request = alice.unsigned(alice.create())
            assert (await rig.send(bob.sign(request, keyId=alice.key_id))).status == 401
    assert rig.p.asked(alice.id) <= asked + 1


async def test_A04_body_changed(rig: Rig) -> None:
    alice = rig.p.actor()
    request = alice.signed(alice.create())
    request.body = request.body.replace("資源ごみ".encode(), "燃えるごみ".encode())
    async with rig.no_effect():
        assert (await rig.send(request)).status == 401


async def test_A05_body_and_digest_changed(rig: Rig) -> None:
    alice = rig.p.actor()
    request = alice.signed(alice.create())
    request.body = request.body.replace("資源ごみ".encode(), "燃えるごみ".encode())
    request.set("Digest", digest(request.body))
    async with rig.no_effect():
        assert (await rig.send(request)).status == 401


@pytest.mark.parametrize("is_sent", [False, True], ids=["absent", "not signed"])
async def test_A06_digest_absent(rig: Rig, is_sent: bool) -> None:
    alice = rig.p.actor()
    request = alice.unsigned(alice.create())
    if not is_sent:
        request.drop("Digest")
    names = ("(request-target)", "host", "date", "content-type")
    async with rig.no_effect():
        assert (await rig.send(alice.sign(request, names=names))).status == 401


DIGESTS: dict[str, tuple[Callable[[bytes], str], int]] = {
    "MD5": (lambda body: digest(body, "MD5"), 401),
    "SHA-512": (lambda body: digest(body, "SHA-512"), 401),
    "lower case": (lambda body: digest(body, "sha-256"), 202),
    "SHA-512 and SHA-256": (lambda body: f"{digest(body, 'SHA-512')},{digest(body)}", 202),
    "SHA-512 right, SHA-256 wrong": (lambda body: f"{digest(body, 'SHA-512')},{digest(b'')}", 401),
    "SHA-256 wrong, then right": (lambda body: f"{digest(b'')},{digest(body)}", 401),
}


@pytest.mark.parametrize(("make", "status"), DIGESTS.values(), ids=DIGESTS)
async def test_A07_digest_algorithms(rig: Rig, make: Callable[[bytes], str], status: int) -> None:
    alice = rig.p.actor()
    note = alice.note()
    request = alice.unsigned(alice.create(note))
    alice.sign(request.set("Digest", make(request.body)))
    if status == 202:
        assert (await rig.send(request)).status == 202
        await rig.has_effect(note)
        return
    async with rig.no_effect():
        assert (await rig.send(request)).status == 401


async def test_A08_target_not_signed(rig: Rig) -> None:
    alice = rig.p.actor()
    request = alice.unsigned(alice.create())
    async with rig.no_effect():
        answer = await rig.send(alice.sign(request, names=("host", "date", "digest", "content-type")))
        assert answer.status == 401


@pytest.mark.parametrize("is_shared", [False, True], ids=["to the area", "to the shared inbox"])
async def test_A09_other_inbox(rig: Rig, is_shared: bool) -> None:
    alice = rig.p.actor()
    signed, addressed = (rig.inbox, rig.shared_inbox) if is_shared else (rig.shared_inbox, rig.inbox)
    request = alice.signed(alice.create(), signed)
    request.target = "/" + addressed.split("/", 3)[3]
    async with rig.no_effect(inbox=addressed):
        assert (await rig.send(request)).status == 401


@pytest.mark.both_fronts
@pytest.mark.parametrize("host", ["", "other.test", "p.test", "sut.test.other.test"])
async def test_A10_host(rig: Rig, host: str) -> None:
    alice = rig.p.actor()
    request = alice.unsigned(alice.create())
    if host:
        alice.sign(request.set("Host", host))
    else:
        alice.sign(request, names=("(request-target)", "date", "digest", "content-type"))
    async with rig.no_effect():
        assert (await rig.send(request)).status in ({400, 401, 404, 421} if host else {401})


async def test_A11_no_time(rig: Rig) -> None:
    alice = rig.p.actor()
    request = alice.sign(alice.unsigned(alice.create()), names=WITHOUT_DATE)
    async with rig.no_effect():
        assert (await rig.send(request)).status == 401


DATES: dict[str, tuple[Callable[[], str], int]] = {
    "half an hour ago": (lambda: http_date(-30 * MINUTE), 202),
    "in half an hour": (lambda: http_date(30 * MINUTE), 202),
    "three hours ago": (lambda: http_date(-3 * HOUR), 401),
    "in three hours": (lambda: http_date(3 * HOUR), 401),
    "unreadable": (lambda: "the day before yesterday", 401),
    "empty": (lambda: "", 401),
    "year 9999": (lambda: "Fri, 31 Dec 9999 23:59:59 GMT", 401),
    "year 10000": (lambda: "Fri, 31 Dec 10000 23:59:59 GMT", 401),
    "two of them": (lambda: f"{http_date()}\n{http_date()}", 401),
    "a day that is none": (lambda: http_date().replace(http_date()[5:7], "32"), 401),
}


@pytest.mark.parametrize(("date", "status"), DATES.values(), ids=DATES)
async def test_A12_date(rig: Rig, date: Callable[[], str], status: int) -> None:
    alice = rig.p.actor()
    note = alice.note()
    request = alice.unsigned(alice.create(note)).drop("Date")
    for value in date().split("\n"):
        request.add("Date", value)
    alice.sign(request)
    if status == 202:
        assert (await rig.send(request)).status == 202
        await rig.has_effect(note)
        return
    async with rig.no_effect():
        assert (await rig.send(request)).status == 401


@dataclass(frozen=True)
class Times:
    """`(created)` and `(expires)` as they are written; numbers are seconds from now."""

    created: int | str | None = 0
    expires: int | str | None = None

    @staticmethod
    def write(value: int | str | None) -> int | str | None:
        return int(CLOCK.now()) + value if isinstance(value, int) else value


TIMES = {
    "created in three hours": Times(3 * HOUR),
    "created three hours ago": Times(-3 * HOUR),
    "expired a minute ago": Times(-10 * MINUTE, -MINUTE),
    "expires in a week": Times(0, 7 * 24 * HOUR),
    "created is a word": Times("today"),
    "created is absent": Times(None),
    "created is a fraction": Times(Bare("1.5")),
    "created is negative": Times(Bare("-1")),
    "created has 4,300 digits": Times(Bare("9" * 4300)),
    "created has 5,000 digits": Times(Bare("1" + "0" * 5000)),
    "created is infinite": Times(Bare("1e400")),
    "expires is a word": Times(0, "tomorrow"),
    "expires is infinite": Times(0, Bare("1e400")),
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
async def test_A13_created_and_expires(rig: Rig, times: Times) -> None:
    alice = rig.p.actor()
    names = (*WITH_CREATED, "(expires)") if times.expires is not None else WITH_CREATED
    request = alice.unsigned(alice.create())
    created, expires = times.write(times.created), times.write(times.expires)
    alice.sign(request, names=names, algorithm="hs2019", created=created, expires=expires)
    async with rig.no_effect():
        assert (await rig.send(request)).status == 401


async def test_A14_created_with_rsa_sha256(rig: Rig) -> None:
    alice = rig.p.actor()
    request = alice.unsigned(alice.create())
    alice.sign(request, names=WITH_CREATED, algorithm="rsa-sha256", created=int(CLOCK.now()))
    async with rig.no_effect():
        assert (await rig.send(request)).status == 401


@pytest.mark.parametrize("name", ["none", "hmac-sha256", "rsa-sha1", "ecdsa-sha256", "rsa-sha512", ""])
async def test_A15_algorithm_refused(rig: Rig, name: str) -> None:
    alice = rig.p.actor()
    honest = alice.sign(alice.unsigned(alice.create()), algorithm=name)
    confused = alice.unsigned(alice.create())
    code = hmac.digest(alice.key.pem.encode(), cavage_base(confused, CAVAGE), "sha256")
    alice.sign(confused, algorithm=name, signature=b64encode(code).decode())
    async with rig.no_effect():
        assert (await rig.send(honest)).status == 401
        assert (await rig.send(confused)).status == 401


@pytest.mark.parametrize("name", ["hs2019", "rsa-sha256", None])
async def test_A16_algorithm_accepted(rig: Rig, name: str | None) -> None:
    alice = rig.p.actor()
    note = alice.note()
    request = alice.sign(alice.unsigned(alice.create(note)), algorithm=name)
    assert (await rig.send(request)).status == 202
    await rig.has_effect(note)


def double_parameter(request: Request) -> None:
    header = request.header("Signature")
    request.set("Signature", f"{header.partition(',')[0]},{header}")


DOUBLES: dict[str, tuple[tuple[str, ...], Callable[[Request], object]]] = {
    "keyId": (CAVAGE, double_parameter),
    "Signature": (CAVAGE, lambda request: request.add("Signature", request.header("Signature"))),
    "Digest": (CAVAGE, lambda request: request.add("Digest", request.header("Digest"))),
    "Digest, the first of another body": (
        CAVAGE,
        lambda request: request.headers.insert(0, ("Digest", digest(b"another"))),
    ),
    "a covered name": ((*CAVAGE, "host"), lambda _: None),
    "a covered header is missing": ((*CAVAGE, "x-absent"), lambda _: None),
}


@pytest.mark.parametrize(("names", "double"), DOUBLES.values(), ids=DOUBLES)
async def test_A17_twice(rig: Rig, names: tuple[str, ...], double: Callable[[Request], object]) -> None:
    alice = rig.p.actor()
    request = alice.sign(alice.unsigned(alice.create()), names=names)
    double(request)
    async with rig.no_effect():
        assert (await rig.send(request)).status == 401


KEY_IDS: dict[str, Callable[[str], str]] = {
    "acct": lambda iri: f"acct:{iri.rpartition('/')[2]}@{iri.split('/')[2]}",
    "ftp": lambda iri: iri.replace("https:", "ftp:") + "#main-key",
    "data": lambda _: "data:application/activity+json,{}",
    "relative": lambda iri: "/" + iri.split("/", 3)[3] + "#main-key",
    "without scheme": lambda iri: iri.removeprefix("https:") + "#main-key",
    "10 kB": lambda iri: f"{iri}?{'x' * 10_000}#main-key",
    "with a user": lambda iri: iri.replace("//", "//alice:secret@") + "#main-key",
}


PLAIN_HTTP = pytest.param(
    lambda iri: iri.replace("https:", "http:") + "#main-key", id="http", marks=pytest.mark.namespace
)
"""Names below localhost may be spoken to without TLS."""


@pytest.mark.parametrize(
    "make", [PLAIN_HTTP, *(pytest.param(make, id=name) for name, make in KEY_IDS.items())]
)
async def test_A18_key_id(rig: Rig, make: Callable[[str], str]) -> None:
    alice = rig.p.actor()
    key_id = make(alice.id)
    alice.document["publicKey"]["id"] = key_id
    request = alice.sign(alice.unsigned(alice.create()), keyId=key_id)
    async with rig.no_effect():
        assert (await rig.send(request)).status in {401, 431}
    assert not [each for each in rig.p.requests if alice.id.rpartition("/")[2] in each.target]
