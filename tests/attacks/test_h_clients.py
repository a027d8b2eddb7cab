"""H6, H29: who asks, whatever a request says of itself; and forms that have no end."""

import asyncio

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import resident
from tests.attacks.rig.ours import own
from tests.attacks.rig.wire import Request
from tests.attacks.test_a_transport import refusal

LEFT = "x-ratelimit-remaining"
ADDRESS = "/api/v2/instance"
PROXY = "127.0.0.1"
"""The one that the server trusts."""


async def remaining(rig: Rig, source: str | None, *forwarded: str) -> int:
    """What the client that the server sees may still ask for."""
    request = Request("GET", ADDRESS, [("Host", rig.origin.removeprefix("https://"))])
    for line in forwarded:
        request.add("X-Forwarded-For", line)
    answer = await rig.send(request, via=source)
    assert answer.status == 200
    return int(answer.header(LEFT))


@pytest.mark.both_fronts
@pytest.mark.namespace
async def test_H06_forged_client_addresses(rig: Rig) -> None:
    """Nobody gets a new allowance by naming another address, nor uses up somebody else's."""
    own(rig)
    thief, victim = rig.stranger(), rig.stranger()
    whole = await remaining(rig, thief)
    lies = [
        "8.8.8.8",
        "8.8.4.4, 1.1.1.1",
        f"{PROXY}",
        f"{victim}, {PROXY}",
        "2001:db8::1",
        "unknown",
        "",
        "x" * 500,
    ]
    left = [await remaining(rig, thief, each) for each in lies]
    assert left == list(range(whole - 1, whole - 1 - len(lies), -1))
    more = [("8.8.8.8", "9.9.9.9"), (PROXY, "8.8.8.8"), (f"{PROXY}, {PROXY}", str(victim))]
    assert [await remaining(rig, thief, *each) for each in more] == [left[-1] - 1, left[-1] - 2, left[-1] - 3]
    for name in ("X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP"):
        request = Request(
            "GET", ADDRESS, [("Host", rig.origin.removeprefix("https://")), (name, "for=8.8.8.8")]
        )
        assert int((await rig.send(request, via=thief)).header(LEFT)) < left[-1]
    assert await remaining(rig, victim) == whole


@pytest.mark.namespace
async def test_of_what_a_trusted_proxy_says_the_last_hop_counts(rig: Rig) -> None:
    """A household of IPv6 is one client, whatever address of its /64 it uses."""
    own(rig)
    whole = await remaining(rig, PROXY, "45.211.1.1")
    for place, line in enumerate(
        ("9.9.9.9, 45.211.1.1", "x, 45.211.1.1", f"45.211.1.1, {PROXY}", "::ffff:45.211.1.1")
    ):
        expected = whole - 1 - place if not line.startswith("::") else whole
        assert await remaining(rig, PROXY, line) in {expected, whole - 1 - place}, line
    household = [await remaining(rig, PROXY, f"2600:77:1:1::{number:x}") for number in range(1, 6)]
    assert household == list(range(whole, whole - 5, -1))
    assert await remaining(rig, PROXY, "2600:77:1:2::1") == whole


MIB = 1 << 20
CAP, SLACK = 17 * MIB, 12 * MIB
"""Bytes of a picture that may be sent, with what stands around it; and what kernels and proxies hold."""
MOST_GROWTH = 24 * MIB
BOUNDARY = "b7f3"
KIND = f"multipart/form-data; boundary={BOUNDARY}"
URLENCODED = "application/x-www-form-urlencoded"
FILE = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\n'.encode()


def parts(count: int, name: str = "a") -> bytes:
    one = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nx\r\n'
    return one.encode() * count + f"--{BOUNDARY}--\r\n".encode()


@pytest.mark.both_fronts
async def test_H29_forms_without_end(rig: Rig) -> None:
    """A body of 2 GB, said or streamed; ten thousand parts; no boundary: memory and disk stay as they are."""
    own(rig)
    app = await resident(rig)
    host = rig.origin.removeprefix("https://")
    head = [("Host", host), ("Authorization", f"Bearer {app.token}"), ("Sec-Fetch-Site", "same-origin")]
    rig.adapter.peak(reset=True)
    before = rig.adapter.memory() or 0
    paths = ("/api/v2/media", "/api/v1/media", "/api/v1/statuses", "/sign-in", "/report", "/oauth/token")
    said = [("Content-Type", KIND), ("Content-Length", str(2 << 30))]
    refused = [refusal(rig, Request("POST", path, [*head, *said]), [FILE]) for path in paths]
    assert set(await asyncio.gather(*refused)) == {413}
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    first = b"%x\r\n%b\r\n" % (len(FILE), FILE)
    for path, kind, most in (("/api/v2/media", KIND, CAP), ("/sign-in", URLENCODED, MIB)):
        sent = [0]
        endless = Request("POST", path, [*head, ("Content-Type", kind), ("Transfer-Encoding", "chunked")])
        assert await refusal(rig, endless, [first, *([chunk] * 2_000)], sent) == 413, path
        if rig.front.name == "direct":  # nginx reads on for a while, and throws away
            assert sent[0] < most + SLACK
    assert (rig.adapter.peak() or 0) - before < MOST_GROWTH
    forms = {
        "many parts": (KIND, parts(10_000)),
        "many files": (KIND, FILE * 50 + f"--{BOUNDARY}--\r\n".encode()),
        "no boundary": ("multipart/form-data", parts(1)),
        "an empty boundary": ("multipart/form-data; boundary=", parts(1)),
        "another boundary": ("multipart/form-data; boundary=other", parts(1)),
        "an endless boundary": (f"multipart/form-data; boundary={'b' * 5_000}", parts(1)),
        "no end": (KIND, FILE),
        "a long name": (KIND, parts(1, "n" * 200_000)),
        "headers without end": (KIND, f"--{BOUNDARY}\r\n".encode() + b"X-A: b\r\n" * 50_000),
        "deep names": (KIND, parts(1, "a" + "[b]" * 500)),
        "no part": (KIND, b"x" * 100_000),
        "many fields": (URLENCODED, b"a=b&" * 200_000),
        "no UTF-8": (URLENCODED, b"a=%ff%fe&b=\xff"),
        "deep JSON": ("application/json", b'{"a":' * 100_000),
    }
    for name, (kind, body) in forms.items():
        for path in ("/api/v2/media", "/api/v1/statuses", "/oauth/token", "/sign-in", "/report"):
            answer = await app.ask("POST", path, body, kind, [("Sec-Fetch-Site", "same-origin")])
            assert answer.status in {400, 401, 403, 413, 415, 422, 431}, (name, path, answer)
    app_again = await resident(rig)
    assert (await app_again.publish("まだ動いています。"))["id"]
