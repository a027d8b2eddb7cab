"""The composer: what is written goes where its author says, once, and she is asked where it tells too much."""

import re

import pytest

from actors.remote import save_remote
from areas import categories, posts, registry
from areas.records import PostRecord
from tests.testrig import pictures
from tests.testrig.people import describe
from tests.web.accounts.people import sign_up
from tests.web.pages.conftest import Home

pytestmark = pytest.mark.anyio


def key_of(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def post_at(home: Home, location: str) -> PostRecord:
    found = re.search(r"/posts/(\d+)", location)
    assert found is not None
    post: PostRecord | None = await home.town.read(posts.find_post_by_id, int(found[1]))
    assert post is not None
    return post


async def test_a_post_for_everybody_stands_in_the_area_at_once(home: Home) -> None:
    page = await home.read(f"/write?area={home.area.actor_id}")
    assert f'<option value="{home.area.actor_id}" selected>' in page
    form = {
        "text": "花が咲きました",
        "audience": "everyone",
        "area": str(home.area.actor_id),
        "key": key_of(page),
    }
    location = await home.press("/write", step="publish", **form)
    assert "done=posted" in location
    assert "投稿しました" in await home.read(location.partition("#")[0])
    assert await home.press("/write", step="publish", **form) == location, "a second press is the same post"
    assert (await home.read("/areas/megumino")).count("花が咲きました") == 1
    assert (await home.read("/home")).count("花が咲きました") == 1
    assert (await post_at(home, location)).visibility == "public"


async def test_a_step_back_to_the_sheet_is_the_same_sheet(home: Home) -> None:
    """The address has the key: the page that a browser loads again makes no second post of what was published."""
    opened = await home.browser.get(f"/write?area={home.area.actor_id}&lang=ja")
    address = opened.headers["location"]
    assert (opened.status_code, opened.headers["cache-control"]) == (303, "no-store")
    assert f"/write?area={home.area.actor_id}&lang=ja&key=" in address
    sheet = await home.read(address)
    assert "もう投稿してあります" not in sheet
    form = {"text": "花が咲きました", "audience": "everyone", "area": str(home.area.actor_id)}
    location = await home.press("/write", step="publish", key=key_of(sheet), **form)
    again = await home.read(address)
    assert key_of(again) == key_of(sheet)
    assert "もう投稿してあります" in again
    post = await post_at(home, location)
    assert f'href="/posts/{post.id}/edit?lang=ja"' in again
    assert await home.press("/write", step="publish", key=key_of(again), **form) == location
    assert (await home.read("/areas/megumino")).count("花が咲きました") == 1


async def test_other_words_from_the_same_sheet_are_another_post(home: Home) -> None:
    """Nothing that somebody writes is dropped because a sheet was used before; and a new sheet is a new post."""
    form = {"audience": "everyone", "area": str(home.area.actor_id), "key": key_of(await home.read("/write"))}
    first = await home.press("/write", step="publish", text="花が咲きました", **form)
    second = await home.press("/write", step="publish", text="実がなりました", **form)
    assert first != second
    form["key"] = key_of(await home.read("/write"))
    assert await home.press("/write", step="publish", text="花が咲きました", **form) != first
    assert (await home.read("/areas/megumino")).count("花が咲きました") == 2


async def test_a_sheet_of_somebody_else_says_nothing(home: Home) -> None:
    sheet = await home.read("/write")
    await home.press("/write", step="publish", text="花", audience="followers", key=key_of(sheet))
    await sign_up(home.town, "taro", "taro@mail.example")
    home.browser.client.cookies.clear()
    await home.browser.sign_in("taro@mail.example")
    assert "もう投稿してあります" not in await home.read(f"/write?key={key_of(sheet)}")
    long = await home.browser.get(f"/write?key={'x' * 65}")
    assert (long.status_code, "x" * 65 in long.headers["location"]) == (303, False)


async def test_two_presses_below_a_thread_are_one_answer(home: Home) -> None:
    form = {"text": "花", "audience": "everyone", "area": str(home.area.actor_id)}
    root = await post_at(home, await home.press("/write", step="publish", **form))
    answer = {
        "text": "きれいです",
        "reply": str(root.id),
        "key": key_of(await home.read(f"/posts/{root.id}")),
    }
    location = await home.press("/write", step="publish", **answer)
    assert await home.press("/write", step="publish", **answer) == location
    assert (await home.read(f"/posts/{root.id}")).count("きれいです") == 1


async def test_enter_publishes_nothing_unseen(home: Home) -> None:
    seen = await home.write(text="#花 が咲きました", audience="everyone")
    assert "ほかの人には、こう見えます" in seen
    assert 'href="https://chitose.example/tags/' in seen
    assert "花" not in await home.read("/home")


async def test_what_tells_too_much_is_asked_about_once(home: Home) -> None:
    form = {"text": "電話は090-1234-5678です", "audience": "everyone", "area": str(home.area.actor_id)}
    asked = await home.write(step="publish", **form)
    assert "電話番号のような数字" in asked
    assert "このまま投稿する" in asked
    assert "090-1234" not in await home.read("/areas/megumino")
    await home.press("/write", step="publish", is_sure="1", **form)
    assert "090" in await home.read("/areas/megumino")


async def test_for_members_means_for_nobody_else(home: Home) -> None:
    form = {"text": "鍵を拾いました", "audience": "members", "area": str(home.area.actor_id)}
    location = await home.press("/write", step="publish", **form)
    post = await post_at(home, location)
    assert (post.visibility, post.members_of) == ("private", home.area.actor_id)
    assert "エリアの人だけ" in await home.read("/areas/megumino")
    home.browser.client.cookies.clear()
    assert "鍵を拾いました" not in (await home.browser.get("/areas/megumino")).text
    assert (await home.browser.get(f"/posts/{post.id}")).status_code == 404


async def test_whoever_belongs_nowhere_cannot_write_for_members(home: Home) -> None:
    await home.press(f"/memberships/{home.area.actor_id}/acts/leave", next="/areas/megumino")
    form = {"text": "鍵", "audience": "members", "area": str(home.area.actor_id)}
    assert "登録しているエリアを選んでください" in await home.write(step="publish", **form)


async def test_an_empty_sheet_and_a_long_one_are_said_in_words(home: Home) -> None:
    assert "何か書くか" in await home.write(step="publish", text=" ", audience="everyone")
    long = await home.write(step="publish", text="花" * 5001, audience="everyone")
    assert "5001字" in long
    assert long.count("花" * 5001) == 1, "what was written is still there"


async def test_pictures_are_described_before_they_are_out(home: Home) -> None:
    form = {"text": "", "audience": "everyone", "area": str(home.area.actor_id), "step": "publish"}
    seen = await home.follow(await home.send("/write", {"a.jpg": pictures.jpeg()}, **form))
    picture = re.search(r'name="picture_1" value="(\d+)"', seen)
    assert picture is not None
    chosen = {"picture_1": picture[1], "alt_1": "赤い花", "key": key_of(seen), "is_sure": "1"}
    location = await home.press("/write", **form, **chosen)
    post = await post_at(home, location)
    assert "赤い花" in post.attachments
    assert 'alt="赤い花"' in await home.read("/areas/megumino")


async def test_what_is_no_picture_is_refused_and_the_text_stays(home: Home) -> None:
    form = {"text": "これを見て", "audience": "everyone", "step": "publish"}
    refused = await home.follow(await home.send("/write", {"a.jpg": b"no picture at all"}, **form))
    assert "できませんでした" in refused
    assert "これを見て" in refused
    five = {f"{n}.jpg": pictures.jpeg() for n in range(5)}
    assert "4枚まで" in await home.follow(await home.send("/write", five, **form))


async def test_pictures_of_others_are_not_to_be_had(home: Home) -> None:
    sent = await home.send("/write", {"a.jpg": pictures.jpeg()}, text="", audience="everyone", step="preview")
    picture = re.search(r'name="picture_1" value="(\d+)"', await home.follow(sent))
    assert picture is not None
    await sign_up(home.town, "taro", "taro@mail.example")
    home.browser.client.cookies.clear()
    await home.browser.sign_in("taro@mail.example")
    page = await home.write(text="見て", step="preview", picture_1=picture[1])
    assert 'role="alert"' in page
    assert "/media/" not in page


async def test_an_answer_goes_as_far_as_what_it_answers(home: Home) -> None:
    form = {"text": "鍵を拾いました", "audience": "members", "area": str(home.area.actor_id)}
    root = await post_at(home, await home.press("/write", step="publish", **form))
    assert "鍵を拾いました" in await home.read(f"/write?reply={root.id}")
    answer = await post_at(
        home, await home.press("/write", step="publish", text="わたしのです", reply=str(root.id))
    )
    assert (answer.in_reply_to_id, answer.members_of) == (root.id, home.area.actor_id)
    assert "わたしのです" in await home.read(f"/posts/{root.id}")


async def test_a_message_is_for_whom_it_names(home: Home) -> None:
    taro = await sign_up(home.town, "taro", "taro@mail.example")
    assert "@taro@chitose.example " in await home.read(f"/write?to={taro.id}")
    assert "本文に書いて" in await home.write(step="publish", text="やあ", audience="named")
    location = await home.press("/write", step="publish", text="@taro やあ", audience="named")
    assert (await post_at(home, location)).visibility == "direct"
    assert "メッセージ（相手だけ）" in await home.read(location.partition("#")[0])


async def test_a_post_is_changed_and_how_it_read_before_is_shown(home: Home) -> None:
    form = {"text": "花が先ました", "audience": "everyone", "area": str(home.area.actor_id)}
    post = await post_at(home, await home.press("/write", step="publish", **form))
    page = await home.read(f"/posts/{post.id}/edit")
    assert "花が先ました</textarea>" in page
    await home.press("/write", step="publish", edit=str(post.id), text="花が咲きました")
    assert "花が咲きました" in await home.read("/areas/megumino")
    history = await home.read(f"/posts/{post.id}/history")
    assert history.index("花が咲きました") < history.index("花が先ました")


async def test_a_post_is_deleted_after_one_question(home: Home) -> None:
    form = {"text": "花", "audience": "everyone", "area": str(home.area.actor_id)}
    post = await post_at(home, await home.press("/write", step="publish", **form))
    assert "取り消せません" in await home.read(f"/posts/{post.id}/delete")
    assert (await home.press(f"/posts/{post.id}/delete")).startswith("/home?done=deleted")
    assert (await home.browser.get(f"/posts/{post.id}")).status_code == 410


async def test_nobody_changes_or_deletes_what_is_not_hers(home: Home) -> None:
    taro = await home.town.person("taro")
    post, _ = await home.town.post(taro, "わたしの", home.area)
    for path in (f"/posts/{post.id}/edit", f"/posts/{post.id}/delete"):
        assert (await home.browser.get(path)).status_code == 404, path
    assert (await home.browser.post(f"/posts/{post.id}/delete")).status_code == 404
    changed = await home.browser.post("/write", step="publish", edit=str(post.id), text="わたしのではない")
    assert changed.status_code == 404
    assert (
        await home.browser.post("/write", step="publish", text="x", speaker=str(taro.id))
    ).status_code == 404


async def test_whoever_is_not_signed_in_is_asked_to(home: Home) -> None:
    home.browser.client.cookies.clear()
    for path in ("/write", "/home", "/posts/1/edit", "/posts/1/delete"):
        response = await home.browser.get(path)
        assert (response.status_code, response.headers["location"].startswith("/sign-in")) == (303, True), (
            path
        )
    sent = await home.browser.post("/write", text="さくら", step="publish")
    assert (sent.status_code, "さくら" in sent.text) == (403, True)


async def test_who_speaks_for_the_area_sends_a_post_to_the_region_too(home: Home) -> None:
    assert "圏域にも" not in await home.read("/write")
    form = {"text": "断水します", "audience": "everyone", "area": str(home.area.actor_id), "to_zone": "1"}
    assert "担当者だけ" in await home.write(step="publish", **form)
    await home.town.write(
        lambda tx: registry.grant_role(
            tx, home.hanako.id, "official", area_id=home.area.actor_id, until=None, now=home.town.clock()
        )
    )
    assert "圏域にも" in await home.read("/write")
    preview = await home.write(step="preview", **form)
    assert re.search(r'name="to_zone"[^>]* checked', preview), "it stays ticked"
    marked = await post_at(home, await home.press("/write", step="publish", **form))
    assert await home.town.read(categories.is_marked, marked.id)
    assert "公開の新しい投稿だけ" in await home.write(step="publish", **{**form, "audience": "members"})


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("ja", "@news@p.test に投稿できるのは、そこを管理する人だけです"),
        ("en", "In @news@p.test only its moderators begin a conversation"),
    ],
)
async def test_a_group_for_moderators_only_is_named_where_it_takes_no_post(
    home: Home, lang: str, said: str
) -> None:
    group = describe("news", type="Group", posting_restricted=True)
    await home.town.write(save_remote, group, home.town.clock())
    form = {"text": "@news@p.test こんにちは", "audience": "everyone", "step": "publish"}
    page = await home.follow(await home.browser.post(f"/write?lang={lang}", **form))
    assert said in page
    assert "@news@p.test こんにちは" in page, "the text is still there"
