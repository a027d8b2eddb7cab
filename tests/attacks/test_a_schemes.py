"""A32 to A36, A43: the same again, query strings, RFC 9421, and how a refusal looks."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.attacks.rig import Rig, boosts
from tests.attacks.rig.clock import CLOCK
from tests.attacks.rig.keys import Ed25519Key
from tests.attacks.rig.peers import Actor, Peer
from tests.attacks.rig.signing import RFC9421, content_digest
from tests.attacks.rig.wire import Request

HOUR = 3600
MASTODON = RFC9421
FEDIFY = ("@method", "@target-uri", "@authority", "host", "date", "content-digest")
SMALL = 2048
"""Bytes of a body that says why."""


async def test_A32_replay(rig: Rig) -> None:
    """A post is one boost, a Follow one answer."""
    alice = rig.p.actor()
    follow = alice.signed(alice.activity("Follow", rig.adapter.area))
    for _ in range(5):
        assert (await rig.send(follow.copy())).status == 202
    await rig.p.until(lambda: count_answers(rig.p, alice) > 0)
    note = alice.note()
    request = alice.signed(alice.create(note))
    for _ in range(5):
        assert (await rig.send(request.copy())).status == 202
    await rig.has_effect(note)
    async with rig.no_effect():
        assert (await rig.send(request.copy())).status == 202
        assert (await rig.send(follow.copy())).status == 202
    assert count_answers(rig.p, alice) == 1
    assert [len(boosts(peer, note["id"])) for peer in (rig.p, rig.e)] == [1, 1]
    assert (await rig.adapter.timeline()).count(note["id"]) == 1


def count_answers(peer: Peer, actor: Actor) -> int:
    """How often a Follow of this actor was accepted."""
    accepted = [each["object"] for each in peer.received if each["type"] == "Accept"]
    return sum(actor.id in str(each) for each in accepted)


@pytest.mark.parametrize("is_signed", [True, False], ids=["with the query", "without"])
async def test_A33_query_string(rig: Rig, is_signed: bool) -> None:
    alice = rig.p.actor()
    _, _, host, path = rig.area["outbox"].split("/", 3)
    accept = ("Accept", "application/activity+json")
    read = Request("GET", f"/{path}?page=true", [("Host", host), *alice.unsigned(b"").headers[1:2], accept])
    target = None if is_signed else f"/{path}"
    alice.sign(read, names=("(request-target)", "host", "date"), target=target)
    assert (await rig.send(read)).status == 200

    note = alice.note()
    write = alice.unsigned(alice.create(note))
    inbox, write.target = write.target, f"{write.target}?from=p"
    assert (await rig.send(alice.sign(write, target=None if is_signed else inbox))).status == 202
    await rig.has_effect(note)


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a signature of RFC 9421, before it is made or after."""

    how: dict[str, Any] = field(default_factory=dict)
    before: Callable[[Request], object] = lambda _: None
    after: Callable[[Request], object] = lambda _: None


def without(name: str) -> tuple[str, ...]:
    return tuple(each for each in RFC9421 if each != name)


def rename_label(request: Request) -> None:
    request.set("Signature", request.header("Signature").replace("sig1", "sig2"))


def repeat_label(request: Request) -> None:
    for name in ("Signature-Input", "Signature"):
        request.set(name, f"{request.header(name)}, {request.header(name)}")


def lie_first(request: Request) -> None:
    """Whoever keeps the last of two sees a good one, whoever keeps the first one that covers nothing."""
    request.set("Signature-Input", f"sig1=(), {request.header('Signature-Input')}")


