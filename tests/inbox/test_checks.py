"""The authorization matrix, every activity by every kind of signer."""

from dataclasses import replace

import pytest

from federation.vocabulary import (
    Accept,
    Activity,
    Actor,
    Add,
    Announce,
    Block,
    Create,
    Delete,
    Flag,
    Follow,
    Iri,
    Like,
    Lock,
    Millis,
    Move,
    OtherActivity,
    Post,
    Reject,
    Remove,
    Thing,
    Tombstone,
    Undo,
    Unrecognized,
    Update,
)
from inbox.checks import Allowed, Ignored, Refused, Stored, Verdict, judge_claim, judge_state
from inbox.dispatch import HANDLERS

ALICE = Iri("https://p.test/users/alice")
NEIGHBOUR = Iri("https://p.test/users/bob")
STRANGER = Iri("https://e.test/users/eve")
LOCAL = Iri("https://machi.test/people/hanako")
SERVED = frozenset({"https://machi.test", "https://megumino.test"})
NOTE = Iri("https://p.test/notes/1")

SIGNERS = {"owner": ALICE, "neighbour": NEIGHBOUR, "stranger": STRANGER}


def name(kind: str, signer: Iri) -> Iri:
    return Iri(f"{signer}/activities/{kind}")


def note(**values: object) -> Post:
    return Post(**{"id": NOTE, "type": "Note", "attributed_to": (ALICE,), **values})  # type: ignore[arg-type]


def actor(iri: Iri) -> Actor:
    return Actor(id=iri, type="Person", preferred_username="x", inbox=None)


def follow(follower: Iri = LOCAL, target: Iri = ALICE) -> Follow:
    return Follow(Iri(f"{follower}/follows/1"), follower, object=target)


ABOUT_ALICE: dict[str, Thing] = {
    "a post": note(),
    "a post without attribution": note(attributed_to=()),
    "the actor": actor(ALICE),
    "the actor's id": ALICE,
    "her like": Like(name("like", ALICE), ALICE, object=NOTE),
    "her announce": Announce(name("announce", ALICE), ALICE, object=NOTE),
    "her follow": Follow(name("follow", ALICE), ALICE, object=LOCAL),
    "her block": Block(name("block", ALICE), ALICE, object=LOCAL),
    "an id of hers": name("like", ALICE),
    "a follow of her": follow(),
    "the id of a follow of her": follow().id,
}


def claims(by: str) -> dict[str, Activity]:
    """Every activity, by one signer, about what is alice's."""
    signer = SIGNERS[by]
    about = ABOUT_ALICE
    return {
        "Accept": Accept(name("a", signer), signer, object=about["a follow of her"]),
        "Accept by id": Accept(name("a", signer), signer, object=about["the id of a follow of her"]),
        "Add": Add(name("a", signer), signer, object=NOTE),
        "Announce": Announce(name("a", signer), signer, object=NOTE),
        "Announce of a post": Announce(name("a", signer), signer, object=note()),
        "Block": Block(name("a", signer), signer, object=LOCAL),
        "Create": Create(name("a", signer), signer, object=about["a post"]),
        "Delete": Delete(name("a", signer), signer, object=NOTE),
        "Delete of the actor": Delete(name("a", signer), signer, object=ALICE),
        "Dislike": Like(name("a", signer), signer, object=NOTE, kind="Dislike"),
        "Flag": Flag(name("a", signer), signer, objects=(NOTE,)),
        "Follow": Follow(name("a", signer), signer, object=LOCAL),
        "Like": Like(name("a", signer), signer, object=NOTE),
        "Lock": Lock(name("a", signer), signer, object=NOTE),
        "Move": Move(name("a", signer), signer, object=ALICE, destination=STRANGER),
        "Other": OtherActivity(name("a", signer), signer, type="View"),
        "Reject": Reject(name("a", signer), signer, object=about["a follow of her"]),
        "Remove": Remove(name("a", signer), signer, object=NOTE),
        "Undo of a like": Undo(name("a", signer), signer, object=about["her like"]),
        "Undo of an announce": Undo(name("a", signer), signer, object=about["her announce"]),
        "Undo of a follow": Undo(name("a", signer), signer, object=about["her follow"]),
        "Undo of a block": Undo(name("a", signer), signer, object=about["her block"]),
        "Undo of an id": Undo(name("a", signer), signer, object=about["an id of hers"]),
        "Update": Update(name("a", signer), signer, object=about["a post"]),
        "Update of the actor": Update(name("a", signer), signer, object=about["the actor"]),
        "Update of the actor's id": Update(name("a", signer), signer, object=about["the actor's id"]),
    }


