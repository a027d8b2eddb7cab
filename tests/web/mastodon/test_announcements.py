"""What is announced: to whom, for how long, in which language; what readers do with it; and that it is live."""

import json
from typing import Any

import httpx
import pytest

from actors.records import ActorRecord
from areas import interactions, preferences
from areas.announcements import saying
from areas.announcements.reacting import MOST_NAMES, is_emoji
from areas.announcements.saying import TEXT_LENGTH, Wanted
from areas.preferences import Preferences
from areas.records import AreaRecord
from federation.errors import Refused
from federation.vocabulary import Millis
from inbox.jobs.due import run_due
from tests.testrig.network import Clock
from tests.testrig.world import Town
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import personal
from tests.web.mastodon.entities.shapes import judge
from tests.web.mastodon.streaming.conftest import Heard, Listen, listen  # noqa: F401 - a fixture
from web.cli import run_command

pytestmark = pytest.mark.anyio

ANNOUNCEMENTS = "/api/v1/announcements"
HOUR = 3_600_000


@pytest.fixture
async def area(town: Town, hanako: ActorRecord) -> AreaRecord:
    """hanako follows it."""
    made = await town.area("megumino")
    group = await town.node.directory.actor(made.iri)
    await town.write(interactions.follow, hanako, group, town.clock())
    return made


async def announce(town: Town, text: str, **more: Any) -> int:
    report = await run_command(town.node, "announcement create", {"text": text, **more})
    return int(report.data["id"])


async def texts(app: httpx.AsyncClient, **how: Any) -> list[str]:
    answer = await app.get(ANNOUNCEMENTS, **how)
    assert answer.status_code == 200, answer.text
    for each in answer.json():
        judge(personal.ANNOUNCEMENT, each)
    return [each["content"] for each in answer.json()]


async def test_an_announcement_has_everything(
    town: Town, app: httpx.AsyncClient, area: AreaRecord, hanako: ActorRecord
) -> None:
    desk = await town.person("eniwa_bosai", "official")
    post, _ = await town.post(desk, "大雨に注意してください")
    ends = town.clock() + HOUR
    await announce(
        town,
        "大雨警報が出ています #防災 https://eniwa.example/",
        area="megumino",
        by="eniwa_bosai",
        post=post.iri,
        ends=ends,
        all_day=True,
    )
    [shown] = (await app.get(ANNOUNCEMENTS)).json()
    judge(personal.ANNOUNCEMENT, shown)
    assert "大雨警報が出ています" in shown["content"]
    assert '<a href="https://eniwa.example/"' in shown["content"]
    assert [each["acct"] for each in shown["mentions"]] == ["eniwa_bosai"]
    assert shown["mentions"][0]["url"] in shown["content"]
    assert [each["name"] for each in shown["tags"]] == ["防災"]
    assert shown["statuses"] == [{"id": str(post.id), "url": post.url or post.iri}]
    assert (shown["starts_at"], shown["all_day"], shown["read"], shown["reactions"]) == (
        None,
        True,
        False,
        [],
    )
    assert shown["ends_at"] is not None
    await run_command(town.node, "post-delete", {"post_id": post.id})
    assert (await app.get(ANNOUNCEMENTS)).json()[0]["statuses"] == []


async def test_an_areas_announcements_are_for_who_follows_it(
    town: Town, app: httpx.AsyncClient, area: AreaRecord, sign: Sign
) -> None:
    await announce(town, "みんなに")
    of_area = await announce(town, "恵み野に", area="megumino")
    await town.person("sora")
    stranger = await sign("sora")
    assert len(await texts(app)) == 2
    assert [text for text in await texts(app, headers=stranger) if "恵み野に" in text] == []
    for method, path in (("POST", "dismiss"), ("PUT", "reactions/👍"), ("DELETE", "reactions/👍")):
        hidden = await app.request(method, f"{ANNOUNCEMENTS}/{of_area}/{path}", headers=stranger)
        assert (hidden.status_code, hidden.json()) == (404, {"error": "Record not found"}), path
    del app.headers["authorization"]
    assert (await app.get(ANNOUNCEMENTS)).status_code == 401


