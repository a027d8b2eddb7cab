"""WebFinger and host-meta: handles, answers that are believed and answers that are not."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import webfinger
from federation.errors import MalformedDocument
from federation.rendering import render
from federation.vocabulary import Iri
from federation.webfinger import Jrd, parse_acct, parse_jrd

GOLDEN = Path(__file__).parents[1] / "golden" / "kairanban"
ACTOR = Iri("https://social.example/users/hanako")
SELF = {"rel": "self", "type": "application/activity+json", "href": ACTOR}


def jrd(*links: Any, **members: Any) -> bytes:
    return json.dumps({"subject": "acct:hanako@example.com", "links": list(links), **members}).encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("acct:hanako@example.com", ("hanako", "example.com")),
        ("hanako@example.com", ("hanako", "example.com")),
        ("@Hanako@EXAMPLE.com", ("Hanako", "example.com")),
        ("!megumino@town.example", ("megumino", "town.example")),
        ("acct:花子@例え.jp", ("花子", "xn--r8jz45g.jp")),
        ("acct:a@localhost:8000", ("a", "localhost:8000")),
        ("acct:town.example@town.example", ("town.example", "town.example")),
    ],
)
def test_handles(text: str, expected: tuple[str, str]) -> None:
    assert parse_acct(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "hanako",
            "@hanako",
            "acct:",
            "acct:@example.com",
            "acct:a@",
            "a@b@c",
            "a@b/c",
            "a@b?c",
            "a@b#c",
        ),
        *(
            "https://a.example/u",
            "a b@example.com",
            "a@exa mple.com",
            "a/b@example.com",
            "a:b@example.com",
            "a@b\\c",
        ),
        *(
            "mailto:a@example.com",
            "a@ex\u00adample.com",
            "a\n@example.com",
            "a@example.com\n",
            "a" * 300 + "@b.example",
            "@!b@c.example",  # read again it would be another name
        ),
    ],
)
def test_what_is_no_handle(text: str) -> None:
    with pytest.raises(MalformedDocument):
        parse_acct(text)


def test_an_answer() -> None:
    found = parse_jrd(
        jrd(
            {
                "rel": "http://webfinger.net/rel/profile-page",
                "type": "text/html",
                "href": "https://example.com/@hanako",
            },
            SELF,
            {"rel": "http://ostatus.org/schema/1.0/subscribe", "template": "https://example.com/i?uri={uri}"},
        )
    )
    assert found == Jrd(
        self_link=ACTOR,
        subject=("hanako", "example.com"),
        profile=Iri("https://example.com/@hanako"),
        subscribe="https://example.com/i?uri={uri}",
    )


@pytest.mark.parametrize(
    "kind",
    [
        "application/activity+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "Application/Activity+JSON",
    ],
)
def test_types_of_self(kind: str) -> None:
    assert parse_jrd(jrd({**SELF, "type": kind})).self_link == ACTOR


def test_the_same_actor_twice_is_one() -> None:
    assert parse_jrd(jrd(SELF, {**SELF, "type": "application/ld+json"})).self_link == ACTOR


@pytest.mark.parametrize(
    "links",
    [
        pytest.param([], id="none"),
        pytest.param([SELF, {**SELF, "href": "https://social.example/c/hanako"}], id="two actors"),
        pytest.param([{**SELF, "type": "text/html"}], id="a page"),
        pytest.param([{"rel": "self", "href": ACTOR}], id="no type"),
        pytest.param([{**SELF, "href": "http://social.example/u"}], id="plain http"),
        pytest.param([{**SELF, "href": "/users/hanako"}], id="relative"),
        pytest.param([{**SELF, "href": None}], id="no address"),
        pytest.param([{**SELF, "rel": ["self"]}], id="a list of relations"),
        pytest.param(["x", 7, None], id="no links"),
    ],
)
def test_answers_that_name_no_single_actor(links: list[Any]) -> None:
    with pytest.raises(MalformedDocument):
        parse_jrd(jrd(*links))


def test_subjects() -> None:
    assert parse_jrd(jrd(SELF, subject="https://example.com/@hanako")).subject is None
    assert parse_jrd(jrd(SELF, subject=7)).subject is None
    with pytest.raises(MalformedDocument):
        parse_jrd(jrd(SELF, subject="acct:nobody"))


def test_a_subscribe_template_is_https_with_a_place_for_the_uri() -> None:
    for template in ("javascript:alert('{uri}')", "https://example.com/", 7):
        link = {"rel": webfinger.SUBSCRIBE, "template": template}
        assert parse_jrd(jrd(SELF, link)).subscribe is None


def test_our_answer() -> None:
    area = Iri("https://town.example/areas/megumino")
    answer = webfinger.document(
        username="megumino",
        actor=area,
        actor_type="Group",
        profile=area,
        subscribe="https://town.example/authorize_interaction?uri={uri}",
    )
    assert json.dumps(answer, ensure_ascii=False, indent=2) + "\n" == (GOLDEN / "webfinger.json").read_text()
    found = parse_jrd(render(answer))
    assert (found.self_link, found.subject) == (area, ("megumino", "town.example"))
    assert found.subscribe == "https://town.example/authorize_interaction?uri={uri}"


def test_host_meta() -> None:
    found = webfinger.host_meta("https://town.example")
    assert 'template="https://town.example/.well-known/webfinger?resource={uri}"' in found
    assert found.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    assert "<script>" not in webfinger.host_meta('https://a"><script>')


@given(
    st.binary(max_size=100)
    | st.dictionaries(st.sampled_from(["links", "subject"]), st.text() | st.lists(st.text())).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_any_bytes_are_an_answer_or_malformed(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        parse_jrd(data)
