"""What is posted to an inbox reaches `inbox.receive` as it was signed, and only there."""

import httpx
import pytest

from areas import posts
from tests.testrig.peers import Peer
from tests.testrig.world import Town, World
from tests.web.conftest import ORIGIN

pytestmark = pytest.mark.anyio
AREA = f"{ORIGIN}/areas/megumino"
TYPE = {"content-type": "application/activity+json"}


@pytest.fixture
async def peer(world: World, town: Town) -> Peer:
    await town.area("megumino")
    found = world.peer("mastodon.example")
    found.actor("ken")
    return found


KEN = "https://mastodon.example/users/ken"


async def test_every_inbox_hears(town: Town, peer: Peer) -> None:
    for number, inbox in enumerate((f"{AREA}/inbox", f"{ORIGIN}/inbox", f"{ORIGIN}/actor/inbox")):
        create = peer.create(peer.note(KEN, f"note{number}", cc=[AREA]))
        assert (await peer.send(create, inbox)).status_code == 202
        assert await town.read(posts.find_post, create["object"]["id"]) is not None


async def test_the_query_is_part_of_what_was_signed(town: Town, peer: Peer) -> None:
    create = peer.create(peer.note(KEN, "one", cc=[AREA]))
    assert (await peer.send(create, f"{AREA}/inbox?for=a%7Eb")).status_code == 202


async def test_another_inbox_than_was_signed_for_refuses(peer: Peer, client: httpx.AsyncClient) -> None:
    create = peer.create(peer.note(KEN, "one", cc=[AREA]))
    await peer.send(create, f"{AREA}/inbox")
    sent = peer.network.carried[-1] if peer.network.carried[-1].method == "POST" else None
    sent = sent or next(each for each in reversed(peer.network.carried) if each.method == "POST")
    again = await client.post("/inbox", content=sent.body, headers=dict(sent.headers))
    assert again.status_code == 401


async def test_what_is_not_signed_is_refused_in_the_inboxs_own_words(
    peer: Peer, client: httpx.AsyncClient
) -> None:
    response = await client.post(f"{AREA}/inbox", content=b"{}", headers={**TYPE, "accept": "text/html"})
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "multipart/form-data; boundary=x"]
)
async def test_only_activities_are_read(content_type: str, peer: Peer, client: httpx.AsyncClient) -> None:
    headers = {"content-type": content_type}
    for path in ("/inbox", f"{AREA}/inbox"):
        response = await client.post(path, content=b"{}", headers=headers)
        assert response.status_code == 415
        assert "application/activity+json" in response.headers["accept-post"]


async def test_without_a_type_nothing_is_read(peer: Peer, client: httpx.AsyncClient) -> None:
    assert (await client.post("/inbox", content=b"{}")).status_code == 415


async def test_a_body_beyond_the_limit_is_refused(peer: Peer, client: httpx.AsyncClient) -> None:
    response = await client.post(f"{AREA}/inbox", content=b"x" * (1 << 20) + b"x", headers=TYPE)
    assert response.status_code == 413


async def test_only_actors_have_inboxes(peer: Peer, client: httpx.AsyncClient) -> None:
    for path in ("/areas/nobody/inbox", "/people/megumino/inbox", "/inboxes", "/areas/inbox"):
        assert (await client.post(path, content=b"{}", headers=TYPE)).status_code in {404, 405}, path


async def test_an_inbox_is_not_read(peer: Peer, client: httpx.AsyncClient) -> None:
    assert (await client.get("/inbox")).status_code == 405
    assert (await client.get(f"{AREA}/inbox")).status_code == 405
