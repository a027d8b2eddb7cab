"""What we author, byte for byte, and that our own parser finds in it what was put in."""

import json
from pathlib import Path
from typing import Any

import pytest

from federation import rendering
from federation.parsing import parse_activity, parse_document
from federation.parsing.activities import ACTIVITY_TYPES
from federation.rendering.contexts import TERMS
from federation.vocabulary import PUBLIC, Activity, Announce, Unrecognized
from tests.federation.parsing.understood import describe, read_wire
from tests.federation.rendering.samples import WRAPPED, build_all, build_wrapped

GOLDEN = Path(__file__).parents[2] / "golden" / "kairanban"
KNOWN_WORDS = {
    *(
        "id",
        "type",
        "actor",
        "object",
        "target",
        "to",
        "cc",
        "audience",
        "context",
        "attributedTo",
        "inReplyTo",
    ),
    *(
        "name",
        "summary",
        "content",
        "contentMap",
        "mediaType",
        "url",
        "href",
        "icon",
        "image",
        "published",
        "updated",
    ),
    *(
        "startTime",
        "endTime",
        "tag",
        "attachment",
        "location",
        "latitude",
        "longitude",
        "replies",
        "generator",
    ),
    *(
        "inbox",
        "outbox",
        "followers",
        "following",
        "endpoints",
        "sharedInbox",
        "preferredUsername",
        "width",
        "height",
    ),
    *(
        "publicKey",
        "owner",
        "publicKeyPem",
        "totalItems",
        "items",
        "orderedItems",
        "first",
        "next",
        "prev",
        "partOf",
    ),
    *("oneOf", "anyOf", "formerType", "deleted", "@context"),
}
"""What https://www.w3.org/ns/activitystreams and https://w3id.org/security/v1 define."""

DOCUMENTS = build_all()


def pretty(document: dict[str, Any]) -> str:
    return json.dumps(json.loads(rendering.render(document)), ensure_ascii=False, indent=2) + "\n"


def list_words(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(list_words(member) for key, member in value.items() if key not in MAPS))
    return set().union(*(list_words(member) for member in value)) if isinstance(value, list) else set()


MAPS = {"@context", "contentMap"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_golden(name: str) -> None:
    assert pretty(DOCUMENTS[name]) == (GOLDEN / f"{name}.json").read_text()


def test_every_golden_file_is_made() -> None:
    made = {*DOCUMENTS, *(f"wrap-{name}" for name in WRAPPED), "wrap", "webfinger", "nodeinfo"}
    assert {path.stem for path in GOLDEN.glob("*.json")} == made


@pytest.mark.parametrize("name", WRAPPED)
def test_the_activity_dialect_carries_what_was_done_byte_for_byte(name: str) -> None:
    data = build_wrapped(name)
    assert rendering.render(DOCUMENTS[name]) in data
    golden = json.dumps(json.loads(data), ensure_ascii=False, indent=2) + "\n"
    assert golden == (GOLDEN / f"wrap-{name}.json").read_text()
    announced = parse_activity(data)
    assert isinstance(announced, Announce)
    assert describe(announced.object) == read_wire(json.loads(rendering.render(DOCUMENTS[name])))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_rendering_is_deterministic(name: str) -> None:
    assert rendering.render(DOCUMENTS[name]) == rendering.render(build_all()[name])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_our_parser_loses_nothing_of_it(name: str) -> None:
    data = rendering.render(DOCUMENTS[name])
    thing = parse_document(data)
    assert not isinstance(thing, Unrecognized)
    assert describe(thing) == read_wire(json.loads(data))
    if DOCUMENTS[name]["type"] in ACTIVITY_TYPES:
        assert parse_activity(data) == thing


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_word_is_defined(name: str) -> None:
    document = json.loads(rendering.render(DOCUMENTS[name]))
    context = document["@context"]
    inline = context[-1] if isinstance(context[-1], dict) else {}
    assert list_words(document) - KNOWN_WORDS <= set(inline)
    assert set(inline) <= set(TERMS)
    assert all(
        url.startswith(("https://www.w3.org/", "https://w3id.org/"))
        for url in context
        if isinstance(url, str)
    )


@pytest.mark.parametrize("name", DOCUMENTS)
def test_activities_and_posts_are_addressed(name: str) -> None:
    """Lemmy has no default for `to` and `cc`."""
    document = json.loads(rendering.render(DOCUMENTS[name]))
    is_activity = isinstance(parse_document(json.dumps(document).encode()), Activity)
    layers = [document] if is_activity or "attributedTo" in document else []
    if isinstance(document.get("object"), dict) and "content" in document["object"]:
        layers.append(document["object"])
    for layer in layers:
        if layer["type"] in {"Group", "OrderedCollection"}:
            continue
        assert isinstance(layer["to"], list)
        assert isinstance(layer["cc"], list)
        assert isinstance(layer.get("audience", ""), str)
        assert isinstance(layer.get("context", ""), str)
        assert {part["type"] for part in layer.get("attachment", [])} <= {"Image", "Document", "Link"}


def test_a_note_has_no_name() -> None:
    for name, document in DOCUMENTS.items():
        wire = json.loads(rendering.render(document))
        for layer in (wire, wire.get("object")):
            if isinstance(layer, dict) and layer.get("type") == "Note" and name != "vote":
                assert "name" not in layer


def test_public_is_written_in_full() -> None:
    for document in DOCUMENTS.values():
        text = rendering.render(document).decode()
        assert "as:Public" not in text
        assert '"Public"' not in text
    assert PUBLIC in rendering.render(DOCUMENTS["announce"]).decode()


def test_nobody_is_addressed_unseen() -> None:
    for document in DOCUMENTS.values():
        assert not {"bto", "bcc"} & list_words(json.loads(rendering.render(document)))
