"""`toot`, a client for terminals: sign in by code through the consent page, and what one does with it every day."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from actors.records import ActorRecord
from areas.records import AreaRecord
from tests.testrig import pictures
from tests.testrig.network import Clock
from tests.testrig.sockets import serve_town
from tests.testrig.tooting import Toot, open_toot
from tests.testrig.world import Town
from tests.web.accounts.people import ADDRESS, PASSWORD, sign_up
from web.jobs.search import index_new

pytestmark = pytest.mark.anyio


@dataclass
class Stage:
    """A town with hanako and sora, who both use `toot`."""

    town: Town
    toot: Toot
    area: AreaRecord
    hanako: ActorRecord
    sora: ActorRecord
    folder: Path

    @property
    def domain(self) -> str:
        return self.town.node.settings.domain

    def handle(self, name: str) -> str:
        return f"{name}@{self.domain}"

    async def as_sora(self, *words: str) -> str:
        return await self.toot(*words, by=self.handle("sora"))

    async def post(self, text: str, *words: str, by: str = "hanako") -> str:
        """Post something; its id."""
        made = await self.toot.json("post", text, *words, by=self.handle(by))
        return str(made["id"])


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    async with serve_town("localhost", tmp_path / "town", database_url) as town:
        area, hanako = await town.area("megumino"), await sign_up(town)
        sora = await sign_up(town, "sora", "sora@mail.example")
        async with open_toot(tmp_path / "settings") as toot:
            for mail in ("sora@mail.example", ADDRESS):
                printed = await toot.login(town.node.settings.base_url, mail, PASSWORD)
                assert "Successfully logged in" in printed
            yield Stage(town, toot, area, hanako, sora, tmp_path)


async def test_what_one_does_every_day(stage: Stage, subtests: pytest.Subtests) -> None:
    assert isinstance(stage.town.clock, Clock)
    for row in ROWS:
        stage.town.clock.advance(seconds=20)  # one program may not ask so much at once
        await index_new(stage.town.node)
        with subtests.test(row.__name__):
            await row(stage)


async def who_is_signed_in(stage: Stage) -> None:
    printed = await stage.toot("auth")
    assert f"{stage.handle('hanako')} ACTIVE" in printed
    assert stage.handle("sora") in printed
    assert "@hanako" in await stage.toot("whoami")
    await stage.toot("activate", stage.handle("sora"))
    assert (await stage.toot.json("whoami"))["acct"] == "sora"
    await stage.toot("activate", stage.handle("hanako"))


async def instance(stage: Stage) -> None:
    printed = await stage.toot("instance")
    assert stage.domain in printed
    assert "4.3.0 (compatible; Kairanban" in printed


async def whois(stage: Stage) -> None:
    assert "@megumino" in await stage.toot("whois", "megumino")
    assert (await stage.toot.json("whois", "sora"))["id"] == str(stage.sora.id)
    status, printed = await stage.toot.run("whois", "nobody")
    assert (status, "not found" in printed.lower()) == (1, True)


async def update_account(stage: Stage) -> None:
    changed = await stage.toot.json(
        "update-account", "--display-name", "花子", "--note", "庭", "--discoverable"
    )
    assert (changed["display_name"], changed["discoverable"]) == ("花子", True)
    portrait = stage.folder / "portrait.jpg"
    portrait.write_bytes(pictures.jpeg())
    assert "Account updated" in await stage.toot("update-account", "--avatar", str(portrait))
    assert "花子" in await stage.toot("whoami")


async def post(stage: Stage) -> None:
    made = await stage.toot.json(
        "post", "庭の花 #花", "-v", "unlisted", "-p", "花", "-s", "-l", "ja", by=stage.handle("hanako")
    )
    assert (made["visibility"], made["spoiler_text"], made["language"]) == ("unlisted", "花", "ja")
    assert "Toot posted" in await stage.toot("post", "もう一つ")


async def post_into_an_area(stage: Stage) -> None:
    await stage.toot("follow", "megumino")
    await stage.post("@megumino 回覧です")
    [shown] = await stage.toot.json("timelines", "public", "--local")
    assert "回覧です" in shown["reblog"]["content"]
    assert "回覧です" in await stage.toot("timeline", "--public", "--local", "--once")


async def post_with_a_picture(stage: Stage) -> None:
    picture = stage.folder / "garden.jpg"
    picture.write_bytes(pictures.jpeg())
    uploaded = await stage.toot.json("upload", str(picture), "-d", "庭")
    assert (uploaded["type"], uploaded["description"]) == ("image", "庭")
    made = await stage.toot.json("post", "写真です", "-m", str(picture), "-d", "花壇")
    assert [each["description"] for each in made["media_attachments"]] == ["花壇"]
    assert made["media_attachments"][0]["url"] in await stage.toot("status", made["id"])


async def post_for_later(stage: Stage) -> None:
    made = await stage.toot.json("post", "あすの朝です", "--scheduled-at", "2026-12-24T08:00:00+09:00")
    assert made["scheduled_at"] == "2026-12-23T23:00:00.000Z"


async def reply_and_thread(stage: Stage) -> None:
    root = await stage.post("手伝える人はいますか")
    answer = await stage.post("@hanako 行けます", "-r", root, by="sora")
    printed = await stage.toot("thread", root)
    assert printed.index("手伝える人") < printed.index("行けます")
    found = await stage.toot.json("thread", answer)
    assert [each["id"] for each in found["ancestors"]] == [root]


async def status(stage: Stage) -> None:
    made = await stage.post("集合は八時です")
    assert "集合は八時です" in await stage.toot("status", made)
    status_, printed = await stage.toot.run("status", "1")
    assert (status_, "Record not found" in printed) == (1, True)


async def delete(stage: Stage) -> None:
    made = await stage.post("まちがい")
    assert "Status deleted" in await stage.toot("delete", made)
    assert (await stage.toot.run("status", made))[0] == 1
    kept = await stage.post("私の", by="sora")
    assert (await stage.toot.run("delete", kept))[0] == 1


async def favourite(stage: Stage) -> None:
    made = await stage.post("雪が降りました", by="sora")
    assert (await stage.toot.json("favourite", made))["favourites_count"] == 1
    assert "雪が降りました" in await stage.toot("timelines", "favourites", "--no-pager")
    assert (await stage.toot.json("unfavourite", made))["favourited"] is False


async def reblog(stage: Stage) -> None:
    made = await stage.post("落とし物です", by="sora")
    assert (await stage.toot.json("reblog", made))["reblog"]["id"] == made
    assert "hanako" in await stage.toot("reblogged-by", made)
    assert (await stage.toot.json("unreblog", made))["reblogged"] is False


async def bookmark(stage: Stage) -> None:
    made = await stage.post("あとで読む", by="sora")
    assert "bookmarked" in await stage.toot("bookmark", made)
    assert "あとで読む" in await stage.toot("bookmarks", "--once")
    assert (await stage.toot.json("unbookmark", made))["bookmarked"] is False


async def pin(stage: Stage) -> None:
    made = await stage.post("私について")
    assert (await stage.toot.json("pin", made))["pinned"] is True
    assert (await stage.toot.json("unpin", made))["pinned"] is False


async def polls(stage: Stage) -> None:
    options = ("--poll-option", "朝", "--poll-option", "夕方", "--poll-expires-in", "2h")
    made = await stage.toot.json("post", "除雪はいつ?", *options)
    poll = made["poll"]["id"]
    voted = await stage.toot.json("polls", "vote", poll, "1", by=stage.handle("sora"))
    assert (voted["voted"], voted["own_votes"], voted["votes_count"]) == (True, [1], 1)
    assert "夕方" in await stage.toot("polls", "show", poll)
    assert (await stage.toot.run("polls", "vote", poll, "7", by=stage.handle("sora")))[0] == 1


async def follow(stage: Stage) -> None:
    assert (await stage.toot.json("follow", "sora"))["following"] is True
    assert "@sora" in await stage.toot("following")
    assert "@hanako" in await stage.as_sora("followers")
    made = await stage.post("空から", by="sora")
    assert (await stage.toot.json("timelines", "home", "-l", "1"))[0]["id"] == made
    assert "空から" in await stage.toot("timelines", "account", "sora", "--no-pager")
    assert "空から" in await stage.toot("timeline", "--once")
    assert (await stage.toot.json("unfollow", "sora"))["following"] is False


async def mute(stage: Stage) -> None:
    assert "You have muted sora" in await stage.toot("mute", "sora")
    assert "@sora" in await stage.toot("muted")
    assert (await stage.toot.json("unmute", "sora"))["muting"] is False


async def block(stage: Stage) -> None:
    assert (await stage.toot.json("block", "sora"))["blocking"] is True
    assert "@sora" in await stage.toot("blocked")
    assert "no longer blocked" in await stage.toot("unblock", "sora")


async def follow_requests(stage: Stage) -> None:
    for command, follows in (("reject", False), ("accept", True)):
        await stage.toot("update-account", "--locked")
        await stage.as_sora("follow", "hanako")
        assert "@sora" in await stage.toot("follow-requests", "list")
        answered = await stage.toot.json("follow-requests", command, "sora")
        assert answered["followed_by"] is follows
    await stage.toot("update-account", "--no-locked")


async def lists(stage: Stage) -> None:
    made = await stage.toot.json("lists", "create", "ご近所", "--replies-policy", "list")
    await stage.toot("follow", "sora")
    await stage.toot("lists", "add", "ご近所", "sora")
    assert "@sora" in await stage.toot("lists", "accounts", "ご近所")
    written = await stage.post("ご近所のみなさん", by="sora")
    assert (await stage.toot.json("timelines", "list", "ご近所", "-l", "1"))[0]["id"] == written
    await stage.toot("lists", "remove", "ご近所", "sora")
    assert await stage.toot.json("lists", "accounts", "ご近所") == []
    assert made["id"] in await stage.toot("lists", "list")
    await stage.toot("lists", "delete", "ご近所")
    assert "ご近所" not in await stage.toot("lists", "list")


async def tags(stage: Stage) -> None:
    assert (await stage.toot.json("tags", "follow", "雪像"))["following"] is True
    assert "雪像" in await stage.toot("tags", "followed")
    made = await stage.post("できました #雪像", by="sora")
    assert "Followed" in await stage.toot("tags", "info", "雪像")
    assert [each["id"] for each in await stage.toot.json("timelines", "tag", "雪像")] == [made]
    assert (await stage.toot.json("tags", "unfollow", "雪像"))["following"] is False
    await stage.toot("tags", "feature", "花")
    assert "花" in await stage.toot("tags", "featured")
    await stage.toot("tags", "unfeature", "花")
    assert "花" not in await stage.toot("tags", "featured")


async def trending(stage: Stage) -> None:
    [shown] = await stage.toot.json("timelines", "public", "--local")
    await stage.as_sora("favourite", shown["reblog"]["id"])
    assert "回覧です" in await stage.toot("timelines", "trending", "--no-pager")


async def notifications(stage: Stage) -> None:
    await stage.toot("notifications", "--clear")
    made = await stage.post("通知のもと")
    await stage.as_sora("favourite", made)
    await stage.post("@hanako どうぞ", "-r", made, by="sora")
    printed = await stage.toot("notifications")
    assert "どうぞ" in printed
    assert "favourited" in printed
    found = await stage.toot.json("notifications", "--type", "favourite")
    assert [each["account"]["acct"] for each in found] == ["sora"]
    await stage.toot("notifications", "--clear")
    assert await stage.toot.json("notifications") == []


async def search(stage: Stage) -> None:
    assert "@sora" in await stage.toot("search", "sora", "--type", "accounts")
    found = await stage.toot.json("search", "集合は八時", "--type", "statuses")
    assert ["八時" in each["content"] for each in found["statuses"]] == [True]
    assert "雪像" in await stage.toot("search", "雪像")


async def messages(stage: Stage) -> None:
    """For who is named, and nobody else."""
    made = await stage.post("@sora あしたの件です", "-v", "direct")
    assert "あしたの件です" in await stage.as_sora("status", made)
    assert made not in {each["id"] for each in await stage.toot.json("timelines", "public")}


async def diagnosis(stage: Stage) -> None:
    assert "toot 0." in await stage.toot("diag")


async def logout(stage: Stage) -> None:
    await stage.toot("logout", stage.handle("sora"))
    assert stage.handle("sora") not in await stage.toot("auth")


ROWS: tuple[Callable[[Stage], Awaitable[None]], ...] = (
    who_is_signed_in,
    instance,
    whois,
    update_account,
    post,
    post_into_an_area,
    post_with_a_picture,
    post_for_later,
    reply_and_thread,
    status,
    delete,
    favourite,
    reblog,
    bookmark,
    pin,
    polls,
    follow,
    mute,
    block,
    follow_requests,
    lists,
    tags,
    trending,
    notifications,
    search,
    messages,
    diagnosis,
    logout,
)
"""They share a town, and are played in this order."""
