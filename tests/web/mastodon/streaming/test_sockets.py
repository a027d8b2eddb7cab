"""How streams are opened, what is said to whoever may not, and when they end."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from websockets.exceptions import InvalidStatus

from actors.oauth.tokens import revoke_of_actor
from actors.standing import set_standing
from actors.tables import access_tokens
from tests.testrig.streaming import Listener, open_socket
from tests.web.mastodon.streaming.conftest import Scene
from web import streams
from web.changes import LOST
from web.cli import run_command
from web.mastodon.streaming import events, sockets

pytestmark = pytest.mark.anyio


async def hears(scene: Scene, listener: Listener) -> bool:
    """Whether a post of sora's gets there."""
    post = await scene.post("sora", "聞こえますか")
    return bool(await listener.until("update", post))


async def refusal(scene: Scene, query: str = "", **how: Any) -> httpx.Response:
    """What a socket that is not opened is answered."""
    with pytest.raises(InvalidStatus) as caught:
        async with open_socket(scene.base, query, **how):
            pass
    response = caught.value.response
    headers = {
        name: value for name, value in response.headers.raw_items() if name.lower() != "content-length"
    }
    return httpx.Response(response.status_code, headers=headers, content=bytes(response.body or b""))


async def test_the_token_comes_in_every_way_that_apps_know(scene: Scene) -> None:
    token = scene.tokens["hanako"]
    ways: list[tuple[str, dict[str, Any]]] = [
        (f"?access_token={token}&stream=user", {}),
        ("?stream=user", {"additional_headers": {"authorization": f"Bearer {token}"}}),
        ("?stream=user", {"subprotocols": [token]}),
        ("/?stream=user", {"subprotocols": [token]}),
    ]
    for query, how in ways:
        async with open_socket(scene.base, query, **how) as socket:
            assert socket.connection.subprotocol == (token if "subprotocols" in how else None)
            await scene.catch_up(socket)
            assert await hears(scene, socket)
    async with open_socket(scene.base, f"?access_token={token}", subprotocols=["mastodon"]) as socket:
        assert socket.connection.subprotocol == "mastodon"  # a browser that offers one wants one


async def test_who_may_not_is_told_so_in_mastodons_words(scene: Scene) -> None:
    riku = await run_command(scene.town.node, "token create", {"name": "riku", "scopes": "write"})
    await scene.town.write(revoke_of_actor, scene.people["riku"].id, scene.town.clock())
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({}, 401, "Missing access token"),
        ({"subprotocols": ["wrong"]}, 401, "Invalid access token"),
        ({"subprotocols": [riku.data["token"]]}, 401, "Invalid access token"),
    ]
    for how, status, text in cases:
        response = await refusal(scene, **how)
        assert (response.status_code, response.json()) == (status, {"error": text})
        assert response.headers["access-control-allow-origin"] == "*"
        bearer = how.get("subprotocols", [""])[0]
        by_events = await scene.client.get("/api/v1/streaming/user", params={"access_token": bearer})
        assert (by_events.status_code, by_events.json()) == (status, {"error": text})
        assert by_events.headers["access-control-allow-origin"] == "*"


async def test_channels_that_do_not_exist_or_lack_something(scene: Scene) -> None:
    socket = await scene.socket("hanako")
    for asked, status, text in (
        ({"stream": "local"}, 400, "Unknown stream type"),
        ({"stream": None}, 400, "Unknown stream type"),
        ({"stream": "hashtag"}, 400, "Missing tag name parameter"),
        ({"stream": "hashtag", "tag": "#"}, 400, "Missing tag name parameter"),
        ({"stream": "hashtag", "tag": "花" * 101}, 400, "Missing tag name parameter"),
        ({"stream": "list"}, 400, "Missing list name parameter"),
        ({"stream": "list", "list": "1"}, 401, "Not authorized to stream this list"),
        ({"stream": "list", "list": "x"}, 401, "Not authorized to stream this list"),
        ({"stream": "list", "list": "9" * 40}, 401, "Not authorized to stream this list"),
    ):
        await socket.connection.send(json.dumps({"type": "subscribe", **asked}))
        assert await socket.error() == {"error": text, "status": status}
    for nonsense in (
        *("", "[]", "null", "{", "7", '"x"', "{}", '{"type": "shout", "stream": "user"}'),
        *('{"type": [], "stream": "user"}', '{"type": {"a": 1}, "stream": "user"}', '{"type": 1}'),
        *('{"type": "subscribe", "stream": []}', '{"type": "subscribe", "stream": {"a": 1}}'),
        *('{"type": "subscribe", "stream": "hashtag", "tag": ["x"]}', '{"type": "subscribe", "stream": 1}'),
        '{"type": "subscribe", "stream": "hashtag", "tag": {"x": 1}}',
    ):
        await socket.connection.send(nonsense)
        assert (await socket.error())["status"] == 400
    await socket.say("subscribe", "user")
    assert await hears(scene, socket)
    headers = {"authorization": f"Bearer {scene.tokens['hanako']}"}
    for path, status, text in (
        ("", 400, "Unknown channel requested"),
        ("/nowhere", 400, "Unknown channel requested"),
        ("/hashtag", 400, "Missing tag name parameter"),
        ("/list?list=1", 401, "Not authorized to stream this list"),
    ):
        response = await scene.client.get(f"/api/v1/streaming{path}", headers=headers)
        assert (response.status_code, response.json()) == (status, {"error": text}), path
    assert (await scene.client.get("/api/v1/streaming/health")).text == "OK"


