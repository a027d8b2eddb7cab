"""C1 to C6, C9, C10: where the server goes when somebody names an address, and where never."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.doors import DOORS, Door, name_key
from tests.attacks.rig.peers import unique
from tests.attacks.rig.places import SERVER, SERVER_IPV6
from tests.attacks.rig.resolver import Record
from tests.attacks.rig.wire import Answer

IPV4 = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
]
IPV6 = [
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::7f00:1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:2::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
LITERALS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "１２７.0.0.1",
    "10.0.0.1",
    "45.13.0.10",
    "[::1]",
    "[::]",
    "[::ffff:7f00:1]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
    "[64:ff9b::7f00:1]",
    "[fe80::1%25lo]",
    "[fe80::1%lo]",
    "[2600:11::1]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "ｌｏｃａｌｈｏｓｔ",
    "0",
    "0.0.0.0",
]

INSIDE = "127.0.0.7"
"""Where a name moves to that was public before; nothing else dials it."""
REBIND_SECONDS, REBIND_PERIOD = 80.0, 2.0
"""A name is asked for again when what was found is forgotten, which clients do after some ten seconds."""

pytestmark = pytest.mark.namespace
doors = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


def records(rig: Rig) -> dict[str, Record]:
    assert rig.resolver is not None
    return rig.resolver.records


def name(rig: Rig, *addresses: str) -> str:
    """A URL on a new host that has these addresses."""
    host = f"{unique('inside')}.test"
    records(rig)[host] = list(addresses)
    return f"https://{host}/users/somebody"


@doors
async def test_C01_private_ipv4(rig: Rig, door: Door) -> None:
    knock = await door(rig, [name(rig, address) for address in IPV4])
    async with rig.no_effect():
        await knock()


@doors
async def test_C02_private_ipv6(rig: Rig, door: Door) -> None:
    knock = await door(rig, [name(rig, address) for address in IPV6])
    async with rig.no_effect():
        await knock()


@doors
async def test_C03_addresses_in_urls(rig: Rig, door: Door) -> None:
    """Not even the name service hears of them."""
    assert rig.resolver is not None
    knock = await door(rig, [f"https://{literal}/users/somebody" for literal in LITERALS])
    asked = len(rig.resolver.asked)
    async with rig.no_effect():
        await knock()
    assert {each for each in rig.resolver.asked[asked:] if not each.endswith(".test")} == set()


@doors
async def test_C04_public_and_private(rig: Rig, door: Door) -> None:
    """In either order, of either kind: nothing is tried of a name that may lead inside."""
    peer = await rig.peer("mixed")
    public = peer.address[0]
    mixed = [
        (public, "10.0.0.1"),
        ("10.0.0.1", public),
        (public, "::1"),
        (SERVER_IPV6, "127.0.0.1"),
        (public, public, public, "169.254.169.254"),
        (public, "64:ff9b::7f00:1"),
    ]
    knock = await door(rig, [name(rig, *addresses) for addresses in mixed])
    async with rig.no_effect():
        await knock()
    assert not peer.requests


async def rebind(rig: Rig) -> list[str]:
    """Let a host move inside while it is asked for one thing after another; returns what was asked there."""
    if rig.resolver is None:
        return []
    peer, mallory = await rig.peer("rebind", is_busy=True), rig.e.actor()
    hosts = {}
    for first in range(1, 7):
        for every in (1, 2):
            host = f"{unique('x')}.{peer.host}"
            hosts[host] = first
            records(rig)[host] = change_after(first, every, peer.address[0])
    async with asyncio.timeout(REBIND_SECONDS):
        while any(rig.resolver.asked.count(host) <= first + 1 for host, first in hosts.items()):
            for host in hosts:
                url = f"https://{host}/{unique('y')}"
                peer.answers[url] = Answer(404, b"", (("Connection", "close"),))
                await name_key(rig, mallory, url)
            await asyncio.sleep(REBIND_PERIOD)
    return [each.host for each in peer.requests]


@pytest.mark.begins.with_args(rebind)
async def test_C05_rebinding(rig: Rig) -> None:
    """Whatever the name service says at which question, nothing is dialled that is not public."""
    assert set(await rig.begun[rebind]), "some led to where they said at first"
    inside = {dial for dial in rig.new_dials() if dial.address == INSIDE}
    assert not inside


def change_after(count: int, every: int, public: str) -> Callable[[], list[str]]:
    """A record that is public for so many questions; then private, always or every second time."""
    asked = 0

    def find() -> list[str]:
        nonlocal asked
        asked += 1
        is_private = asked > count and (asked - count) % every == 0
        return [INSIDE] if is_private else [public]

    return find


def list_inside(rig: Rig) -> Iterator[str]:
    """Where nobody is to be led."""
    for address in (*IPV4, *IPV6):
        yield name(rig, address)
    for literal in LITERALS:
        yield f"https://{literal}/"
    host = rig.p.host
    yield from (
        f"{scheme}://{host}/x" for scheme in ("http", "HTTP", "file", "gopher", "ftp", "dict", "unix")
    )
    yield from (
        "file:///etc/passwd",
        "data:application/activity+json,{}",
        "javascript:alert(1)",
        "about:blank",
    )
    yield from (f"https://user@{host}/x", f"https://{host}:8443/x", f"//{host}:22/", f"http://{host}:443/x")
    yield from (f"https:\\\\{host}\\x", "https://", "https:///x", "///x", "")


@doors
async def test_C06_led_inside(rig: Rig, door: Door) -> None:
    """A redirect leads nowhere where a URL would not."""
    peer = await rig.peer("leader", is_busy=True)
    urls = []
    for number, target in enumerate(list_inside(rig)):
        urls.append(f"https://{unique('x')}.{peer.host}/users/somebody")
        origin = urls[-1].removesuffix("/users/somebody")
        redirect = Answer((301, 302, 303, 307, 308)[number % 5], b"", (("Location", target),))
        peer.answers |= {urls[-1]: redirect, f"{origin}/.well-known/webfinger": redirect}
    knock = await door(rig, urls)
    async with rig.no_effect():
        await knock()
    asked = {f"https://{each.host}/users/somebody" for each in peer.requests}
    assert asked.issuperset(urls), "each led somewhere"


@doors
async def test_C09_user_information_and_ports(rig: Rig, door: Door) -> None:
    """Nobody is to knock at mail servers and databases in our name."""
    host = f"{unique('x')}.{rig.p.host}"
    authorities = [f"{host}:{port}" for port in (1, 22, 25, 80, 444, 6379, 8443, 65_535)]
    authorities += [f"{host}:{port}" for port in (0, 65_536, "-1", "x", "0443x", "٤٤٣")]
    authorities += [
        f"{user}@{host}" for user in ("user", "user:word", ":", "", f"{rig.e.host}%40", rig.e.host)
    ]
    authorities += [f"{host}:22@{rig.e.host}", f"{host}\\@{rig.e.host}", f"{host}#@{rig.e.host}"]
    knock = await door(rig, [f"https://{authority}/users/somebody" for authority in authorities])
    async with rig.no_effect(fetches={f"https://{host}/"}):  # before the fragment
        await knock()


@doors
async def test_C10_itself(rig: Rig, door: Door) -> None:
    area = rig.adapter.area
    host, path = area.split("/")[2], area.removeprefix("https://").partition("/")[2]
    names = (host, host.upper(), f"{host}.", f"{host}:443", f"ｓ{host[1:]}", SERVER, f"[{SERVER_IPV6}]")
    peer = await rig.peer("mirror", is_busy=True)
    led = []
    for number, iri in enumerate((area, f"https://{host.upper()}/", f"https://{host}.:443/{path}")):
        origin = f"https://x{number}.{peer.host}"
        led.append(f"{origin}/users/somebody")
        redirect = Answer(302, b"", (("Location", iri),))
        peer.answers |= {led[-1]: redirect, f"{origin}/.well-known/webfinger": redirect}
    knock = await door(rig, [*(f"https://{each}/{path}" for each in names), *led])
    async with rig.no_effect():
        await knock()
    assert len({each.host for each in peer.requests}) == len(led)