async def test_it_is_shown_while_it_is_in_force(town: Town, app: httpx.AsyncClient) -> None:
    clock = town.clock
    assert isinstance(clock, Clock)
    first = await announce(town, "明日から", starts=clock() + HOUR, ends=clock() + 2 * HOUR)
    assert await texts(app) == []
    assert "明日から" in (await run_command(town.node, "announcement list", {})).lines[1]
    clock.advance(hours=1)
    assert len(await texts(app)) == 1
    clock.advance(hours=1)
    assert await texts(app) == []
    assert (await app.post(f"{ANNOUNCEMENTS}/{first}/dismiss")).status_code == 404
    second = await announce(town, "ずっと")
    assert len(await texts(app)) == 1
    await run_command(town.node, "announcement end", {"announcement": second})
    assert await texts(app) == []
    assert (await run_command(town.node, "announcement list", {})).lines == ("nothing is announced",)
    with pytest.raises(Refused, match="taken back"):
        await run_command(town.node, "announcement edit", {"announcement": second, "text": "また"})


async def test_each_reads_it_in_her_language(town: Town, app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    await announce(town, "断水のお知らせ", english="No water today")
    assert isinstance(town.clock, Clock)
    town.clock.advance(seconds=1)
    await announce(town, "回覧板")
    assert [("断水" in text, "回覧板" in text) for text in await texts(app)] == [(True, False), (False, True)]
    await town.write(preferences.save, hanako.id, Preferences(language="en-GB"))
    assert ["No water" in text for text in await texts(app)] == [True, False]
    assert "回覧板" in (await texts(app))[1], "the original, where there is nothing else"


async def test_what_is_put_away_stays_read_until_it_changes(
    town: Town, app: httpx.AsyncClient, sign: Sign
) -> None:
    number = await announce(town, "<b>お祭り</b>")
    assert "&lt;b&gt;お祭り" in (await texts(app))[0]
    for _ in range(2):
        done = await app.post(f"{ANNOUNCEMENTS}/{number}/dismiss")
        assert (done.status_code, done.json()) == (200, {})
    assert [each["read"] for each in (await app.get(ANNOUNCEMENTS)).json()] == [True]
    await town.person("sora")
    others = await app.get(ANNOUNCEMENTS, headers=await sign("sora"))
    assert [each["read"] for each in others.json()] == [False]
    await run_command(town.node, "announcement edit", {"announcement": number, "text": "中止"})
    [changed] = (await app.get(ANNOUNCEMENTS)).json()
    assert ("中止" in changed["content"], changed["read"]) == (True, False)
    assert (await app.post(f"{ANNOUNCEMENTS}/999/dismiss")).status_code == 404
    narrow = await sign("sora", "read")
    assert (await app.post(f"{ANNOUNCEMENTS}/{number}/dismiss", headers=narrow)).status_code == 403


async def test_answers_are_counted_by_emoji(town: Town, app: httpx.AsyncClient, sign: Sign) -> None:
    number = await announce(town, "お祭り")
    await town.person("sora")
    sora = await sign("sora")
    address = f"{ANNOUNCEMENTS}/{number}/reactions"
    for headers, name in (({}, "🎉"), ({}, "🎉"), (sora, "🎉"), (sora, "👍🏽")):
        done = await app.put(f"{address}/{name}", headers=headers)
        assert (done.status_code, done.json()) == (200, {})
        assert isinstance(town.clock, Clock)
        town.clock.advance(seconds=1)
    [shown] = (await app.get(ANNOUNCEMENTS)).json()
    judge(personal.ANNOUNCEMENT, shown)
    assert [(each["name"], each["count"], each["me"]) for each in shown["reactions"]] == [
        ("🎉", 2, True),
        ("👍🏽", 1, False),
    ]
    assert (await app.delete(f"{address}/🎉")).json() == {}
    assert (await app.delete(f"{address}/🎉")).status_code == 404
    assert (await app.delete(f"{address}/👍🏽")).status_code == 404, "somebody else's"
    reactions = (await app.get(ANNOUNCEMENTS)).json()[0]["reactions"]
    assert [(each["name"], each["count"], each["me"]) for each in reactions] == [
        ("🎉", 1, False),
        ("👍🏽", 1, False),
    ]


async def test_only_emoji_and_only_a_few(town: Town, app: httpx.AsyncClient) -> None:
    address = f"{ANNOUNCEMENTS}/{await announce(town, 'お祭り')}/reactions"
    for name in ("hello", ":blobcat:", "い", "1", "👍 👍"):
        refused = await app.put(f"{address}/{name}")
        assert (refused.status_code, refused.json()) == (
            422,
            {"error": "Validation failed: Name is not a recognized emoji"},
        ), name
    for name in "🍎🍊🍋🍌🍉🍇🍓🍒"[:MOST_NAMES]:
        assert (await app.put(f"{address}/{name}")).status_code == 200
    ninth = await app.put(f"{address}/🍑")
    assert ninth.json() == {"error": "Validation failed: Different reactions limit reached"}
    assert (await app.put(f"{address}/🍎")).status_code == 200, "one that is there already"


def test_what_an_emoji_is() -> None:
    for name in ("👍", "👍🏽", "❤️", "👨‍👩‍👧‍👦", "🇯🇵", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☃"):
        assert is_emoji(name), name
    for name in ("", "a", "👍👍", "👍a", "🇯", "‍", "👍‍", "1", "️", "👍" + "🏽" * 20, "<", "㊗️x"):
        assert not is_emoji(name), name


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted({"ja": "  "}), "needs a text"),
        (Wanted({"en": "only English"}), "needs a text"),
        (Wanted({"ja": "あ" * (TEXT_LENGTH + 1)}), "at most"),
        (Wanted({"ja": "あ"}, ends_at=Millis(1)), "not in the past"),
        (Wanted({"ja": "あ"}, Millis(1 << 45), Millis((1 << 45) - 1)), "ends after it begins"),
    ],
)
async def test_what_cannot_be_announced(town: Town, wanted: Wanted, words: str) -> None:
    desk = await town.person("eniwa_bosai", "official")
    with pytest.raises(Refused, match=words):
        await town.write(saying.announce, desk, wanted, town.clock())


