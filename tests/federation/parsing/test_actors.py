"""Actor documents: their keys, collections and names in every shape."""

import json
from typing import Any

import pytest

from federation.errors import MalformedDocument
from federation.parsing import limits, parse_document
from federation.rendering import actor_document, render
from federation.vocabulary import Actor, Iri, Locality, PublicKey
from tests.federation.rendering.samples import area_facts

ID = Iri("https://a.example/users/hanako")
KEY = Iri(f"{ID}#main-key")
PEM = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"


def parse(**members: Any) -> Actor:
    thing = parse_document(json.dumps({"id": ID, "type": "Person", **members}).encode())
    assert isinstance(thing, Actor)
    return thing


@pytest.mark.parametrize("kind", ["Application", "Group", "Organization", "Person", "Service"])
def test_every_type_of_actor(kind: str) -> None:
    assert parse(type=kind).type == kind


def test_the_least_that_is_an_actor() -> None:
    assert parse() == Actor(id=ID, type="Person", preferred_username=None, inbox=None)


@pytest.mark.parametrize("id_", [None, 7, "hanako", "http://a.example/u", {"id": ID}])
def test_the_id_must_be_an_allowed_iri(id_: Any) -> None:
    with pytest.raises(MalformedDocument, match=r"\$\.id"):
        parse(id=id_)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, ()),
        (PEM, ()),
        ({"id": KEY, "owner": ID, "publicKeyPem": PEM}, (PublicKey(KEY, ID, PEM),)),
        ({"id": KEY, "publicKeyPem": PEM}, (PublicKey(KEY, None, PEM),)),
        ([{"id": KEY, "owner": ID, "publicKeyPem": PEM}, {"id": KEY}], (PublicKey(KEY, ID, PEM),)),
        ({"owner": ID, "publicKeyPem": PEM}, ()),
        ({"id": "http://a.example/k", "publicKeyPem": PEM}, ()),
        ({"id": KEY, "owner": ID, "publicKeyPem": 7}, ()),
    ],
)
def test_public_key(key: Any, expected: tuple[PublicKey, ...]) -> None:
    assert parse(publicKey=key).keys == expected


def test_multikeys_beside_a_public_key() -> None:
    multikey = {"id": f"{ID}#ed", "type": "Multikey", "controller": ID, "publicKeyMultibase": "z6Mk"}
    rsa = {"id": KEY, "owner": ID, "publicKeyPem": PEM}
    expected = PublicKey(Iri(f"{ID}#ed"), ID, multibase="z6Mk")
    assert parse(assertionMethod=[multikey, f"{ID}#other"]).keys == (expected,)
    assert parse(assertionMethod=multikey, publicKey=rsa).keys == (PublicKey(KEY, ID, PEM), expected)
    assert len(parse(assertionMethod=[multikey] * 100).keys) == limits.MAX_KEYS


@pytest.mark.parametrize("kind", [{}, {"type": "Key"}, {"type": "CryptographicKey"}])
def test_a_key_served_by_itself(kind: dict[str, str]) -> None:
    document = {"id": KEY, "owner": ID, "publicKeyPem": PEM, **kind}
    assert parse_document(json.dumps(document).encode()) == PublicKey(KEY, ID, PEM)
    del document["id"]
    with pytest.raises(MalformedDocument):
        parse_document(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("icon", "expected"),
    [
        ({"type": "Image", "url": "https://a.example/i.png"}, "https://a.example/i.png"),
        ([{"url": "https://a.example/1.png"}, {"url": "https://a.example/2.png"}], "https://a.example/1.png"),
        ({"url": {"href": "https://a.example/i.png"}}, "https://a.example/i.png"),
        ("https://a.example/i.png", "https://a.example/i.png"),
        ({"url": "data:image/png,"}, None),
        ({"url": None}, None),
        (7, None),
    ],
)
def test_icons(icon: Any, expected: str | None) -> None:
    assert parse(icon=icon).icon == expected
    assert parse(image=icon).image == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"type": "Group", "attributedTo": f"{ID}/moderators"}, f"{ID}/moderators"),
        ({"type": "Group", "moderators": f"{ID}/mods", "attributedTo": ID}, f"{ID}/mods"),
        ({"type": "Group", "attributedTo": [{"type": "Person", "id": ID}]}, None),
        ({"type": "Group", "attributedTo": [ID]}, None),
        ({"type": "Person", "attributedTo": ID}, None),
    ],
)
def test_moderators(members: dict[str, Any], expected: str | None) -> None:
    assert parse(**members).moderators == expected


@pytest.mark.parametrize("members", [{"endpoints": {"sharedInbox": f"{ID}/in"}}, {"sharedInbox": f"{ID}/in"}])
def test_shared_inbox(members: dict[str, Any]) -> None:
    assert parse(**members).shared_inbox == f"{ID}/in"


