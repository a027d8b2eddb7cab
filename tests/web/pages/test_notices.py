"""Notices of the town on pages: who is offered to write one, and where the ones in force stand."""

import pytest

from actors.accounts import find_account, link_actor
from actors.records import ActorRecord
from tests.web.accounts.people import ADDRESS
from tests.web.pages.conftest import Home
from tests.web.pages.test_writing import post_at

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(home: Home) -> ActorRecord:
    """A desk of the town for which hanako writes too."""
    actor = await home.town.person("eniwa_koho", "official")
    now = home.town.clock()
    account = await home.town.read(find_account, home.town.node.vault, ADDRESS)
    await home.town.write(
        lambda tx: link_actor(tx, account_id=account.id, actor_id=actor.id, role="staff", now=now)
    )
    return actor


def typed(home: Home, **values: str) -> dict[str, str]:
    form = {"text": "断水します。", "kind": "notice", "audience": "everyone", "last_day": "2026-12-31"}
    return {**form, "area": str(home.area.actor_id), **values}


async def test_a_resident_is_not_offered_it_and_told_so(home: Home) -> None:
    assert 'value="notice"' not in await home.read("/write")
    refused = await home.write(step="publish", **typed(home))
    assert "この種類の投稿は" in refused
    assert "断水" not in await home.read("/areas/megumino")


async def test_an_officer_writes_corrects_and_withdraws_one(home: Home, desk: ActorRecord) -> None:
    assert 'name="turn" value="notice"' in await home.read("/write")
    form = typed(home, speaker=str(desk.id))
    flawed = await home.write(step="publish", **form, since="2027-01-01")
    assert 'id="last_day-error"' in flawed
    post = await post_at(home, await home.press("/write", step="publish", **form))
    for path in ("/areas/megumino", "/"):
        page = await home.read(path)
        assert (f'id="n{post.id}"' in page, "【お知らせ】断水します。" in page) == (True, True)
    await home.press("/write", step="publish", **{**form, "text": "断水は中止です。", "edit": str(post.id)})
    assert "訂正</a>" in await home.read(f"/posts/{post.id}")
    said = await home.press(f"/posts/{post.id}/steps/withdraw")
    page = await home.read(said.partition("#")[0])
    assert f'action="/posts/{post.id}/steps/reopen"' in page
    words = ("お知らせを取り下げました", "取り下げ前の内容</a>", "訂正</a>")
    assert [each in page for each in words] == [True, True, False]
    for path in ("/areas/megumino", "/"):
        page = await home.read(path)
        assert (f'id="n{post.id}"' in page, "【取り下げ】断水は中止です。" in page) == (False, True)


async def test_an_officer_who_writes_as_herself_is_refused(home: Home, desk: ActorRecord) -> None:
    refused = await home.write(step="publish", **typed(home, speaker=str(home.hanako.id)))
    assert "この種類の投稿は" in refused


async def test_a_notice_whose_days_are_over_says_so(home: Home, desk: ActorRecord) -> None:
    form = typed(home, speaker=str(desk.id), last_day="2020-01-01")
    refused = await home.write(step="publish", **form)
    assert 'id="last_day-error"' in refused, "more than three years ago"
    form["last_day"] = "2026-11-01"
    post = await post_at(home, await home.press("/write", step="publish", **form))
    assert "期間終了" in await home.read(f"/posts/{post.id}")
    assert f'id="n{post.id}"' not in await home.read("/areas/megumino")