async def test_only_desks_announce_and_only_public_posts(town: Town) -> None:
    sora = await town.person("sora")
    with pytest.raises(Refused, match="no official desk"):
        await announce(town, "わたしから", by="sora")
    post, _ = await town.post(sora, "花")
    await run_command(town.node, "post-delete", {"post_id": post.id})
    with pytest.raises(Refused, match="not a public post"):
        await announce(town, "これ", post=post.iri)


async def next_of(heard: Heard) -> tuple[str, Any]:
    event, payload = await heard.next()
    return event, json.loads(payload)


async def test_it_is_live(
    town: Town,
    app: httpx.AsyncClient,
    area: AreaRecord,
    hanako: ActorRecord,
    listen: Listen,  # noqa: F811 - the fixture
) -> None:
    """Its beginning at its time, answers, changes, its end; to who follows the area, and nobody else."""
    clock = town.clock
    assert isinstance(clock, Clock)
    stranger = await town.person("sora")
    heard, elsewhere = await listen(hanako, "user"), await listen(stranger, "user")
    number = await announce(town, "道路工事", area="megumino", starts=clock() + HOUR, ends=clock() + 2 * HOUR)
    clock.advance(hours=1)
    await run_due(town.node.services, clock())
    event, shown = await next_of(heard)
    judge(personal.ANNOUNCEMENT, shown)
    assert (event, shown["id"], "道路工事" in shown["content"]) == ("announcement", str(number), True)
    for method, count in (("PUT", 1), ("DELETE", 0)):
        await app.request(method, f"{ANNOUNCEMENTS}/{number}/reactions/👍")
        told = {"name": "👍", "count": count, "announcement_id": str(number)}
        assert await next_of(heard) == ("announcement.reaction", told)
    clock.advance(hours=1)
    await run_due(town.node.services, clock())
    assert await next_of(heard) == ("announcement.delete", number)
    everybody = await announce(town, "みんなに")
    event, shown = await next_of(elsewhere)
    assert (event, shown["id"]) == ("announcement", str(everybody)), (
        "nothing of an area that she does not follow"
    )