@pytest.mark.parametrize(
    "endpoints", [None, [], "x", {"sharedInbox": 7}, {"sharedInbox": "http://a.example/"}]
)
def test_no_shared_inbox(endpoints: Any) -> None:
    assert parse(endpoints=endpoints).shared_inbox is None


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"generator": {"implements": [{"href": "https://w3id.org/fep/1b12"}]}},
            ("https://w3id.org/fep/1b12",),
        ),
        ({"generator": [{"implements": "https://w3id.org/fep/1b12"}]}, ("https://w3id.org/fep/1b12",)),
        ({"implements": [{"id": "a"}, "b", 7, {"name": "x"}, "a"]}, ("a", "b")),
        ({"generator": "https://a.example/actor"}, ()),
        ({"generator": {"implements": None}}, ()),
    ],
)
def test_what_its_server_implements(members: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert parse(**members).implements == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hanako", "hanako"),
        ("花子", "花子"),
        ("dbzer0.com", "dbzer0.com"),
        ("a@b", None),
        ("a b", None),
        ("a/b", None),
        ("ａlice", "ａlice"),
        ("alice＠b.test", None),
        ("alice／b", None),
        ("ali\u202ece", None),
        ("ali\u200bce", None),
        ("ali\u200dce", None),
        ("", None),
        (7, None),
    ],
)
def test_user_names(name: Any, expected: str | None) -> None:
    assert parse(preferredUsername=name).preferred_username == expected


def test_display_names_are_plain() -> None:
    assert parse(name="花\u202e子\n  x").name == "花子 x"
    assert parse(name="e" + "\u0301" * 50).name == "e" + "\u0301" * 3
    assert parse(name="\u200b").name is None


def test_long_members_are_cut() -> None:
    fields = [{"type": "PropertyValue", "name": "n", "value": "v" * 5000}] * 100
    actor = parse(name="x" * 100_000, summary="x" * 900_000, attachment=fields)
    assert actor.name is not None
    assert actor.summary is not None
    assert len(actor.name) == limits.MAX_NAME
    assert len(actor.summary) == limits.MAX_ACTOR_SUMMARY
    assert len(actor.fields) == limits.MAX_FIELDS
    assert actor.fields[0] == ("n", "v" * limits.MAX_FIELD_VALUE)
    assert len(parse(alsoKnownAs=[f"{ID}{n}" for n in range(1000)]).also_known_as) == limits.MAX_ALIASES


def test_moving() -> None:
    actor = parse(alsoKnownAs=["https://b.example/u", "at://did:plc:x", 7], movedTo="https://b.example/u")
    assert actor.also_known_as == ("https://b.example/u",)
    assert actor.moved_to == "https://b.example/u"


def test_switches_are_booleans() -> None:
    on = parse(
        manuallyApprovesFollowers=True, postingRestrictedToMods=True, discoverable=True, indexable=False
    )
    assert (on.manually_approves_followers, on.posting_restricted, on.discoverable, on.indexable) == (
        True,
        True,
        True,
        False,
    )
    odd = parse(manuallyApprovesFollowers="yes", discoverable=1)
    assert (odd.manually_approves_followers, odd.discoverable) == (False, None)


def test_webfinger_address() -> None:
    assert parse(webfinger="acct:hanako@a.example").webfinger == "hanako@a.example"


def test_fields_need_a_name_and_a_value() -> None:
    entries = [
        {"type": "PropertyValue", "name": "n", "value": "<b>v</b>"},
        {"type": "PropertyValue", "name": "n"},
    ]
    assert parse(attachment=[*entries, {"type": "Link", "href": ID}, "x"]).fields == (("n", "<b>v</b>"),)


def test_where_an_area_lies_is_read_as_it_is_said() -> None:
    facts = area_facts()
    found = parse_document(render(actor_document(facts)))
    assert isinstance(found, Actor)
    assert found.location == facts.location


HERE = {"name": "恵み野", "address": {"addressRegion": "北海道", "addressLocality": "恵庭市"}}


@pytest.mark.parametrize(
    ("said", "location"),
    [
        (HERE, Locality("恵み野", "北海道", "恵庭市")),
        ({**HERE, "latitude": 42.9, "longitude": 141.6}, Locality("恵み野", "北海道", "恵庭市", 42.9, 141.6)),
        ({**HERE, "latitude": 91, "longitude": 141.6}, Locality("恵み野", "北海道", "恵庭市")),
        ({**HERE, "latitude": "42", "longitude": None}, Locality("恵み野", "北海道", "恵庭市")),
        ({"address": {"addressRegion": ["x"]}}, Locality("", "", "")),
        ({"name": "恵み野", "address": "北海道恵庭市"}, None),
        ("恵庭市", None),
        ([], None),
        (None, None),
    ],
)
def test_what_else_is_said_of_a_place(said: Any, location: Locality | None) -> None:
    assert parse(type="Group", location=said).location == location
    assert parse(type="Person", location=said).location is None, "where people are is nobody's business"
