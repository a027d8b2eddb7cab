"""Posts: every shape that their members come in, and what must be readable."""

import json
from typing import Any

import pytest

from federation.errors import MalformedDocument
from federation.parsing import limits, parse_document
from federation.vocabulary import (
    PUBLIC,
    AnnouncePolicy,
    Hashtag,
    Iri,
    Mention,
    Millis,
    Place,
    PollOption,
    Post,
    Tombstone,
)

ID = Iri("https://a.example/notes/1")
AUTHOR = Iri("https://a.example/users/hanako")
AREA = Iri("https://town.example/areas/megumino")


def parse(**members: Any) -> Post:
    document = {"id": ID, "type": "Note", **members}
    thing = parse_document(json.dumps(document).encode())
    assert isinstance(thing, Post)
    return thing


def refuse(**members: Any) -> MalformedDocument:
    with pytest.raises(MalformedDocument) as refused:
        parse(**members)
    return refused.value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ()),
        ([], ()),
        ("as:Public", (PUBLIC,)),
        ("Public", (PUBLIC,)),
        (PUBLIC, (PUBLIC,)),
        (["as:Public", AREA], (PUBLIC, AREA)),
        ([PUBLIC, "as:Public", "Public"], (PUBLIC,)),
        ({"id": AREA, "type": "Group"}, (AREA,)),
        ([{"id": AREA}, AREA], (AREA,)),
        ([AREA, 7, None, [PUBLIC], {"href": PUBLIC}, "public", "as:public"], (AREA,)),
        ("http://a.example/", ()),
        ("https://TOWN.example:443/areas/megumino", (AREA,)),
    ],
)
@pytest.mark.parametrize("key", ["to", "cc", "audience", "target"])
def test_addressing_in_every_shape(key: str, value: Any, expected: tuple[str, ...]) -> None:
    assert getattr(parse(**{key: value}), key) == expected


@pytest.mark.parametrize("key", ["to", "cc", "audience", "target"])
def test_addressing_beyond_the_limit_is_refused(key: str) -> None:
    many = [f"https://a.example/users/{number}" for number in range(limits.MAX_ADDRESSEES)]
    assert len(getattr(parse(**{key: many}), key)) == limits.MAX_ADDRESSEES
    assert refuse(**{key: [*many, PUBLIC]}).path == f"$.{key}"


def test_addressed_tells_whether_the_object_has_its_own() -> None:
    assert not parse().addressed
    assert parse(to=[]).addressed
    assert parse(cc=None).addressed
    assert not parse(audience=AREA).addressed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ()),
        (AUTHOR, (AUTHOR,)),
        ({"type": "Person", "id": AUTHOR}, (AUTHOR,)),
        ([AUTHOR, AREA], (AUTHOR, AREA)),
        ([{"type": "Person", "id": AUTHOR}, {"type": "Group", "id": AREA}], (AUTHOR,)),
        ([{"type": "Group", "id": AREA}], (AREA,)),
    ],
)
def test_authors(value: Any, expected: tuple[str, ...]) -> None:
    assert parse(attributedTo=value).attributed_to == expected


@pytest.mark.parametrize(
    "value", [7, "", "hanako", "http://a.example/u", {"type": "Person"}, [AUTHOR, 7], [[AUTHOR]]]
)
def test_an_unreadable_author_is_refused(value: Any) -> None:
    assert refuse(attributedTo=value).path.startswith("$.attributedTo")


@pytest.mark.parametrize("value", [None, "", [], [None]])
def test_a_post_of_its_own(value: Any) -> None:
    assert parse(inReplyTo=value).in_reply_to is None


@pytest.mark.parametrize("value", [AREA, {"id": AREA, "type": "Note"}, [AREA], [None, AREA]])
def test_a_reply(value: Any) -> None:
    assert parse(inReplyTo=value).in_reply_to == AREA


def test_a_reply_to_plain_http_stays_a_reply() -> None:
    assert parse(inReplyTo="http://old.example/1").in_reply_to == "http://old.example/1"


@pytest.mark.parametrize(
    "value", [7, True, "tag:old.example,2012:1", {"type": "Note"}, {"id": 3}, ["/1"], [["x"]]]
)
def test_an_unreadable_parent_never_makes_a_post_of_its_own(value: Any) -> None:
    assert refuse(inReplyTo=value).path == "$.inReplyTo"


@pytest.mark.parametrize(
    "id_", [None, 7, "", "note/1", "http://a.example/1", {"id": ID}, [ID], f"{ID}{'x' * 2048}"]
)
def test_the_id_must_be_an_allowed_iri(id_: Any) -> None:
    assert refuse(id=id_).path == "$.id"


@pytest.mark.parametrize("kind", [None, 7, [], {}, [7], [["Note"]]])
def test_the_type_must_be_a_string_or_strings(kind: Any) -> None:
    assert refuse(type=kind).path == "$.type"


