"""The promises that single documents make to the peers that need them."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import rendering
from federation.parsing import parse_activity, parse_document
from federation.reader import parse_time
from federation.rendering import NoteFacts
from federation.vocabulary import (
    PUBLIC,
    Announce,
    Attachment,
    Create,
    Hashtag,
    Iri,
    Mention,
    Millis,
    Place,
    Post,
    Undo,
)
from tests.federation.rendering import samples

WRAP = Iri(f"{samples.AREA}/wrap/1")


def wrap(inner: bytes) -> bytes:
    return rendering.wrap(WRAP, actor=samples.AREA, followers=samples.FOLLOWERS, inner=inner)


def test_an_area_is_never_locked() -> None:
    """Lemmy reads a Group that approves its followers as private, and drops its posts."""
    locked = replace(samples.area_facts(), locked=True)
    assert rendering.actor_document(locked)["manuallyApprovesFollowers"] is False
    person = replace(samples.actor_facts(samples.HANAKO, "Person", "hanako", "花子"), locked=True)
    assert rendering.actor_document(person)["manuallyApprovesFollowers"] is True


def test_an_area_names_its_moderators_in_one_string() -> None:
    document = rendering.actor_document(samples.area_facts())
    assert document["attributedTo"] == document["moderators"] == f"{samples.AREA}/moderators"
    assert document["language"] == [{"identifier": "ja", "name": "日本語"}]
    assert document["sensitive"] is False
    assert document["webfinger"] == "megumino@town.example"


def test_the_host_of_a_handle_is_that_of_the_id() -> None:
    facts = replace(samples.area_facts(), id=Iri("https://megumino.example:8443/area"))
    assert rendering.actor_document(facts)["webfinger"] == "megumino@megumino.example:8443"


def test_only_the_node_implements_by_itself() -> None:
    node = rendering.actor_document(samples.actor_facts(samples.NODE, "Application", "town.example", "x"))
    assert node["implements"]
    assert "implements" not in rendering.actor_document(samples.area_facts())


def test_moving_shows() -> None:
    moved = replace(samples.area_facts(), moved_to=samples.ZONE)
    assert rendering.actor_document(moved)["movedTo"] == samples.ZONE
    assert "movedTo" not in rendering.actor_document(samples.area_facts())


LIKE = '"type":"Like","id":"https://a.example/1","actor":"https://a.example/u","object":"https://a.example/n"'


@pytest.mark.parametrize(
    "inner",
    [
        f"{{{LIKE}}}",
        f' {{\n\t{LIKE}, \r\n "x" :  1 }}\n',
        f'{{{LIKE},"x":"\\u65e5\\/ 日本","y":1.50,"z":1.0e2}}',
        f'{{{LIKE},"content":"bto and bcc, \\u0062to"}}',
    ],
)
def test_what_is_wrapped_stays_byte_for_byte(inner: str) -> None:
    body = wrap(inner.encode())
    assert body.endswith(b'"object":' + inner.encode() + b"}")
    found = parse_activity(body)
    assert isinstance(found, Announce)
    assert found.actor == samples.AREA
    assert found.to == (PUBLIC,)
    assert found.cc == (samples.FOLLOWERS,)
    assert found.object == parse_activity(inner.encode())


@pytest.mark.parametrize("key", ["bto", "bcc", "\\u0062to", "b\\u0063\\u0063"])
def test_unseen_recipients_stay_unseen(key: str) -> None:
    secret = "https://a.example/secret"
    hidden = f'"{key}":["{secret}"]'
    note = f'{{"id":"https://a.example/n","type":"Note",{hidden},"tag":[{{{hidden}}}]}}'
    inner = f'{{"type":"Create","id":"https://a.example/1","actor":"https://a.example/u",{hidden},"object":{note}}}'
    body = wrap(inner.encode())
    assert secret.encode() not in body
    found = parse_activity(body)
    assert isinstance(found, Announce)
    assert found.object == parse_activity(inner.encode())


@pytest.mark.parametrize("inner", [b"", b"[]", b'"https://a.example/1"', b"null", b'x{"a":1}'])
def test_only_an_object_is_wrapped(inner: bytes) -> None:
    with pytest.raises(ValueError, match="JSON object"):
        wrap(inner)


def test_the_golden_wrap() -> None:
    inner = rendering.render(rendering.create(samples.act("create"), rendering.note(samples.note_facts())))
    body = wrap(inner)
    golden = samples.GOLDEN / "wrap.json"
    assert json.dumps(json.loads(body), ensure_ascii=False, indent=2) + "\n" == golden.read_text()


def test_a_wrap_may_say_when() -> None:
    body = rendering.wrap(
        WRAP, actor=samples.AREA, followers=samples.FOLLOWERS, inner=b"{}", published=samples.THEN
    )
    assert json.loads(body)["published"] == "2026-11-22T03:04:05Z"


def test_the_end_of_a_boost_embeds_it() -> None:
    """By its id alone it stays on GoToSocial and Takahē."""
    undo = parse_activity(rendering.render(samples.build_all()["undo-announce"]))
    assert isinstance(undo, Undo)
    assert undo.object == Announce(samples.act("announce"), samples.AREA, object=samples.REMOTE_NOTE)


def test_boosts_name_the_object_by_its_id() -> None:
    boost = samples.build_all()["announce"]
    assert boost["object"] == samples.REMOTE_NOTE
    assert boost["cc"] == [samples.FOLLOWERS, samples.REMOTE]
    own = rendering.announce(
        WRAP,
        actor=samples.AREA,
        object_iri=samples.NOTE,
        published=samples.THEN,
        followers=samples.FOLLOWERS,
        author=samples.FOLLOWERS,
    )
    assert own["cc"] == [samples.FOLLOWERS]


def test_a_create_speaks_for_its_object() -> None:
    create = rendering.create(WRAP, rendering.note(samples.note_facts()))
    found = parse_activity(rendering.render(create))
    assert isinstance(found, Create)
    assert isinstance(found.object, Post)
    assert found.actor == samples.HANAKO
    assert (found.to, found.cc, found.audience) == (found.object.to, found.object.cc, found.object.audience)
    assert "@context" not in create["object"]  # type: ignore[operator]


def test_a_collection_may_quote_stored_bytes() -> None:
    stored = b'{"id":"https://a.example/1","type":"Like","n":1.50}'
    collection = rendering.ordered_collection(WRAP, total=1, items=[rendering.quote(stored)])
    assert stored in rendering.render(collection)


def test_what_is_not_there_is_not_said() -> None:
    bare = rendering.note(NoteFacts(samples.NOTE, samples.HANAKO, "featured", samples.THEN, (PUBLIC,)))
    assert set(bare) == {
        *(
            "@context",
            "id",
            "type",
            "attributedTo",
            "to",
            "cc",
            "published",
            "sensitive",
            "content",
            "mediaType",
        ),
        *("tag", "attachment"),
    }
    assert bare["@context"][-1] == {"sensitive": "as:sensitive"}  # type: ignore[index]


def test_sound_and_film_are_documents() -> None:
    facts = replace(samples.note_facts(), attachments=(Attachment("Audio", Iri("https://a.example/a.mp3")),))
    assert rendering.note(facts)["attachment"] == [{"type": "Document", "url": "https://a.example/a.mp3"}]


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_795_316_645_000, "2026-11-22T03:04:05Z"),
        (1, "1970-01-01T00:00:00.001Z"),
    ],
)
def test_times(when: int, text: str) -> None:
    assert rendering.format_time(Millis(when)) == text


@given(st.integers(0, 253_402_300_799_999))
def test_a_time_comes_back(when: int) -> None:
    assert parse_time(rendering.format_time(Millis(when))) == when


words = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda text: not text.isspace())
names = st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True)
iris = names.map(lambda name: Iri(f"https://a.example/{name}"))
times = st.integers(0, 4_000_000_000_000).map(Millis)
facts = st.builds(
    NoteFacts,
    id=iris,
    attributed_to=iris,
    content=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50),
    published=times,
    to=st.lists(iris | st.just(PUBLIC), max_size=4, unique=True).map(tuple),
    cc=st.lists(iris | st.just(PUBLIC), max_size=4, unique=True).map(tuple),
    audience=st.none() | iris,
    context=st.none() | iris,
    in_reply_to=st.none() | iris,
    url=st.none() | iris,
    updated=st.none() | times,
    summary=st.none() | words,
    sensitive=st.booleans(),
    language=st.none() | st.sampled_from(["ja", "en", "zh-Hant"]),
    tags=st.lists(
        st.builds(Mention, iris, st.none() | names) | st.builds(Hashtag, names, st.none() | iris), max_size=4
    ).map(tuple),
    attachments=st.lists(
        st.builds(
            Attachment,
            st.sampled_from(["Image", "Document", "Link"]),
            iris,
            st.none() | st.just("image/png"),
            st.none() | words,
            st.none() | st.integers(0, 9999),
            st.none() | st.integers(0, 9999),
        ),
        max_size=3,
    ).map(tuple),
    replies=st.none() | iris,
    end_time=st.none() | times,
    location=st.none()
    | st.builds(Place, st.none() | iris, names, st.none() | names, st.none() | st.floats(-90, 90)),
)


@given(facts)
def test_what_is_built_is_what_is_read(given_facts: NoteFacts) -> None:
    """Parsing after rendering is the identity."""
    data = rendering.render(rendering.note(given_facts))
    assert data == rendering.render(rendering.note(given_facts))
    expected = Post(
        id=given_facts.id,
        type="Note",
        attributed_to=(given_facts.attributed_to,),
        to=given_facts.to,
        cc=given_facts.cc,
        addressed=True,
        audience=(given_facts.audience,) if given_facts.audience else (),
        in_reply_to=given_facts.in_reply_to,
        context=given_facts.context,
        content=given_facts.content,
        content_map=((given_facts.language, given_facts.content),) if given_facts.language else (),
        summary=given_facts.summary,
        sensitive=given_facts.sensitive,
        language=given_facts.language,
        url=given_facts.url,
        published=given_facts.published,
        updated=given_facts.updated,
        replies=given_facts.replies,
        tags=given_facts.tags,
        attachments=given_facts.attachments,
        end_time=given_facts.end_time,
        location=given_facts.location,
    )
    assert parse_document(data) == expected
    create = parse_activity(rendering.render(rendering.create(WRAP, rendering.note(given_facts))))
    assert isinstance(create, Create)
    assert create.object == expected