ALL = ("owner", "neighbour", "stranger")
ONLY_HERS = ("owner",)
ONLY_HER_ORIGIN = ("owner", "neighbour")
NOBODY: tuple[str, ...] = ()

CLAIMED = {
    "Accept": ONLY_HERS,
    "Accept by id": ALL,
    "Add": ONLY_HER_ORIGIN,
    "Announce": ALL,
    "Announce of a post": ALL,
    "Block": ALL,
    "Create": ONLY_HERS,
    "Delete": ONLY_HER_ORIGIN,
    "Delete of the actor": ONLY_HER_ORIGIN,
    "Dislike": ALL,
    "Flag": ALL,
    "Follow": ALL,
    "Like": ALL,
    "Lock": NOBODY,
    "Move": ONLY_HERS,
    "Other": NOBODY,
    "Reject": ONLY_HERS,
    "Remove": ONLY_HER_ORIGIN,
    "Undo of a like": ONLY_HERS,
    "Undo of an announce": ONLY_HERS,
    "Undo of a follow": ONLY_HERS,
    "Undo of a block": ONLY_HERS,
    "Undo of an id": ONLY_HER_ORIGIN,
    "Update": ONLY_HERS,
    "Update of the actor": ONLY_HERS,
    "Update of the actor's id": ONLY_HERS,
}
"""Who may say each of what is alice's; everybody else is ignored."""


@pytest.mark.parametrize("by", SIGNERS)
@pytest.mark.parametrize("kind", CLAIMED)
def test_who_may_say_what(kind: str, by: str) -> None:
    verdict = judge_claim(SIGNERS[by], claims(by)[kind], SERVED)
    assert isinstance(verdict, Allowed if by in CLAIMED[kind] else Ignored)


def test_the_table_knows_every_activity() -> None:
    known = {type(activity).__name__ for activity in claims("owner").values()}
    assert known == {kind.__name__ for kind in Activity.__subclasses__()}
    assert set(CLAIMED) == set(claims("owner"))


def test_what_may_be_allowed_has_a_handler() -> None:
    allowed = {
        type(activity)
        for by, signer in SIGNERS.items()
        for activity in claims(by).values()
        if isinstance(judge_claim(signer, activity, SERVED), Allowed)
    }
    assert allowed == set(HANDLERS)


@pytest.mark.parametrize("kind", CLAIMED)
@pytest.mark.parametrize("signer", [NEIGHBOUR, STRANGER, LOCAL])
def test_nobody_speaks_for_another(kind: str, signer: Iri) -> None:
    """A22: a key of the same server is no better than any other."""
    assert judge_claim(signer, claims("owner")[kind], SERVED) == Refused("the signer is not the actor")


@pytest.mark.parametrize("kind", CLAIMED)
@pytest.mark.parametrize(
    "iri",
    [
        "https://e.test/activities/1",
        "https://machi.test/people/hanako/activities/1",
        "https://p.test.e.test/activities/1",
        "https://p.test:8443/activities/1",
        "https://sub.p.test/activities/1",
    ],
)
def test_an_activity_has_its_id_at_home(kind: str, iri: str) -> None:
    """B4, B6: an id elsewhere would be another's."""
    activity = replace(claims("owner")[kind], id=Iri(iri))
    assert isinstance(judge_claim(ALICE, activity, SERVED), Refused)


@pytest.mark.parametrize("home", sorted(SERVED))
def test_local_actors_do_not_post_to_their_own_inbox(home: str) -> None:
    """B6: on every origin that is served."""
    hanako = Iri(f"{home}/people/hanako")
    assert isinstance(judge_claim(hanako, Like(name("l", hanako), hanako, object=NOTE), SERVED), Refused)


