"""Kinds of posts on pages: written without scripts, stepped on by buttons, and what of it nobody else sees."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from actors.records import ActorRecord
from areas import interactions
from areas.kinds import KINDS, Kind
from areas.records import PostRecord
from federation.vocabulary import Iri
from tests.testrig import pictures
from tests.testrig.world import Town, World
from tests.web.accounts.people import Browser, sign_up
from tests.web.conftest import HOST, ORIGIN
from tests.web.pages.conftest import Home
from tests.web.pages.test_writing import key_of, post_at
from web.pages.kinds import NAMES, TABS
from web.pages.rendering import _environment

pytestmark = pytest.mark.anyio

CONTEXT = ("link", "now", "here")
"""What the words of kinds are given by every page."""
OPEN_TO_ALL = {"accept-language": "ja"}


@pytest.fixture
async def anyone(world: World, town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in."""
    transport = httpx.ASGITransport(app=world.network.hosts[HOST], client=("203.0.113.9", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=OPEN_TO_ALL) as client:
        yield client


@pytest.fixture
async def taro(home: Home) -> ActorRecord:
    return await sign_up(home.town, "taro", "taro@mail.example")


async def give(home: Home, **values: str) -> PostRecord:
    form = {
        "text": "白いです。",
        "kind": "give",
        "item": "ベビーベッド",
        "audience": "everyone",
        "area": str(home.area.actor_id),
        **values,
    }
    return await post_at(home, await home.press("/write", step="publish", **form))


async def apply(home: Home, actor: ActorRecord, post: PostRecord) -> PostRecord:
    found: PostRecord = await home.town.write(
        interactions.respond, actor, post.id, "ほしいです", "k", home.town.clock()
    )
    return found


async def as_taro(home: Home) -> Browser:
    home.browser.client.cookies.clear()
    await home.browser.sign_in("taro@mail.example")
    return home.browser


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_its_words_and_its_tab(kind: Kind[Any]) -> None:
    """What a new kind needs on pages; a template without a macro fails where a page first asks for it."""
    assert kind.name in NAMES
    assert not kind.tab or kind.tab in TABS
    words = _environment("ja").get_template(f"kinds/{kind.name}.html").make_module(dict.fromkeys(CONTEXT))
    wanted = {"fields", "badge", "edited"}
    wanted |= {"heading", "label", "hint"} if kind.steps else set()
    wanted |= {"label_reply", "word"} if kind.replies else set()
    wanted |= (
        {"invite", "press_to_apply", "usual_words", "over"}
        if any(each.name == "admit" for each in kind.replies)
        else set()
    )
    assert {each for each in wanted if not hasattr(words, each)} == set()
    for each in kind.steps:
        assert each.name == "choose" or words.label(each.name).strip() != "", each  # type: ignore[attr-defined]


async def test_another_kind_is_a_button_and_nothing_typed_is_lost(home: Home) -> None:
    form = {"text": "白いです。", "audience": "followers", "kind": "ordinary"}
    turned = await home.write(turn="give", **form)
    assert 'name="kind" value="give"' in turned
    assert ("白いです。" in turned, 'value="followers" checked' in turned) == (True, True)
    assert 'id="item"' not in await home.write(turn="question", item="机", **form)
    assert 'name="kind" value="ordinary"' in await home.write(turn="no-such-kind", **form)
    assert 'name="kind" value="review"' in await home.read("/write?kind=review")


async def test_a_flaw_is_said_beside_its_field_and_nothing_is_published(home: Home) -> None:
    form = {"text": "白いです。", "kind": "give", "item": "", "audience": "everyone"}
    refused = await home.write(step="publish", **form)
    assert '<p class="wrong" id="item-error">品物の名前を' in refused
    assert 'aria-describedby="item-hint item-error" aria-invalid="true"' in refused
    late = await home.write(step="preview", **{**form, "item": "机", "until": "2020-01-01"})
    assert 'id="until-error"' in late
    assert "白いです" not in await home.read("/home")


async def test_a_telephone_number_in_the_name_of_a_gift_is_asked_about(home: Home) -> None:
    form = {"text": "白いです。", "kind": "give", "item": "机 090-1234-5678", "audience": "everyone"}
    assert "電話番号のような数字" in await home.write(step="publish", **form)


async def test_a_gift_with_a_photo_is_previewed_and_published(home: Home) -> None:
    form = {"text": "白いです。", "kind": "give", "item": "ベビーベッド", "audience": "everyone"}
    form["area"] = str(home.area.actor_id)
    seen = await home.follow(await home.send("/write", {"a.jpg": pictures.jpeg()}, step="publish", **form))
    assert "【ゆずります】ベビーベッド" in seen
    picture = re.search(r'name="picture_1" value="(\d+)"', seen)
    assert picture is not None
    chosen = {"picture_1": picture[1], "alt_1": "白いベッド", "key": key_of(seen), "is_sure": "1"}
    post = await post_at(home, await home.press("/write", step="publish", **form, **chosen))
    assert (post.kind, "白いベッド" in post.attachments) == ("give", True)
    page = await home.read("/areas/megumino?show=offers")
    assert ("【ゆずります】ベビーベッド" in page, "もらい手を募集中" in page) == (True, True)
    assert "ベビーベッド" not in await home.read("/areas/megumino?show=review")


async def test_the_sheet_of_an_old_gift_has_its_fields_until_it_was_answered(
    home: Home, taro: ActorRecord
) -> None:
    post = await give(home, until="2026-12-10")
    sheet = await home.read(f"/posts/{post.id}/edit")
    assert 'name="item" type="text" value="ベビーベッド"' in sheet
    assert 'type="date" value="2026-12-10"' in sheet
    assert 'name="turn"' in sheet
    changed = {"text": "白くてきれい", "kind": "give", "item": "ベッド", "edit": str(post.id)}
    await home.press("/write", step="publish", **changed)
    assert "【ゆずります】ベッド" in await home.read(f"/posts/{post.id}")
    await home.town.post(taro, "きれいですね", reply_to=post.iri)
    assert 'name="turn"' not in await home.read(f"/posts/{post.id}/edit")
    assert 'role="alert"' in await home.write(step="publish", **{**changed, "kind": "question"})


async def test_who_applied_and_who_was_chosen_is_for_both_sides(
    home: Home, taro: ActorRecord, anyone: httpx.AsyncClient
) -> None:
    post = await give(home)
    reply = await apply(home, taro, post)
    page = await home.read(f"/posts/{post.id}")
    assert f'action="/posts/{reply.id}/responses/choose"' in page
    location = await home.press(f"/posts/{reply.id}/responses/choose", next=f"/posts/{post.id}")
    page = await home.read(location.partition("#")[0])
    assert ("お相手に決めました" in page, f'action="/posts/{post.id}/steps/release"' in page) == (True, True)
    for path in (f"/posts/{post.id}", "/areas/megumino"):
        seen = (await anyone.get(path)).text
        assert "お相手と調整中" in seen
        assert "taro" not in seen
        assert "お相手に決定" not in seen
    await sign_up(home.town, "jiro", "jiro@mail.example")
    home.browser.client.cookies.clear()
    await home.browser.sign_in("jiro@mail.example")
    assert "taro" not in await home.read(f"/posts/{post.id}")
    await as_taro(home)
    seen = await home.read(f"/posts/{post.id}")
    assert ("お相手に決定" in seen, f'action="/posts/{reply.id}/responses/leave"' in seen) == (True, True)
    assert "/steps/" not in seen


async def test_buttons_of_others_are_not_there_to_be_pressed(home: Home, taro: ActorRecord) -> None:
    post = await give(home)
    reply = await apply(home, taro, post)
    browser = await as_taro(home)
    for path in (
        f"/posts/{post.id}/steps/finish",
        f"/posts/{post.id}/steps/nonsense",
        f"/posts/{reply.id}/responses/choose",
        f"/posts/{reply.id}/responses/nonsense",
        f"/posts/{post.id}/responses/admit",
        f"/posts/{2**64}/steps/finish",
    ):
        assert (await browser.post(path)).status_code == 404, path
    assert (await browser.post(f"/posts/{post.id}/steps/finish", next="//evil.example")).status_code == 404
    assert "もらい手を募集中" in await home.read(f"/posts/{post.id}")


async def test_applying_by_the_form_and_taking_it_back(home: Home, taro: ActorRecord) -> None:
    post = await give(home)
    await as_taro(home)
    page = await home.read(f"/posts/{post.id}")
    assert "ほしい（応募する）" in page
    assert "done=no-words" in await home.press(f"/posts/{post.id}/responses", text=" ", key="k")
    assert "応募" not in (await home.read(f"/posts/{post.id}")).replace("ほしい（応募する）", "")
    location = await home.press(f"/posts/{post.id}/responses", text="ほしいです", key="k")
    again = await home.press(f"/posts/{post.id}/responses", text="ほしいです", key="k")
    assert location == again
    page = await home.read(location.partition("#")[0])
    assert ("申し込みを届けました" in page, "ほしい（応募する）" in page) == (True, False)
    undo = re.search(r'action="(/posts/\d+/responses/leave)"', page)
    assert undo is not None
    await home.press(undo[1])
    assert "ほしい（応募する）" in await home.read(f"/posts/{post.id}")


async def test_a_double_press_and_a_late_one_are_answered_in_words(home: Home) -> None:
    post = await give(home)
    await home.press(f"/posts/{post.id}/steps/finish")
    await home.press(f"/posts/{post.id}/steps/finish")
    late = await home.press(f"/posts/{post.id}/steps/withdraw")
    assert "いまは、それはできません" in await home.read(late.partition("#")[0])
    assert "受け渡し済み" in await home.read(f"/posts/{post.id}")
    location = await home.press(f"/posts/{post.id}/steps/reopen", next=f"/posts/{post.id}")
    assert "もらい手を募集中" in await home.read(location.partition("#")[0])


async def test_the_answer_that_helped_is_shown_to_everybody(
    home: Home, taro: ActorRecord, anyone: httpx.AsyncClient
) -> None:
    post = await give(home, kind="question", text="ごみの日は？")
    reply, _ = await home.town.post(taro, "金曜日です", reply_to=Iri(post.iri))
    await home.press(f"/posts/{reply.id}/responses/choose")
    seen = (await anyone.get(f"/posts/{post.id}")).text
    assert ("この返信で解決" in seen, "【解決】ごみの日は？" in seen) == (True, True)
    assert "この返信で解決した" not in seen
    await home.press(f"/posts/{post.id}/steps/reopen")
    assert "この返信で解決" not in (await anyone.get(f"/posts/{post.id}")).text


async def test_a_place_has_a_page_where_anybody_may_read_of_it(
    home: Home, taro: ActorRecord, anyone: httpx.AsyncClient
) -> None:
    cafe = {"kind": "review", "place": "喫茶<b>ひまわり", "address": "西3丁目", "text": "静かです。"}
    post = await give(home, **cafe)
    path = re.search(r'href="(/places/\d+)"', await home.read(f"/posts/{post.id}"))
    assert path is not None
    page = (await anyone.get(path[1])).text
    assert ("喫茶&lt;b&gt;ひまわり" in page, "静かです。" in page, "<b>ひまわり" in page) == (
        True,
        True,
        False,
    )
    document = (await anyone.get(path[1], headers={"accept": "application/activity+json"})).json()
    assert (document["type"], document["address"]) == ("Place", "西3丁目")
    assert document["id"] == f"{ORIGIN}{path[1]}"
    assert 'value="喫茶&lt;b&gt;ひまわり"' in await home.read(
        f"/write?kind=review&place={path[1].rsplit('/', 1)[1]}"
    )
    await home.press(f"/posts/{post.id}/delete")
    assert (await anyone.get(path[1])).status_code == 404
    assert (await anyone.get("/places/7")).status_code == 404
    secret = await give(home, **{**cafe, "place": "秘密の店"}, audience="members")
    hidden = re.search(r'href="(/places/\d+)"', await home.read(f"/posts/{secret.id}"))
    assert hidden is not None
    assert (await anyone.get(hidden[1])).status_code == 404
    assert "秘密の店" in await home.read(hidden[1])


async def test_each_kind_has_a_feed(home: Home, anyone: httpx.AsyncClient) -> None:
    await give(home)
    await give(home, kind="question", text="ごみの日は？")
    feed = (await anyone.get("/areas/megumino/feed.atom?show=question")).text
    assert ("ごみの日は" in feed, "ベビーベッド" in feed) == (True, False)
    assert f"<id>{ORIGIN}/areas/megumino/feed.atom?show=question</id>" in feed
    assert "meguminoの町: 相談</title>" in feed
    everything = (await anyone.get("/areas/megumino/feed.atom")).text
    assert f"<id>{ORIGIN}/areas/megumino</id>" in everything
    page = (await anyone.get("/areas/megumino?show=offers")).text
    assert 'href="/areas/megumino/feed.atom?show=offers"' in page


async def test_what_waits_has_its_kind_and_its_author_may_step(home: Home, anyone: httpx.AsyncClient) -> None:
    strict = await home.town.area("shimamatsu", policy="review")
    post = await give(home, area=str(strict.actor_id))
    page = await home.read(f"/posts/{post.id}")
    assert ("確認中" in page, "取りやめる" in page) == (True, True)
    await home.press(f"/posts/{post.id}/steps/withdraw")
    assert (await anyone.get(f"/posts/{post.id}")).status_code == 404


async def test_a_private_answer_to_somebody_is_for_her_alone(home: Home, taro: ActorRecord) -> None:
    post = await give(home)
    reply, _ = await home.town.post(taro, "ほしいです", reply_to=Iri(post.iri))
    page = await home.read(f"/write?reply={reply.id}&only=1")
    assert 'value="named" checked' in page
    assert 'value="named" checked' not in await home.read(f"/write?reply={reply.id}")
