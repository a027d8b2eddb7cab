"""G1 to G5, G15, G17: many senders, many posts, much of everything; the honest notice nothing."""

import asyncio
from collections import Counter
from typing import Any

from tests.attacks.rig import Rig
from tests.attacks.rig.markup import read_api
from tests.attacks.rig.ours import articles, ask, at_most, call, nobody_writes, sign_in
from tests.attacks.rig.peers import Actor, Json, unique
from tests.attacks.rig.server import AREA

SLACK = 2.0
OTHERS_SECONDS = 1.0
LONG_TEXT = "市民のみなさまに大切なお知らせがあります。きょうだけの特別な機会です。"


async def held(rig: Rig, area: str = AREA) -> dict[str, str]:
    """What waits for a moderator: the rule by the id of the post."""
    return {each["iri"]: each["rule"] for each in await ask(rig, "held list", area=area)}


def mentions(people: list[str]) -> list[Json]:
    return [{"type": "Mention", "href": each, "name": "@x"} for each in people]


async def trusted(rig: Rig) -> Actor:
    """Somebody whose first post has been taken."""
    alice = rig.p.actor()
    await rig.post(alice, alice.create(note := alice.note()))
    await rig.has_effect(note)
    return alice


WAVE_HOSTS, WAVE_EACH, AT_A_TIME = 50, 2, 10


async def test_G01_a_wave_of_new_accounts(rig: Rig) -> None:
    """Each names five people; nobody is told at once, nothing is boosted, and one command ends it."""
    await ask(rig, "actor create", name="tama", kind="resident", title="たま")
    token, crowd = await sign_in(rig, "tama"), await rig.peer("wave", is_busy=True)
    tama = str((await call(rig, token, "GET", "/api/v1/accounts/verify_credentials"))["uri"])
    honest = await trusted(rig)
    known = honest.note(cc=[rig.adapter.area, tama], tag=mentions([tama]))
    await rig.post(honest, honest.create(known))
    await rig.has_effect(known)
    named = [tama, *(f"{rig.p.origin}/users/stranger{number}" for number in range(4))]
    senders = [
        crowd.actor(host=f"h{number % WAVE_HOSTS}.{crowd.host}") for number in range(WAVE_HOSTS * WAVE_EACH)
    ]
    picture = {"type": "Image", "mediaType": "image/webp", "url": f"{crowd.origin}/spam.webp", "name": "x"}
    waves = []
    async with rig.no_effect(fetches={picture["url"]}, told={each.id for each in senders}):
        for start in range(0, len(senders), AT_A_TIME):
            group = senders[start : start + AT_A_TIME]
            notes = [
                each.note(cc=[rig.adapter.area, *named], tag=mentions(named), attachment=[picture])
                for each in group
            ]
            answers = await asyncio.gather(
                *(rig.post(by, by.create(note)) for by, note in zip(group, notes, strict=True))
            )
            assert {each.status for each in answers} == {202}
            waves += notes
    waiting = await held(rig)
    assert {waiting[each["id"]] for each in waves} == {"new-author-mentions"}
    told = await call(rig, token, "GET", "/api/v1/notifications")
    assert [each["status"]["uri"] for each in told] == [known["id"]]
    assert (await call(rig, token, "GET", "/api/v2/notifications/policy"))["summary"][
        "pending_requests_count"
    ] == len(waves)
    cleared = await ask(rig, "held clear", rule="new-author-mentions", area=AREA, suspend=True)
    assert cleared == {"posts": len(waves), "authors": len(waves), "suspended": len(waves)}
    assert not set(await held(rig)) & {each["id"] for each in waves}
    assert (await call(rig, token, "GET", "/api/v2/notifications/policy"))["summary"][
        "pending_requests_count"
    ] == 0
    assert (await rig.post(senders[0], senders[0].create())).status == 403


