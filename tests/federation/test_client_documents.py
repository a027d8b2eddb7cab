"""A document is believed only where it was served (FEP-fe34)."""

import json

import pytest

from federation.client import Client, Signer
from federation.errors import Gone, MalformedDocument, Unreachable
from federation.vocabulary import Collection, Post
from tests.federation.peers import Network, Script, redirect, reply, routes

pytestmark = pytest.mark.anyio

URL = "https://peer.test/a"


def note(iri: str | None) -> Script:
    identity = {} if iri is None else {"id": iri}
    return reply(200, json.dumps({"type": "Note", "content": "<p>あ</p>"} | identity).encode())


def tombstone(iri: str) -> Script:
    return reply(200, json.dumps({"type": "Tombstone", "id": iri}).encode())


async def fetch_id(client: Client, url: str = URL) -> str:
    thing = await client.fetch_document(url)
    assert isinstance(thing, Post)
    return thing.id


@pytest.mark.parametrize("url", [URL, "https://PEER.test:443/a", f"{URL}#main-key"])
async def test_a_document_whose_id_is_its_url(network: Network, url: str) -> None:
    async with network.peer(note(URL)) as peer, network.client() as client:
        assert await fetch_id(client, url) == URL
    assert len(peer.received) == 1


@pytest.mark.parametrize(
    "claimed", ["https://PEER.test/a", "https://peer.test:443/a", "https://ｐeer.test./a"]
)
async def test_an_id_in_other_letters_is_the_canonical_one(network: Network, claimed: str) -> None:
    async with network.peer(note(claimed)) as peer, network.client() as client:
        assert await fetch_id(client) == URL
    assert len(peer.received) == 1


async def test_another_id_on_the_origin_is_fetched_once(network: Network) -> None:
    """GoToSocial serves an actor at the address of its key."""
    scripts = routes({"/a/main-key": note(URL), "/a": note(URL)})
    async with network.peer(scripts) as peer, network.client() as client:
        assert await fetch_id(client, "https://peer.test/a/main-key") == URL
    assert [request.target for request in peer.received] == ["/a/main-key", "/a"]


@pytest.mark.parametrize(
    "claimed",
    [
        "https://other.test/b",
        "https://peer.test.other.test/a",
        "http://peer.test/a",
        "https://peer.test:8443/a",
    ],
)
async def test_an_id_on_another_origin_is_refused(network: Network, claimed: str) -> None:
    async with network.peer(note(claimed)) as peer, network.peer(note(claimed), "other.test") as other:
        async with network.client() as client:
            with pytest.raises(MalformedDocument):
                await client.fetch_document(URL)
        assert (len(peer.received), other.accepted) == (1, 0)


@pytest.mark.parametrize(
    "claimed",
    [
        f"{URL}/",
        f"{URL}?",
        f"{URL}#b",
        "https://user@peer.test/a",
        "https://peer.test/b/%2e%2e/a",
    ],
)
async def test_what_only_looks_like_the_id_is_refused(network: Network, claimed: str) -> None:
    async with network.peer(routes({"/a": note(claimed)})), network.client() as client:
        with pytest.raises((MalformedDocument, Unreachable)):
            await client.fetch_document(URL)


async def test_the_same_url_is_not_fetched_again_for_another_id(network: Network) -> None:
    async with network.peer(note(f"{URL}#b")) as peer, network.client() as client:
        with pytest.raises(MalformedDocument):
            await client.fetch_document(URL)
    assert len(peer.received) == 1


@pytest.mark.parametrize(
    "second", [note("https://peer.test/c"), note("https://other.test/b"), redirect("/c"), reply(404)]
)
async def test_the_second_document_must_be_what_it_says(network: Network, second: Script) -> None:
    scripts = routes({"/a": note("https://peer.test/b"), "/b": second, "/c": note("https://peer.test/b")})
    async with network.peer(scripts) as peer, network.client() as client:
        with pytest.raises((MalformedDocument, Unreachable)):
            await client.fetch_document(URL)
    assert len(peer.received) <= 3


async def test_a_redirect_to_who_wrote_it(network: Network) -> None:
    there = "https://other.test/b"
    async with (
        network.peer(redirect(there)),
        network.peer(note(there), "other.test"),
        network.client() as client,
    ):
        assert await fetch_id(client) == there


async def test_a_redirect_to_who_only_says_so(network: Network) -> None:
    elsewhere = network.peer(note(URL), "other.test")
    async with network.peer(redirect("https://other.test/b")), elsewhere, network.client() as client:
        with pytest.raises(MalformedDocument, match="another origin"):
            await client.fetch_document(URL)


@pytest.mark.parametrize(
    "script", [note(None), reply(200, b'"https://peer.test/a"'), reply(200, b"[]"), reply(200, b"{")]
)
async def test_what_has_no_id_is_no_document(network: Network, script: Script) -> None:
    async with network.peer(script), network.client() as client:
        with pytest.raises(MalformedDocument):
            await client.fetch_document(URL)


async def test_pages_of_collections(network: Network, signer: Signer) -> None:
    url = f"{URL}?page=1"
    page = {"type": "OrderedCollectionPage", "id": url, "orderedItems": []}
    async with network.peer(reply(200, json.dumps(page).encode())) as peer, network.client() as client:
        assert isinstance(await client.fetch_document(url, signer), Collection)
    assert peer.received[0].header("signature")


async def test_a_tombstone_is_gone(network: Network) -> None:
    async with network.peer(tombstone(URL)), network.client() as client:
        with pytest.raises(Gone):
            await client.fetch_document(URL)


async def test_a_tombstone_of_something_else_is_not(network: Network) -> None:
    scripts = routes({"/a": tombstone("https://peer.test/b"), "/b": note("https://peer.test/b")})
    async with network.peer(scripts), network.client() as client:
        assert await fetch_id(client) == "https://peer.test/b"


async def test_a_tombstone_of_another_origin_proves_nothing(network: Network) -> None:
    there = "https://other.test/b"
    async with (
        network.peer(redirect(there)),
        network.peer(tombstone(there), "other.test"),
        network.client() as client,
    ):
        with pytest.raises(Unreachable):
            await client.fetch_document(URL)