@pytest.mark.parametrize("kind", [Create, Update])
@pytest.mark.parametrize(
    "thing",
    [
        note(attributed_to=(NEIGHBOUR,)),
        note(attributed_to=(STRANGER,)),
        note(attributed_to=(ALICE, NEIGHBOUR)),
        note(id="https://e.test/notes/1"),
        note(id="https://machi.test/people/hanako/posts/1"),
        NOTE,
        Tombstone(NOTE),
        Unrecognized(NOTE, "Vehicle"),
        actor(NEIGHBOUR),
    ],
    ids=str,
)
def test_a_post_is_its_authors_own(kind: type[Create | Update], thing: Thing) -> None:
    """B1–B3: another's, several authors', elsewhere, or not there at all."""
    verdict = judge_claim(ALICE, kind(name("a", ALICE), ALICE, object=thing), SERVED)
    assert isinstance(verdict, Ignored)


def test_a_post_without_attribution_is_its_signers() -> None:
    thing = ABOUT_ALICE["a post without attribution"]
    assert judge_claim(ALICE, Create(name("a", ALICE), ALICE, object=thing), SERVED) == Allowed()


@pytest.mark.parametrize(
    "thing", [Announce(name("c", STRANGER), STRANGER, object=note()), actor(ALICE), Tombstone(NOTE)]
)
def test_only_a_post_an_id_or_what_was_done_is_announced(thing: Thing) -> None:
    announce = Announce(name("a", STRANGER), STRANGER, object=thing)
    assert isinstance(judge_claim(STRANGER, announce, SERVED), Ignored)


@pytest.mark.parametrize(
    "thing", [note(), Create(name("c", ALICE), ALICE, object=note()), actor(ALICE), Tombstone(NOTE)]
)
def test_only_some_things_are_undone(thing: Thing) -> None:
    assert isinstance(judge_claim(ALICE, Undo(name("u", ALICE), ALICE, object=thing), SERVED), Ignored)


@pytest.mark.parametrize("kind", [Accept, Reject])
@pytest.mark.parametrize("thing", [follow(target=NEIGHBOUR), note(), Announce(NOTE, ALICE, object=NOTE)])
def test_only_a_follow_of_the_signer_is_answered(kind: type[Accept | Reject], thing: Thing) -> None:
    """B26: a forged Follow of somebody else."""
    assert isinstance(judge_claim(ALICE, kind(name("a", ALICE), ALICE, object=thing), SERVED), Ignored)


@pytest.mark.parametrize("destination", [None, ALICE])
def test_who_moves_needs_another_place(destination: Iri | None) -> None:
    move = Move(name("m", ALICE), ALICE, object=ALICE, destination=destination)
    assert isinstance(judge_claim(ALICE, move, SERVED), Ignored)


def test_a_ban_elsewhere_is_no_block() -> None:
    ban = Block(name("b", ALICE), ALICE, target=(Iri("https://p.test/groups/town"),), object=LOCAL)
    assert isinstance(judge_claim(ALICE, ban, SERVED), Ignored)


# The second column: what is stored.

CREATE = Create(name("c", ALICE), ALICE, object=note())
DELETE = Delete(name("d", ALICE), ALICE, object=NOTE)
UPDATE = Update(name("u", ALICE), ALICE, object=note(updated=Millis(2_000)))
FOLLOW = Follow(name("f", ALICE), ALICE, object=LOCAL)
ANNOUNCE = Announce(name("a", ALICE), ALICE, object=NOTE)
BLOCK = Block(name("b", ALICE), ALICE, object=LOCAL)
FLAG = Flag(name("f", ALICE), ALICE, objects=(NOTE,))
ACCEPT = Accept(name("a", ALICE), ALICE, object=follow())
ACCEPT_BY_ID = Accept(name("a", ALICE), ALICE, object=follow().id)
REJECT = Reject(name("r", ALICE), ALICE, object=follow())
FEATURED = Iri(f"{ALICE}/featured")
WAITING = {"owner": LOCAL, "target": ALICE, "is_local": True, "is_pending": True}

PINNED: list[tuple[Iri, dict[str, object], type[Verdict]]] = [
    (FEATURED, {"owner": ALICE, "target": FEATURED}, Allowed),
    (FEATURED, {"target": FEATURED}, Ignored),
    (FEATURED, {"owner": NEIGHBOUR, "target": FEATURED}, Ignored),
    (FEATURED, {"owner": ALICE, "target": FEATURED, "is_ended": True}, Ignored),
    (FEATURED, {"owner": ALICE}, Ignored),
    (Iri(f"{ALICE}/followers"), {"owner": ALICE, "target": FEATURED}, Ignored),
]
PINS: list[tuple[Activity, dict[str, object], type[Verdict]]] = [
    (kind(name("p", ALICE), ALICE, object=NOTE, target=(target,)), stored, verdict)
    for kind in (Add, Remove)
    for target, stored, verdict in PINNED
]

