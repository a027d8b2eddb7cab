"""What people decide: every transition, every one that is forbidden, and what no moderator can decide."""

import secrets
from dataclasses import replace

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.remote import mark_gone
from actors.standing import block_actor, block_server
from areas import decisions, placements, relays
from areas.placements import Verdict
from areas.records import AreaRecord, PlacementRecord, PlacementState
from areas.tables import placements as placement_table
from federation.errors import NotFound, Refused
from federation.vocabulary import AnnouncePolicy, Iri
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio

STATES: tuple[PlacementState, ...] = ("accepted", "held", "refused", "withdrawn", "removed")
OPEN = {
    ("approve", "held"): "accepted",
    ("approve", "refused"): "accepted",
    ("refuse", "held"): "refused",
    ("remove", "accepted"): "removed",
    ("restore", "removed"): "accepted",
}


@pytest.fixture
async def strict(rig: Rig) -> AreaRecord:
    return await rig.area("shimamatsu", policy="review")


@pytest.fixture
async def held(rig: Rig, strict: AreaRecord, alice: ActorRecord) -> PlacementRecord:
    """A post of a stranger that waits."""
    note = rig.note(alice, "post", cc=(strict.iri,))
    await rig.send(alice, note)
    return (await rig.placements(note.id))["shimamatsu"]


POST = "https://p.test/notes/post"


async def bring(rig: Rig, held: PlacementRecord, state: PlacementState) -> PlacementRecord:
    """Bring a placement into a state, by the acts that lead there."""
    acts: dict[PlacementState, tuple[str, ...]] = {
        "accepted": ("approve",),
        "held": (),
        "refused": ("refuse",),
        "removed": ("approve", "remove"),
        "withdrawn": (),
    }
    for act in acts[state]:
        held = await rig.decide(act, held)
    if state == "withdrawn":
        alice = await rig.actor("https://p.test/users/alice")
        await rig.edit(alice, rig.note(alice, "post"))
    return held


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", ["approve", "refuse", "remove", "restore"])
async def test_every_transition(rig: Rig, held: PlacementRecord, act: str, state: PlacementState) -> None:
    placement = await bring(rig, held, state)
    before = await rig.states(POST)
    said = await rig.said()
    if (act, state) in OPEN:
        moved = await rig.decide(act, placement)
        assert moved.state == OPEN[act, state]
        assert await rig.states(POST) == {"shimamatsu": f"{moved.state} {act}"}
        assert bool(await rig.live(POST)) == (moved.state == "accepted")
        return
    with pytest.raises(Refused, match=state):
        await rig.decide(act, placement)
    assert await rig.states(POST) == before
    assert await rig.said() == said


async def test_an_unknown_submission_is_not_found(rig: Rig, held: PlacementRecord) -> None:
    for act in ("approve", "refuse", "remove", "restore"):
        with pytest.raises(NotFound):
            await rig.decide(act, replace(held, id=1))


async def test_an_approval_boosts_in_both_dialects(
    rig: Rig, strict: AreaRecord, alice: ActorRecord, held: PlacementRecord
) -> None:
    await rig.follower(strict, "lem", "activity")
    before = await rig.last()
    await rig.decide("approve", held)
    wrap, announce = await rig.said(after=before)
    assert wrap.short == "Announce{Create}/activity"
    assert (announce.short, announce.to) == ("Announce/object", ("alice",))
    assert announce.iri.endswith("-0"), "it is the first generation"


