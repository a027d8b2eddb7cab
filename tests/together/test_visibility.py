"""Who sees what, where: each kind of post, by each kind of reader, in every place of the API and of the web.

The table says where a post is seen; everywhere else it must not be. Readers live in the author's town, and in another.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from areas.tables import posts
from tests.testrig.apps import App, open_client, settle, sign_in
from tests.testrig.world import Town, World

pytestmark = pytest.mark.anyio

KINDS = ("public", "unlisted", "private", "direct")
READERS = {"A": "author", "F": "follower", "M": "mentioned", "S": "stranger", "N": "nobody"}
HERE: dict[str, tuple[str, str, str, str]] = {
    "status": ("AFMSN", "AFMSN", "AFM", "AM"),
    "many": ("AFMSN", "AFMSN", "AFM", "AM"),
    "context": ("AFMSN", "AFMSN", "AFM", "AM"),
    "history": ("AFMSN", "AFMSN", "AFM", "AM"),
    "favourited_by": ("AFMSN", "AFMSN", "AFM", "AM"),
    "source": ("A", "A", "A", "A"),
    "home": ("AF", "AF", "AF", "A"),
    "public": ("AFMSN", "", "", ""),
    "local": ("N", "", "", ""),
    "account": ("AFMSN", "AFMSN", "AFM", "AM"),
    "tag": ("AFMSN", "", "", ""),
    "list": ("F", "F", "F", ""),
    "search": ("AFMSN", "A", "A", "A"),
    "address": ("AFMSN", "AFMSN", "AFM", "AM"),
    "notifications": ("M", "M", "M", ""),
    "requests": ("", "", "", "M"),
    "conversations": ("", "", "", "AM"),
    "favourite": ("AFMS", "AFMS", "AFM", "AM"),
    "bookmark": ("AFMS", "AFMS", "AFM", "AM"),
    "reblog": ("AFMS", "AFMS", "A", ""),
}
"""By place: who of the author's town sees a post of each of `KINDS`."""
THERE: dict[str, tuple[str, str, str, str]] = {
    "status": ("FMSN", "FMSN", "FM", "M"),
    "many": ("FMSN", "FMSN", "FM", "M"),
    "context": ("FMSN", "FMSN", "FM", "M"),
    "home": ("F", "F", "F", ""),
    "public": ("FMSN", "", "", ""),
    "local": ("", "", "", ""),
    "account": ("FMSN", "FMSN", "FM", "M"),
    "tag": ("FMSN", "", "", ""),
    "list": ("F", "F", "F", ""),
    "search": ("", "", "", ""),
    "address": ("FMSN", "FMSN", "FM", "M"),
    "notifications": ("M", "M", "M", ""),
    "requests": ("", "", "", "M"),
    "conversations": ("", "", "", "M"),
    "favourite": ("FMS", "FMS", "FM", "M"),
    "reblog": ("FMS", "FMS", "", ""),
}
"""The same in another town, where a follower lives, somebody whom it names, and others."""
WEB: dict[str, tuple[bool, bool, bool, bool]] = {
    "page": (True, True, False, False),
    "object": (True, True, False, False),
    "author's page": (True, False, False, False),
    "author's outbox": (True, True, False, False),
    "area's page": (True, False, False, False),
    "tag's page": (True, False, False, False),
}
"""Without an app, and signed in nowhere."""


@dataclass
class Stage:
    """What the author has said, in each kind, and in answers; readers by letter in each town."""

    world: World
    readers: dict[str, App] = field(default_factory=dict)
    others: dict[str, App] = field(default_factory=dict)
    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    root: dict[str, Any] = field(default_factory=dict)
    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def id_at(self, app: App, uri: str) -> str:
        """The id that a post has in a reader's town, whoever may read it."""
        return self.ids[app.town.node.settings.domain, uri]


async def make_people(stage: Stage, town: Town, names: dict[str, str]) -> dict[str, App]:
    found = {
        letter: await sign_in(stage.world, town, await town.person(name)) for letter, name in names.items()
    }
    return {**found, "N": await sign_in(stage.world, town, None)}


