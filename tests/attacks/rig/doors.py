"""Ways to make the server ask somebody for something: whoever writes to it, reads it, or is followed can name a URL.

A door is prepared for some URLs, and then knocked at: `knock = await door(rig, urls)`, then `await knock()` returns
when the server has done with them, whatever came of it. Nothing but a picture may have an effect when it is prepared.
"""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote, urlsplit

from federation.errors import Refused
from tests.attacks.rig import Rig
from tests.attacks.rig.ours import article, ask
from tests.attacks.rig.peers import PUBLIC, Actor, Json, unique
from tests.attacks.rig.server import AUTHOR
from tests.attacks.rig.wire import Answer, Request

Knock = Callable[[], Awaitable[None]]
Door = Callable[[Rig, Sequence[str]], Awaitable[Knock]]

_CLIENT = "45.{}.{}.1"
"""Where visitors come from, each from a network of her own: who asks often is made to wait."""
_FIRST_NETWORK = 200
_PICTURES = 16
"""Attachments of one post that are read."""


async def by_key(rig: Rig, urls: Sequence[str]) -> Knock:
    """A signature names each as its key."""
    mallory = rig.e.actor()

    async def knock() -> None:
        for url in urls:
            status = await name_key(rig, mallory, url)
            assert status in {202, 400, 401, 403}, (url, status)

    return knock


async def name_key(rig: Rig, actor: Actor, url: str) -> int:
    """Send a post whose signature names a URL as its key; returns the status."""
    written = url.encode().decode("latin-1")  # so that what is sent is UTF-8
    request = actor.sign(actor.unsigned(actor.create()), keyId=written)
    return (await send_as_visitor(rig, request)).status


async def send_as_visitor(rig: Rig, request: Request) -> Answer:
    """Send a request from where nobody has sent one before."""
    rig.visitors += 1
    high, low = divmod(rig.visitors, 256)
    source = _CLIENT.format(_FIRST_NETWORK + high, low) if rig.place.form == "namespace" else None
    connection = await rig.front.connect(source)
    try:
        return await connection.ask(request)
    finally:
        connection.close()


async def by_boost(rig: Rig, urls: Sequence[str]) -> Knock:
    """Somebody whom a resident follows boosts each."""
    booster = await find_booster(rig)

    async def knock() -> None:
        for url in urls:
            announce = booster.activity("Announce", url, to=[PUBLIC])
            status = (await rig.post(booster, announce)).status
            assert status in {202, 400}, (url, status)
        await until_read(rig)

    return knock


async def by_handle(rig: Rig, urls: Sequence[str]) -> Knock:
    """A resident looks for somebody on each host; nobody must be found."""

    async def knock() -> None:
        for url in urls:
            try:
                await ask(rig, "follow", name=AUTHOR, target=f"@somebody@{urlsplit(url).netloc}")
            except Refused:
                continue
            raise AssertionError(f"somebody was found by way of {url}")

    return knock


async def by_visitor(rig: Rig, urls: Sequence[str]) -> Knock:
    """A visitor says that her account is on each host; none must be believed."""

    async def knock() -> None:
        for url in urls:
            await visit(rig, f"@somebody@{urlsplit(url).netloc}")

    return knock


async def visit(rig: Rig, account: str) -> None:
    """Ask to follow the area from an account elsewhere that cannot be had."""
    origin = rig.adapter.area.rpartition("/areas/")[0]
    headers = [
        ("Host", origin.removeprefix("https://")),
        ("Origin", origin),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ]
    target = f"{urlsplit(rig.adapter.area).path}/follow"
    body = f"account={quote(account)}".encode()
    answer = await send_as_visitor(rig, Request("POST", target, headers, body))
    assert answer.status == 422, (account, answer)


async def by_picture(rig: Rig, urls: Sequence[str]) -> Knock:
    """They are pictures of posts, and a reader's browser asks us for them."""
    paths: list[str] = []
    for start in range(0, len(urls), _PICTURES):
        some = urls[start : start + _PICTURES]
        pictures = [{"type": "Image", "mediaType": "image/png", "url": url} for url in some]
        alice = rig.p.actor()
        note = alice.note(attachment=pictures)
        assert (await rig.post(alice, alice.create(note))).status == 202
        await rig.has_effect(note)
        shown = (await article(rig, note)).element.iter("img")
        paths += [each.get("src", "") for each in shown]

    async def knock() -> None:
        for path in paths:
            await ask_picture(rig, path)

    return knock


async def ask_picture(rig: Rig, path: str) -> None:
    """Ask for a picture of another server's; that it cannot be had is said as a gateway says it."""
    host = rig.adapter.area.split("/")[2]
    answer = await send_as_visitor(rig, Request("GET", path, [("Host", host), ("Accept", "image/*")]))
    assert answer.status in {404, 502}, answer


DOORS: dict[str, Door] = {
    "a key": by_key,
    "a boost": by_boost,
    "a handle": by_handle,
    "a visitor": by_visitor,
    "a picture": by_picture,
}


async def until_read(rig: Rig) -> None:
    """Wait until everything that was boosted before has been read: of two more boosts the second waits for it."""
    booster, read = await find_booster(rig), await rig.peer("read", is_busy=True)
    for _ in range(2):
        author = read.actor(host=f"{unique('x')}.{read.host}")
        note = author.note(cc=[])
        announce = booster.activity("Announce", note["id"], to=[PUBLIC])
        assert (await rig.post(booster, announce)).status == 202
        await read.until(lambda: read.asked(note["id"]) > 0)  # noqa: B023 - awaited here


async def find_booster(rig: Rig) -> Actor:
    """Somebody at P whom a resident follows: what she boosts is read."""
    booster = rig.booster
    if booster is None:
        booster = rig.booster = rig.p.actor("booster")
        await follow(rig, booster)
    return booster


async def follow(rig: Rig, actor: Actor) -> Json:
    """Let the resident follow somebody; returns the Follow as it came."""
    name, host = actor.id.rpartition("/")[2], actor.peer.host
    await ask(rig, "follow", name=AUTHOR, target=f"@{name}@{host}")

    def sent() -> list[Json]:
        return [
            each for each in actor.peer.received if each["type"] == "Follow" and each["object"] == actor.id
        ]

    await actor.peer.until(lambda: bool(sent()))
    return sent()[-1]


async def unfollow(rig: Rig, actor: Actor) -> None:
    """Let the resident follow somebody no longer."""
    name, host = actor.id.rpartition("/")[2], actor.peer.host
    await ask(rig, "unfollow", name=AUTHOR, target=f"@{name}@{host}")