async def test_G02_many_mentions_and_one_text(rig: Rig) -> None:
    alice = await trusted(rig)
    people = [f"{rig.e.origin}/users/person{number}" for number in range(11)]
    crowded = alice.note(cc=[rig.adapter.area, *people], tag=mentions(people))
    areas = [f"{rig.e.origin}/users/group{number}" for number in range(11)]
    hidden = alice.note(cc=[rig.adapter.area, *areas], tag=[])
    text = f"{unique('号')} {LONG_TEXT}"
    senders = [rig.p.actor() for _ in range(20)]
    first, *others = [each.note(content=f"<p>@{each.id.rpartition('/')[2]} {text}</p>") for each in senders]
    assert (await rig.post(senders[0], senders[0].create(first))).status == 202
    await rig.has_effect(first)
    async with rig.no_effect(told={each.id for each in (alice, *senders)}):
        for note in (crowded, hidden):
            assert (await rig.post(alice, alice.create(note))).status == 202
        for sender, note in zip(senders[1:], others, strict=True):
            assert (await rig.post(sender, sender.create(note))).status == 202
    waiting = await held(rig)
    assert [waiting.get(each["id"]) for each in (crowded, hidden)] == ["many-mentions"] * 2
    assert {waiting.get(each["id"]) for each in others} == {"repeated-text"}


HOURLY, BUSY = 6, 30


async def test_G03_one_author_too_often(rig: Rig) -> None:
    """Beyond her limit, and beyond that of the area, posts wait, and can still be let in."""
    name = unique("machi")
    await ask(rig, "area create", name=name, title="べつのまち", code="012319")
    await ask(rig, "area limit", name=name, author_hourly=HOURLY, author_daily=0, boosts_hourly=HOURLY + 2)
    area = rig.adapter.area.replace(f"/areas/{AREA}", f"/areas/{name}")
    alice, others = rig.p.actor(), [rig.p.actor() for _ in range(5)]
    notes = [alice.note(cc=[area]) for _ in range(BUSY)]
    statuses = Counter(
        [(await rig.post(alice, alice.create(each), f"{area}/inbox")).status for each in notes]
    )
    assert statuses == {202: BUSY}
    shown = await ask(rig, "area show", name=name)
    assert (shown["posts"], shown["held"]) == (HOURLY, BUSY - HOURLY)
    assert set((await held(rig, name)).values()) == {"author-limit"}
    more = [each.note(cc=[area]) for each in others]
    for other, note in zip(others, more, strict=True):
        assert (await rig.post(other, other.create(note), f"{area}/inbox")).status == 202
    waiting = await held(rig, name)
    assert [waiting.get(each["id"]) for each in more] == [None, None, *["area-limit"] * 3]
    oldest = (await ask(rig, "held list", area=name))[0]
    await ask(rig, "held approve", placement_id=int(oldest["id"]))
    assert oldest["iri"] in await articles(rig, area)


FOLLOWERS, FOLLOWS = 20, 300
AT_ONCE, A_MINUTE = 120, 120


async def test_G04_a_storm_of_follows(rig: Rig) -> None:
    """One host is slowed down; others are not, and whoever was accepted is told so."""
    crowd = await rig.peer("follows", is_busy=True)
    followers = [crowd.actor() for _ in range(FOLLOWERS)]
    requests = [
        followers[number % FOLLOWERS].signed(
            followers[number % FOLLOWERS].activity("Follow", rig.adapter.area)
        )
        for number in range(FOLLOWS)
    ]
    answers: list[tuple[int, str]] = []

    async def send_some() -> None:
        connection = await rig.front.connect(rig.source(crowd))
        while requests:
            answer = await connection.ask(requests.pop())
            answers.append((answer.status, answer.header("retry-after")))
        connection.close()

    began = asyncio.get_running_loop().time()
    sending = [asyncio.create_task(send_some()) for _ in range(8)]
    others = await rig.time_honest()
    await asyncio.gather(*sending)
    minutes = (asyncio.get_running_loop().time() - began) / 60
    statuses = Counter(status for status, _ in answers)
    assert set(statuses) == {202, 429}
    assert all(later.isdigit() for status, later in answers if status == 429)
    assert statuses[202] <= AT_ONCE + A_MINUTE * minutes + 1
    assert others < OTHERS_SECONDS + SLACK
    late = rig.p.actor()
    assert (await rig.post(late, late.activity("Follow", rig.adapter.area))).status == 202
    await rig.p.until(lambda: is_accepted(rig.p.received, late))
    await crowd.until(lambda: sum(each["type"] == "Accept" for each in crowd.received) >= statuses[202])
    for each in followers:
        await rig.post(
            each, each.activity("Undo", {"type": "Follow", "actor": each.id, "object": rig.adapter.area})
        )


def is_accepted(received: list[Json], actor: Actor) -> bool:
    return any(each["type"] == "Accept" and actor.id in str(each["object"]) for each in received)


