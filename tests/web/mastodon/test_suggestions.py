"""Suggestions as apps get them."""

import httpx
import pytest

from actors.records import ActorRecord
from tests.testrig.world import Town
from tests.web.mastodon.entities import personal, schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio


async def test_areas_are_suggested_until_they_are_turned_down(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    areas = [await town.area(name) for name in ("megumino", "shimamatsu", "kashiwagi")]
    found = (await app.get("/api/v2/suggestions")).json()
    for each in found:
        judge(personal.SUGGESTION, each)
    assert [each["account"]["acct"] for each in found] == ["megumino", "shimamatsu", "kashiwagi"]
    part = await app.get("/api/v2/suggestions", params={"limit": 1, "offset": 1})
    assert [each["account"]["acct"] for each in part.json()] == ["shimamatsu"]
    assert (await app.delete(f"/api/v1/suggestions/{areas[0].actor_id}")).json() == {}
    await app.post(f"/api/v1/accounts/{areas[1].actor_id}/follow")
    [last] = (await app.get("/api/v1/suggestions")).json()
    judge(schema.ACCOUNT, last)
    assert last["acct"] == "kashiwagi"
