"""A post of each kind in each state on the wire, byte for byte, as it is made of what was typed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from areas.kinds import KINDS, Facts
from federation import html, rendering
from federation.parsing import parse_document
from federation.vocabulary import Post
from tests.federation.rendering.samples import note_facts
from tests.testrig.clock import NOON

GOLDEN = Path(__file__).parents[2] / "golden" / "kinds"
TYPED = {
    "item": "ベビーベッド",
    "until": "2026-11-30",
    "place": "喫茶ひまわり",
    "address": "恵み野西3丁目",
    "title": "花の散歩",
    "starts": "2026-12-05T10:00",
    "ends": "2026-12-05T12:00",
    "price": "200円",
    "capacity": "20",
    "since": "2026-11-25",
    "last_day": "2026-12-04",
}
CASES = [f"{kind.name}-{state}" for kind in KINDS.values() for state in kind.heads]


def build(case: str) -> bytes:
    name, state = case.split("-")
    facts = Facts(KINDS[name], state, KINDS[name].read(TYPED, NOON))
    if hasattr(facts.data, "place_id"):
        facts = replace(facts, data=replace(facts.data, place_id=7))
    note = replace(
        note_facts(),
        content=html.from_text(facts.dress("きれいです。")),
        **facts.kind.extend(facts.data, state, "https://town.example"),
    )
    return rendering.render(rendering.note(note))


def pretty(data: bytes) -> str:
    return json.dumps(json.loads(data), ensure_ascii=False, indent=2) + "\n"


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    assert pretty(build(case)) == (GOLDEN / f"{case}.json").read_text(encoding="utf-8")


def test_every_golden_file_is_made() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_to_others_it_is_a_note_without_a_name(case: str) -> None:
    found = parse_document(build(case))
    assert isinstance(found, Post)
    assert (found.type, found.name, found.summary) == ("Note", None, None)
    assert found.content is not None
    assert found.content.startswith("<p>【")
