import json
from typing import Any

import pytest
import sqlalchemy as sa

from actors.keys import find_keys
from actors.profiles import AreaFacts, describe_area, document
from actors.records import ActorRecord, KeyRecord
from federation.errors import LocalFault
from federation.parsing import parse_document
from federation.rendering import render
from federation.vocabulary import Actor, Iri, Locality
from tests.testrig.people import key_pair, meet, settle
from web.database import Database

pytestmark = pytest.mark.anyio

Known = tuple[ActorRecord, tuple[KeyRecord, ...]]


def know(tx: sa.Connection, record: ActorRecord) -> Known:
    return record, find_keys(tx, record.id)


def read(rendered: dict[str, Any]) -> Actor:
    parsed = parse_document(render(rendered))
    assert isinstance(parsed, Actor)
    return parsed


async def test_an_area_as_others_read_it(database: Database) -> None:
    def make(tx: sa.Connection) -> tuple[Known, ActorRecord]:
        area = settle(tx, "megumino", "area", name="恵み野", summary="<p>どうぞ</p>")
        return know(tx, area), settle(tx, "megumino_desk", "desk", keys=key_pair(1))

    (record, keys), desk = await database.write(make)
    facts = AreaFacts(
        posting_restricted=True,
        location=Locality(name="恵み野", region="北海道", locality="恵庭市", latitude=42.9, longitude=141.6),
        fields=describe_area(record, desk),
    )
    rendered = document(record, keys, facts)
    base = "https://machi.test/areas/megumino"
    assert rendered["attributedTo"] == rendered["moderators"] == f"{base}/moderators"
    assert rendered["manuallyApprovesFollowers"] is False
    assert rendered["language"] == [{"identifier": "ja", "name": "日本語"}]
    served = json.loads(render(rendered))
    assert served["generator"]["id"] == "https://machi.test/actor"
    assert served["location"]["name"] == "恵み野"
    parsed = read(rendered)
    assert (parsed.id, parsed.type, parsed.preferred_username, parsed.name) == (
        base,
        "Group",
        "megumino",
        "恵み野",
    )
    assert (parsed.inbox, parsed.outbox, parsed.shared_inbox) == (
        record.inbox,
        record.outbox,
        record.shared_inbox,
    )
    assert (parsed.followers, parsed.following) == (record.followers, record.following)
    assert (parsed.featured, parsed.moderators) == (record.featured, f"{base}/moderators")
    assert parsed.webfinger == "megumino@machi.test"
    assert [(key.id, key.owner) for key in parsed.keys] == [(key.key_id, base) for key in keys]
    assert [name for name, _ in parsed.fields] == ["投稿のしかた", "通報・相談"]
    assert "@megumino@machi.test" in parsed.fields[0][1]
    assert "@megumino_desk@machi.test" in parsed.fields[1][1]
    assert parsed.posting_restricted
    assert not parsed.manually_approves_followers


async def test_a_resident_as_others_read_her(database: Database) -> None:
    record, keys = await database.write(lambda tx: know(tx, settle(tx, "hanako", name="はなこ")))
    rendered = document(record, keys, locked=True)
    assert not {"attributedTo", "moderators", "language", "location", "icon"} & set(rendered)
    parsed = read(rendered)
    assert (parsed.type, parsed.discoverable, parsed.indexable) == ("Person", False, False)
    assert parsed.manually_approves_followers
    assert (parsed.published, parsed.updated) == (record.published_at, record.updated_at)


async def test_the_same_facts_give_the_same_bytes(database: Database) -> None:
    record, keys = await database.write(lambda tx: know(tx, settle(tx)))
    assert render(document(record, keys)) == render(document(record, tuple(reversed(keys))))


async def test_only_ours_are_described(database: Database) -> None:
    record, keys = await database.write(lambda tx: know(tx, meet(tx, following=Iri("https://p.test/f"))))
    with pytest.raises(LocalFault, match="not ours"):
        document(record, keys)


async def test_an_actor_without_keys_is_not_described(database: Database) -> None:
    record, keys = await database.write(lambda tx: know(tx, settle(tx)))
    for some in ((), keys[:1], keys[1:]):
        with pytest.raises(LocalFault, match="has no"):
            document(record, some)
