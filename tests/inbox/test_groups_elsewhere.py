"""Groups of other software, by documents that it really serves: followed, they announce, and it is shown or refused.

What happens with each is what `FEDERATION.md` says under "Groups of other servers".
"""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from actors import follows
from actors.directory import find_actor_by_id
from actors.tables import follows as follow_table
from federation.signatures.keys import public_pem
from federation.vocabulary import Iri
from tests.inbox.rig import ORIGIN, Town
from tests.inbox.test_boosts import at_home, follow
from tests.testrig.peers import Peer, rsa_key

FOLDER = os.environ.get("KAIRANBAN_TEST_WIRE")
Document = dict[str, Any]

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.wire,
    pytest.mark.skipif(FOLDER is None, reason="KAIRANBAN_TEST_WIRE names no folder with recordings"),
]


class Served(Peer):
    """A server whose documents have whatever ids, also with a query."""

    async def _serve(self, path: str, scope: Any, send: Any) -> None:
        query = scope["query_string"].decode()
        whole = f"{path}?{query}"
        await super()._serve(whole if f"{self.origin}{whole}" in self.documents else path, scope, send)

    def introduce(self, document: Document) -> Iri:
        """Serve an actor as it is, with a key of ours."""
        iri = document["id"]
        self.actors[iri] = rsa_key(len(self.actors))
        key = {"id": f"{iri}#main-key", "owner": iri, "publicKeyPem": public_pem(self.actors[iri])}
        self.documents[iri] = {**document, "publicKey": key}
        return Iri(iri)


def load(name: str) -> Document:
    assert FOLDER is not None
    found: Document = json.loads((Path(FOLDER) / f"{name}.json").read_bytes())
    return found


def serve(town: Town, document: Document) -> Served:
    host = urlsplit(document["id"]).netloc
    known = town.network.hosts.get(host)
    return known if isinstance(known, Served) else Served(host, town.network, town.clock, software="other")


def introduce(town: Town, document: Document) -> Iri:
    return serve(town, document).introduce(document)


def invent(iri: str, kind: str) -> Document:
    """An actor of whom no document was recorded."""
    name = urlsplit(iri).path.strip("/").rpartition("/")[2].strip("@") or "someone"
    return {
        "id": iri,
        "type": kind,
        "preferredUsername": name,
        "inbox": f"{iri}/inbox",
        "outbox": f"{iri}/outbox",
        "followers": f"{iri}/followers",
    }


GROUPS: dict[str, tuple[str | Document, str, str | None]] = {
    "nodebb": ("nodebb/objects/group", "nodebb/objects/page", "nodebb/objects/person"),
    "wordpress": ("wordpress/objects/group", "wordpress/objects/page", None),
    "mobilizon": ("mobilizon/objects/group", "mobilizon/objects/event", None),
    "peertube": ("peertube/objects/group", "peertube/objects/video", "peertube/objects/person"),
    "friendica": (invent("https://forum.example/profile/machi", "Group"), "friendica/objects/page_1", None),
    "mbin": (invent("https://some-mbin.instance/m/someMag", "Group"), "friendica/objects/page_2", None),
}
"""A Group, a post, and its author where her document was recorded."""


def author_of(post: Document) -> str:
    named = post["attributedTo"]
    return str(named if isinstance(named, str) else named[0]["id"])


async def pass_on(town: Town, software: str, *, is_wrapped: bool) -> str:
    """Follow the Group; it announces the post in one dialect; what the log says."""
    group_file, post_file, author_file = GROUPS[software]
    group = introduce(town, group_file if isinstance(group_file, dict) else load(group_file))
    post = load(post_file)
    author = author_of(post)
    introduce(town, invent(author, "Person") if author_file is None else load(author_file))
    serve(town, post).documents[post["id"]] = post
    await follow(town, group)
    inner = {"id": f"{post['id']}#create", "type": "Create", "actor": author, "object": post}
    peer = serve(town, {"id": group})
    said = {
        "id": f"{peer.origin}/announce/1",
        "type": "Announce",
        "actor": group,
        "object": inner if is_wrapped else post["id"],
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
    }
    heard = await town.hear(peer, said)
    await town.work()
    return heard


@pytest.mark.parametrize("is_wrapped", [True, False])
@pytest.mark.parametrize("software", sorted(GROUPS))
async def test_what_a_group_announces_is_read_and_shown(
    town: Town, software: str, *, is_wrapped: bool
) -> None:
    """In both dialects: what is sent beside the id is not needed, since the post is read at its origin."""
    post = load(GROUPS[software][1])
    assert await pass_on(town, software, is_wrapped=is_wrapped) == "done: to be fetched"
    stored = await town.post_of(post["id"])
    assert stored is not None
    assert (stored.type, stored.title) == (post["type"], post["name"])
    author = await town.database.read(find_actor_by_id, stored.actor_id)
    assert author is not None
    assert author.iri == author_of(post)
    group = GROUPS[software][0]
    name = (group if isinstance(group, dict) else load(group))["preferredUsername"]
    (shown,) = await at_home(town)
    assert shown.startswith(f"{name}: ")


async def test_an_mbin_magazine_accepts_who_follows(town: Town) -> None:
    """Its `Accept` has the whole `Follow` inside, and an id that is made of the Follow's."""
    accept = load("mbin/activities/accept")
    group = introduce(town, invent(accept["actor"], "Group"))
    await town.services.directory.actor(group)
    target, iri = await town.actor(group), Iri(f"{ORIGIN}/people/hanako/follows/7")

    def ask(tx: sa.Connection) -> None:
        follows.record_follow(
            tx, iri=iri, follower=town.resident, target=target, state="pending", now=town.clock()
        )

    await town.database.write(ask)
    asked = {**accept["object"], "id": iri, "actor": town.resident.iri}
    said = await town.hear(serve(town, {"id": group}), {**accept, "object": asked})
    state = sa.select(follow_table.c.state)
    assert (said, await town.database.read(lambda tx: tx.execute(state).scalar())) == ("done: ", "accepted")
