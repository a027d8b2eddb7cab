"""H18, H19, H20: what is somebody else's, and what is nobody's but the operator's."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import App, Resident, resident, stranger
from tests.attacks.rig.browsers import signed_in
from tests.attacks.rig.ours import own
from tests.attacks.rig.peers import Json, Peer, unique
from tests.attacks.rig.pushing import pushed, subscribe
from tests.attacks.rig.routes import fill, list_routes
from tests.attacks.rig.secrets import follow, word
from tests.attacks.rig.streams import listen
from tests.attacks.rig.wire import Answer
from tests.testrig.pictures import jpeg

NOT_HERS = {403, 404, 422}
NOBODY = {401, 403, 404, 405, 415, 422}
WHO = {"accounts", "announcements", "suggestions"}
"""Ids in these addresses are of people, or of what is everybody's."""


@dataclass(frozen=True)
class Belongings:
    """What somebody has, by the part of an address after which its id stands; `word` is in all of it."""

    owner: Resident
    word: str
    ids: dict[str, list[str]]


async def gather(rig: Rig) -> Belongings:
    """Somebody with one of everything."""
    owner, friend, secret = await resident(rig), await resident(rig), word()
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    draft = await made(owner, "/api/v1/statuses", status=f"{secret} の下書き", scheduled_at=later)
    kept = await made(owner, "/api/v1/lists", title=f"{secret} の人")
    message = await owner.publish(f"{friend.mention} {secret} です。", visibility="direct")
    private = await owner.publish(
        f"{secret} は?", visibility="private", poll={"options": [f"{secret} 1", "2"], "expires_in": 3600}
    )
    keyword = {"keywords_attributes": [{"keyword": secret, "whole_word": True}]}
    filtering = await made(
        owner, "/api/v2/filters", title=f"{secret} 以外", context=["home"], filter_action="warn", **keyword
    )
    hidden = await made(owner, f"/api/v2/filters/{filtering['id']}/statuses", status_id=private["id"])
    photo = (await owner.upload(jpeg(), description=secret)).json()
    tag = await made(owner, "/api/v1/featured_tags", name=f"{secret}t")
    await follow(owner, friend.id)
    await follow(friend, owner.id)
    for other in (friend, await resident(rig)):
        await other.publish(f"{owner.mention} {secret} ですか。", visibility="direct")
    told = (await owner.get("/api/v2/notifications")).json()["notification_groups"][0]
    one = (await owner.get("/api/v1/notifications")).json()[0]
    talks = (await owner.get("/api/v1/conversations")).json()
    waiting = (await owner.get("/api/v1/notifications/requests")).json()
    ids = {
        "scheduled_statuses": [draft["id"]],
        "lists": [kept["id"]],
        "list": [kept["id"]],
        "statuses": [message["id"], private["id"]],
        "polls": [private["poll"]["id"]],
        "filters": [filtering["id"]],
        "keywords": [filtering["keywords"][0]["id"]],
        "filters/statuses": [hidden["id"]],
        "media": [photo["id"]],
        "featured_tags": [tag["id"]],
        "notifications": [str(one["id"]), told["group_key"]],
        "requests": [each["id"] for each in waiting],
        "conversations": [each["id"] for each in talks],
        "follow_requests": [friend.id],
    }
    assert all(ids.values()), ids
    return Belongings(owner, secret, ids)


async def made(app: App, path: str, **content: Any) -> Json:
    answer = await app.post(path, content)
    assert answer.status == 200, f"{path}: {answer}"
    found: Json = answer.json()
    return found


def ids_for(path: str, ids: dict[str, list[str]]) -> list[str]:
    """What an address could be asked for with somebody else's id; fails for a kind that `gather` has not."""
    before = path.partition("/{")[0].split("/")
    kind = "filters/statuses" if path.startswith("/api/v2/filters/statuses") else before[-1]
    return [] if kind in WHO else ids[kind]


def list_with_ids() -> list[tuple[str, str]]:
    found = [(method, path) for method, path in list_routes() if re.search(r"\{(id|group_key)\}", path)]
    return [(method, path) for method, path in found if method != "HEAD" and path.startswith("/api/")]