def test_of_several_types_the_first_understood_counts() -> None:
    assert parse(type=["lemmy:Thing", 7, "Page", "Note"]).type == "Page"


def test_a_member_may_be_missing() -> None:
    assert parse() == Post(id=parse().id, type="Note")


def test_content_and_its_languages() -> None:
    both = parse(content="<p>a</p>", contentMap={"ja": "<p>a</p>", "en": "<p>b</p>"})
    assert (both.content, both.language) == ("<p>a</p>", None)
    assert both.content_map == (("ja", "<p>a</p>"), ("en", "<p>b</p>"))
    only = parse(contentMap={"ja": "<p>a</p>"})
    assert (only.content, only.language) == ("<p>a</p>", "ja")
    odd = parse(content=7, contentMap={"ja": 7, "x" * 40: "a", "": "b"})
    assert (odd.content, odd.content_map, odd.language) == (None, (), None)


def test_a_vote_has_a_name_and_no_content() -> None:
    vote = parse(name="朝", inReplyTo=AREA, to=AUTHOR)
    assert (vote.name, vote.content, vote.in_reply_to) == ("朝", None, AREA)
    assert parse(content="").content == ""


def test_markdown_of_peertube_is_shown_as_text() -> None:
    video = parse(type="Video", mediaType="text/markdown", content="<b>not html</b>\n\nhttps://a.example/x")
    assert video.content is not None
    assert "<b>" not in video.content
    assert 'href="https://a.example/x"' in video.content


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"language": "ja"}, "ja"),
        ({"language": {"identifier": "ja", "name": "日本語"}}, "ja"),
        ({"language": [{"identifier": "ja"}, {"identifier": "en"}]}, "ja"),
        ({"inLanguage": "ja"}, "ja"),
        ({"contentMap": {"ja": "a"}}, "ja"),
        ({"contentMap": {"zh-Hant-TW": "a"}}, "zh-Hant-TW"),
        ({"contentMap": {"und": "a"}}, None),
        ({"language": "und"}, None),
        ({"language": "not a language"}, None),
        ({"language": 7}, None),
        ({"language": []}, None),
    ],
)
def test_language(members: dict[str, Any], expected: str | None) -> None:
    assert parse(**members).language == expected


def test_tags() -> None:
    tags = [
        {"type": "Mention", "href": AREA, "name": "@megumino@town.example"},
        {"type": "Mention", "href": AREA},
        {"type": ["Link", "Mention"], "href": {"id": AREA}},
        {"type": "Mention", "name": "@nobody"},
        {"type": "Mention", "href": "javascript:alert(1)"},
        {"type": "Hashtag", "name": "#除雪", "href": "https://a.example/tags/x"},
        {"type": "Hashtag", "name": "除雪"},
        {"type": "Hashtag", "name": "#"},
        {"type": "Hashtag", "name": 7},
        {"type": "Emoji", "name": ":x:"},
        "bare",
        7,
    ]
    assert parse(tag=tags).tags == (
        Mention(AREA, "@megumino@town.example"),
        Mention(AREA),
        Mention(AREA),
        Hashtag("除雪", Iri("https://a.example/tags/x")),
        Hashtag("除雪"),
    )
    assert parse(tag=tags[0]).mentions == (AREA,)
    assert parse(tag=None).tags == parse(tag="x").tags == ()


@pytest.mark.parametrize(
    ("key", "name", "entry", "limit"),
    [
        ("tag", "tags", {"type": "Hashtag", "name": "#x"}, limits.MAX_TAGS),
        ("attachment", "attachments", {"type": "Image", "url": ID}, limits.MAX_ATTACHMENTS),
        ("oneOf", "poll", {"type": "Note", "name": "x"}, limits.MAX_POLL_OPTIONS),
    ],
)
def test_long_lists_are_cut(key: str, name: str, entry: Any, limit: int) -> None:
    assert len(getattr(parse(**{key: [entry] * 2000}), name)) == limit


@pytest.mark.parametrize(
    ("key", "limit"),
    [("content", limits.MAX_CONTENT), ("name", limits.MAX_NAME), ("summary", limits.MAX_SUMMARY)],
)
def test_long_texts_are_cut(key: str, limit: int) -> None:
    assert len(getattr(parse(**{key: "x" * 300_000}), key)) == limit


