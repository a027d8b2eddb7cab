"""Every shape that GoToSocial, Takahē, PieFed and Fedify were seen to send, through the whole inbox.

The recordings' origins are served as they are; only the signatures are made anew.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.inbox.rig import Town, sign
from tests.testrig.peers import Peer, rsa_key

HERE = "https://app.test"
FOLDER = os.environ.get("KAIRANBAN_TEST_WIRE")

pytestmark = [pytest.mark.anyio, pytest.mark.wire]


def load_shapes() -> list[dict[str, Any]]:
    if FOLDER is None:
        return []
    found = json.loads((Path(FOLDER) / "recorded" / "inbound-shapes.json").read_bytes())
    return [each for each in found if isinstance(each["body"], dict)]


SHAPES = load_shapes()


def name(shape: Mapping[str, Any]) -> str:
    software = shape["headers"].get("User-Agent", "?").partition("/")[0]
    thing = shape["body"].get("object")
    inner = thing.get("type", "") if isinstance(thing, dict) else type(thing).__name__
    return f"{software} {shape['body']['type']} {inner}"


@pytest.mark.skipif(not SHAPES, reason="KAIRANBAN_TEST_WIRE names no folder with recordings")
@pytest.mark.parametrize("number", range(len(SHAPES)), ids=lambda number: name(SHAPES[number]))
async def test_what_was_recorded_is_heard(town: Town, number: int) -> None:
    """Whatever it is, it is read, judged and answered 202; nothing in it is malformed or refused."""
    activity = SHAPES[number]["body"]
    peer = introduce(town, activity["actor"])
    answer = await town.post(sign(peer, activity, signer=activity["actor"]))
    assert (answer.status, town.lines[-1]["outcome"] in {"done", "ignored"}) == (202, True)


def introduce(town: Town, iri: str) -> Peer:
    """The sender as an actor on a server of its own."""
    host = urlsplit(iri).netloc
    peer = town.peer(host)
    document = {**_template(town), "id": iri, "inbox": f"{iri}/inbox", "preferredUsername": "sender"}
    document["publicKey"] = {**document["publicKey"], "id": f"{iri}#main-key", "owner": iri}
    peer.documents[iri] = document
    peer.actors[iri] = rsa_key(0)
    return peer


def _template(town: Town) -> dict[str, Any]:
    other = town.peer("template.test")
    return other.documents[other.actor("template")]
