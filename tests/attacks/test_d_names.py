"""D11 to D14: one host in many spellings, names that look like others, and one thing that is sent many times."""

import asyncio

import pytest

from federation.errors import Refused
from tests.attacks.rig import Rig, boosts
from tests.attacks.rig.doors import name_key
from tests.attacks.rig.ours import article, ask, own
from tests.attacks.rig.peers import Actor, Json, unique
from tests.attacks.rig.server import AREA, AUTHOR

REFUSED = {400, 401, 403}
NOTHING = {202, *REFUSED}
AT_ONCE = 20

SPELLINGS = {
    "xn--fsq": ["例", "XN--FSQ"],
    "xn--r8jz45g": ["例え", "例え", "Xn--R8jz45G"],
    "xn--fa-hia": ["faß", "FAß"],
    "abc": ["ＡＢＣ", "ABC", "ａｂｃ"],
    "xn--mnchen-3ya": ["münchen", "mu\u0308nchen", "MÜNCHEN"],
    "xn--tyama-jye": ["tоyama"],
}
"""A host as it is looked up, and how else it may be written; the last one has a Cyrillic letter."""
DOTS = ["。", "．", "｡"]
NO_HOSTS = [
    "ex\u00adample",
    "ex\u200bample",
    "ex\u200dample",
    "ex\u2060ample",
    "\ufeffexample",
    "ex\u202eample",
    "xn--",
    "xn--a",
    "xn--55555577",
    "xn--fsq-",
    "xn--example-",
    "-example",
    "example-",
    "ex_ample",
    "ex ample",
    "ex%61mple",
    "😀",
    "①",
    "ex..ample",
    "ex\u0338ample",
    "a" * 64,
    "\u0301a",
]


@pytest.mark.namespace
async def test_D11_hosts_in_every_spelling(rig: Rig) -> None:
    """However it is written, it is one host, shown as it is looked up; what would be mended in silence is refused."""
    peer = await rig.peer("idn")
    for plain, others in SPELLINGS.items():
        alice = peer.actor(host=f"{plain}.{peer.host}")
        for host in (
            *(f"{other}.{peer.host}" for other in others),
            *(f"{plain}{dot}{peer.host}" for dot in DOTS),
        ):
            note = write_from(alice, host)
            assert (await rig.post(alice, note["activity"])).status == 202, host
            await rig.has_effect(note["note"])
            handle = (await article(rig, note["note"])).part("handle")
            assert handle == f"@{alice.id.rpartition('/')[2]}@{plain}.{peer.host}", host
        assert peer.asked(alice.id) == 1, "it is the same person"
    async with rig.no_effect():
        for name in NO_HOSTS:
            url = f"https://{name}.{peer.host}/users/alice"
            assert await name_key(rig, rig.e.actor(), url) in REFUSED, name
            mallory = rig.e.actor()
            activity = {**mallory.create(), "actor": url}
            assert (await rig.post(mallory, activity)).status in REFUSED, name
            with pytest.raises(Refused):
                await ask(rig, "follow", name=AUTHOR, target=f"@alice@{name}.{peer.host}")


def write_from(alice: Actor, host: str) -> Json:
    """A post of hers in which her host is written in another way; it is known by the plain one."""
    note = alice.note()
    plain = alice.id.split("/")[2]
    activity = alice.create(note)

    def spell(value: str) -> str:
        return value.replace(f"https://{plain}/", f"https://{host}/", 1)

    thing = {**note, "id": spell(note["id"]), "attributedTo": spell(alice.id)}
    spelt = {**activity, "id": spell(activity["id"]), "actor": spell(alice.id), "object": thing}
    return {"note": note, "activity": spelt}


LOOKALIKES = [
    "mаchi2",  # with a Cyrillic letter
    "hаnako",
    "tоyama",
    "ｔｏｙａｍａ",
    "toyama\u200b",
    "toy\u00adama",
    "toyama\u202e",
    "富山",
    "とやま",
    "toyаmа",
    "ƭoyama",
    "to.yama",
    "to-yama",
    "to yama",
    "toyama@x",
    "toyama/..",
    "toyama%20",
    "",
    "\u0074\u043e",
    "𝓽𝓸𝔂𝓪𝓶𝓪",
]


async def test_D12_names_that_look_like_others(rig: Rig) -> None:
    """Here a name has small letters, digits and the underscore, and no two read alike."""
    own(rig)
    for name in LOOKALIKES:
        with pytest.raises(Refused):
            await ask(rig, "actor create", name=name, kind="resident", title="富山")
    for name in LOOKALIKES[:4]:
        with pytest.raises(Refused):
            await ask(rig, "area create", name=name, title="富山", code="162019")
    for name in ("0fficial_x", "offlcial_x", "adm1n", "adm1n_x", "kouh0u", "mach1", "m_achi"):
        with pytest.raises(Refused):
            await ask(rig, "actor create", name=name, kind="resident", title="富山")


async def test_D13_names_twice(rig: Rig) -> None:
    """In another case, in wide letters, with something before or after: taken, or none."""
    own(rig)
    name = unique("toyama")
    await ask(rig, "actor create", name=name, kind="resident", title="富山")
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in name)
    for first in (name, AUTHOR, AREA):
        for other in (first, first.upper(), first.capitalize(), f" {first}", f"{first}\n"):
            with pytest.raises(Refused):
                await ask(rig, "actor create", name=other, kind="resident", title="富山")
    for other in (wide, wide.upper(), f"{name}\u0301", name.replace("t", "ｔ")):
        for command, more in (("actor create", {"kind": "official"}), ("area create", {"code": "162019"})):
            with pytest.raises(Refused):
                await ask(rig, command, name=other, title="富山", **more)


async def test_D14_twenty_at_once(rig: Rig) -> None:
    """One post, one boost to each, one follower, one like; whoever sends it again hears that it is well."""
    alice, bob = rig.p.actor(), rig.e.actor()
    note = alice.note()
    create = alice.create(note)
    inboxes = [rig.inbox, rig.shared_inbox]
    sending = [rig.post(alice, create, inboxes[number % 2]) for number in range(AT_ONCE)]
    assert {answer.status for answer in await asyncio.gather(*sending)} == {202}
    await rig.has_effect(note)
    like, follow = bob.activity("Like", note["id"]), bob.activity("Follow", rig.adapter.area)
    before = (await rig.get(f"{rig.adapter.area}/followers")).json()["totalItems"]
    for activity in (like, follow):
        answers = await asyncio.gather(*(rig.post(bob, activity) for _ in range(AT_ONCE)))
        assert {answer.status for answer in answers} == {202}
    await rig.e.until(lambda: any(is_answer(each, follow) for each in rig.e.received))
    last = alice.note()
    await rig.post(alice, alice.create(last))
    await rig.has_effect(last)
    for peer in (rig.p, rig.e):
        assert len({each["id"] for each in boosts(peer, note["id"])}) == 1
        assert len(boosts(peer, note["id"])) == 1
    assert (await rig.adapter.timeline()).count(note["id"]) == 1
    assert sum(is_answer(each, follow) for each in rig.e.received) == 1
    assert (await rig.get(f"{rig.adapter.area}/followers")).json()["totalItems"] == before + 1
    assert (await rig.post(bob, bob.activity("Undo", follow))).status == 202


def is_answer(activity: Json, follow: Json) -> bool:
    thing = activity.get("object")
    return activity["type"] == "Accept" and (thing == follow["id"] or follow["id"] in str(thing))
