"""Commands by which an area is governed: what they do, what they print, and what other servers hear of it."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.remote import save_remote
from actors.servers import find_server, save_server
from areas import placements
from federation.errors import NotFound, Refused
from outbox.tables import log
from tests.testrig.people import describe
from tests.testrig.world import Town
from web.app import create_app
from web.cli import app, run_command
from web.cli.commands import COMMANDS

pytestmark = pytest.mark.anyio


async def do(town: Town, command: str, **words: Any) -> Any:
    return (await run_command(town.node, command, words)).data


async def said(town: Town) -> list[tuple[str, str]]:
    def read(tx: sa.Connection) -> list[tuple[str, str]]:
        return [tuple(row) for row in tx.execute(sa.select(log.c.type, log.c.dialect).order_by(log.c.id))]

    found: list[tuple[str, str]] = await town.read(read)
    return found


async def test_an_area_says_something_else_of_itself_in_both_dialects(town: Town) -> None:
    await town.area("megumino")
    told = await do(town, "area edit", name="megumino", title="恵み野北", summary="北の町", policy="closed")
    assert (told["title"], told["policy"]) == ("恵み野北", "closed")
    assert await said(town) == [("Update", "object"), ("Announce", "activity")], "once, however much it was"
    await do(town, "area edit", name="megumino", title="恵み野北", policy="closed")
    assert len(await said(town)) == 2, "nothing is another"
    with pytest.raises(Refused, match="policy"):
        await do(town, "area edit", name="megumino", policy="shut")


async def test_a_post_is_removed_and_restored_by_number_or_address(town: Town) -> None:
    area, hanako = await town.area("megumino"), await town.person("hanako")
    post, _ = await town.post(hanako, "花が咲きました。", area)
    await do(town, "area remove", name="megumino", post=str(post.id), reason="広告")
    (placement,) = await town.read(placements.placements_of, post.id)
    assert (placement.state, placement.reason) == ("removed", "広告")
    await do(town, "area restore", name="megumino", post=post.iri)
    (placement,) = await town.read(placements.placements_of, post.id)
    assert placement.state == "accepted"
    await town.area("shimamatsu")
    with pytest.raises(NotFound, match="never posted"):
        await do(town, "area remove", name="shimamatsu", post=post.iri)
    for name in ("1", "9" * 30, "https://p.test/1"):
        with pytest.raises(NotFound):
            await do(town, "area remove", name="megumino", post=name)


async def test_a_thread_is_locked_and_a_post_is_pinned(town: Town) -> None:
    area, hanako = await town.area("megumino"), await town.person("hanako")
    post, _ = await town.post(hanako, "花が咲きました。", area)
    words = {"name": "megumino", "post": str(post.id)}
    assert (await do(town, "area lock", **words, reason="済"))["state"] == "locked"
    with pytest.raises(Refused):
        await do(town, "post", author="hanako", text="返信", reply_to=post.iri)
    assert (await do(town, "area unlock", **words))["state"] == "unlocked"
    await do(town, "post", author="hanako", text="返信", reply_to=post.iri)
    before = len(await said(town))
    assert (await do(town, "area pin", **words))["state"] == "pinned"
    assert (await said(town))[before:] == [
        ("Announce", "activity"),
        ("Update", "object"),
        ("Announce", "activity"),
    ], "GoToSocial reads pins again with the document"
    assert (await do(town, "area unpin", **words))["state"] == "unpinned"


async def test_who_is_banned_loses_her_posts_only_if_asked(town: Town) -> None:
    area, hanako = await town.area("megumino"), await town.person("hanako")
    post, _ = await town.post(hanako, "花が咲きました。", area)
    assert (await do(town, "area ban", name="megumino", who="hanako", reason="宣伝"))["posts"] == 0
    assert (await do(town, "area ban", name="megumino", who="hanako", remove_posts=True))["posts"] == 1
    (placement,) = await town.read(placements.placements_of, post.id)
    assert placement.state == "removed"
    await do(town, "area unban", name="megumino", who="hanako")
    await town.post(hanako, "また来ました。", area)


async def test_an_operator_decides_in_which_dialect_a_server_is_told(town: Town) -> None:
    with pytest.raises(NotFound):
        await do(town, "server show", host="lem.test")
    await town.write(save_server, "lem.test", town.clock())
    assert (await do(town, "server show", host="LEM.test"))["dialect"] == "object"
    assert (await do(town, "server dialect", host="lem.test", dialect="activity"))["decided"]
    server = await town.read(find_server, "lem.test")
    assert server.dialect_override == "activity"
    found = await do(town, "server dialect", host="lem.test", dialect="found")
    assert (found["dialect"], found["decided"]) == ("object", False)
    for words in ({"host": "lem.test", "dialect": "both"}, {"host": "no host", "dialect": "object"}):
        with pytest.raises(Refused):
            await do(town, "server dialect", **words)


async def test_where_a_post_stands(town: Town) -> None:
    area, hanako = await town.area("megumino"), await town.person("hanako")
    group = describe("machi", "p.test", type="Group")
    await town.write(save_remote, group, town.clock())
    post, _ = await town.post(hanako, "花です。 @machi@p.test", area)
    shown = await do(town, "post-show", post=post.iri)
    assert [(each["in"], each["state"]) for each in shown["places"]] == [
        (area.handle, "accepted"),
        ("@machi@p.test", "waiting"),
    ]
    alone, _ = await town.post(hanako, "どこにも出しません。")
    lines = (await run_command(town.node, "post-show", {"post": str(alone.id)})).lines
    assert lines == (alone.iri, "in no area and no group")


async def test_the_page_of_a_post_says_where_it_waits_and_that_it_is_closed(town: Town) -> None:
    area, hanako = await town.area("megumino"), await town.person("hanako")
    await town.write(save_remote, describe("machi", "p.test", type="Group"), town.clock())
    post, _ = await town.post(hanako, "花です。 @machi@p.test", area)
    transport = httpx.ASGITransport(create_app(town.node))
    async with httpx.AsyncClient(transport=transport) as client:
        for language, words in PAGES.items():
            address = f"{post.iri}?lang={language}"
            before = (await client.get(address, headers={"accept": "text/html"})).text
            assert words[0] in before
            assert words[1] not in before
            await do(town, "area lock", name="megumino", post=post.iri)
            after = (await client.get(address, headers={"accept": "text/html"})).text
            assert words[1] in after
            assert words[2] not in after
            await do(town, "area unlock", name="megumino", post=post.iri)


PAGES = {
    "ja": ("グループに載るのを待っています", "締め切られました", "返信のしかた"),
    "en": ("waits until the group takes it", "takes no more replies", "How to reply"),
}


def test_every_command_can_be_typed() -> None:
    for name in COMMANDS:
        app.parse_args([*name.split(), "--help"], print_error=False, exit_on_error=False)
