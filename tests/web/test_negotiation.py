"""Who gets JSON, who gets the page, and which bodies an inbox reads."""

import pytest

from web.negotiation import is_activity, wants_json

LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json",
        "APPLICATION/ACTIVITY+JSON",
        LD,
        f"application/activity+json, {LD}",
        "application/json",
        "application/activity+json, text/html;q=0.1",
        "text/html;q=0.5, application/activity+json;q=0.9",
        "application/activity+json, text/html",
    ],
)
def test_machines_get_json(accept: str) -> None:
    assert wants_json(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        CHROME,
        "text/html, application/activity+json;q=0.5",
        "application/activity+json;q=0",
        "application/activity+json;q=nonsense",
        "application/activity+jsonx",
        "text/plain",
        "," * 5000 + "application/activity+json",
    ],
)
def test_people_get_the_page(accept: str) -> None:
    assert not wants_json(accept)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "Application/Activity+JSON",
        LD,
        LD.replace("; ", ";"),
        'application/ld+json; charset=utf-8; profile="https://www.w3.org/ns/activitystreams"',
        "application/ld+json; profile=https://www.w3.org/ns/activitystreams",
        'application/ld+json; profile="https://a.example/ https://www.w3.org/ns/activitystreams"',
    ],
)
def test_activities_say_what_they_are(content_type: str) -> None:
    assert is_activity(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/ld+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams#Other"',
        "application/activity+jsonx",
    ],
)
def test_anything_else_is_not_an_activity(content_type: str) -> None:
    assert not is_activity(content_type)
