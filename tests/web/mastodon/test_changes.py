"""What residents, areas and operators do is told as changes, from which live streams are made."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from actors.changes import Audience, Change, Kind
from actors.oauth.tokens import revoke_of_actor
from actors.records import ActorRecord
from actors.standing import set_standing
from areas import decisions, placements
from tests.testrig.world import Town
from tests.web.mastodon.conftest import Sign
from tests.web.test_changes import Ear, say

pytestmark = pytest.mark.anyio


class Scene:
    """A town that is listened to, and two who live in it."""

    def __init__(self, town: Town, app: httpx.AsyncClient, other: dict[str, str]) -> None:
        self.town, self.app, self.other = town, app, other
        self.ear = Ear()
        self._turn = 0

    async def ask(self, method: str, path: str, *, by_other: bool = False, **values: Any) -> Any:
        headers = self.other if by_other else {}
        response = await self.app.request(method, f"/api/{path}", json=values, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, text: str, **values: Any) -> int:
        return int((await self.ask("POST", "v1/statuses", status=text, **values))["id"])

    async def heard(self, *kinds: Kind) -> list[Change]:
        """What was heard of these kinds since the last time."""
        self._turn += 1
        canary = Change("written", self._turn)
        await self.town.write(say, self._turn)
        heard = await self.ear.until(canary)
        del self.ear.heard[: len(heard)]
        return [each for each in heard if each.kind in kinds and each != canary]


@pytest.fixture
async def scene(town: Town, app: httpx.AsyncClient, sign: Sign) -> AsyncIterator[Scene]:
    await town.person("sora")
    found = Scene(town, app, await sign("sora"))
    await town.node.database.changes.listen(found.ear)
    yield found
    town.node.database.changes.ignore(found.ear)


async def test_posts_are_written_edited_and_removed(scene: Scene, hanako: ActorRecord) -> None:
    post = await scene.post("庭")
    await scene.ask("PUT", f"v1/statuses/{post}", status="花の庭")
    await scene.ask("PUT", f"v1/statuses/{post}", status="花の庭")
    await scene.ask("DELETE", f"v1/statuses/{post}")
    assert await scene.heard("written", "edited", "removed") == [
        Change("written", post, hanako.id, post),
        Change("edited", post, hanako.id, post),
        Change("removed", post, hanako.id, post, Audience("public")),
    ]


async def test_the_end_of_a_message_says_whom_it_named(scene: Scene, town: Town, hanako: ActorRecord) -> None:
    riku = await town.person("riku")
    post = await scene.post("@riku ひみつ", visibility="direct")
    await scene.ask("DELETE", f"v1/statuses/{post}")
    told = await scene.heard("notified", "messaged", "removed")
    assert [(each.kind, each.actor_id) for each in told[:-1]] == [  # what it rings waits in a request
        ("messaged", riku.id),
        ("messaged", hanako.id),
    ]
    assert told[-1].audience == Audience("direct", None, (riku.id,))


async def test_boosts_come_and_go_with_their_post(scene: Scene, hanako: ActorRecord) -> None:
    post = await scene.post("庭")
    boost = int((await scene.ask("POST", f"v1/statuses/{post}/reblog", by_other=True))["id"])
    await scene.ask("POST", f"v1/statuses/{post}/unreblog", by_other=True)
    again = int((await scene.ask("POST", f"v1/statuses/{post}/reblog", by_other=True))["id"])
    await scene.ask("DELETE", f"v1/statuses/{post}")
    told = await scene.heard("shared", "removed", "notified")
    assert [each.actor_id for each in told if each.kind == "notified"] == [hanako.id, hanako.id]
    told = [each for each in told if each.kind != "notified"]
    assert [(each.kind, each.id, each.post_id) for each in told] == [
        ("shared", boost, post),
        ("removed", boost, post),
        ("shared", again, post),
        ("removed", post, post),
        ("removed", again, post),
    ]
    assert told[0].actor_id == told[1].actor_id != hanako.id


async def test_areas_take_posts_in_and_out(scene: Scene, town: Town, hanako: ActorRecord) -> None:
    area = await town.area("megumino")
    held = await town.area("mikawa", policy="review")
    first, _ = await town.post(hanako, "祭り", area)
    post, _ = await town.post(hanako, "相談", held)
    [placed] = await town.read(placements.placements_of, first.id)
    [waiting] = await town.read(placements.placements_of, post.id)
    await town.write(lambda tx: decisions.remove(tx, placed.id, by=None, reason="x", now=town.clock()))
    await town.write(lambda tx: decisions.restore(tx, placed.id, by=None, now=town.clock()))
    await town.write(lambda tx: decisions.approve(tx, waiting.id, by=None, now=town.clock()))
    told = await scene.heard("placed", "removed")
    assert [(each.kind, each.actor_id, each.audience) for each in told] == [
        ("placed", area.actor_id, None),
        ("removed", area.actor_id, Audience("public")),
        ("placed", area.actor_id, None),
        ("placed", held.actor_id, None),
    ]
    assert told[0].id == told[1].id == told[2].id
    assert told[3].post_id == post.id


async def test_requests_that_are_accepted_and_filters(scene: Scene, hanako: ActorRecord) -> None:
    await scene.ask("POST", "v1/statuses", by_other=True, status="@hanako ひみつ", visibility="direct")
    assert await scene.heard("notified") == []  # it waits
    (waiting,) = await scene.ask("GET", "v1/notifications/requests")
    for _ in range(2):
        await scene.ask("POST", "v1/notifications/requests/accept", id=[waiting["id"]])
    assert await scene.heard("merged") == [Change("merged", actor_id=hanako.id)]
    words = [{"keyword": "花", "whole_word": False}]
    made = await scene.ask("POST", "v2/filters", title="x", context=["home"], keywords_attributes=words)
    assert await scene.heard("filters") == [Change("filters", actor_id=hanako.id)]
    await scene.ask("DELETE", f"v2/filters/{made['id']}")
    assert await scene.heard("filters") == [Change("filters", actor_id=hanako.id)]


async def test_whatever_may_close_a_token(scene: Scene, town: Town, hanako: ActorRecord) -> None:
    await town.write(revoke_of_actor, hanako.id, town.clock())
    assert await scene.heard("access") == [Change("access")]
    await town.write(lambda tx: set_standing(tx, hanako.id, "suspended", reason="x", now=town.clock()))
    assert await scene.heard("access") == [Change("access")]
