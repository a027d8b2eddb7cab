"""C18 to C20, C23, C25, C26: what others' documents lead to: bounded, nowhere, or to their owner's word."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.attacks.rig import EFFECT_SECONDS, Rig, boosts
from tests.attacks.rig.doors import by_boost, by_key, follow, unfollow
from tests.attacks.rig.ours import article, own
from tests.attacks.rig.peers import CONTEXT, PUBLIC, Json, Peer, unique
from tests.attacks.rig.wire import Answer, Request, document
from tests.attacks.test_b_audience import is_withdrawn

NOTHING = {202, 400, 413}
MOST_PAGES, MOST_ITEMS, MOST_PARENTS, MOST_FETCHES = 5, 200, 50, 20
_PERIOD = 0.02


def lay_collection(peer: Peer, area: str) -> str:
    """A collection of which every page has thousands of items and a next one; some lead back to itself."""
    path = f"/{unique('c')}"

    async def script(request: Request, _writer: asyncio.StreamWriter) -> Answer:
        origin = f"https://{request.host}{path}"
        number = int(request.target.partition("page=")[2] or 0)
        items = [area, f"{origin}?page=0", *(f"{origin}/{number}/{item}" for item in range(3000))]
        page = {
            "@context": CONTEXT[0],
            "id": f"https://{request.host}{request.target}",
            "type": "OrderedCollectionPage" if number else "OrderedCollection",
            "totalItems": 10**18,
            "first": f"{origin}?page=1",
            "next": f"{origin}?page={number + 1 if number % 7 else number}",
            "orderedItems": items,
        }
        return document(page)

    peer.answers[path] = script
    return f"{peer.origin}{path}"


async def test_C18_endless_collections(rig: Rig) -> None:
    """Of an actor who is followed, of a post that is shown, in the place of an actor and of a post."""
    peer = await rig.peer("library", is_busy=True)
    names = ("outbox", "followers", "following", "featured", "featuredTags")
    url = lay_collection(peer, rig.adapter.area)
    alice = peer.actor()
    alice.document.update(dict.fromkeys(names, url))
    await follow(rig, alice)
    note = alice.note(replies=url, likes=url, shares=url, context=url)
    assert (await rig.post(alice, alice.create(note))).status == 202
    await rig.has_effect(note)
    await article(rig, note)
    knocks = [await door(rig, [url]) for door in (by_key, by_boost)]
    async with rig.no_effect():
        for knock in knocks:
            await knock()
    path = url.removeprefix(peer.origin)
    pages = [each for each in peer.requests if each.path == path]
    items = [each for each in peer.requests if each.path.startswith(f"{path}/")]
    assert 0 < len(pages) <= len(knocks) * MOST_PAGES
    assert len(items) <= MOST_ITEMS
    await unfollow(rig, alice)


def lay_chain(peer: Peer) -> str:
    """A note that answers one on another host, which answers one on another host, and so on for ever."""
    path = f"/{unique('reply')}"

    async def script(request: Request, _writer: asyncio.StreamWriter) -> Answer:
        number = int(request.host.partition(".")[0].removeprefix("h"))
        author = peer.actor("author", host=request.host)
        note = author.note(
            id=f"https://{request.host}{path}", inReplyTo=f"https://h{number + 1}.{peer.host}{path}"
        )
        return document({"@context": CONTEXT[0], **note})

    peer.answers[path] = script
    return f"https://h1.{peer.host}{path}"


async def test_C19_endless_replies(rig: Rig) -> None:
    """By who writes to us, and by who is followed: at some depth nobody asks on."""
    peer = await rig.peer("chain", is_busy=True)
    first, second = lay_chain(peer), lay_chain(peer)
    alice = peer.actor()
    reply = alice.note(inReplyTo=first)
    assert (await rig.post(alice, alice.create(reply))).status == 202
    knock = await by_boost(rig, [second])
    async with rig.no_effect():
        await knock()
    for url in (first, second):
        path = url.partition(peer.host)[2]
        assert sum(each.path == path for each in peer.requests) <= MOST_PARENTS


def list_crowds(peer: Peer, count: int) -> Iterator[Json]:
    """Posts with very many of something, each of which could be asked for."""
    people = [f"{peer.origin}/users/m{number}" for number in range(count)]
    yield {"to": people}
    yield {"cc": [*people, peer.area]}
    yield {"audience": people}
    yield {"tag": [{"type": "Mention", "href": each, "name": "@x"} for each in people]}
    yield {
        "tag": [
            {"type": "Hashtag", "href": each, "name": f"#x{number}"} for number, each in enumerate(people)
        ]
    }
    yield {"tag": [{"type": "Emoji", "id": each, "name": ":x:", "icon": {"url": each}} for each in people]}
    yield {"attachment": [{"type": "Image", "url": each} for each in people]}
    yield {"attributedTo": people}
    yield {"oneOf": [{"type": "Note", "name": each} for each in people]}


async def test_C20_crowds(rig: Rig) -> None:
    """Ten thousand, and with as few as a hundred and fifty of the people who would be told."""
    peer = await rig.peer("crowded")
    for name in range(150):
        peer.actor(f"m{name}")
    mallory = rig.e.actor()
    crowds = [
        *list_crowds(peer, 10_000),
        *list(list_crowds(peer, 150))[:1],
        *list(list_crowds(peer, 150))[3:4],
    ]
    notes = []
    for changes in crowds:
        note = {**mallory.note(cc=[rig.adapter.area]), **changes}
        if "to" in changes:
            note["to"] = [*changes["to"], PUBLIC]
        assert (await rig.post(mallory, mallory.create(note))).status in NOTHING, str(changes)[:100]
        notes.append(note["id"])
    alice = rig.p.actor()
    canary = alice.note()
    await rig.post(alice, alice.create(canary))
    await rig.has_effect(canary)
    assert not any(boosts(rig.p, iri) for iri in notes)
    assert not set(notes).intersection(await rig.adapter.timeline())
    assert len(peer.requests) <= MOST_FETCHES


async def test_C23_nodeinfo_that_leads_astray(rig: Rig) -> None:
    """Nobody goes where it points when that is not its own origin; host-meta is not asked for at all."""
    peer, dials = await rig.peer("nodes", is_busy=True), len(rig.new_dials())
    aim = f"{rig.e.origin}/{unique('aim')}"
    relation = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    links = [
        "https://10.0.0.1/x",
        "https://127.0.0.1/x",
        "data:application/json,{}",
        f"http://{peer.host}/x",
        aim,
    ]
    links += [rig.adapter.area, "file:///etc/passwd", "https://[::1]/", "/relative", ""]
    answers = [
        document({"links": [{"rel": relation, "href": each}]}, kind="application/json") for each in links
    ]
    answers += [Answer(302, b"", (("Location", each),)) for each in links if each not in {"", aim}]
    application = "https://www.w3.org/ns/activitystreams#Application"
    answers += [
        document({"links": [{"rel": application, "href": each}]}, kind="application/json") for each in links
    ]
    bob = rig.p.actor()
    note = bob.note()
    await rig.post(bob, bob.create(note))
    await rig.has_effect(note)
    for answer in answers:
        host = f"{unique('x')}.{peer.host}"
        peer.answers[f"https://{host}/.well-known/nodeinfo"] = answer
        alice = peer.actor(host=host)
        assert (await rig.post(alice, alice.activity("Like", note["id"]))).status == 202
        await until_classified(rig, host)
        assert peer.asked(f"https://{host}/.well-known/nodeinfo") > 0
    assert not rig.e.asked(aim)
    assert not any("host-meta" in each.path for each in peer.requests)
    known = {each.address[0] for each in rig.peers.values()}
    assert {dial.address for dial in rig.new_dials()[dials:]} <= known


async def until_classified(rig: Rig, host: str) -> None:
    program = own(rig).program
    async with asyncio.timeout(EFFECT_SECONDS):
        while not program.find(event="job", kind="classify", key=host):
            await asyncio.sleep(_PERIOD)


async def test_C25_no_previews(rig: Rig) -> None:
    """Whatever a post links to, shows or quotes, whoever wrote it: nobody goes there before a reader does."""
    peer = await rig.peer("linked")
    url = f"{peer.origin}/{unique('page')}"
    alice = rig.p.actor(url=url, icon={"type": "Image", "url": url})
    links = [{"type": "Link", "href": url}, {"type": "Video", "url": url}]
    held = alice.note(content=f'<p><a href="{url}">{url}</a></p>', attachment=links, quoteUrl=url)
    emoji = {"type": "Emoji", "name": ":x:", "icon": {"url": url}}
    picture = {"type": "Image", "url": url}
    note = alice.note(attachment=[picture], image=picture, preview=picture, tag=[emoji], url=url)
    for each in (held, note):
        assert (await rig.post(alice, alice.create(each))).status == 202
    await rig.has_effect(note)
    await article(rig, note)
    await rig.adapter.post(f"ここを見てください {url}")
    canary = alice.note()
    await rig.post(alice, alice.create(canary))
    await rig.has_effect(canary)
    assert not peer.requests


@pytest.mark.parametrize("way", ["410", "a Tombstone"])
async def test_C26_gone(rig: Rig, way: str) -> None:
    """It is gone when its own server says so; what a redirect to another one says proves nothing."""
    alice, bob = rig.p.actor(), rig.p.actor()
    gone, moved = alice.note(), bob.note()
    for actor, note in ((alice, gone), (bob, moved)):
        assert (await rig.post(actor, actor.create(note))).status == 202
        await rig.has_effect(note)
    elsewhere = f"{rig.e.origin}/{unique('gone')}"
    rig.e.answers[elsewhere] = bury(moved["id"], way)
    rig.p.answers[gone["id"]] = bury(gone["id"], way)
    rig.p.answers[moved["id"]] = Answer(302, b"", (("Location", elsewhere),))
    await rig.later(minutes=11)
    await is_withdrawn(rig, gone)
    await rig.e.until(lambda: rig.e.asked(elsewhere) > 0)
    async with rig.no_effect(fetches={elsewhere}):
        pass
    assert moved["id"] in await rig.adapter.timeline()


def bury(iri: str, way: str) -> Answer:
    tombstone = {"@context": CONTEXT[0], "id": iri, "type": "Tombstone"}
    return document(tombstone, status=410 if way == "410" else 200)
