"""H18, H30, H32: what is not for everybody is for those for whom it is, by every way in."""

import asyncio

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import WAIT_SECONDS, App, resident, stranger
from tests.attacks.rig.secrets import (
    Household,
    Secret,
    find_id,
    list_addresses,
    move_in,
    read_all,
    word,
)
from tests.attacks.rig.wire import ACTIVITY_JSON


async def find_leaks(rig: Rig, home: Household, token: str = "") -> list[str]:
    """Where something of what is hidden is said."""
    words = [each.word.encode() for each in home.hidden]
    names = [url.encode() for url in home.media]
    leaks = []
    async for path, answer in read_all(rig, list_addresses(home), token):
        found = [word for word in words if word in answer.body and word not in path.encode()]
        found += [url for url in names if url in answer.body]
        leaks += [f"{path}: {found}"] if found else []
    return leaks


async def test_H32_every_object_by_every_way_in(rig: Rig) -> None:
    home, reader = await move_in(rig), stranger(rig)
    assert await find_leaks(rig, home) == []
    for post in home.hidden:
        for path in ("", "/context", "/history"):
            assert (await reader.get(f"/api/v1/statuses/{post.id}{path}")).status == 404, post
        assert (await reader.get(f"/api/v1/statuses?id[]={post.id}")).json() == []
        if post.iri.startswith(rig.origin):
            for accept in (ACTIVITY_JSON, "text/html"):
                path = post.iri.removeprefix(rig.origin)
                assert (await reader.ask("GET", path, headers=[("Accept", accept)])).status == 404, post
    await check_shown(rig, home, reader)


async def check_shown(rig: Rig, home: Household, reader: App) -> None:
    """What is for everybody is there; what is not listed is in no list."""
    for post in home.shown:
        assert post.word in (await reader.get(f"/api/v1/statuses/{post.id}")).body.decode()
        for accept in (ACTIVITY_JSON, "text/html"):
            path = post.iri.removeprefix(rig.origin)
            shown = await reader.ask("GET", path, headers=[("Accept", accept)])
            assert (shown.status, post.word in shown.body.decode()) == (200, True)
    listed = (await reader.get(f"/api/v1/accounts/{home.author.id}/statuses")).body.decode()
    assert all(post.word in listed for post in home.shown)
    timeline = (await reader.get("/api/v1/timelines/public", local="true", limit=40)).body.decode()
    assert home.shown[1].word not in timeline


async def test_H30_search(rig: Rig) -> None:
    """By words, by tags, by address, by whom it is: only who may read a post finds it."""
    home, bystander = await move_in(rig), await resident(rig)
    await let_be_found(rig, home, bystander)
    for post in home.hidden:
        for app in (bystander, stranger(rig)):
            for asked in (post.word, post.word[:12], f"#{post.word}t", f'"{post.word}"', post.iri):
                for kind in ("statuses", "hashtags", None):
                    query = {"q": asked, "limit": 40, **({"type": kind} if kind else {})}
                    found = (await app.get("/api/v2/search", **query)).json()
                    assert found["statuses"] == [], (post, asked)
                    assert post.word not in str(found["hashtags"]), (post, asked)
        resolved = await bystander.get("/api/v2/search", q=post.iri, resolve="true")
        assert resolved.json()["statuses"] == [], post
        of_author = await bystander.get("/api/v2/search", q=post.word, account_id=home.author.id)
        assert of_author.json()["statuses"] == [], post
    for app, may_find in ((home.author, written_by(home)), (home.friend, told_to(home))):
        for post in home.hidden:
            assert bool(await find_id(app, post.iri)) == (post in may_find), post


async def let_be_found(rig: Rig, home: Household, bystander: App) -> None:
    """Wait until all is in the index: she finds what she wrote, others what is for everybody."""
    chosen = await home.author.send("PATCH", "/api/v1/accounts/update_credentials", {"indexable": True})
    assert chosen.status == 200, chosen
    area, secret = rig.area["preferredUsername"], word()
    public = await home.author.publish(f"@{area}@{rig.origin.removeprefix('https://')} {secret} です。")
    own_words = [each.word for each in written_by(home)]
    async with asyncio.timeout(WAIT_SECONDS):
        while not all([await find_by_word(home.author, each) for each in own_words]):
            await asyncio.sleep(0.1)
        while await find_by_word(bystander, secret) != [public["id"]]:
            await asyncio.sleep(0.1)


async def find_by_word(app: App, word: str) -> list[str]:
    found = (await app.get("/api/v2/search", q=word, type="statuses")).json()["statuses"]
    return [each["id"] for each in found]


def written_by(home: Household) -> list[Secret]:
    """What the author may read: her own."""
    return [each for each in home.hidden if each.iri.startswith(home.author.rig.origin)]


def told_to(home: Household) -> list[Secret]:
    """What her friend may read: all but what is held."""
    return [each for each in home.hidden if each.visibility != "held"]