DELETES, SENDERS = 1_000, 10
DELETE_SECONDS = 0.005


async def test_G05_ends_of_strangers(rig: Rig) -> None:
    """Large servers tell everybody: it costs no question, no row, and hardly any time."""
    crowd = await rig.peer("ends")
    mallory = crowd.actor()
    deletes = []
    for _ in range(DELETES):
        iri = f"{crowd.origin}/users/{unique('gone')}"
        delete = mallory.activity("Delete", iri, actor=iri, id=f"{iri}#delete")
        deletes.append(mallory.sign(mallory.unsigned(delete), keyId=f"{iri}#main-key"))
    statuses: Counter[int] = Counter()

    async def send_some() -> None:
        connection = await rig.front.connect(rig.source(crowd))
        while deletes:
            statuses[(await connection.ask(deletes.pop())).status] += 1
        connection.close()

    async with rig.no_effect(), at_most(rig, DELETES * DELETE_SECONDS), nobody_writes(rig):
        await asyncio.gather(*(send_some() for _ in range(SENDERS)))
    assert statuses == {202: DELETES}
    assert crowd.requests == []


async def test_G15_too_much_of_everything(rig: Rig) -> None:
    alice = await trusted(rig)
    tags: list[Any] = [
        {"type": "Hashtag", "name": f"#札{number}", "href": f"{rig.p.origin}/tags/{number}"}
        for number in range(2_000)
    ]
    tags += [
        {
            "type": "Emoji",
            "name": f":e{number}:",
            "icon": {"type": "Image", "url": f"{rig.p.origin}/{number}.png"},
        }
        for number in range(1_000)
    ]
    pictures = [
        {
            "type": "Image",
            "mediaType": "image/png",
            "url": f"{rig.p.origin}/{number}.png",
            "width": 1,
            "height": 1,
        }
        for number in range(300)
    ]
    note = alice.note(
        content=f"<p>{unique('文')}</p>" + "<p>あ</p>" * 30_000,
        summary="い" * 50_000,
        tag=tags,
        attachment=pictures,
        contentMap={f"x{number}": "<p>う</p>" for number in range(300)},
    )
    assert (await rig.post(alice, alice.create(note))).status == 202
    await rig.has_effect(note)
    shown = (await articles(rig))[note["id"]]
    status = await read_api(rig, shown.path.replace("/posts/", "/api/v1/statuses/"))
    assert len(status["content"]) <= 32_768
    assert len(status["spoiler_text"]) <= 5_000
    assert len(status["tags"]) <= 100
    assert len(status["media_attachments"]) <= 16
    assert status["emojis"] == []
    bob = rig.p.actor(
        summary="お" * 200_000, attachment=[{"type": "PropertyValue", "name": "x", "value": "y"}] * 500
    )
    bob.document["name"] = "え" * 10_000
    named = bob.note()
    assert (await rig.post(bob, bob.create(named))).status == 202
    await rig.has_effect(named)
    shown = (await articles(rig))[named["id"]]
    status = await read_api(rig, shown.path.replace("/posts/", "/api/v1/statuses/"))
    author = status["account"]
    assert len(author["display_name"]) <= 500
    assert len(author["note"]) <= 32_768
    assert len(author["fields"]) <= 16


async def test_G17_automatic_actors(rig: Rig) -> None:
    """They wait, also when they answer each other, until somebody here vouches for one."""
    bots = [rig.e.actor(type=kind) for kind in ("Service", "Application", "Service")]
    notes = [each.note() for each in bots]
    async with rig.no_effect(told={each.id for each in bots}):
        for bot, note in zip(bots, notes, strict=True):
            assert (await rig.post(bot, bot.create(note))).status == 202
        for bot, other in ((bots[0], notes[1]), (bots[1], notes[0])):
            answer = bot.note(inReplyTo=other["id"])
            assert (await rig.post(bot, bot.create(answer))).status == 202
            assert (
                await rig.post(bot, bot.activity("Announce", other["id"], to=[rig.adapter.area]))
            ).status == 202
    waiting = await held(rig)
    assert {waiting.get(each["id"]) for each in notes} == {"automated"}
    handle = f"{bots[2].document['preferredUsername']}@{rig.e.host}"
    await ask(rig, "role grant", name=handle, role="official", area=AREA)
    vouched = bots[2].note()
    assert (await rig.post(bots[2], bots[2].create(vouched))).status == 202
    await rig.has_effect(vouched)
