"""NodeInfo: what others run, and what we say of ourselves."""

import json
from pathlib import Path
from typing import Any

import pytest

from federation import nodeinfo
from federation.errors import MalformedDocument
from federation.nodeinfo import Discovery, Software, parse_discovery, parse_software
from federation.rendering import render
from federation.vocabulary import Iri

GOLDEN = Path(__file__).parents[1] / "golden" / "kairanban"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
APPLICATION = "https://www.w3.org/ns/activitystreams#Application"


def links(*pairs: tuple[Any, Any]) -> bytes:
    return json.dumps({"links": [{"rel": rel, "href": href} for rel, href in pairs]}).encode()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (links((SCHEMA + "2.0", "https://a.example/n")), Discovery(Iri("https://a.example/n"))),
        (
            links((SCHEMA + "2.0", "https://a.example/0"), (SCHEMA + "2.1", "https://a.example/1")),
            Discovery(Iri("https://a.example/1")),
        ),
        (
            links((APPLICATION, "https://a.example/actor"), (SCHEMA + "1.0", "https://a.example/n")),
            Discovery(Iri("https://a.example/n"), Iri("https://a.example/actor")),
        ),
        (links((SCHEMA + "9.9", "https://a.example/n")), Discovery()),
        (links((SCHEMA + "2.0", "http://a.example/n")), Discovery()),
        (links((SCHEMA + "2.0", "data:application/json,{}")), Discovery()),
        (links((SCHEMA + "2.0", "/nodeinfo/2.0")), Discovery()),
        (links((["x"], "https://a.example/n"), (None, 7), ({}, [])), Discovery()),
        (b"{}", Discovery()),
        (b'{"links":7}', Discovery()),
    ],
)
def test_discovery(data: bytes, expected: Discovery) -> None:
    assert parse_discovery(data) == expected


@pytest.mark.parametrize(
    ("software", "expected"),
    [
        ({"name": "GoToSocial", "version": "0.20"}, Software("gotosocial", "0.20")),
        ({"name": " lemmy "}, Software("lemmy")),
        ([{"name": "lemmy", "version": 7}], Software("lemmy")),
        ({"name": "x" * 5000, "version": "y" * 5000}, Software("x" * 100, "y" * 100)),
    ],
)
def test_software(software: Any, expected: Software) -> None:
    assert parse_software(json.dumps({"version": "2.0", "software": software}).encode()) == expected


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"x", b'{"software":"lemmy"}', b'{"software":{}}', b'{"software":{"name":7}}']
)
def test_no_software(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        parse_software(data)


def build(version: str) -> dict[str, object]:
    return nodeinfo.document(
        version,
        software_version="0.1.0",
        repository="https://code.example/kairanban",
        usage=nodeinfo.Usage(users=190, active_month=100, active_half_year=150, posts=1200),
        open_registrations=True,
        node_name="恵庭市",
        node_description="恵庭市の回覧板",
    )


def test_what_we_say_of_ourselves() -> None:
    assert (
        json.dumps(build("2.1"), ensure_ascii=False, indent=2) + "\n"
        == (GOLDEN / "nodeinfo.json").read_text()
    )
    for version in nodeinfo.VERSIONS:
        assert parse_software(render(build(version))) == Software("kairanban", "0.1.0")
        assert build(version)["version"] == version
    assert "repository" not in build("2.0")["software"]  # type: ignore[operator]


def test_our_discovery_leads_to_it() -> None:
    found = parse_discovery(
        render(nodeinfo.discovery("https://town.example", Iri("https://town.example/actor")))
    )
    assert found == Discovery(Iri("https://town.example/nodeinfo/2.1"), Iri("https://town.example/actor"))
