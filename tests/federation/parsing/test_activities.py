"""Activities: what each needs, what it may embed, and what is none."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import MalformedDocument
from federation.parsing import limits, parse_activity, parse_document
from federation.vocabulary import (
    PUBLIC,
    Accept,
    Activity,
    Actor,
    Add,
    Announce,
    Block,
    Collection,
    Create,
    Delete,
    Flag,
    Follow,
    Iri,
    Like,
    Lock,
    Millis,
    Move,
    OtherActivity,
    Peering,
    Post,
    Reject,
    Remove,
    Undo,
    Unrecognized,
    Update,
)

ID = Iri("https://a.example/activities/1")
ACTOR = Iri("https://a.example/users/hanako")
NOTE = Iri("https://a.example/notes/1")
AREA = Iri("https://town.example/areas/megumino")


def parse(kind: Any, **members: Any) -> Activity:
    return parse_activity(encode(kind, **members))


def encode(kind: Any, **members: Any) -> bytes:
    return json.dumps({"id": ID, "type": kind, "actor": ACTOR, "object": NOTE, **members}).encode()


def refuse(kind: Any, **members: Any) -> MalformedDocument:
    with pytest.raises(MalformedDocument) as refused:
        parse(kind, **members)
    return refused.value


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Accept", Accept(ID, ACTOR, object=NOTE)),
        ("Add", Add(ID, ACTOR, object=NOTE)),
        ("Announce", Announce(ID, ACTOR, object=NOTE)),
        ("Block", Block(ID, ACTOR, object=NOTE)),
        ("Create", Create(ID, ACTOR, object=NOTE)),
        ("Delete", Delete(ID, ACTOR, object=NOTE)),
        ("Dislike", Like(ID, ACTOR, object=NOTE, kind="Dislike")),
        ("EmojiReact", Like(ID, ACTOR, object=NOTE, kind="EmojiReact")),
        ("Flag", Flag(ID, ACTOR, objects=(NOTE,))),
        ("Follow", Follow(ID, ACTOR, object=NOTE)),
        ("Like", Like(ID, ACTOR, object=NOTE)),
        ("Lock", Lock(ID, ACTOR, object=NOTE)),
        ("Move", Move(ID, ACTOR, object=NOTE)),
        ("Reject", Reject(ID, ACTOR, object=NOTE)),
        ("Remove", Remove(ID, ACTOR, object=NOTE)),
        ("Undo", Undo(ID, ACTOR, object=NOTE)),
        ("Update", Update(ID, ACTOR, object=NOTE)),
        ("QuoteRequest", OtherActivity(ID, ACTOR, type="QuoteRequest")),
        (["ex:Unknown", "Like"], Like(ID, ACTOR, object=NOTE)),
    ],
)
def test_every_activity(kind: Any, expected: Activity) -> None:
    data = encode(kind)
    found = parse_activity(data)
    assert found == expected
    assert found.raw == data
    for shape in ({"id": NOTE}, [NOTE], [{"id": NOTE}]):
        assert parse(kind, object=shape) == expected


@pytest.mark.parametrize("kind", ["Create", "Follow", "Delete", "Flag", "Like", "QuoteRequest"])
@pytest.mark.parametrize(
    "value", [None, 7, "", [], {}, [ID], {"id": ID}, "hanako", "http://a.example/x", {"id": {}}]
)
def test_id_and_actor_must_be_strings(kind: str, value: Any) -> None:
    assert refuse(kind, id=value).path == "$.id"
    assert refuse(kind, actor=value).path == "$.actor"


@pytest.mark.parametrize(
    "kind", ["Accept", "Announce", "Block", "Create", "Delete", "Flag", "Follow", "Like", "Undo"]
)
@pytest.mark.parametrize(
    "value", [None, 7, "", [], "note", "http://a.example/x", [[NOTE]], {}, {"type": "Note"}, [NOTE] * 10_000]
)
def test_the_object_must_be_readable(kind: str, value: Any) -> None:
    assert refuse(kind, object=value).path.startswith("$.object")


@pytest.mark.parametrize("kind", ["Announce", "Create", "Delete", "Follow", "Like", "Undo", "Update"])
def test_one_object_only(kind: str) -> None:
    assert refuse(kind, object=[NOTE, NOTE]).path == "$.object"


@pytest.mark.parametrize("kind", ["Note", "Person", "Tombstone", "OrderedCollection", "Question", "Key"])
def test_what_is_no_activity(kind: str) -> None:
    assert refuse(kind).path == "$.type"


@pytest.mark.parametrize("kind", [None, 7, [], {}, [None]])
def test_a_type_must_be_readable(kind: Any) -> None:
    assert refuse(kind).path == "$.type"


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b'"Create"', b"[{}]", b"{}", b'{"type":"Create"}'])
def test_no_activity_at_all(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        parse_activity(data)


def test_an_embedded_post() -> None:
    found = parse("Create", object={"id": NOTE, "type": "Note", "content": "x"})
    assert found == Create(ID, ACTOR, object=Post(NOTE, "Note", content="x"))
    assert refuse("Create", object={"type": "Note", "content": "x"}).path == "$.object.id"
    assert refuse("Create", object={"id": NOTE, "type": 7}).path == "$.object.type"


def test_a_wrapped_activity_embeds_a_post() -> None:
    inner = {"id": f"{ID}/inner", "type": "Create", "actor": ACTOR, "object": {"id": NOTE, "type": "Page"}}
    found = parse("Announce", actor=AREA, object=inner)
    assert isinstance(found, Announce)
    assert found.object == Create(Iri(f"{ID}/inner"), ACTOR, object=Post(NOTE, "Page"))
    assert isinstance(found.object, Create)
    assert found.object.raw == b""
    broken = {**inner, "object": {"id": 7, "type": "Page"}}
    assert refuse("Announce", object=broken).path == "$.object.object.id"


def test_fedify_embeds_an_actor_in_the_follow_it_accepts() -> None:
    follow = {"id": f"{ID}/f", "type": "Follow", "actor": {"id": AREA, "type": "Group"}, "object": ACTOR}
    assert parse("Accept", object=follow) == Accept(
        ID, ACTOR, object=Follow(Iri(f"{ID}/f"), AREA, object=ACTOR)
    )


def test_other_things_embedded() -> None:
    assert parse("Update", object={"id": ACTOR, "type": "Person"}) == Update(
        ID, ACTOR, object=Actor(ACTOR, "Person", None, None)
    )
    assert parse("Create", object={"id": NOTE, "type": "ChatMessage"}) == Create(
        ID, ACTOR, object=Unrecognized(NOTE, "ChatMessage")
    )
    warn = {"id": f"{ID}/l", "type": "Warn", "actor": ACTOR, "object": NOTE}
    assert parse("Undo", object=warn) == Undo(
        ID, ACTOR, object=OtherActivity(Iri(f"{ID}/l"), ACTOR, type="Warn")
    )


@pytest.mark.parametrize(
    "value", [NOTE, {"id": NOTE, "type": "Tombstone"}, {"id": NOTE, "type": "Note", "content": "x", "to": 7}]
)
def test_deleting_by_id_tombstone_or_post(value: Any) -> None:
    assert parse("Delete", object=value) == Delete(ID, ACTOR, object=NOTE)


def test_a_removal_has_a_summary() -> None:
    assert parse("Delete", summary="spam") == Delete(ID, ACTOR, object=NOTE, summary="spam")
    assert parse("Delete", summary=" ") == Delete(ID, ACTOR, object=NOTE)


def test_reports() -> None:
    assert parse("Flag", object=[ACTOR, NOTE, {"id": AREA}], content="c", summary="s") == Flag(
        ID, ACTOR, objects=(ACTOR, NOTE, AREA), text="c"
    )
    assert parse("Flag", summary="s") == Flag(ID, ACTOR, objects=(NOTE,), text="s")
    many = [f"{NOTE}{number}" for number in range(limits.MAX_REPORTED + 1)]
    assert refuse("Flag", object=many).path == "$.object"


def test_moves() -> None:
    new = Iri("https://b.example/u")
    assert parse("Move", object=ACTOR, target=new) == Move(
        ID, ACTOR, target=(new,), object=ACTOR, destination=new
    )
    data = json.dumps({"id": ID, "type": "Move", "actor": ACTOR, "target": new}).encode()
    assert parse_activity(data) == Move(ID, ACTOR, target=(new,), object=ACTOR, destination=new)


def test_common_members() -> None:
    found = parse(
        "Block",
        to="as:Public",
        cc=[AREA],
        audience={"id": AREA},
        target=[AREA, {"id": NOTE, "type": "Tombstone"}, 7, {"type": "Note"}, "x"],
        published="2026-11-22T03:04:05Z",
        proof={"type": "DataIntegrityProof"},
        signature={"type": "RsaSignature2017"},
    )
    assert (found.to, found.cc, found.audience) == ((PUBLIC,), (AREA,), (AREA,))
    assert [getattr(thing, "id", thing) for thing in found.target] == [AREA, NOTE]
    assert found.published == 1_795_316_645_000
    assert found.has_proof
    assert found.has_ld_signature
    assert not parse("Block", proof=None, signature="x").has_proof


@pytest.mark.parametrize("key", ["to", "cc", "audience"])
def test_addressing_beyond_the_limit_is_refused(key: str) -> None:
    assert refuse("Create", **{key: [AREA] * (limits.MAX_ADDRESSEES + 1)}).path == f"$.{key}"


def test_our_extensions_for_zones() -> None:
    zone = Iri("https://zone.example/areas/sapporo_ken")
    asked = {"zone": zone, "accepts": ["event", 7], "maxPerHour": 20, "expires": "2026-11-22T03:04:05Z"}
    assert parse("Follow", peering=asked) == Follow(
        ID, ACTOR, object=NOTE, peering=Peering(zone, ("event",), 20, Millis(1_795_316_645_000))
    )
    without = Follow(ID, ACTOR, object=NOTE, peering=Peering(None, ("event",)))
    assert parse("Follow", peering={"accepts": ["event"]}) == without
    assert parse("Follow", peering="everything") == Follow(ID, ACTOR, object=NOTE)
    assert parse("Announce", homeGroup=AREA) == Announce(ID, ACTOR, object=NOTE, home_group=AREA)


@pytest.mark.parametrize(
    "alias",
    [
        {"as:actor": ACTOR},
        {"https://www.w3.org/ns/activitystreams#actor": [{"@id": ACTOR}]},
        {"@id": ID, "@type": "Create"},
    ],
)
def test_only_plain_terms_are_read(alias: dict[str, Any]) -> None:
    bare = {"id": ID, "type": "Create", "object": NOTE, **alias}
    with pytest.raises(MalformedDocument, match=r"\$\.actor"):
        parse_activity(json.dumps(bare).encode())


def test_a_context_is_neither_fetched_nor_obeyed() -> None:
    context = ["https://e.example/ctx", {"actor": "as:object", "object": "as:actor"}]
    found = parse("Like", **{"@context": context})
    assert (found.actor, found) == (ACTOR, Like(ID, ACTOR, object=NOTE))


def test_collections() -> None:
    page = {"type": "CollectionPage", "items": [NOTE], "next": f"{ID}?page=2"}
    document = {"id": ID, "type": "Collection", "totalItems": 3, "first": page}
    assert parse_document(json.dumps(document).encode()) == Collection(
        ID, "Collection", 3, (NOTE,), next=Iri(f"{ID}?page=2")
    )
    mixed = [NOTE, 7, {"type": "Note"}, {"id": NOTE, "type": "Note"}, "http://a.example/", {"id": AREA}]
    document = {"type": "OrderedCollectionPage", "orderedItems": mixed, "partOf": ID}
    assert parse_document(json.dumps(document).encode()) == Collection(
        None, "OrderedCollectionPage", None, (NOTE, Post(NOTE, "Note"), AREA), part_of=ID
    )
    document = {"id": ID, "type": "Collection", "items": [NOTE] * 5000}
    found = parse_document(json.dumps(document).encode())
    assert isinstance(found, Collection)
    assert len(found.items) == limits.MAX_ITEMS


def test_a_fetched_activity_is_held_to_the_same() -> None:
    with pytest.raises(MalformedDocument, match=r"\$\.actor"):
        parse_document(b'{"id":"https://a.example/1","type":"Like","object":"https://a.example/2"}')
    with pytest.raises(MalformedDocument, match=r"\$\.object"):
        parse_document(b'{"id":"https://a.example/1","type":"Like","actor":"https://a.example/2"}')


def test_documents_of_other_types() -> None:
    assert parse_document(b'{"id":"https://a.example/x","type":"Emoji"}') == Unrecognized(
        Iri("https://a.example/x"), "Emoji"
    )
    assert parse_document(b'{"type":"Emoji"}') == Unrecognized(None, "Emoji")
    fetched = encode("Like")
    found = parse_document(fetched)
    assert isinstance(found, Like)
    assert found.raw == fetched
    with pytest.raises(MalformedDocument, match=r"\$\.type"):
        parse_document(b'{"id":"https://a.example/x"}')


def test_a_long_type_is_cut() -> None:
    found = parse("x" * 10_000)
    assert isinstance(found, OtherActivity)
    assert len(found.type) == limits.MAX_TOKEN


names = st.sampled_from(
    [
        "id",
        "type",
        "actor",
        "object",
        "to",
        "cc",
        "audience",
        "target",
        "attributedTo",
        "inReplyTo",
        "content",
        "contentMap",
        "name",
        "summary",
        "tag",
        "href",
        "url",
        "attachment",
        "publicKey",
        "publicKeyPem",
        "owner",
        "inbox",
        "endpoints",
        "sharedInbox",
        "icon",
        "items",
        "orderedItems",
        "first",
        "next",
        "oneOf",
        "anyOf",
        "replies",
        "totalItems",
        "published",
        "updated",
        "language",
        "identifier",
        "interactionPolicy",
        "canAnnounce",
        "always",
        "generator",
        "implements",
        "location",
        "address",
        "latitude",
        "peering",
        "zone",
        "accepts",
        "alertLevel",
        "areaCodes",
        "proof",
        "mediaType",
    ]
)
leaves = st.sampled_from(
    [
        *(
            "Create",
            "Announce",
            "Note",
            "Group",
            "Person",
            "Delete",
            "Undo",
            "Question",
            "Collection",
            "Tombstone",
        ),
        *("Mention", "Hashtag", "Image", "Follow", "Flag", "Move", "Key", "Warn", "Link", "PropertyValue"),
        *(
            ID,
            ACTOR,
            NOTE,
            PUBLIC,
            "as:Public",
            "2026-11-22T03:04:05Z",
            "ja",
            "text/markdown",
            "",
            "\u202e",
            "https://[",
        ),
    ]
)
documents = st.recursive(
    leaves | st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1e9, 1e9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=9),
    max_leaves=40,
)


@given(st.dictionaries(names, documents, max_size=12) | documents)
def test_any_document_is_a_thing_or_malformed(document: Any) -> None:
    data = json.dumps(document).encode()
    started = time.process_time()
    for parse_it in (parse_activity, parse_document):
        with suppress(MalformedDocument):
            assert hash(parse_it(data)) is not None
    assert time.process_time() - started < 1


@given(st.binary(max_size=300))
def test_any_bytes_are_a_thing_or_malformed(data: bytes) -> None:
    for parse_it in (parse_activity, parse_document):
        with suppress(MalformedDocument):
            parse_it(data)