async def test_scopes_open_what_they_name(scene: Scene) -> None:
    """What is public needs none; a home heard without `read:notifications` is one without notifications."""
    missing = "Access token does not have the required scopes"
    only_posts = await scene.token("hanako", "read:statuses")
    only_told = await scene.token("hanako", "read:notifications")
    async with open_socket(scene.base, subprotocols=[await scene.token("hanako", "write")]) as socket:
        for stream in ("user", "user:notification", "direct"):
            await socket.say("subscribe", stream)
            assert await socket.error() == {"error": missing, "status": 401}
        await socket.say("subscribe", "public")
        await scene.catch_up(socket)
        assert await hears(scene, socket)
    post = await scene.post("hanako", "花の庭")
    async with open_socket(scene.base, "?stream=user", subprotocols=[only_posts]) as socket:
        await socket.say("subscribe", "user:notification")
        assert (await socket.error())["error"] == missing
        async with open_socket(scene.base, "?stream=user:notification", subprotocols=[only_told]) as other:
            await scene.catch_up(other)
            await scene.ask("sora", "POST", f"v1/statuses/{post}/favourite")
            (told, *_) = await scene.ask("hanako", "GET", "v1/notifications")
            await other.until("notification", told["id"])
        canary = await scene.post("hanako", "静か")
        assert [each.name for each in await socket.until("update", canary)] == ["update"]


async def test_channels_are_left_again_and_counted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = await scene.socket("hanako", "user", "public", "user")
    await socket.say("unsubscribe", "user")
    await scene.catch_up(socket)
    post = await scene.post("sora", "花")
    assert [each.stream for each in await socket.until("update", post)] == [("public",)]
    monkeypatch.setattr(sockets, "MOST_CHANNELS", 1)
    await socket.say("subscribe", "user")
    assert (await socket.error())["status"] == 429