async def test_a_removal_is_said_in_both_dialects_with_a_reason(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    await rig.follower(area, "lem", "activity")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    wrap, announce = await rig.said()
    placement = (await rig.placements(note.id))["megumino"]
    await rig.decide("remove", placement, reason="広告です")
    undo, removal = (await rig.said())[2:]
    assert (undo.type, undo.concerns, undo.cancels, undo.to) == ("Undo", announce.id, True, ("alice",))
    delete = removal.body["object"]
    assert (removal.concerns, delete["summary"], delete["object"]) == (wrap.id, "広告です", note.id)
    assert delete["actor"].endswith("/people/megumino_desk"), "PieFed takes no Group as an actor"
    assert (await rig.stored(note.id)).deleted_at is None, "it is the author's own"


async def test_a_removal_without_a_reason_is_no_deletion(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    await rig.follower(area, "lem", "activity")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    await rig.decide("remove", (await rig.placements(note.id))["megumino"])
    assert (await rig.said())[-1].body["object"]["summary"] == relays.REMOVED


async def test_a_removal_concerns_one_area_alone(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    other = await rig.area("kashiwagi")
    note = rig.note(alice, "post", cc=(area.iri, other.iri))
    await rig.send(alice, note)
    await rig.decide("remove", (await rig.placements(note.id))["kashiwagi"])
    assert (await rig.live(note.id)).keys() == {"megumino"}


async def test_a_restored_post_has_a_new_id_and_its_old_place(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    placement = (await rig.placements(note.id))["megumino"]
    await rig.decide("remove", placement)
    rig.pass_time()
    restored = await rig.decide("restore", placement)
    assert restored.position == placement.position
    announces = [each.iri for each in await rig.said() if each.type == "Announce"]
    assert announces == [announces[0], announces[0].removesuffix("-0") + "-1"]


async def test_what_is_approved_late_is_new_in_the_timeline(rig: Rig, held: PlacementRecord) -> None:
    rig.pass_time(HOUR)
    approved = await rig.decide("approve", held)
    assert held.position is None
    assert approved.position is not None
    assert approved.position >> 15 == rig.now
    assert approved.id == held.id, "its status page stays"


async def test_the_authors_settings_cannot_be_overruled(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", cc=(area.iri,), can_announce=AnnouncePolicy())
    await rig.send(alice, note)
    with pytest.raises(Refused, match="does not allow"):
        await rig.decide("approve", (await rig.placements(note.id))["megumino"])
    assert await rig.live(note.id) == {}


async def test_what_a_group_writes_cannot_be_approved(rig: Rig, area: AreaRecord) -> None:
    group = await rig.stranger("group", "lemmy.test", type="Group")
    note = rig.note(group, "post", cc=(area.iri,))
    assert await rig.send(group, note) == {"megumino": "refused group-author"}
    with pytest.raises(Refused, match="groups"):
        await rig.decide("approve", (await rig.placements(note.id))["megumino"])


@pytest.mark.parametrize("why", ["suspended", "server", "banned", "blocked", "gone"])
async def test_nobody_is_let_in_who_is_not_heard(
    rig: Rig, strict: AreaRecord, alice: ActorRecord, held: PlacementRecord, why: str
) -> None:
    if why == "suspended":
        await rig.judge(alice, "suspended")
    elif why == "server":
        await rig.do(block_server, "p.test", reason="", until=None, now=rig.now)
    elif why == "banned":
        await rig.ban(strict, alice)
    elif why == "gone":
        await rig.do(mark_gone, alice.id, rig.now)
    else:
        iri = Iri(f"{strict.iri}/activities/block-1")
        await rig.do(block_actor, iri=iri, actor_id=strict.actor_id, target_id=alice.id, now=rig.now)
    with pytest.raises(Refused):
        await rig.decide("approve", held)
    assert await rig.states(POST) == {"shimamatsu": "held review"}
    await rig.decide("refuse", held)


async def test_a_post_that_dropped_the_area_is_not_restored(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    placement = (await rig.placements(note.id))["megumino"]
    await rig.decide("remove", placement)
    await rig.edit(alice, replace(note, cc=()))
    with pytest.raises(Refused, match="no longer names"):
        await rig.decide("restore", placement)


@pytest.mark.parametrize("how", ["deleted", "narrowed"])
async def test_a_post_that_is_not_for_everyone_is_not_restored(
    rig: Rig, area: AreaRecord, alice: ActorRecord, how: str
) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    placement = (await rig.placements(note.id))["megumino"]
    await rig.decide("remove", placement)
    if how == "deleted":
        await rig.delete(alice, note.id)
    else:
        await rig.edit(alice, replace(note, to=()))
    with pytest.raises(Refused, match="withdrawn"):
        await rig.decide("restore", placement)
    assert await rig.live(note.id) == {}


async def test_every_decision_is_kept_with_who_and_why(
    rig: Rig, strict: AreaRecord, held: PlacementRecord
) -> None:
    judge = await rig.resident("judge")
    for act, reason in (("approve", "よし"), ("remove", "だめ"), ("restore", "やはりよし")):
        rig.pass_time()
        await rig.decide(act, held, by=judge.id, reason=reason)
    found = await rig.do(decisions.history, strict.actor_id, held.post_id)
    assert [(each.outcome, each.rule, each.reason, each.by) for each in found[1:]] == [
        ("accepted", "approve", "よし", judge.id),
        ("removed", "remove", "だめ", judge.id),
        ("accepted", "restore", "やはりよし", judge.id),
    ]
    assert (found[0].outcome, found[0].rule, found[0].by) == ("held", "review", None)
    assert [each.at for each in found] == sorted(each.at for each in found)


async def test_a_move_from_another_state_changes_nothing(rig: Rig, held: PlacementRecord) -> None:
    stale = replace(held, state="accepted")
    assert await rig.do(placements.move, stale, Verdict("removed", "remove", ""), rig.now) is None
    assert await rig.states(POST) == {"shimamatsu": "held review"}


async def test_places_in_timelines_are_given_once(
    rig: Rig, strict: AreaRecord, alice: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slug in ("one", "two"):
        await rig.send(alice, rig.note(alice, slug, cc=(strict.iri,)))
    chances = iter([3, 3, 4])
    monkeypatch.setattr(secrets, "randbits", lambda _bits: next(chances, 9))
    found = [
        await rig.decide("approve", (await rig.placements(f"https://p.test/notes/{slug}"))["shimamatsu"])
        for slug in ("one", "two")
    ]
    assert [(each.position or 0) & 0x7FFF for each in found] == [3, 7]


async def test_what_waits_is_listed_oldest_first(rig: Rig, strict: AreaRecord, alice: ActorRecord) -> None:
    other = await rig.area("kashiwagi", policy="review")
    for slug, area in (("one", strict), ("two", other), ("three", strict)):
        rig.pass_time()
        await rig.send(alice, rig.note(alice, slug, cc=(area.iri,)))
    everything = await rig.do(placements.held)
    assert [each.area_id for each in everything] == [strict.actor_id, other.actor_id, strict.actor_id]
    assert await rig.do(placements.held, strict.actor_id) == [everything[0], everything[2]]
    assert await rig.do(placements.held, strict.actor_id, 1) == [everything[0]]
    assert await rig.do(placements.count, strict.actor_id, "held") == 2
    await rig.decide("approve", everything[0])
    await rig.decide("refuse", everything[2])
    counts = [await rig.do(placements.count, strict.actor_id, state) for state in STATES]
    assert counts == [1, 0, 1, 0, 0]


async def test_a_status_page_is_found_by_its_token_alone(rig: Rig, held: PlacementRecord) -> None:
    assert await rig.do(placements.find_by_token, held.token) == held
    assert len(held.token) >= 22
    for token in ("", held.token[:-1], str(held.id)):
        with pytest.raises(NotFound):
            await rig.do(placements.find_by_token, token)


async def test_a_placement_that_is_accepted_has_a_place(rig: Rig, held: PlacementRecord) -> None:
    """The database itself holds it: timelines page by it."""
    with pytest.raises(sa.exc.IntegrityError):
        await rig.do(lambda tx: tx.execute(sa.update(placement_table).values(state="accepted")))