WRONG = {
    "@method not signed": Wrong({"components": without("@method")}),
    "@target-uri not signed": Wrong({"components": without("@target-uri")}),
    "content-digest not signed": Wrong(
        {"components": without("content-digest")},
        before=lambda request: request.add("Content-Digest", content_digest(request.body)),
    ),
    "nothing signed": Wrong({"components": ()}),
    "created absent": Wrong({"created": None}),
    "created three hours ago": Wrong({"created": -3 * HOUR}),
    "created in three hours": Wrong({"created": 3 * HOUR}),
    "expired": Wrong({"created": -HOUR // 2, "expires": -60}),
    "created is text": Wrong({"created": "now"}),
    "digest of another body": Wrong(
        before=lambda request: request.add("Content-Digest", content_digest(b"another"))
    ),
    "digest absent": Wrong(after=lambda request: request.drop("Content-Digest")),
    "another server in @target-uri": Wrong({"origin": "https://other.test"}),
    "plain http in @target-uri": Wrong({"origin": "http://sut.test"}),
    "another label in Signature": Wrong(after=rename_label),
    "Signature absent": Wrong(after=lambda request: request.drop("Signature")),
    "label twice": Wrong(after=repeat_label),
    "label twice, the first covers nothing": Wrong(after=lie_first),
    "alg hmac-sha256": Wrong({"alg": "hmac-sha256"}),
    "alg rsa-pss-sha512": Wrong({"alg": "rsa-pss-sha512"}),
    "alg ed25519 with an RSA key": Wrong({"alg": "ed25519"}),
    "keyid absent": Wrong({"keyid": None}),
    "a component twice": Wrong({"components": (*RFC9421, "@method")}),
    "a component missing": Wrong({"components": (*RFC9421, "x-absent")}),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_A34_rfc9421_wrong(rig: Rig, wrong: Wrong) -> None:
    alice = rig.p.actor()
    request = alice.unsigned(alice.create()).drop("Digest")
    wrong.before(request)
    times = {name: int(CLOCK.now()) + value for name, value in wrong.how.items() if isinstance(value, int)}
    alice.sign9421(request, **{**wrong.how, **times})
    wrong.after(request)
    async with rig.no_effect():
        assert (await rig.send(request)).status == 401


@pytest.mark.parametrize("components", [MASTODON, FEDIFY], ids=["Mastodon", "Fedify"])
async def test_A35_rfc9421_right(rig: Rig, components: tuple[str, ...]) -> None:
    alice = rig.p.actor()
    note = alice.note()
    request = alice.unsigned(alice.create(note)).drop("Digest")
    assert (await rig.send(alice.sign9421(request, components=components))).status == 202
    await rig.has_effect(note)


@pytest.mark.parametrize("scheme", ["draft-cavage", "RFC 9421"])
async def test_A36_how_a_refusal_looks(rig: Rig, scheme: str) -> None:
    """Whoever signs in two ways tries the other one when this is 401, and at once."""
    alice, bob = rig.p.actor(), rig.p.actor(key=Ed25519Key())
    request = alice.unsigned(alice.create())
    sign = alice.sign if scheme == "draft-cavage" else alice.sign9421
    key, alice.key = alice.key, bob.key
    sign(request)
    alice.key = key
    async with rig.no_effect():
        began = time.monotonic()
        answer = await rig.send(request)
        assert time.monotonic() - began < 3
    assert answer.status == 401
    assert "json" in answer.header("content-type")
    assert isinstance(answer.json(), dict)
    assert len(answer.body) < SMALL


async def test_A43_many_inboxes(rig: Rig) -> None:
    alice = rig.p.actor()
    note = alice.note()
    activities = (alice.activity("Follow", rig.adapter.area), alice.create(note))
    local = await rig.local_post("こんにちは")
    author = (await rig.get(local["attributedTo"])).json()
    for activity in activities:
        for inbox in (rig.shared_inbox, rig.inbox, author["inbox"], rig.shared_inbox):
            assert (await rig.post(alice, activity, inbox)).status == 202
    await rig.has_effect(note)
    async with rig.no_effect():
        for activity in activities:
            assert (await rig.post(alice, activity, rig.inbox)).status == 202
    assert count_answers(rig.p, alice) == 1
    assert [len(boosts(peer, note["id"])) for peer in (rig.p, rig.e)] == [1, 1]
    assert (await rig.adapter.timeline()).count(note["id"]) == 1