SEEN_BY_OWNER = (
    "/api/v1/scheduled_statuses",
    "/api/v1/lists",
    "/api/v2/filters",
    "/api/v1/notifications",
    "/api/v1/notifications/requests",
    "/api/v1/conversations",
    "/api/v1/featured_tags",
    "/api/v1/push/subscription",
    "/api/v1/follow_requests",
    "/api/v1/markers?timeline[]=home",
)


async def look(has: Belongings) -> list[Any]:
    """Everything as its owner sees it."""
    paths = [*SEEN_BY_OWNER, *(f"/api/v1/statuses/{each}" for each in has.ids["statuses"])]
    paths += [f"/api/v1/media/{each}" for each in has.ids["media"]]
    return [(await has.owner.get(path)).json() for path in paths]


async def test_H18_by_id(rig: Rig) -> None:
    """No address of the client API gives or changes what belongs to somebody else."""
    own(rig)
    service, has, mallory = await rig.peer("push"), await gather(rig), await resident(rig)
    assert (await subscribe(has.owner, service, "owner")).status == 200
    before, reader = await look(has), App(rig, mallory.token, rig.stranger())
    spoilt = {"title": "x", "status": "x", "description": "x", "keyword": "x", "phrase": "x", "choices": [0]}
    spoilt |= {"context": ["home"], "account_ids": [mallory.id], "status_id": has.ids["statuses"][0]}
    for method, path in list_with_ids():
        for number in ids_for(path, has.ids):
            target = re.sub(r"\{(id|group_key)\}", number, path)
            answer = await (reader.get(target) if method == "GET" else reader.send(method, target, spoilt))
            assert answer.status in NOT_HERS or is_empty(answer), f"{method} {target}: {answer}"
            assert has.word.encode() not in answer.body, f"{method} {target}"
    await refer_to(mallory, has)
    assert await look(has) == before
    await check_messages(rig, service)


def is_empty(answer: Answer) -> bool:
    """That nothing was found, and nothing said of it."""
    return answer.status == 200 and answer.json() in ([], {}, {"accounts": []})


async def refer_to(mallory: Resident, has: Belongings) -> None:
    """Another's things, named in things of one's own."""
    photo, status, poll = has.ids["media"][0], has.ids["statuses"][1], has.ids["polls"][0]
    mine = await made(mallory, "/api/v2/filters", title="x", context=["home"])
    for method, path, content in (
        ("POST", "/api/v1/statuses", {"status": "x", "media_ids": [photo]}),
        ("POST", "/api/v1/statuses", {"status": "x", "in_reply_to_id": status}),
        ("POST", "/api/v1/statuses", {"status": "x", "quoted_status_id": status}),
        ("POST", f"/api/v2/filters/{mine['id']}/statuses", {"status_id": status}),
        ("POST", f"/api/v1/polls/{poll}/votes", {"choices": [0]}),
        ("PUT", f"/api/v2/filters/{mine['id']}", {"keywords_attributes": keyword_of(has)}),
        ("POST", "/api/v1/notifications/dismiss", {"id": has.ids["notifications"][0]}),
        ("POST", "/api/v1/notifications/requests/dismiss", {"id": has.ids["requests"]}),
    ):
        answer = await mallory.send(method, path, content)
        assert answer.status in NOT_HERS or is_empty(answer), f"{method} {path} {content}: {answer}"
        assert has.word.encode() not in answer.body
    reported = await mallory.post("/api/v1/reports", {"account_id": has.owner.id, "status_ids": [status]})
    assert reported.status in {200, *NOT_HERS}
    assert has.word.encode() not in reported.body
    for path in (f"/api/v1/statuses?id[]={status}", f"/api/v1/accounts/{has.owner.id}/statuses?limit=40"):
        assert has.word.encode() not in (await mallory.get(path)).body


def keyword_of(has: Belongings) -> list[Json]:
    return [{"id": has.ids["keywords"][0], "keyword": "taken", "_destroy": True}]