@pytest.mark.parametrize("how", ["revoked", "suspended", "over"])
async def test_a_token_that_opens_nothing_any_more_ends_its_streams(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """At once, before anything else is heard; other streams go on."""
    hanako, sora = await scene.socket("hanako", "user"), await scene.socket("sora", "user")
    source = await scene.source("hanako", "user")
    town, actor_id = scene.town, scene.people["hanako"].id
    if how == "revoked":
        await town.write(revoke_of_actor, actor_id, town.clock())
    elif how == "suspended":
        await town.write(lambda tx: set_standing(tx, actor_id, "suspended", reason="x", now=town.clock()))
    else:
        monkeypatch.setattr(streams, "CHECK_SECONDS", 0.05)
        await scene.post("sora", "今から")  # the worker looks at its clock anew
        await town.write(end_silently, actor_id, town.clock())
    assert await hanako.end_code() == 1008
    await source.end_code()
    assert await hears(scene, sora)
    assert all(each.payload["account"]["acct"] != "hanako" for each in hanako.heard)


def end_silently(tx: sa.Connection, actor_id: int, now: int) -> None:
    """As time does: nobody notes it."""
    tx.execute(
        sa.update(access_tokens).where(access_tokens.c.actor_id == actor_id).values(expires_at=now - 1)
    )


async def test_nothing_is_shown_by_a_token_that_ended_unnoticed(scene: Scene) -> None:
    """What would be shown and whether the token is good are read in one look."""
    hanako = await scene.socket("hanako", "user")
    await scene.town.write(end_silently, scene.people["hanako"].id, scene.town.clock())
    await scene.post("sora", "聞こえますか")
    assert await hanako.end_code() == 1008
    assert hanako.heard == []


async def test_too_many_streams_are_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    token = scene.tokens["hanako"]
    await scene.socket("hanako")
    monkeypatch.setattr(streams, "MOST_OF_ACTOR", 1)
    response = await refusal(scene, subprotocols=[token])
    assert (response.status_code, response.json()) == (429, {"error": "Too many requests"})
    assert "retry-after" in response.headers
    by_events = await scene.client.get("/api/v1/streaming/user", params={"access_token": token})
    assert by_events.status_code == 429
    sora = await scene.socket("sora", "user")
    monkeypatch.setattr(streams, "MOST_OF_HOUSEHOLD", 2)
    assert (await refusal(scene, subprotocols=[scene.tokens["riku"]])).status_code == 429
    monkeypatch.setattr(streams, "MOST_STREAMS", 2)
    assert (await refusal(scene, subprotocols=[scene.tokens["riku"]])).status_code == 503
    await sora.connection.close()
    monkeypatch.setattr(streams, "MOST_OF_HOUSEHOLD", 3)
    async with asyncio.timeout(20):
        while len(scene.town.node.streams) > 1:
            await asyncio.sleep(0)
    await scene.socket("riku")


async def test_messages_have_a_size_a_form_and_a_pace(scene: Scene) -> None:
    binary = await scene.socket("hanako", "user")
    await binary.connection.send(b"\x00")
    assert await binary.end_code() == 1003
    large = await scene.socket("hanako", "user")
    await large.connection.send("x" * (1 << 20))
    assert await large.end_code() == 1009
    hasty = await scene.socket("hanako")
    for _ in range(301):
        await hasty.say("unsubscribe", "user")
    assert await hasty.error() == {"error": "Too many requests", "status": 429}


async def test_what_strangers_do_wrong_is_no_error_of_ours(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await scene.socket("hanako")
    await socket.connection.send(b"\xff\xfe", text=True)
    assert await socket.end_code() == 1007
    assert (await refusal(scene)).status_code == 401
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []


async def test_whoever_is_too_slow_is_let_go(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_QUEUED", 0)
    hanako, source = await scene.socket("hanako", "user"), await scene.source("hanako", "user")
    await scene.post("sora", "速すぎる")
    assert await hanako.end_code() == 1013
    await source.end_code()


async def test_whoever_may_have_missed_something_comes_again(scene: Scene) -> None:
    hanako, source = await scene.socket("hanako", "user"), await scene.source("hanako", "user")
    scene.town.node.database.changes.tell([LOST])
    assert await hanako.end_code() == 1012
    await source.end_code()
    assert await hears(scene, await scene.socket("hanako", "user"))


async def test_events_come_by_server_sent_events_too(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.02)
    source = await scene.source("hanako", "user")
    assert source.response.headers["content-type"] == "text/event-stream"
    assert source.response.headers["access-control-allow-origin"] == "*"
    assert source.response.headers["x-accel-buffering"] == "no"
    public, media = (
        await scene.source("riku", "public"),
        await scene.source("riku", "public/local?only_media=1"),
    )
    tagged = await scene.source("riku", "hashtag?tag=花")
    post = await scene.post("sora", "@megumino #花 の庭")
    for each in (source, public, tagged):
        (event,) = await each.until("update", post)
        assert event.payload["id"] == post
    assert media.heard == []
    await scene.ask("sora", "DELETE", f"v1/statuses/{post}")
    assert ("delete", post) in {(each.name, each.payload) for each in await source.until("delete", post)}
    async with asyncio.timeout(20):
        while ":thump" not in source.comments:
            await asyncio.sleep(0.01)
    assert source.comments[0] == ":)"


async def test_heads_of_streams_end(scene: Scene) -> None:
    headers = {"authorization": f"Bearer {scene.tokens['hanako']}"}
    response = await scene.client.head("/api/v1/streaming/user", headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream")
    assert len(scene.town.node.streams) == 0
    assert (await scene.client.head("/api/v1/streaming/user")).status_code == 401


async def test_guessers_are_counted_by_their_network_and_apps_by_their_token(scene: Scene) -> None:
    for _ in range(301):
        response = await scene.client.get("/api/v1/streaming/user", params={"access_token": "x"})
    assert (response.status_code, response.json()) == (429, {"error": "Too many requests"})
    assert (await refusal(scene, subprotocols=["wrong"])).status_code == 429
    assert await hears(scene, await scene.socket("hanako", "user"))


async def test_the_end_of_the_node_ends_streams(scene: Scene) -> None:
    hanako, source = await scene.socket("hanako", "user"), await scene.source("hanako", "user")
    await scene.town.node.streams.close()
    assert await hanako.end_code() == 1012
    await source.end_code()
    response = await refusal(scene, subprotocols=[scene.tokens["hanako"]])
    assert (response.status_code, response.headers["retry-after"]) == (503, "10")


async def test_instances_say_where_streams_are(scene: Scene) -> None:
    address = scene.base.replace("http", "ws")
    assert (await scene.client.get("/api/v1/instance")).json()["urls"] == {"streaming_api": address}
    v2 = (await scene.client.get("/api/v2/instance")).json()
    assert v2["configuration"]["urls"]["streaming"] == address
