"""Records with everything and with nothing in them, from which entities are made."""

from dataclasses import replace
from typing import Any

from actors.records import ActorRecord
from areas.counts import Counts, Usage
from federation.vocabulary import Iri, Millis
from tests.testrig.clock import NOON
from web.mastodon.entities.frame import Frame
from web.mastodon.entities.instances import Town

ORIGIN = "https://chitose.example"
FRAME = Frame(
    origin=ORIGIN,
    host="chitose.example",
    picture=lambda url, _size: f"{ORIGIN}/media/proxy/x" if url.startswith("https:") else None,
    avatar=f"{ORIGIN}/static/x/avatar.png",
    header=f"{ORIGIN}/static/x/header.png",
    push_key="B" * 87,
)
COUNTS = Counts(followers=3, following=2, posts=17, last_at=NOON)
_EMPTY: dict[str, Any] = dict.fromkeys(ActorRecord.__dataclass_fields__)


def actor(username: str = "hanako", **values: Any) -> ActorRecord:
    """A local resident of whom nothing is said."""
    iri = Iri(f"{ORIGIN}/people/{username}")
    given: dict[str, Any] = {
        **_EMPTY,
        "id": 1 << 60,
        "iri": iri,
        "type": "Person",
        "kind": "resident",
        "username": username,
        "host": "chitose.example",
        "origin_id": 1,
        "name": "",
        "summary": "",
        "url": iri,
        "also_known_as": (),
        "fields": (),
        "discoverable": False,
        "indexable": False,
        "locked": False,
        "created_at": NOON,
        "updated_at": NOON,
        "standing": "open",
        "standing_reason": "",
    }
    return ActorRecord(**{**given, **values})


AREA = actor("megumino", type="Group", kind="area", name="恵み野", iri=Iri(f"{ORIGIN}/areas/megumino"))
REMOTE = replace(
    actor("ken", id=2, iri=Iri("https://mastodon.example/users/ken"), host="mastodon.example", kind=None),
    origin_id=None,
    server_id=1,
    url=Iri("https://mastodon.example/@ken"),
    icon=Iri("https://cdn.example/ken.png"),
    published_at=Millis(NOON - 86_400_000),
)
ACTORS = (
    actor(),
    actor(name="花子", summary="<p>こんにちは</p>", discoverable=True, indexable=True),
    actor("eniwa_bosai", kind="official"),
    actor("megumino_desk", type="Service", kind="desk"),
    actor("chitose.example", type="Application", kind="node"),
    AREA,
    REMOTE,
    replace(REMOTE, url=None, icon=Iri("http://x.example/a"), standing="limited", type="Service"),
)


def town(**values: Any) -> Town:
    given: dict[str, Any] = {
        "title": "千歳",
        "description": "",
        "version": "0.1.0",
        "email": "",
        "contact": None,
        "open_registrations": False,
        "is_limited": False,
        "usage": Usage(people=3, active_month=2, active_half_year=3, posts=20, servers=4),
    }
    return Town(**{**given, **values})
