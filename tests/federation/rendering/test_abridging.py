"""What is said in short says who did what to which thing, and nothing that anybody else has written."""

import json
from typing import Any

import pytest

from federation import rendering
from federation.parsing import parse_activity
from federation.vocabulary import (
    PUBLIC,
    Activity,
    Announce,
    Block,
    Create,
    Delete,
    Iri,
    Millis,
    Update,
)
from tests.federation.rendering import samples

WRAP = Iri(f"{samples.AREA}/activities/1-0")
DESK, HANAKO, NOTE = samples.DESK, samples.HANAKO, "https://m.example/notes/1"
LONG = "長" * 5_000


def abridge(inner: dict[str, Any], category: str | None = None) -> dict[str, Any]:
    body = rendering.wrap(
        WRAP,
        actor=samples.AREA,
        followers=samples.FOLLOWERS,
        inner=json.dumps(inner).encode(),
        published=Millis(1_795_521_600_000),
        category=category,
    )
    return rendering.abridge(body)


def heard(short: dict[str, Any]) -> Activity:
    """What a peer reads of it."""
    announce = parse_activity(rendering.render(short))
    assert isinstance(announce, Announce)
    assert isinstance(announce.object, Activity)
    return announce.object


@pytest.mark.parametrize("nested", [True, False])
def test_a_post_is_named_and_nothing_more(nested: bool) -> None:
    note: Any = {"id": NOTE, "type": "Note", "attributedTo": HANAKO, "content": LONG, "bcc": [HANAKO]}
    create = {
        "id": f"{NOTE}/activity",
        "type": ["Create"] if nested else "Create",
        "actor": HANAKO,
        "to": [PUBLIC] * 200,
        "object": [note] if nested else note,
        "signature": {"x": LONG},
    }
    short = abridge(create, "alert")
    assert len(json.dumps(short)) < 1_000
    assert set(short) == {"@context", "id", "type", "actor", "to", "cc", "published", "category", "object"}
    assert short["object"] == {"id": f"{NOTE}/activity", "type": "Create", "actor": HANAKO, "object": NOTE}
    inner = heard(short)
    assert isinstance(inner, Create)
    assert inner.object == NOTE


def test_a_removal_stays_a_removal() -> None:
    removed = {"id": f"{DESK}/d/1", "type": "Delete", "actor": DESK, "object": NOTE, "summary": LONG}
    inner = heard(abridge(removed))
    assert isinstance(inner, Delete)
    assert (inner.object, len(inner.summary or "")) == (NOTE, 300)
    del removed["summary"]
    inner = heard(abridge(removed))
    assert isinstance(inner, Delete)
    assert inner.summary is None


def test_a_ban_says_who_from_where_and_an_edit_what() -> None:
    ban = {"id": f"{DESK}/b/1", "type": "Block", "actor": DESK, "object": HANAKO, "target": samples.AREA}
    inner = heard(abridge(ban))
    assert isinstance(inner, Block)
    assert (inner.object, inner.target) == (HANAKO, (samples.AREA,))
    edit = {"id": f"{NOTE}#u", "type": "Update", "actor": HANAKO, "object": {"id": NOTE, "type": "Note"}}
    inner = heard(abridge(edit))
    assert isinstance(inner, Update)
    assert inner.object == NOTE


def test_what_is_undone_keeps_what_it_was() -> None:
    lock = {"id": f"{DESK}/l/1", "type": "Lock", "actor": DESK, "object": {"id": NOTE, "content": LONG}}
    undo = {"id": f"{DESK}/l/1/undo", "type": "Undo", "actor": DESK, "object": lock}
    short = abridge(undo)
    assert short["object"]["object"] == {**lock, "object": NOTE}