async def check_messages(rig: Rig, service: Peer) -> None:
    """Nobody is told, on a telephone or in a list, of what is for somebody else. A public post comes after it."""
    writer, friend, bystander = [await resident(rig) for _ in range(3)]
    named, other = unique("friend"), unique("bystander")
    for app, name in ((friend, named), (bystander, other)):
        assert (await subscribe(app, service, name)).status == 200
    await follow(friend, writer.id)
    await follow(bystander, writer.id)
    await bystander.post(f"/api/v1/accounts/{writer.id}/follow", {"notify": True})
    secret = word()
    heard, overheard = [await listen(app, *channels(secret)) for app in (friend, bystander)]
    message = await writer.publish(f"{friend.mention} {secret} です。 #{secret}t", visibility="direct")
    changed = await writer.send(
        "PUT", f"/api/v1/statuses/{message['id']}", {"status": f"{friend.mention} {secret}!"}
    )
    assert changed.status == 200, changed
    await writer.publish(f"{friend.mention} {bystander.mention} おはようございます。")
    for socket in (heard, overheard):
        await socket.until("おはよう")
        socket.close()
    assert secret in str(heard.messages)
    assert secret not in str(overheard.messages)
    assert message["id"] not in str(overheard.messages)

    def is_greeted(name: str) -> bool:
        return any("おはよう" in str(each) for each in pushed(service, name))

    await service.until(lambda: is_greeted(named) and is_greeted(other))
    assert secret in str(pushed(service, named))
    assert secret not in str(pushed(service, other))
    lists = (
        "/api/v1/notifications",
        "/api/v2/notifications",
        "/api/v1/timelines/home",
        "/api/v1/conversations",
    )
    for path in lists:
        assert secret not in (await bystander.get(path)).body.decode(), path
    assert secret in (await friend.get("/api/v1/conversations")).body.decode()
    assert (await bystander.get(f"/api/v1/statuses/{message['id']}")).status == 404


def channels(secret: str) -> list[Json]:
    """Every stream in which a post could be."""
    names = ("user", "user:notification", "direct", "public", "public:local", "public:remote", "public:media")
    tags: list[Json] = [{"stream": name, "tag": f"{secret}t"} for name in ("hashtag", "hashtag:local")]
    return [*({"stream": name} for name in names), *tags]


MASS: Json = {
    "role": "admin",
    "role_id": 3,
    "admin": True,
    "moderator": True,
    "approved": True,
    "confirmed": True,
    "suspended": False,
    "limited": False,
    "standing": "open",
    "kind": "desk",
    "id": "1",
    "username": "admin",
    "acct": "admin",
    "uri": "https://e.test/users/mallory",
    "url": "https://e.test/",
    "created_at": "2001-01-01T00:00:00.000Z",
    "followers_count": 10_000,
    "statuses_count": 10_000,
    "email": "mallory@e.test",
    "password": "niwatori hasami 43",
    "also_known_as": ["https://e.test/users/mallory"],
    "moved": "https://e.test/users/mallory",
    "public_key": "x",
    "inbox_url": "https://e.test/inbox",
    "account": {"role": {"id": 3}, "id": "1"},
    "source": {"role": "admin", "follow_requests_count": 5},
    "fields": [],
}


async def test_H19_properties_that_are_not_for_users(rig: Rig) -> None:
    mallory, other = await resident(rig), await resident(rig)
    path = "/api/v1/accounts/verify_credentials"
    before = (await mallory.get(path)).json()
    document = (await rig.get(mallory.iri)).json()
    for method, target in (("PATCH", "/api/v1/accounts/update_credentials"), ("PUT", "/api/v1/profile")):
        for content in (MASS, {"account": MASS}, {"user": MASS}, {"credential_account": MASS}):
            assert (await mallory.send(method, target, content)).status in {200, 422}
    assert (await mallory.get(path)).json() == before
    assert (await rig.get(mallory.iri)).json() == document
    more = {"account_id": other.id, "actor_id": other.id, "author_id": other.id, "id": "1", "local": False}
    more |= {"created_at": "2001-01-01T00:00:00Z", "uri": "https://e.test/1", "reblogs_count": 99}
    more |= {
        "account": {"id": other.id},
        "members_of": 1,
        "area_ids": [1],
        "pinned": True,
        "favourites_count": 9,
    }
    made_by_her = await mallory.publish("ふつうの投稿です。", **more)
    assert made_by_her["account"]["id"] == mallory.id
    assert made_by_her["uri"].startswith(rig.origin)
    assert made_by_her["created_at"] > "2020"
    assert (made_by_her["reblogs_count"], made_by_her["favourites_count"], made_by_her["id"] == "1") == (
        0,
        0,
        False,
    )
    app = await stranger(rig).post(
        "/api/v1/apps",
        {
            "client_name": "x",
            "redirect_uris": "https://a.example/",
            "scopes": "read",
            "trusted": True,
            "id": 1,
        },
    )
    assert app.json()["scopes"] == ["read"]


