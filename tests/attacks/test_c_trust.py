"""C11, C16: what the environment says changes nothing, and a server that cannot prove its name is not asked."""

import ssl
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests.attacks.rig import Rig
from tests.attacks.rig.doors import DOORS, Door, find_booster
from tests.attacks.rig.peers import unique
from tests.attacks.rig.places import PROXY, Authority, Namespace

pytestmark = pytest.mark.namespace


async def test_C11_environment(rig: Rig) -> None:
    """The server was started with a proxy, an authority and passwords in its environment (rig/opening.py)."""
    assert isinstance(rig.place, Namespace)
    misleading = rig.place.misleading
    strange = await rig.peer("strange", context=lambda _, host: misleading.context(host), is_busy=True)
    await find_booster(rig)
    host = f"{unique('x')}.{rig.p.host}"
    alice = rig.p.actor(host=host)
    doors = [await door(rig, [f"https://{unique('x')}.{strange.host}/"]) for door in DOORS.values()]
    async with rig.no_effect():
        for knock in doors:
            await knock()
    assert not strange.requests
    proxy = PROXY.removeprefix("http://").partition(":")[0]
    assert proxy not in {dial.address for dial in rig.new_dials()}
    note = alice.note()
    assert (await rig.post(alice, alice.create(note))).status == 202
    await rig.has_effect(note)
    told = [each for peer in rig.peers.values() for each in peer.requests if each.header("authorization")]
    assert not told


NOW = datetime.now(UTC)
OLD_CIPHERS = "ALL:@SECLEVEL=0"


def of_another(_authority: Authority, host: str) -> ssl.SSLContext:
    """Self-made: nobody trusts who has signed it."""
    return serve_with(trustme.CA().issue_cert(host, f"*.{host}"))


def expired(authority: Authority, host: str) -> ssl.SSLContext:
    issued = authority.issue(host, not_before=NOW - timedelta(days=30), not_after=NOW - timedelta(days=1))
    return serve_with(issued)


def not_yet(authority: Authority, host: str) -> ssl.SSLContext:
    issued = authority.issue(host, not_before=NOW + timedelta(days=30), not_after=NOW + timedelta(days=60))
    return serve_with(issued)


def of_another_name(authority: Authority, _host: str) -> ssl.SSLContext:
    return serve_with(authority.issue("other.test"))


def of_an_address(authority: Authority, _host: str) -> ssl.SSLContext:
    return serve_with(authority.issue("45.12.0.10"))


def serve_with(issued: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


def old_version(version: ssl.TLSVersion) -> Callable[[Authority, str], ssl.SSLContext]:
    def make(authority: Authority, host: str) -> ssl.SSLContext:
        context = serve_with(authority.issue(host))
        context.set_ciphers(OLD_CIPHERS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        return context

    return make


PAPERS: dict[str, Callable[[Authority, str], ssl.SSLContext]] = {
    "self-made": of_another,
    "expired": expired,
    "not-yet": not_yet,
    "another-name": of_another_name,
    "two-levels-above": Authority.context,
    "address": of_an_address,
    "tls-1-0": old_version(ssl.TLSVersion.TLSv1),
    "tls-1-1": old_version(ssl.TLSVersion.TLSv1_1),
}


def below(host: str) -> str:
    """A new name of a peer's, which its certificate would have."""
    deeper = "y." if host.startswith("two-levels-above") else ""
    return f"{unique('x')}.{deeper}{host}"


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
async def test_C16_bad_certificates(rig: Rig, door: Door) -> None:
    """Nobody who cannot be told from an impostor hears what we want."""
    peers = [await rig.peer(name, is_busy=True, context=make) for name, make in PAPERS.items()]
    knock = await door(rig, [f"https://{below(peer.host)}/users/somebody" for peer in peers])
    async with rig.no_effect():
        dials = len(rig.new_dials())
        await knock()
        reached = {dial.address for dial in rig.new_dials()[dials:]}
    assert reached >= {peer.address[0] for peer in peers}
    assert not any(peer.requests for peer in peers)