STATES: list[tuple[Activity, dict[str, object], type[Verdict]]] = [
    (CREATE, {}, Allowed),
    (CREATE, {"owner": ALICE}, Allowed),
    (CREATE, {"owner": NEIGHBOUR}, Ignored),
    (CREATE, {"owner": STRANGER}, Ignored),
    (CREATE, {"owner": LOCAL}, Ignored),
    (CREATE, {"is_ended": True}, Ignored),
    (CREATE, {"owner": ALICE, "is_ended": True}, Ignored),
    (DELETE, {}, Allowed),
    (DELETE, {"owner": ALICE}, Allowed),
    (DELETE, {"owner": NEIGHBOUR}, Ignored),
    (DELETE, {"owner": LOCAL}, Ignored),
    (DELETE, {"owner": ALICE, "is_ended": True}, Ignored),
    (UPDATE, {}, Allowed),
    (UPDATE, {"owner": ALICE}, Allowed),
    (UPDATE, {"owner": ALICE, "updated": 1_999}, Allowed),
    (UPDATE, {"owner": ALICE, "updated": 2_000}, Ignored),
    (UPDATE, {"owner": ALICE, "updated": 2_001}, Ignored),
    (UPDATE, {"owner": NEIGHBOUR}, Ignored),
    (UPDATE, {"owner": STRANGER}, Ignored),
    (UPDATE, {"owner": ALICE, "is_ended": True}, Ignored),
    (UPDATE, {"is_ended": True}, Ignored),
    (Update(name("u", ALICE), ALICE, object=note()), {"owner": ALICE}, Allowed),
    (Update(name("u", ALICE), ALICE, object=note()), {"owner": ALICE, "updated": 1}, Ignored),
    (Update(name("u", ALICE), ALICE, object=actor(ALICE)), {}, Allowed),
    (FOLLOW, {}, Ignored),
    (FOLLOW, {"is_local": True}, Ignored),
    (FOLLOW, {"is_followable": True}, Allowed),
    (ANNOUNCE, {}, Allowed),
    (BLOCK, {}, Ignored),
    (BLOCK, {"is_local": True}, Allowed),
    (FLAG, {}, Ignored),
    (FLAG, {"is_known": True}, Allowed),
    *PINS,
    (ACCEPT, WAITING, Allowed),
    (ACCEPT_BY_ID, WAITING, Allowed),
    (REJECT, WAITING, Allowed),
    (ACCEPT, {}, Ignored),
    (ACCEPT, {**WAITING, "is_pending": False}, Ignored),
    (ACCEPT, {**WAITING, "is_pending": False, "is_accepted": True}, Ignored),
    (REJECT, {**WAITING, "is_pending": False}, Ignored),
    (REJECT, {**WAITING, "is_pending": False, "is_accepted": True}, Allowed),
    (REJECT, {**WAITING, "is_pending": False, "is_accepted": True, "target": STRANGER}, Ignored),
    (ACCEPT, {**WAITING, "target": NEIGHBOUR}, Ignored),
    (REJECT, {**WAITING, "target": STRANGER}, Ignored),
    (ACCEPT, {**WAITING, "is_local": False}, Ignored),
    (ACCEPT, {**WAITING, "owner": Iri("https://machi.test/people/taro")}, Ignored),
    (Like(name("l", ALICE), ALICE, object=NOTE), {}, Allowed),
    (Move(name("m", ALICE), ALICE, object=ALICE, destination=STRANGER), {}, Allowed),
    (Move(name("m", ALICE), ALICE, object=ALICE, destination=STRANGER), {"is_settling": True}, Ignored),
    (Undo(name("u", ALICE), ALICE, object=NOTE), {}, Allowed),
]


@pytest.mark.parametrize(("activity", "stored", "expected"), STATES)
def test_what_must_be_stored(activity: Activity, stored: dict[str, object], expected: type[Verdict]) -> None:
    verdict = judge_state(ALICE, activity, Stored(**stored))  # type: ignore[arg-type]
    assert isinstance(verdict, expected)
