"""Events on pages: written, joined and left without scripts, full in words, and in calendars."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from icalendar import Calendar, Event

from actors.accounts import find_owner, link_actor
from actors.records import ActorRecord
from areas import interactions
from areas.kinds import responses
from areas.records import PostRecord
from tests.areas.kinds.test_events import WALK
from tests.testrig.world import World
from tests.web.accounts.people import sign_up
from tests.web.pages.conftest import Home
from tests.web.pages.test_writing import post_at

pytestmark = pytest.mark.anyio
NIGHT = datetime(2026, 12, 4, 15, tzinfo=UTC)
"""Midnight in the town."""


@pytest.fixture
async def taro(home: Home) -> ActorRecord:
    return await sign_up(home.town, "taro", "taro@mail.example")


def typed(home: Home, **values: str) -> dict[str, str]:
    form = {**WALK, "text": "長靴で; 雨なら, 中止", "kind": "event", "audience": "everyone"}
    return {**form, "area": str(home.area.actor_id), **values}


async def as_(home: Home, name: str) -> None:
    home.browser.client.cookies.clear()
    await home.browser.sign_in(f"{name}@mail.example")


async def published(home: Home, **values: str) -> PostRecord:
    return await post_at(home, await home.press("/write", step="publish", **typed(home, **values)))


async def test_an_event_is_joined_left_and_full(home: Home, taro: ActorRecord) -> None:
    flawed = await home.write(step="publish", **typed(home, capacity="0"))
    assert 'id="capacity-error"' in flawed
    post = await published(home)
    assert "花の散歩" in await home.read("/areas/megumino?show=event")
    jiro = await sign_up(home.town, "jiro", "jiro@mail.example")
    await as_(home, "taro")
    page = await home.read(f"/posts/{post.id}")
    assert ("参加する</button>" in page, "0人が参加" in page) == (True, True)
    where = await home.press(f"/posts/{post.id}/responses", text="参加します。", key="k")
    page = await home.read(where.partition("#")[0])
    assert ("参加を申し込みました" in page, "1人が参加" in page, "参加を取りやめる" in page) == (
        True,
        True,
        True,
    )
    await as_(home, "jiro")
    page = await home.read(f"/posts/{post.id}")
    assert ("満員です" in page, 'id="application"' in page, "taro" in page) == (True, False, False)
    where = await home.press(f"/posts/{post.id}/responses", text="参加します。", key="k")
    assert "満員です" in await home.read(where.partition("#")[0])
    await as_(home, "hanako")
    page = await home.read(f"/posts/{post.id}")
    assert ("taro" in page, "参加から外す" in page) == (True, True)
    assert ("予定に変わりはありませんか" in page, "その後、どうなりましたか" in page) == (True, False)
    await home.press(f"/posts/{post.id}/steps/cancel")
    page = await home.read(f"/posts/{post.id}")
    assert ("中止" in page, "【イベント中止】花の散歩" in page) == (True, True)
    assert jiro.id != taro.id


async def test_an_event_that_is_over_is_changed_on_its_page(home: Home, world: World) -> None:
    post = await published(home)
    world.clock.advance(days=30)
    await as_(home, "hanako")
    assert 'value="2026-12-05T10:00"' in await home.read(f"/posts/{post.id}/edit")
    changed = typed(home, text="20人で歩きました。", edit=str(post.id))
    await home.press("/write", step="publish", **changed)
    page = await home.read(f"/posts/{post.id}")
    assert ("20人で歩きました" in page, "終了</span>" in page) == (True, True)
    moved = await home.write(step="publish", **{**changed, "starts": "2026-12-06T10:00", "ends": ""})
    assert 'id="starts-error"' in moved


async def seat(home: Home, actor: ActorRecord) -> ActorRecord:
    """Let an actor speak for a desk of the town too."""
    desk = await home.town.person("eniwa_koho", "official")

    def let_speak(tx: sa.Connection) -> None:
        account_id = find_owner(tx, actor.id, home.town.clock())
        assert account_id is not None
        link_actor(tx, account_id=account_id, actor_id=desk.id, role="staff", now=home.town.clock())

    await home.town.write(let_speak)
    return desk


async def test_who_has_two_voices_says_with_which_she_takes_part(home: Home, taro: ActorRecord) -> None:
    post = await published(home)
    desk = await seat(home, taro)
    await as_(home, "taro")
    page = await home.read(f"/posts/{post.id}")
    assert f'<option value="{desk.id}">' in page
    stranger = {"text": "参加します。", "key": "k", "speaker": str(home.hanako.id)}
    assert (await home.browser.post(f"/posts/{post.id}/responses", **stranger)).status_code == 404
    said = await home.press(f"/posts/{post.id}/responses", text="参加します。", key="k", speaker=str(desk.id))
    assert [each.actor_id for each in await home.town.read(responses.list_of, post.id)] == [desk.id]
    page = await home.read(said.partition("#")[0])
    assert ("参加を取りやめる" in page, 'id="application"' in page) == (True, False)
    leave = re.search(r'action="(/posts/\d+/responses/leave)"', page)
    assert leave is not None
    await home.press(leave[1])
    assert await home.town.read(responses.list_of, post.id) == []


async def test_whoever_has_one_voice_is_not_asked(home: Home, taro: ActorRecord) -> None:
    post = await published(home)
    await as_(home, "taro")
    assert "<select" not in await home.read(f"/posts/{post.id}")
    await home.press(f"/posts/{post.id}/responses", text="参加します。", key="k")
    assert [each.actor_id for each in await home.town.read(responses.list_of, post.id)] == [taro.id]


async def test_whoever_sits_at_a_desk_sees_who_comes_to_its_event(home: Home, taro: ActorRecord) -> None:
    desk = await seat(home, home.hanako)
    post = await published(home, speaker=str(desk.id))
    await home.town.write(interactions.respond, taro, post.id, "参加します。", "k", home.town.clock())
    page = await home.read(f"/posts/{post.id}")
    assert ("taro" in page, "参加から外す" in page) == (True, True)
    await sign_up(home.town, "jiro", "jiro@mail.example")
    await as_(home, "jiro")
    assert "taro" not in await home.read(f"/posts/{post.id}")


async def test_the_place_of_an_event_has_a_page_and_is_known_to_the_next_sheet(home: Home) -> None:
    post = await published(home)
    cafe = {"kind": "review", "place": "恵み野駅前", "address": "恵み野里美2丁目", "text": "静かです。"}
    await home.press("/write", step="publish", **{**typed(home), **cafe})
    path = re.search(r'href="(/places/\d+)"', await home.read(f"/posts/{post.id}"))
    assert path is not None
    page = await home.read(path[1])
    assert ("花の散歩" in page, "静かです。" in page) == (True, True), "it is one place for both"
    area = home.area.actor_id
    assert '<option value="恵み野駅前">' in await home.read(f"/write?kind=event&area={area}")
    secret = await published(home, place="秘密の家", audience="members")
    hidden = re.search(r'href="(/places/\d+)"', await home.read(f"/posts/{secret.id}"))
    assert hidden is not None
    assert "秘密の家" not in await home.read(f"/write?kind=event&area={area}")
    home.browser.client.cookies.clear()
    assert (await home.browser.get(hidden[1])).status_code == 404
    assert (await home.browser.get(path[1])).status_code == 200


async def read_calendar(home: Home, path: str) -> Calendar:
    """The calendar as another program reads it; each line of it as the format has them (RFC 5545 §3.1)."""
    response = await home.browser.get(path)
    assert response.headers["content-type"].startswith("text/calendar")
    assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))
    assert b"\n" not in response.content.replace(b"\r\n", b"")
    calendar = Calendar.from_ical(response.content)
    assert isinstance(calendar, Calendar)
    assert [error for each in calendar.walk() for error in each.errors] == []
    return calendar


async def only_event(home: Home, path: str) -> Event:
    calendar = await read_calendar(home, path)
    assert [each.name for each in calendar.walk()] == ["VCALENDAR", "VEVENT"], "UTC needs no VTIMEZONE"
    return calendar.events[0]


async def test_events_in_calendars(home: Home, taro: ActorRecord) -> None:
    post, other = await published(home), await published(home, title="雪かき", audience="members")
    for path in (f"/posts/{post.id}/event.ics", "/areas/megumino/calendar.ics"):
        event = await only_event(home, path)
        assert (event.start, event.end) == (
            datetime(2026, 12, 5, 1, tzinfo=UTC),
            datetime(2026, 12, 5, 3, tzinfo=UTC),
        )
        assert (event.uid, str(event["summary"]), str(event["url"])) == (post.iri, "花の散歩", post.url)
        assert (str(event["location"]), str(event["status"])) == (
            "恵み野駅前（恵み野里美2丁目）",
            "CONFIRMED",
        )
        assert "長靴で; 雨なら, 中止\n" in str(event["description"])
    assert str((await read_calendar(home, "/areas/megumino/calendar.ics"))["name"]) == home.area.name
    assert (await home.browser.get(f"/posts/{other.id}/event.ics")).status_code == 404
    plain = await post_at(
        home,
        await home.press(
            "/write", step="publish", text="やあ", audience="everyone", area=str(home.area.actor_id)
        ),
    )
    assert (await home.browser.get(f"/posts/{plain.id}/event.ics")).status_code == 404


async def test_a_change_keeps_the_event_and_has_the_next_number(home: Home, world: World) -> None:
    post = await published(home)
    path, seen = f"/posts/{post.id}/event.ics", []
    seen.append(await only_event(home, path))
    world.clock.advance(minutes=1)
    await home.press("/write", step="publish", **typed(home, edit=str(post.id), starts="2026-12-05T09:30"))
    seen.append(await only_event(home, path))
    for step in ("cancel", "reopen"):
        world.clock.advance(minutes=1)
        await home.press(f"/posts/{post.id}/steps/{step}")
        seen.append(await only_event(home, path))
    assert {each.uid for each in seen} == {post.iri}
    assert [each.sequence for each in seen] == [0, 1, 2, 3]
    assert [str(each["status"]) for each in seen] == ["CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert [each.decoded("dtstart").minute for each in seen] == [0, 30, 30, 30]
    stamps = [each.stamp for each in seen]
    assert stamps == sorted(set(stamps)) == [each.last_modified for each in seen]
    assert len({each.decoded("created") for each in seen}) == 1


@pytest.mark.parametrize(
    ("starts", "ends", "begin", "end"),
    [
        ("2026-12-05T00:00", "2026-12-06T00:00", date(2026, 12, 5), date(2026, 12, 6)),
        ("2026-12-05T00:00", "2026-12-06T23:59", date(2026, 12, 5), date(2026, 12, 7)),
        ("2026-12-05T00:00", "2026-12-05T23:59", date(2026, 12, 5), date(2026, 12, 6)),
        ("2026-12-05T00:00", "2026-12-05T00:00", NIGHT, NIGHT),
        ("2026-12-05T00:00", "2026-12-05T23:58", NIGHT, NIGHT + timedelta(hours=23, minutes=58)),
        ("2026-12-05T00:00", "", NIGHT, None),
    ],
)
async def test_whole_days_are_days(home: Home, starts: str, ends: str, begin: date, end: date | None) -> None:
    post = await published(home, starts=starts, ends=ends)
    event = await only_event(home, f"/posts/{post.id}/event.ics")
    assert event.decoded("dtstart") == begin
    assert event.decoded("dtend", None) == end


async def test_what_people_write_is_no_property(home: Home) -> None:
    title = '花\\n;,:"BEGIN:VALARM'
    post = await published(
        home,
        title=title,
        place="駅\\前;,",
        text="行\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\x07\x7f" + "長" * 200,
    )
    event = await only_event(home, f"/posts/{post.id}/event.ics")
    assert (str(event["summary"]), "駅\\前;," in str(event["location"])) == (title, True)
    assert "\nEND:VEVENT\nBEGIN:VEVENT\nUID:x長長" in str(event["description"])
