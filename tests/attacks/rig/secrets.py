"""Posts that are not for everybody, each with a word that is nowhere else, and every way in to read one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import App, File, Resident, resident
from tests.attacks.rig.ours import ask, own
from tests.attacks.rig.peers import Actor, Json, unique
from tests.attacks.rig.routes import fill, list_routes
from tests.attacks.rig.wire import ACTIVITY_JSON, Answer
from tests.testrig.pictures import jpeg

ANSWERS = 200
"""From one address: within what servers let one have in some minutes, as Mastodon's 300."""


@dataclass(frozen=True)
class Secret:
    """A post of ours or of P: its id in the client API where somebody knows it, and the word in it."""

    word: str
    iri: str
    id: str
    visibility: str


@dataclass(frozen=True)
class Household:
    """Whom the posts are by, and whom they are for: `friend` follows `author`, and is named in messages."""

    author: Resident
    friend: Resident
    elsewhere: Actor
    hidden: list[Secret]
    shown: list[Secret]
    media: list[str]

    @property
    def names(self) -> dict[str, list[str]]:
        """Values for the parameters of addresses."""
        people = [self.author.iri.rpartition("/")[2], self.friend.iri.rpartition("/")[2]]
        ids = [each.id for each in (*self.hidden, *self.shown) if each.id]
        tags = [f"{each.word}t" for each in self.hidden]
        return {
            "id": [*ids, self.author.id],
            "post_id": ids,
            "username": [*people, "machi"],
            "hashtag": tags,
            "version": ["2.0", "2.1"],
            "name": [each.id for each in self.hidden if each.iri.startswith(self.author.rig.origin)],
        }


async def move_in(rig: Rig) -> Household:
    """Make the two, somebody elsewhere whom they follow, and what they write."""
    author, friend = await resident(rig), await resident(rig)
    elsewhere = rig.p.actor()
    await follow(friend, author.id)
    await befriend(rig, friend, elsewhere)
    kept = [(await author.upload(File(jpeg()), description=word())).json() for _ in range(2)]
    hidden: list[Secret] = []
    shown: list[Secret] = []
    for visibility, more in (
        ("private", {"media_ids": [kept[0]["id"]]}),
        ("direct", {"media_ids": [kept[1]["id"]]}),
        ("private", {"poll": {"options": [word(), word()], "expires_in": 3600}}),
        ("public", {}),
        ("unlisted", {}),
    ):
        made = await write(author, friend, visibility, **more)
        (shown if visibility in {"public", "unlisted"} else hidden).append(made)
    hidden += [await answer(author, shown[0]), await hold(rig, author)]
    hidden += [await receive(rig, friend, elsewhere, scope) for scope in ("private", "direct")]
    media = [each[name] for each in kept for name in ("url", "preview_url")]
    return Household(author, friend, elsewhere, hidden, shown, media)


def word() -> str:
    """One that no other row has, and of which none is a part."""
    return f"{unique('himitsu')}owari"


async def follow(app: App, account_id: str) -> None:
    answered = await app.post(f"/api/v1/accounts/{account_id}/follow")
    assert answered.status == 200, answered


async def befriend(rig: Rig, app: Resident, actor: Actor) -> None:
    """Let somebody follow a person elsewhere, who says yes."""
    handle = f"@{actor.id.rpartition('/')[2]}@{actor.peer.host}"
    found = (await app.get("/api/v2/search", q=handle, resolve="true", type="accounts")).json()["accounts"]
    await follow(app, found[0]["id"])

    def asked() -> list[Json]:
        heard = actor.peer.received
        return [each for each in heard if each["type"] == "Follow" and each["object"] == actor.id]

    await actor.peer.until(lambda: bool(asked()))
    assert (await rig.post(actor, actor.activity("Accept", asked()[-1]), f"{app.iri}/inbox")).status == 202


async def write(author: Resident, friend: Resident, visibility: str, **more: object) -> Secret:
    """A post by the author that names the friend where only she may read it."""
    secret = word()
    text = f"{secret} の話です。 #{secret}t" + (f" {friend.mention}" if visibility == "direct" else "")
    made = await author.publish(text, visibility=visibility, spoiler_text=f"{secret} について", **more)
    return Secret(secret, made["uri"], made["id"], visibility)


async def answer(author: Resident, public: Secret) -> Secret:
    """A private answer to a public post."""
    secret = word()
    made = await author.publish(f"{secret} ですよ。", visibility="private", in_reply_to_id=public.id)
    return Secret(secret, made["uri"], made["id"], "private")


