"""What a node hears of a peer that it knows already: restored meanwhile, for another area, or asked for by hand."""

import pytest

from federation.errors import NotFound
from tests.together.test_catching_up import THEIRS, Scene, lose, scene

pytestmark = pytest.mark.anyio
__all__ = ["scene"]


async def test_what_was_restored_while_away_is_no_difference(scene: Scene) -> None:
    """Boosted before the days that are compared, taken back and restored within them: one boost to both sides."""
    await scene.open()
    await scene.pass_time(hours=1)
    post = await scene.post("いちど消えるお知らせです。")
    await scene.pass_time(days=6, hours=3)
    scene.leave()
    for command in ("area remove", "area restore"):
        await scene.do(scene.theirs, command, name="chitose", post=post.iri)
        scene.world.clock.advance(minutes=1)
    await scene.come_back()
    for _ in range(2):
        await scene.pass_time(hours=13)
        found = await scene.progress()
        assert (found["differs_since"], found["theirs"], found["ours"]) == (
            None,
            found["ours"],
            found["theirs"],
        )
    assert found["theirs"] == 1, "it was looked at"
    assert [state for _, state in await scene.brought()] == ["shown"], "too old to be boosted again"


async def test_another_area_that_agrees_later_gets_the_last_week(scene: Scene) -> None:
    """Its node has heard it all; but nothing that was taken back, and nothing is boosted that it had not asked for."""
    await scene.open("none")
    old = await scene.post("ふるいお知らせです。")
    await scene.pass_time(days=8)
    kept, gone = await scene.post("のこるお知らせです。"), await scene.post("なくなるお知らせです。")
    await scene.do(scene.theirs, "area remove", name="chitose", post=gone.iri)
    await scene.ours.area("asabu")
    asked = await scene.do(scene.ours, "peer request", area="asabu", other=THEIRS, accepts="post")
    assert asked["state"] == "requested"
    assert await scene.do(scene.ours, "zone list", area="asabu") == []
    await scene.do(scene.theirs, "peer accept", area="chitose", other="@asabu@eniwa.example")
    (found,) = await scene.do(scene.ours, "zone list", area="asabu")
    assert (found["iri"], found["state"]) == (kept.iri, "shown")
    assert old.iri in dict(await scene.brought())
    new = await scene.post("あたらしいお知らせです。")
    states = {each["iri"]: each["state"] for each in await scene.do(scene.ours, "zone list", area="asabu")}
    assert states == {kept.iri: "shown", new.iri: "boosted"}


async def test_a_peer_is_asked_at_once_by_command(scene: Scene) -> None:
    await scene.open()
    post = await scene.post("のこるお知らせです。")
    await scene.pass_time(minutes=1)
    before = len(scene.asked())
    await scene.do(scene.ours, "peer pull", area="megumino", other=THEIRS)
    assert len(scene.asked()) == before + 1
    assert not scene.asked()[-1].endswith("since="), "where it had come to"
    await lose(scene, post.iri)
    await scene.do(scene.ours, "peer pull", area="megumino", other=THEIRS, everything=True)
    assert scene.asked()[before + 1].endswith("since="), "from the beginning"
    assert dict(await scene.brought()) == {post.iri: "boosted"}
    await scene.do(scene.ours, "peer end", area="megumino", other=THEIRS)
    with pytest.raises(NotFound, match="gets nothing"):
        await scene.do(scene.ours, "peer pull", area="megumino", other=THEIRS)
