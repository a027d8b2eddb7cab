"""Mails about what is new: one for all of it, in time, to those who want it, and ended by one press."""

import re
from email.message import EmailMessage

import httpx
import pytest
import sqlalchemy as sa

from actors.accounts import Pace, Wishes, find_account, find_wishes, save_wishes
from actors.records import ActorRecord
from areas import compose, decisions, interactions, markers, placements, registry
from areas.notifications.mailing import SOON_MS, find_time
from areas.records import Draft
from federation.vocabulary import Millis
from tests.testrig.world import Town, World
from tests.web.accounts.people import ADDRESS, mails, sign_up
from web.background import run_due

pytestmark = pytest.mark.anyio
NIGHT = Millis(1_795_465_800_000)
"""2026-11-24 05:30 in Tokyo."""
HOUR = 3_600_000


@pytest.fixture
async def hanako(town: Town) -> ActorRecord:
    return await sign_up(town)


async def wish(town: Town, pace: Pace, language: str | None = None) -> int:
    account = await town.read(find_account, town.node.vault, ADDRESS)
    await town.write(save_wishes, account.id, Wishes(language, pace))
    return int(account.id)


async def collect(world: World, town: Town, *, minutes: float = 3) -> list[EmailMessage]:
    """What has been sent when so much time has passed."""
    world.clock.advance(minutes=minutes)
    await run_due(town.node)
    return mails(town)


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("pace", "at", "due"),
    [
        ("now", NIGHT, NIGHT + SOON_MS),
        ("daily", NIGHT, NIGHT + HOUR * 3 // 2),
        ("daily", Millis(NIGHT + HOUR * 3 // 2), NIGHT + HOUR * 3 // 2 + 24 * HOUR),
    ],
)
def test_when_it_is_due(pace: Pace, at: Millis, due: int) -> None:
    assert find_time(pace, at) == due


async def test_all_that_is_new_is_one_mail_and_told_once(
    world: World, town: Town, hanako: ActorRecord
) -> None:
    await wish(town, "now")
    area, taro = await town.area("megumino"), await town.person("taro")
    post, _ = await town.post(hanako, "花が咲きました", area)
    await town.write(interactions.favourite, taro, post.id, town.clock())
    await town.post(taro, "@hanako きれいですね", reply_to=post.iri)
    await run_due(town.node)
    assert mails(town) == [], "not before two minutes are over"
    [mail] = await collect(world, town)
    text = text_of(mail)
    assert mail["to"] == ADDRESS
    assert "taroさんが返信したか" in text
    assert "いいね" in text
    assert "meguminoの町に載りました" in text
    assert len(await collect(world, town)) == 1
    await town.write(interactions.follow, taro, hanako, town.clock())
    assert len(await collect(world, town)) == 2
    assert "いいね" not in text_of(mails(town)[-1]), "what was told is not told again"


async def test_whoever_has_read_it_or_wants_none_gets_none(
    world: World, town: Town, hanako: ActorRecord
) -> None:
    taro = await town.person("taro")
    await wish(town, "off")
    await town.write(interactions.follow, taro, hanako, town.clock())
    assert await collect(world, town) == []
    await wish(town, "now")
    await town.write(interactions.follow, await town.person("jiro"), hanako, town.clock())
    await town.write(lambda tx: markers.save(tx, hanako.id, "notifications", 1_000, town.clock()))
    assert await collect(world, town) == []
    await town.write(interactions.follow, await town.person("saburo"), hanako, town.clock())
    await wish(town, "off")
    assert await collect(world, town) == [], "she has changed her mind"


async def test_daily_means_in_the_morning_but_a_message_at_once(
    world: World, town: Town, hanako: ActorRecord
) -> None:
    await wish(town, "daily", "en")
    taro = await town.person("taro")
    await town.write(interactions.follow, taro, hanako, town.clock())
    assert await collect(world, town) == []
    [mail] = await collect(world, town, minutes=24 * 60)
    assert "taro follows you now." in text_of(mail)
    await town.write(interactions.follow, hanako, taro, town.clock())
    draft = Draft(taro.id, "@hanako 秘密です", visibility="direct")
    await town.write(compose.publish, draft, town.clock())
    assert len(await collect(world, town)) == 2
    text = text_of(mails(town)[-1])
    assert "taro wrote you a message." in text
    assert "秘密" not in text, "a mailbox is no place for it"


async def test_one_press_ends_them_signed_out(
    world: World, town: Town, hanako: ActorRecord, client: httpx.AsyncClient
) -> None:
    account_id = await wish(town, "now")
    await town.write(interactions.follow, await town.person("taro"), hanako, town.clock())
    [mail] = await collect(world, town)
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(r"<https://chitose\.example(/mails/end/\S+)>", str(mail["list-unsubscribe"]))
    assert address is not None
    assert "止まります" in (await client.get(address[1], headers={"accept-language": "ja"})).text
    assert (await town.read(find_wishes, account_id)).pace == "now", "looking at a link ends nothing"
    done = await client.post(address[1], content="List-Unsubscribe=One-Click")
    assert done.status_code == 200
    assert (await town.read(find_wishes, account_id)).pace == "off"
    number, _, proof = address[1].rpartition("/")[2].partition(".")
    for wrong in (f"{int(number) + 1}.{proof}", f"{number}.x{proof}", number, "x", f"{number}.", "１.あ"):
        assert (await client.post(f"/mails/end/{wrong}")).status_code == 404, wrong


async def test_whoever_decides_hears_of_posts_that_wait(
    world: World, town: Town, hanako: ActorRecord
) -> None:
    await wish(town, "now")
    area = await town.area("careful", policy="review")

    def grant(tx: sa.Connection) -> None:
        registry.grant_role(tx, hanako.id, "designer", area_id=area.actor_id, until=None, now=town.clock())

    await town.write(grant)
    await town.post(await town.person("taro"), "見てください", area)
    [mail] = await collect(world, town)
    assert "確認を待っている投稿が1件あります" in text_of(mail)
    assert "https://chitose.example/desk/held" in text_of(mail)


async def test_an_author_is_told_once_of_a_post_that_waits_for_long(
    world: World, town: Town, hanako: ActorRecord
) -> None:
    await wish(town, "now")
    area = await town.area("careful", policy="review")
    post, _ = await town.post(hanako, "見てください", area)
    assert await collect(world, town, minutes=72 * 60 - 1) == [], "she is not told too soon"
    [mail] = await collect(world, town, minutes=2)
    text = text_of(mail)
    assert ("carefulの町" in text, "    見てください" in text) == (True, True)
    assert f"https://chitose.example/posts/{post.id}" in text
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert len(await collect(world, town, minutes=72 * 60)) == 1, "once"


async def test_an_author_is_not_told_of_what_was_decided_or_taken_back_or_not_wished(
    world: World, town: Town, hanako: ActorRecord
) -> None:
    await wish(town, "now")
    area = await town.area("careful", policy="review")
    decided, _ = await town.post(hanako, "見てください", area)
    gone, _ = await town.post(hanako, "やっぱりやめます", area)
    await town.write(compose.delete, gone.id, town.clock())
    [placement] = await town.read(placements.placements_of, decided.id)
    await town.write(lambda tx: decisions.refuse(tx, placement.id, by=None, reason="x", now=town.clock()))
    assert [
        each for each in await collect(world, town, minutes=73 * 60) if "確認" in str(each["subject"])
    ] == []
    await town.post(hanako, "もう一度", area)
    await wish(town, "off")
    assert [
        each for each in await collect(world, town, minutes=73 * 60) if "確認" in str(each["subject"])
    ] == []
