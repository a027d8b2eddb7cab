"""Commands against floods and abusers: what leaves, what comes back, and of whom."""

from typing import Any

import pytest

from areas import placements
from areas.records import PostRecord
from federation.errors import NotFound, Refused
from tests.testrig.world import Town
from web.cli import run_command

pytestmark = pytest.mark.anyio


async def do(town: Town, command: str, **words: Any) -> Any:
    return (await run_command(town.node, command, words)).data


async def suspend(town: Town) -> Any:
    return await do(town, "actor standing", name="hanako", standing="suspended", reason="乗っ取り")


async def states(town: Town, post: PostRecord) -> list[str]:
    found = await town.read(placements.placements_of, post.id)
    return [f"{each.state} {each.rule}" for each in found]


async def test_a_suspension_takes_posts_out_and_its_end_brings_them_back(town: Town) -> None:
    area, hanako = await town.area("megumino"), await town.person("hanako")
    kept, _ = await town.post(hanako, "花が咲きました。", area)
    removed, placed = await town.post(hanako, "べつの話です。", area)
    assert (await suspend(town))["posts"] == 2
    assert await states(town, kept) == ["removed suspended"]
    assert (await do(town, "area timeline", name="megumino")) == []
    with pytest.raises(Refused):
        await town.post(hanako, "まだ書けますか。", area)
    assert (await suspend(town))["posts"] == 0
    assert (await do(town, "actor standing", name="hanako", standing="open"))["posts"] == 2
    assert await states(town, kept) == ["accepted restore"]
    assert await states(town, removed) == ["accepted restore"]
    assert len(placed) == 1
    await do(town, "actor standing", name="hanako", standing="limited", reason="様子を見る")
    held, _ = await town.post(hanako, "これは待ちます。", area)
    assert await states(town, held) == ["held limited"]


async def test_what_was_withdrawn_meanwhile_stays_away(town: Town) -> None:
    area, hanako = await town.area("megumino"), await town.person("hanako")
    post, _ = await town.post(hanako, "花が咲きました。", area)
    await suspend(town)
    await do(town, "post-delete", post_id=post.id)
    assert (await do(town, "actor standing", name="hanako", standing="open"))["posts"] == 0


async def test_everything_that_a_rule_holds_is_cleared_and_strangers_are_suspended(town: Town) -> None:
    area = await town.area("megumino", policy="review")
    people = [await town.person(name) for name in ("hanako", "taro", "jiro")]
    posts = [(await town.post(each, f"{each.username}です。", area))[0] for each in people]
    waiting = {each["iri"]: int(each["id"]) for each in await do(town, "held list", area="megumino")}
    await do(town, "held approve", placement_id=waiting[posts[0].iri])
    again, _ = await town.post(people[0], "二つ目です。", area)
    with pytest.raises(Refused, match="--rule"):
        await do(town, "held clear")
    assert (await do(town, "held clear", rule="repeated-text"))["posts"] == 0
    cleared = await do(town, "held clear", rule="review", area="megumino", suspend=True)
    assert cleared == {"posts": 3, "authors": 3, "suspended": 2}
    assert await states(town, again) == ["refused refuse"]
    assert [(await states(town, each))[0] for each in posts] == ["accepted approve", *["refused refuse"] * 2]
    with pytest.raises(Refused):
        await town.post(people[1], "まだ書けますか。", area)


async def test_a_server_is_cleared_with_all_below_it(town: Town) -> None:
    area, hanako = await town.area("megumino"), await town.person("hanako")
    post, _ = await town.post(hanako, "花が咲きました。", area)
    host = town.node.settings.domain
    assert (await do(town, "server clear", host=f"x{host}"))["posts"] == 0
    assert await do(town, "server clear", host=host.upper()) == {"host": host, "posts": 1, "authors": 1}
    assert await states(town, post) == ["removed remove"]


async def test_what_peers_have_brought_is_cleared_too(town: Town) -> None:
    area, peer = await town.area("megumino"), await town.area("shimamatsu")
    hanako, host = await town.person("hanako"), town.node.settings.domain
    other = f"@shimamatsu@{host}"
    await do(town, "peer request", area="megumino", other=other)
    await do(town, "peer accept", area="shimamatsu", other=f"@megumino@{host}")
    await town.post(hanako, "花が咲きました。", peer)
    assert [each["state"] for each in await do(town, "zone list", area="megumino")] == ["shown"]
    await do(town, "held clear", host=host)
    assert [each["state"] for each in await do(town, "zone list", area="megumino")] == ["shown"]
    await do(town, "area ban", name=area.username, who="hanako", reason="宣伝", remove_posts=True)
    (found,) = await do(town, "zone list", area="megumino")
    assert (found["state"], found["reason"]) == ("hidden", "宣伝")


async def test_parts_of_the_node_and_nobody_are_refused(town: Town) -> None:
    await town.area("megumino")
    with pytest.raises(Refused, match="part of this node"):
        await do(town, "actor standing", name="megumino", standing="suspended", reason="x")
    with pytest.raises(NotFound):
        await do(town, "held clear", area="nowhere")


async def test_what_peers_have_brought_is_listed_as_far_as_is_asked(town: Town) -> None:
    await town.area("megumino")
    peer, hanako, host = await town.area("shimamatsu"), await town.person("hanako"), town.node.settings.domain
    await do(town, "peer request", area="megumino", other=f"@shimamatsu@{host}")
    await do(town, "peer accept", area="shimamatsu", other=f"@megumino@{host}")
    made = [(await town.post(hanako, text, peer))[0].iri for text in ("雪", "雨", "風")]
    listed = [each["iri"] for each in await do(town, "zone list", area="megumino", limit=2)]
    assert len(listed) == 2
    assert set(listed) < set(made)
    with pytest.raises(Refused, match="at least 1"):
        await do(town, "zone list", area="megumino", limit=0)
