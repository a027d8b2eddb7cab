"""C7, C8: redirects end, and a signature goes no further than to whom it was made for."""

from base64 import b64decode
from itertools import pairwise

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.attacks.rig import Rig
from tests.attacks.rig.doors import DOORS, find_booster
from tests.attacks.rig.peers import Peer, unique
from tests.attacks.rig.signing import cavage_base
from tests.attacks.rig.wire import Answer, Request

MOST = 3
"""Redirects that are followed."""


def redirect(url: str, status: int = 302) -> Answer:
    return Answer(status, b"", (("Location", url),))


def lay(peer: Peer, hops: list[str]) -> str:
    """Let each URL lead to the next, and WebFinger at the first one's host to the second; returns the first."""
    for here, there in pairwise(hops):
        peer.answers[here] = redirect(there)
    origin = "/".join(hops[0].split("/")[:3])
    peer.answers[f"{origin}/.well-known/webfinger"] = redirect(hops[1])
    return hops[0]


def lay_loops(peer: Peer) -> list[list[str]]:
    """A long chain, a circle of one, of two, and a chain over many hosts."""
    chain, alone, pair = ([f"https://{unique('x')}.{peer.host}/{hop}" for hop in range(12)] for _ in range(3))
    hosts = [f"https://{unique('x')}.{peer.host}/" for _ in range(12)]
    return [chain, [alone[0], alone[0]], [pair[0], pair[1], pair[0]], hosts]


async def test_C07_chains_and_circles(rig: Rig) -> None:
    """Through every door: a chain of four is one too many."""
    peer = await rig.peer("circle", is_busy=True)
    await find_booster(rig)
    for door in DOORS.values():
        chains = lay_loops(peer)
        knock = await door(rig, [lay(peer, hops) for hops in chains])
        async with rig.no_effect():
            await knock()
        for hops in chains:
            hosts = {each.split("/")[2] for each in hops}
            asked = [each for each in peer.requests if each.host in hosts]
            assert 1 < len(asked) <= MOST + 1


async def is_signed(rig: Rig, request: Request) -> bool:
    """Whether a request has a draft-cavage signature of the server's own, over where this very request goes."""
    pairs = (part.partition("=")[::2] for part in request.header("signature").split(","))
    given = {name: value.strip('"') for name, value in pairs}
    names = given["headers"].split(" ")
    assert {"(request-target)", "host", "date"} <= set(names)
    owner = (await rig.get(given["keyId"].partition("#")[0])).json()
    assert owner["publicKey"]["id"] == given["keyId"]
    key = load_pem_public_key(owner["publicKey"]["publicKeyPem"].encode())
    assert isinstance(key, RSAPublicKey)
    try:
        key.verify(b64decode(given["signature"]), cavage_base(request, names), PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("name", ["a key", "a boost"])
async def test_C08_signature_of_a_redirected_request(rig: Rig, name: str) -> None:
    """On the same origin it is made anew; another one gets none, nor anything else that was for the first."""
    peer, beyond = await rig.peer("signed", is_busy=True), await rig.peer("beyond", is_busy=True)
    host, elsewhere = f"{unique('x')}.{peer.host}", f"{unique('x')}.{beyond.host}"
    hops = [f"https://{host}/users/alice", f"https://{host}/moved?to=x", f"https://{elsewhere}/users/alice"]
    for here, there in pairwise(hops):
        cookie = ("Set-Cookie", "session=1; Path=/")
        peer.answers[here.partition("?")[0]] = Answer(302, b"", (("Location", there), cookie))
    knock = await DOORS[name](rig, [hops[0]])
    async with rig.no_effect():
        await knock()
    first, second = [each for each in peer.requests if each.host == host]
    assert await is_signed(rig, first)
    assert await is_signed(rig, second)
    last = next(each for each in beyond.requests if each.host == elsewhere)
    for request in (first, second, last):
        assert not request.header("cookie")
        assert not request.header("authorization")
    for header in ("signature", "signature-input", "referer"):
        assert not last.header(header)