async def hold(rig: Rig, author: Resident) -> Secret:
    """A public post that its area has not let in yet: nobody but its author knows of it."""
    name, secret = unique("hiroba"), word()
    await ask(rig, "area create", name=name, title=name, code="012319")
    await ask(rig, "area limit", name=name, author_hourly=1)
    host = rig.origin.removeprefix("https://")
    await author.publish(f"@{name}@{host} はじめまして。")
    made = await author.publish(f"@{name}@{host} {secret} です。")
    held = await ask(rig, "held list", area=name)
    assert [each["iri"] for each in held] == [made["uri"]]
    return Secret(secret, made["uri"], made["id"], "held")


async def receive(rig: Rig, friend: Resident, actor: Actor, scope: str) -> Secret:
    """A post by somebody elsewhere for followers, or for the friend alone."""
    secret = word()
    to = actor.document["followers"] if scope == "private" else friend.iri
    tag = [] if scope == "private" else [{"type": "Mention", "href": friend.iri, "name": friend.mention}]
    note = actor.note(to=[to], cc=[], content=f"<p>{secret} です。</p>", tag=tag)
    assert (await rig.post(actor, actor.create(note), f"{friend.iri}/inbox")).status == 202
    return Secret(secret, note["id"], await find_id(friend, note["id"]), scope)


async def find_id(app: App, iri: str) -> str:
    """The number under which somebody knows a post; empty where she may not know it."""
    found = (await app.get("/api/v2/search", q=iri, type="statuses")).json()["statuses"]
    return str(found[0]["id"]) if found else ""


QUERIES = (
    "/api/v2/search?q={word}",
    "/api/v2/search?q=%23{word}t",
    "/api/v2/search?q={iri}",
    "/api/v1/search?q={word}",
    "/api/v1/statuses?id[]={id}",
    "/api/oembed?url={iri}",
    "/api/v1/timelines/tag/{word}t?local=true",
    "/api/v1/timelines/link?url={iri}",
    "/threads/{id}?after=0",
    "/posts/{id}/replies?after=0",
    "/posts/{id}?lang=en",
    "/authorize_interaction?uri={iri}",
    "/report?uri={iri}",
)
"""For each post that is hidden."""
LISTS = (
    "/api/v1/timelines/public?limit=40",
    "/api/v1/timelines/public?local=true&limit=40",
    "/api/v1/timelines/public?remote=true&limit=40",
    "/api/v1/timelines/public?only_media=true",
    "/api/v1/accounts/{author}/statuses?limit=40",
    "/api/v1/accounts/{author}/statuses?only_media=true",
    "/api/v1/accounts/{author}/statuses?pinned=true",
    "/api/v1/accounts/{author}/statuses?exclude_replies=false&exclude_reblogs=false&limit=40",
    "/people/{name}/outbox?page=1",
    "/people/{name}/outbox?page=true",
    "/people/{name}.rss",
    "/@{name}.rss",
    "/@{name}.atom",
    "/areas/machi.rss",
    "/areas/machi/outbox?page=1",
    "/sitemap.xml",
    "/feed",
)


def list_addresses(home: Household) -> list[str]:
    """Every address that can be read, for every post of the household."""
    found = [path for method, route in list_routes() if method == "GET" for path in fill(route, home.names)]
    posts = [{"word": each.word, "iri": each.iri, "id": each.id or "1"} for each in home.hidden]
    found += [query.format(**each) for query in QUERIES for each in posts]
    name = home.author.iri.rpartition("/")[2]
    found += [path.format(author=home.author.id, name=name) for path in LISTS]
    own_paths = [each.iri.removeprefix(home.author.rig.origin) for each in home.hidden]
    found += [
        path + tail for path in own_paths if path.startswith("/") for tail in ("", "/activity", "/embed")
    ]
    return list(dict.fromkeys(found))


async def read_all(rig: Rig, paths: list[str], token: str = "") -> AsyncIterator[tuple[str, Answer]]:
    """What is said at every address, to programs and to people."""
    own(rig)
    reader = App(rig, token, rig.stranger())
    asked = 0
    for path in paths:
        for accept in (ACTIVITY_JSON, "text/html") if not path.startswith("/api/") else ("*/*",):
            if asked % ANSWERS == 0:
                reader = App(rig, token, rig.stranger())
            asked += 1
            yield path, await reader.ask("GET", path, headers=[("Accept", accept)], allowed={502, 503})