@pytest.fixture
async def stage(world: World, new_database: Callable[[], str]) -> Stage:
    stage = Stage(world)
    chitose = await world.town("chitose.example", new_database())
    eniwa = await world.town("eniwa.example", new_database())
    await chitose.area("megumino")
    names = {"A": "hanako", "F": "sora", "M": "riku", "S": "yuki"}
    stage.readers = await make_people(stage, chitose, names)
    stage.others = await make_people(stage, eniwa, {"F": "tsuru", "M": "umi", "S": "kiri"})
    author = stage.readers["A"]
    await author.request("PATCH", "/api/v1/accounts/update_credentials", json={"indexable": True})
    for follower in (stage.readers["F"], stage.others["F"]):
        await follower.meet(author, "follow")
    await stage.others["S"].find_account("megumino@chitose.example")
    await settle(world)
    for follower in (stage.readers["F"], stage.others["F"]):
        await keep_in_a_list(follower, author)
    await say_everything(stage)
    return stage


async def keep_in_a_list(reader: App, author: App) -> None:
    made = await reader.post("/api/v1/lists", title="隣の人")
    found = await reader.find_account(author.handle)
    await reader.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[found["id"]])


async def say_everything(stage: Stage) -> None:
    """Each kind once by itself and once as an answer; all name somebody here and somebody there."""
    author = stage.readers["A"]
    named = f"@riku @{stage.others['M'].handle}"
    stage.root = await author.say("はじまり")
    for kind in KINDS:
        stage.world.clock.advance(seconds=1)
        area = "@megumino" if kind == "public" else ""
        text = f"{word(kind)} {named} {area} #回覧"
        stage.posts[kind] = await author.say(text, visibility=kind)
        answer = {"in_reply_to_id": stage.root["id"], "visibility": kind}
        stage.answers[kind] = await author.say(f"返事 {named}", **answer)
    await settle(stage.world)
    for town in stage.world.towns.values():
        for row in await town.read(lambda tx: tx.execute(sa.select(posts.c.id, posts.c.iri)).all()):
            stage.ids[town.node.settings.domain, row.iri] = str(row.id)


def word(kind: str) -> str:
    return f"kairanban{kind}"


Place = Callable[[Stage, App, str], Awaitable[bool]]


async def read(app: App, path: str, **params: Any) -> list[dict[str, Any]]:
    """A list, or one thing as a list; nothing where it is refused as it must be."""
    answer = await app.client.get(path, params=params)
    assert answer.status_code in {200, 401, 404}, (path, answer.text)
    if answer.status_code != 200:
        return []
    found = answer.json()
    return found if isinstance(found, list) else [found]


def uris(found: list[dict[str, Any]]) -> list[str]:
    return [(each.get("reblog") or each)["uri"] for each in found]


def listed(path: str, **params: Any) -> Place:
    """A list in which the post stands or not."""

    async def ask(stage: Stage, app: App, kind: str) -> bool:
        return stage.posts[kind]["uri"] in uris(await read(app, path, limit=40, **params))

    return ask


def beside(path: str) -> Place:
    """An address below the post's own, which is there or not."""

    async def ask(stage: Stage, app: App, kind: str) -> bool:
        status_id = stage.id_at(app, stage.posts[kind]["uri"])
        answer = await app.client.get(f"/api/v1/statuses/{status_id}{path}")
        assert answer.status_code in {200, 401, 404}, answer.text
        return answer.status_code == 200

    return ask


def doing(verb: str) -> Place:
    """Something that one does with a post, if one may; it is taken back."""

    async def ask(stage: Stage, app: App, kind: str) -> bool:
        path = f"/api/v1/statuses/{stage.id_at(app, stage.posts[kind]['uri'])}"
        answer = await app.client.post(f"{path}/{verb}")
        assert answer.status_code in {200, 401, 404, 422}, answer.text
        if answer.status_code == 200:
            assert (await app.client.post(f"{path}/un{verb}")).status_code == 200
        return answer.status_code == 200

    return ask


async def many(stage: Stage, app: App, kind: str) -> bool:
    uri = stage.posts[kind]["uri"]
    return uri in uris(await read(app, "/api/v1/statuses", **{"id[]": stage.id_at(app, uri)}))


async def context(stage: Stage, app: App, kind: str) -> bool:
    root = stage.id_at(app, stage.root["uri"])
    [found] = await read(app, f"/api/v1/statuses/{root}/context")
    return stage.answers[kind]["uri"] in uris(found["descendants"])