def test_attachments() -> None:
    found = parse(
        attachment=[
            {
                "type": "Image",
                "url": "https://a.example/1.png",
                "mediaType": "image/png",
                "name": "雪",
                "width": 3,
            },
            {
                "type": "Document",
                "url": [{"type": "Link", "href": "https://a.example/2"}],
                "blurhash": "Uabc",
            },
            {"type": "Link", "href": "https://b.example/"},
            {"type": "Video", "url": {"href": "http://c.example/3"}, "height": -5, "summary": "alt"},
            {"type": "PropertyValue", "name": "x", "value": "y"},
            {"type": "Image"},
            {"type": "Image", "url": "data:image/png;base64,AAAA"},
            "https://a.example/4",
        ]
    ).attachments
    assert [(part.type, part.url) for part in found] == [
        ("Image", "https://a.example/1.png"),
        ("Document", "https://a.example/2"),
        ("Link", "https://b.example/"),
        ("Video", "http://c.example/3"),
    ]
    assert (found[0].media_type, found[0].name, found[0].width) == ("image/png", "雪", 3)
    assert (found[1].blurhash, found[3].height, found[3].name) == ("Uabc", None, "alt")


@pytest.mark.parametrize(
    ("point", "focus"),
    [
        ([0.5, -1], (0.5, -1.0)),
        ([0, 0], (0.0, 0.0)),
        ([1.5, 0], None),
        ([0.5], None),
        ([0, 0, 0], None),
        (["0", "0"], None),
        ([True, False], None),
        ({"x": 0, "y": 0}, None),
        (None, None),
    ],
)
def test_a_focal_point_is_two_numbers(point: object, focus: object) -> None:
    (found,) = parse(attachment=[{"type": "Image", "url": ID, "focalPoint": point}]).attachments
    assert found.focus == focus


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, None),
        ({}, None),
        ({"canQuote": {"automaticApproval": [PUBLIC]}}, None),
        ({"canAnnounce": {"automaticApproval": PUBLIC}}, AnnouncePolicy((PUBLIC,))),
        ({"canAnnounce": {"always": ["as:Public"], "approvalRequired": []}}, AnnouncePolicy((PUBLIC,))),
        ({"canAnnounce": {"always": PUBLIC, "automaticApproval": [ID]}}, AnnouncePolicy((ID,))),
        ({"canAnnounce": {"manualApproval": [PUBLIC]}}, AnnouncePolicy((), (PUBLIC,))),
        ({"canAnnounce": {"approvalRequired": PUBLIC}}, AnnouncePolicy((), (PUBLIC,))),
        ({"canAnnounce": {}}, AnnouncePolicy()),
        ({"canAnnounce": None}, AnnouncePolicy()),
        ({"canAnnounce": "everyone"}, AnnouncePolicy()),
        ({"canAnnounce": [7]}, AnnouncePolicy()),
    ],
)
def test_who_may_boost(policy: Any, expected: AnnouncePolicy | None) -> None:
    assert parse(interactionPolicy=policy).can_announce == expected


def test_polls() -> None:
    options = [
        {"type": "Note", "name": "朝", "replies": {"totalItems": 3}},
        {"name": "夜"},
        {"replies": {}},
        "x",
    ]
    single = parse(type="Question", oneOf=options, votersCount=3, endTime="2026-11-22T03:04:05Z")
    assert single.poll == (PollOption("朝", 3), PollOption("夜"))
    assert (single.poll_multiple, single.poll_voters, single.end_time) == (False, 3, 1_795_316_645_000)
    several = parse(type="Question", anyOf=options)
    assert (several.poll, several.poll_multiple) == (single.poll, True)


def test_times_that_are_no_times_are_ignored() -> None:
    post = parse(published=7, updated="soon", startTime={"x": 1})
    assert (post.published, post.updated, post.start_time) == (None, None, None)


def test_places() -> None:
    address = {
        "type": "PostalAddress",
        "addressRegion": "北海道",
        "addressLocality": "恵庭市",
        "streetAddress": 7,
    }
    place = {"type": "Place", "name": "駅", "address": address, "latitude": 42.8, "longitude": 181}
    assert parse(location=place).location == Place(name="駅", address="北海道 恵庭市", latitude=42.8)
    assert parse(location={"name": "駅", "address": "恵庭市"}).location == Place(name="駅", address="恵庭市")
    assert parse(location="駅").location is None


def test_names_are_plain() -> None:
    assert parse(name=" a\u202eb\n c ").name == "ab c"
    assert parse(name="\u202e").name is None
    assert parse(nameMap={"ja": "題"}).name == "題"
    assert parse(summaryMap={"ja": "注意"}).summary == "注意"


def test_our_own_alerts() -> None:
    alert = parse(
        alertLevel=4, hazard="heavyRain", areaCodes=["012319", 7], expires="2026-11-22T03:04:05Z"
    ).alert
    assert alert is not None
    assert (alert.level, alert.hazard, alert.area_codes, alert.expires) == (
        4,
        "heavyRain",
        ("012319",),
        1_795_316_645_000,
    )
    assert parse().alert is None


def test_tombstones() -> None:
    data = {"id": ID, "type": "Tombstone", "formerType": "Note", "deleted": "2026-11-22T03:04:05Z"}
    assert parse_document(json.dumps(data).encode()) == Tombstone(ID, "Note", Millis(1_795_316_645_000))