TOOLS = (
    *(
        f"/api/{version}/admin/{what}"
        for version in ("v1", "v2")
        for what in ("accounts", "reports", "roles")
    ),
    *("/api/v1/admin/accounts/1/action", "/api/v1/admin/domain_blocks", "/api/v1/admin/measures"),
    *(
        "/admin",
        "/admin/",
        "/admin/accounts",
        "/admin/settings",
        "/moderation",
        "/desk",
        "/staff",
        "/control",
    ),
    *(
        "/auth/admin",
        "/sidekiq",
        "/pghero",
        "/graphql",
        "/api/admin",
        "/api/i",
        "/nodeinfo/admin",
        "/console",
    ),
)
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get")


async def test_H20_administration(rig: Rig) -> None:
    """Nothing of it is on the net; and every other address demands its right, whatever the verb."""
    mallory = await resident(rig)
    for path in TOOLS:
        for verb in VERBS:
            answer = await App(rig, mallory.token, mallory.source).ask(verb, path)
            assert answer.status in {400, 404, 405}, f"{verb} {path}: {answer.status}"
            spoken = [("X-HTTP-Method-Override", verb), ("X-Original-URL", path), ("X-Rewrite-URL", path)]
            overridden = await stranger(rig).ask("POST", f"{path}?_method={verb}", headers=spoken)
            assert overridden.status in {404, 405}, f"{verb} {path}"
    own(rig)
    assert [each async for each in try_every_route(rig)] == []


async def try_every_route(rig: Rig) -> AsyncIterator[str]:
    """Where somebody got in who may not: by no token, an app's own, or one that allows something else."""
    known = list_routes()
    verbs: dict[str, set[str]] = {}
    for method, path in known:
        verbs.setdefault(path, set()).add(method)
    name, counted = unique("narrow"), 0
    for number, (path, methods) in enumerate(verbs.items()):
        if number % PATHS == 0:
            narrow = await resident(rig, "profile", name=name)
        target = fill(path, {})[0]
        for verb in ("POST", "PUT", "PATCH", "DELETE"):
            for app in (App(rig, "", rig.stranger()), App(rig, narrow.token, narrow.source)):
                answer = await app.ask(verb, target)
                counted += 1
                is_open = verb in methods and path in FOR_ANYBODY
                is_asked = answer.header("location").startswith("/sign-in")
                if answer.status not in NOBODY and not is_open and not is_asked:
                    yield f"{verb} {path}: {answer.status}"
    assert counted > len(verbs)


PATHS = 60
"""Asked for with one token, by four verbs: within what an app may ask."""
FOR_ANYBODY = {
    *("/api/v1/apps", "/oauth/token", "/oauth/revoke", "/inbox", "/actor/inbox"),
    *("/areas/{username}/inbox", "/people/{username}/inbox"),
}
"""Where anybody may knock: an app that registers or shows its own credentials, another server."""


EXPORTS = ("actor.json", "posts.json", "posts.csv", "lists/following_accounts.csv", "lists/bookmarks.csv")


async def test_H35_exports_of_others(rig: Rig) -> None:
    """What somebody takes along comes by her session alone: no address of it works for another, or afterwards."""
    alice, hers = await signed_in(rig)
    answer = await hers.post("/write", {"text": unique("秘密"), "step": "publish", "audience": "followers"})
    assert answer.status == 303, answer
    mine = (await hers.get("/settings/export/posts.csv")).body
    assert "秘密" in mine.decode()
    _, others = await signed_in(rig)
    for name in EXPORTS:
        found = await others.get(f"/settings/export/{name}?as={alice.name}&id=1")
        assert found.status == 200, name
        assert "秘密" not in found.body.decode(), name
        assert alice.name not in found.body.decode(), name
    used = dict(hers.cookies)
    await hers.post("/sign-out")
    hers.cookies.update(used)
    for name in EXPORTS:
        assert (await hers.get(f"/settings/export/{name}")).status == 303, name
