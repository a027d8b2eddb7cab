"""Reports by residents, for the moderators here and, if asked, the server of whom they are about."""

import pytest
import sqlalchemy as sa

from actors.origins import find_origins
from actors.records import ActorRecord
from areas import registry, reports
from areas.interactions import reporting
from areas.interactions.reporting import Complaint
from areas.records import AreaRecord
from federation.errors import NotFound, Refused
from tests.areas.reading.rig import Town
from tests.testrig.people import settle

pytestmark = pytest.mark.anyio


@pytest.fixture
async def node(town: Town, area: AreaRecord) -> ActorRecord:
    def make(tx: sa.Connection) -> ActorRecord:
        return settle(tx, "machi.test", "node", origin=find_origins(tx)[0])

    return await town.do(make)


async def test_moderators_of_the_area_are_told(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    moderator, admin, other = [await town.resident(name) for name in ("mori", "ada", "oto")]
    await town.moderator(area, moderator)
    await town.do(registry.grant_role, admin.id, "admin", area_id=None, until=None, now=town.now)
    await town.moderator(await town.area("kashiwagi"), other)
    await town.send(bob, town.note(bob, "spam", cc=(area.iri,)))
    post = await town.stored("https://q.test/notes/spam")
    complaint = Complaint(bob.id, (post.id,), "see", "spam", ("1",))
    made = await town.do(reporting.report, hanako, complaint, town.now)
    assert (made.objects, made.text, made.category) == ((bob.iri, post.iri), "see", "spam")
    assert (made.target_id, made.area_id, made.rules, made.forwarded) == (
        bob.id,
        area.actor_id,
        ("1",),
        False,
    )
    assert await town.do(reports.find, made.id) == made
    for reader, told in ((moderator, True), (admin, True), (other, False), (hanako, False)):
        assert (await town.told(reader) == ["admin.report hanako"]) is told
    assert [each.type for each in await town.said() if each.type == "Flag"] == []


async def test_a_report_is_forwarded_in_the_name_of_the_node(
    town: Town, hanako: ActorRecord, bob: ActorRecord, node: ActorRecord
) -> None:
    made = await town.do(reporting.report, hanako, Complaint(bob.id, text="see", forward=True), town.now)
    assert made.forwarded
    (flag,) = await town.said()
    assert (flag.type, flag.to, flag.public) == ("Flag", ("bob",), False)
    assert flag.body["actor"] == node.iri
    assert hanako.iri not in str(flag.body)
    assert (flag.body["object"], flag.body["content"]) == (bob.iri, "see")


async def test_what_is_about_a_neighbour_stays_here(town: Town, hanako: ActorRecord) -> None:
    taro = await town.resident("taro")
    made = await town.do(reporting.report, hanako, Complaint(taro.id, forward=True), town.now)
    assert made.forwarded is False
    assert await town.said() == []


async def test_what_is_no_report(
    town: Town, hanako: ActorRecord, bob: ActorRecord, alice: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    taro = await town.resident("taro")
    private, _ = await town.publish(taro, "x", visibility="private")
    await town.send(alice, town.note(alice, "alices"))
    post = await town.stored("https://p.test/notes/alices")
    for complaint, error, reason in (
        (Complaint(4), NotFound, "no actor"),
        (Complaint(bob.id, category="x"), Refused, "one of"),
        (Complaint(bob.id, text="x" * 1001), Refused, "1000 characters"),
        (Complaint(bob.id, (post.id,)), Refused, "of whom it is about"),
        (Complaint(taro.id, (private.id,)), NotFound, "no post"),
    ):
        with pytest.raises(error, match=reason):
            await town.do(reporting.report, hanako, complaint, town.now)
    monkeypatch.setattr(reports, "MOST_PER_DAY", 0)
    with pytest.raises(Refused, match="a day"):
        await town.do(reporting.report, hanako, Complaint(bob.id), town.now)
