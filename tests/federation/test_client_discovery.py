"""WebFinger and NodeInfo: a server is believed about itself alone."""

import json
from typing import Any

import pytest

from federation.client import Client
from federation.errors import MalformedDocument, Unreachable
from federation.nodeinfo import Software
from tests.federation.peers import QUICK, Network, Script, redirect, reply, routes

pytestmark = pytest.mark.anyio

ALICE = "https://peer.test/users/alice"
QUERY = "/.well-known/webfinger?resource=acct:alice@peer.test"
WELL_KNOWN = "/.well-known/nodeinfo"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/2.1"
APPLICATION = "https://www.w3.org/ns/activitystreams#Application"


def jrd(
    *actors: str, subject: str = "acct:alice@peer.test", content_type: str = "application/jrd+json"
) -> Script:
    links = [
        {"rel": "self", "type": "application/activity+json", "href": actor} for actor in actors or (ALICE,)
    ]
    return reply(200, json.dumps({"subject": subject, "links": links}).encode(), content_type)


def answer(document: Any, content_type: str = "application/json; charset=utf-8") -> Script:
    return reply(200, json.dumps(document).encode(), content_type)


def well_known(**links: str) -> Script:
    rels = {"document": SCHEMA, "application": APPLICATION}
    return answer({"links": [{"rel": rels[name], "href": href} for name, href in links.items()]})


MISSKEY = answer({"version": "2.1", "software": {"name": "Misskey", "version": "2026.11"}})


async def ask(client: Client) -> str:
    return (await client.fetch_webfinger("alice", "peer.test")).self_link


@pytest.mark.parametrize(
    "subject", ["acct:alice@peer.test", "acct:ALICE@Peer.Test", "https://peer.test/@alice"]
)
async def test_who_alice_is(network: Network, subject: str) -> None:
    async with network.peer(routes({QUERY: jrd(subject=subject)})), network.client() as client:
        assert (await client.fetch_webfinger("alice", "PEER.test.")).self_link == ALICE


async def test_names_cannot_add_to_the_query(network: Network) -> None:
    async with network.peer(reply(404)) as peer, network.client() as client:
        with pytest.raises(Unreachable, match="404"):
            await client.fetch_webfinger("a&resource=b#c", "peer.test")
    assert peer.received[0].target == "/.well-known/webfinger?resource=acct:a%26resource%3Db%23c@peer.test"


@pytest.mark.parametrize(
    "script",
    [
        jrd(subject="acct:bob@peer.test"),
        jrd(subject="acct:alice@other.test"),
        jrd("https://other.test/users/alice"),
        jrd(ALICE, "https://peer.test/users/bob"),
        jrd("http://peer.test/users/alice"),
        jrd("data:text/plain,a"),
        jrd(content_type="text/html"),
        jrd(content_type="application/activity+json"),
        answer({"subject": "acct:alice@peer.test", "links": []}, "application/jrd+json"),
        reply(200, b"<html>", "application/jrd+json"),
        redirect("http://peer.test/"),
        redirect("https://10.0.0.1/"),
        redirect(QUERY),
    ],
)
async def test_answers_that_are_not_believed(network: Network, script: Script) -> None:
    async with network.peer(routes({QUERY: script})) as peer, network.client() as client:
        with pytest.raises((MalformedDocument, Unreachable)):
            await ask(client)
    assert len(peer.received) <= 4


async def test_a_domain_that_is_served_elsewhere(network: Network) -> None:
    there = "https://social.peer.test/users/alice"
    social = network.peer(routes({QUERY: jrd(there)}), "social.peer.test")
    async with social, network.peer(redirect(f"https://social.peer.test{QUERY}")), network.client() as client:
        assert await ask(client) == there