async def account(stage: Stage, app: App, kind: str) -> bool:
    url = stage.readers["A"].handle
    [author] = await read(app, "/api/v1/accounts/lookup", acct=url)
    return stage.posts[kind]["uri"] in uris(
        await read(app, f"/api/v1/accounts/{author['id']}/statuses", limit=40)
    )


async def in_a_list(stage: Stage, app: App, kind: str) -> bool:
    return any(
        [
            stage.posts[kind]["uri"] in uris(await read(app, f"/api/v1/timelines/list/{each['id']}"))
            for each in await read(app, "/api/v1/lists")
        ]
    )


def searching(what: Callable[[Stage, str], str]) -> Place:
    async def ask(stage: Stage, app: App, kind: str) -> bool:
        [found] = await read(app, "/api/v2/search", q=what(stage, kind))
        return stage.posts[kind]["uri"] in uris(found["statuses"])

    return ask


async def notified(stage: Stage, app: App, kind: str) -> bool:
    found = await read(app, "/api/v1/notifications", limit=80, **{"types[]": "mention"})
    return stage.posts[kind]["uri"] in [each["status"]["uri"] for each in found]


async def waiting(stage: Stage, app: App, kind: str) -> bool:
    """Of a request the newest post is shown, and all of them once it is accepted."""
    path = "/api/v1/notifications/requests"
    found = [each["last_status"]["uri"] for each in await read(app, path)]
    return stage.posts[kind]["uri"] in found or stage.answers[kind]["uri"] in found


async def talking(stage: Stage, app: App, kind: str) -> bool:
    found = await read(app, "/api/v1/conversations")
    return stage.posts[kind]["uri"] in [each["last_status"]["uri"] for each in found]


PLACES: dict[str, Place] = {
    "status": beside(""),
    "many": many,
    "context": context,
    "history": beside("/history"),
    "favourited_by": beside("/favourited_by"),
    "source": beside("/source"),
    "home": listed("/api/v1/timelines/home"),
    "public": listed("/api/v1/timelines/public"),
    "local": listed("/api/v1/timelines/public", local="true"),
    "account": account,
    "tag": listed("/api/v1/timelines/tag/回覧"),
    "list": in_a_list,
    "search": searching(lambda _stage, kind: word(kind)),
    "address": searching(lambda stage, kind: str(stage.posts[kind]["url"])),
    "notifications": notified,
    "requests": waiting,
    "conversations": talking,
    "favourite": doing("favourite"),
    "bookmark": doing("bookmark"),
    "reblog": doing("reblog"),
}


@pytest.mark.parametrize("where", ["here", "there"])
async def test_who_sees_what(stage: Stage, subtests: pytest.Subtests, where: str) -> None:
    readers, table = (stage.readers, HERE) if where == "here" else (stage.others, THERE)
    for place, expected in table.items():
        stage.world.clock.advance(seconds=30)  # one app may not ask so much at once
        for kind, letters in zip(KINDS, expected, strict=True):
            with subtests.test(f"{place} {kind}"):
                seen = [each for each, app in readers.items() if await PLACES[place](stage, app, kind)]
                assert "".join(seen) == letters


async def test_what_the_web_shows(stage: Stage, world: World, subtests: pytest.Subtests) -> None:
    town = world.towns["chitose.example"]
    author = stage.readers["A"].me
    async with open_client(world, town) as client:

        async def shows(path: str, kind: str, accept: str) -> bool:
            answer = await client.get(path, headers={"accept": accept})
            assert answer.status_code in {200, 404}, (path, answer.text)
            return answer.status_code == 200 and word(kind) in answer.text

        for place, expected in WEB.items():
            for kind, is_seen in zip(KINDS, expected, strict=True):
                paths = {
                    "page": stage.posts[kind]["url"],
                    "object": stage.posts[kind]["uri"],
                    "author's page": author.url or author.iri,
                    "author's outbox": f"{author.iri}/outbox?page=true",
                    "area's page": "/areas/megumino",
                    "tag's page": "/tags/回覧",
                }
                kinds = {"object", "author's outbox"}
                accept = "application/activity+json" if place in kinds else "text/html"
                with subtests.test(f"{place} {kind}"):
                    assert await shows(paths[place], kind, accept) is is_seen
