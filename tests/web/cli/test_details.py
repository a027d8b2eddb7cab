"""Kinds of posts by command: a kind and its fields, and what is refused."""

from typing import Any

import pytest

from areas import kinds
from areas.posts import find_post_by_id
from federation.errors import Refused
from tests.testrig.world import Town
from web.cli import run_command

pytestmark = pytest.mark.anyio


async def post(town: Town, **words: Any) -> Any:
    return (await run_command(town.node, "post", {"author": "hanako", "text": "どうぞ", **words})).data


async def test_a_post_has_its_kind_and_what_is_in_its_fields(town: Town) -> None:
    await town.person("hanako")
    made = await post(town, kind="review", detail=["place=食堂=みずうみ", "address=千歳市"])
    facts = await town.read(kinds.find, await town.read(find_post_by_id, int(made["id"])))
    assert facts.kind.write(facts.data) == {"place": "食堂=みずうみ", "address": "千歳市"}


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        ("poem", [], "no kind 'poem'"),
        ("give", ["item"], "not of the form NAME=VALUE"),
        ("give", ["place=x"], "none of this kind's: item, until"),
        ("question", ["item=x"], "it has none"),
        (None, ["item=x"], "it has none"),
        ("give", [], "item: has 1 to 60"),
        ("notice", [], "a resident writes no posts of the kind notice"),
    ],
)
async def test_what_does_not_fit_is_refused(
    town: Town, kind: str | None, detail: list[str], words: str
) -> None:
    await town.person("hanako")
    with pytest.raises(Refused, match=words):
        await post(town, kind=kind, detail=detail)