async def test_a_domain_that_is_served_elsewhere_speaks_for_no_third(network: Network) -> None:
    social = network.peer(jrd("https://third.test/users/alice"), "social.peer.test")
    async with social, network.peer(redirect(f"https://social.peer.test{QUERY}")), network.client() as client:
        with pytest.raises(MalformedDocument, match="third host"):
            await ask(client)


async def test_plain_http_only_on_loopback_names(network: Network) -> None:
    async with network.peer(reply(404), "town.localhost", plain=True) as peer:
        name = f"town.localhost:{peer.port}"
        actor = f"http://{name}/users/alice"
        peer.script = jrd(actor, subject=f"acct:alice@{name}")
        async with network.client(deadlines=QUICK) as client:
            assert (await client.fetch_webfinger("alice", name)).self_link == actor
    async with network.peer(jrd(), plain=True) as peer, network.client(deadlines=QUICK) as client:
        with pytest.raises(Unreachable):
            await ask(client)
    assert (peer.received, peer.accepted) == ([], 1)


# NodeInfo


async def test_which_software_a_server_runs(network: Network) -> None:
    scripts = routes({WELL_KNOWN: well_known(document="https://peer.test/n/2.1"), "/n/2.1": MISSKEY})
    async with network.peer(scripts), network.client() as client:
        assert await client.fetch_nodeinfo("peer.test") == Software("misskey", "2026.11")


async def test_what_a_server_implements(network: Network) -> None:
    actor = {
        "id": "https://peer.test/actor",
        "type": "Application",
        "preferredUsername": "peer.test",
        "inbox": "https://peer.test/inbox",
        "generator": {"type": "Application", "implements": [{"href": "https://w3id.org/fep/1b12"}]},
    }
    links = well_known(document="https://peer.test/n", application="https://peer.test/actor")
    scripts = {WELL_KNOWN: links, "/n": MISSKEY, "/actor": answer(actor, "application/activity+json")}
    async with network.peer(routes(scripts)), network.client() as client:
        assert (await client.fetch_nodeinfo("peer.test")).implements == ("https://w3id.org/fep/1b12",)


async def test_an_actor_that_cannot_be_had_is_no_hindrance(network: Network) -> None:
    links = well_known(document="https://peer.test/n", application="https://peer.test/actor")
    async with network.peer(routes({WELL_KNOWN: links, "/n": MISSKEY})), network.client() as client:
        assert await client.fetch_nodeinfo("peer.test") == Software("misskey", "2026.11")


@pytest.mark.parametrize(
    "links",
    [
        {},
        {"document": "https://other.test/n"},
        {"document": "https://10.0.0.1/n"},
        {"document": "https://peer.test:6379/n"},
        {"document": "http://peer.test/n"},
        {"document": "data:application/json,{}"},
        {"document": "https://peer.test/n", "application": "https://other.test/actor"},
        {"document": "https://peer.test/html"},
        {"document": "https://peer.test/nameless"},
    ],
)
async def test_links_that_are_not_followed(network: Network, links: dict[str, str]) -> None:
    nameless = answer({"version": "2.1", "software": {}})
    html = reply(200, b"{}", "text/html")
    scripts = routes({WELL_KNOWN: well_known(**links), "/n": MISSKEY, "/nameless": nameless, "/html": html})
    async with (
        network.peer(MISSKEY, "other.test") as other,
        network.peer(scripts),
        network.client() as client,
    ):
        with pytest.raises((MalformedDocument, Unreachable)):
            await client.fetch_nodeinfo("peer.test")
    assert other.accepted == 0


async def test_a_well_known_that_is_served_elsewhere(network: Network) -> None:
    scripts = routes({WELL_KNOWN: well_known(document="https://social.peer.test/n"), "/n": MISSKEY})
    social = network.peer(scripts, "social.peer.test")
    async with (
        social,
        network.peer(redirect(f"https://social.peer.test{WELL_KNOWN}")),
        network.client() as client,
    ):
        assert (await client.fetch_nodeinfo("peer.test")).name == "misskey"
