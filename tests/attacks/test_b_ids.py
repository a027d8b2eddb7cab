"""B1 to B9, B14, B15: whose an id is, and that nobody uses it up before its owner does."""

from collections.abc import Callable

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.ours import article
from tests.attacks.rig.peers import Actor, Json, unique

REFUSED = {401, 403}
NOTHING = {202, 400, 401, 403}
"""Answers to what has no effect: which one is a matter of taste."""


def foreign_create(actor: Actor, note: Json) -> Json:
    """The Create of somebody else's post, under an id of its actor's own."""
    return actor.create(note, id=f"{actor.id}/activities/{unique('c')}")


def without(note: Json, name: str) -> Json:
    return {key: value for key, value in note.items() if key != name}


async def test_B01_object_elsewhere(rig: Rig) -> None:
    """The id stays free for the one whose it is."""
    alice, mallory = rig.p.actor(), rig.e.actor()
    note = alice.note()
    async with rig.no_effect():
        for claimed in (note, {**note, "attributedTo": mallory.id}, without(note, "attributedTo")):
            assert (await rig.post(mallory, foreign_create(mallory, claimed))).status in NOTHING
    assert (await rig.post(alice, alice.create(note))).status == 202
    await rig.has_effect(note)


@pytest.mark.parametrize("where", ["elsewhere", "next door"])
async def test_B02_attributed_to_another(rig: Rig, where: str) -> None:
    mallory = rig.e.actor()
    other = rig.p.actor() if where == "elsewhere" else rig.e.actor()
    async with rig.no_effect():
        note = mallory.note(attributedTo=other.id)
        assert (await rig.post(mallory, mallory.create(note))).status in NOTHING


async def test_B03_attribution(rig: Rig) -> None:
    """Without one it is the signer's, whatever else the post says; with several it is nobody's."""
    mallory, alice = rig.e.actor(), rig.p.actor()
    owned = [mallory.note(attributedTo=None), mallory.note(attributedTo={"id": mallory.id, "type": "Person"})]
    owned += [mallory.note(attributedTo=[mallory.id]), mallory.note(attributedTo=None, actor=alice.id)]
    for note in owned:
        assert (await rig.post(mallory, mallory.create(note))).status == 202
        await rig.has_effect(note)
    strange: list[object] = [
        [mallory.id, alice.id],
        [alice.id, mallory.id],
        {"id": alice.id, "type": "Person"},
        [{"id": mallory.id}, {"id": alice.id}],
        {"type": "Person"},
        {"href": mallory.id},
        7,
        "",
    ]
    async with rig.no_effect():
        for author in strange:
            note = mallory.note(attributedTo=author)
            assert (await rig.post(mallory, mallory.create(note))).status in NOTHING, author
    for note in owned:
        assert (await article(rig, note)).part("handle") == f"@{mallory.id.rpartition('/')[2]}@{rig.e.host}"


async def test_B04_activity_elsewhere(rig: Rig) -> None:
    mallory, alice = rig.e.actor(), rig.p.actor()
    async with rig.no_effect():
        for home in (alice.id, rig.e.origin.replace("//", "//sub."), f"{rig.e.origin}.other.test"):
            activity = mallory.create(id=f"{home}/activities/{unique('c')}")
            assert (await rig.post(mallory, activity)).status in NOTHING, home


IDS: list[object] = [None, "", 7, True, "about:blank", "/relative", "urn:uuid:1", "alice", "https://"]


async def test_B05_no_activity_id(rig: Rig) -> None:
    alice = rig.p.actor()
    async with rig.no_effect():
        for iri in [*IDS, {}, {"id": f"{alice.id}/a"}, [f"{alice.id}/a"], f"javascript:{alice.id}"]:
            activity = {**alice.create(), "id": iri}
            assert (await rig.post(alice, activity)).status in NOTHING, iri
        assert (await rig.post(alice, without(alice.create(), "id"))).status in NOTHING


async def test_B06_ids_of_ours(rig: Rig) -> None:
    """Neither activities nor posts of the server come from elsewhere, and what it has stays as it is."""
    mallory, area = rig.e.actor(), rig.adapter.area
    ours = await rig.adapter.post("役場からのお知らせです。窓口は5時までです。")
    origin, stored = area.rpartition("/areas/")[0], await rig.get(ours)
    author = stored.json()["attributedTo"]
    await rig.has_effect({"id": ours})
    async with rig.no_effect():
        for attributed_to in (mallory.id, author):
            note = mallory.note(id=ours, attributedTo=attributed_to)
            for activity in (foreign_create(mallory, note), mallory.update(note)):
                assert (await rig.post(mallory, activity)).status in NOTHING
            new = mallory.note(id=f"{origin}/posts/{unique('7')}", attributedTo=attributed_to)
            assert (await rig.post(mallory, foreign_create(mallory, new))).status in NOTHING
        for activity in (
            mallory.create(id=f"{origin}/activities/{unique('c')}"),
            mallory.activity("Delete", ours),
            mallory.activity("Delete", author),
            {**mallory.activity("Delete", ours), "actor": author},
            {**foreign_create(mallory, mallory.note(id=ours, attributedTo=author)), "actor": author},
        ):
            assert (await rig.post(mallory, activity)).status in NOTHING
    assert (await rig.get(ours)).body == stored.body


async def test_B07_id_used_before(rig: Rig) -> None:
    """By another server, and by somebody next door, whose origin is the same."""
    alice, bob, mallory = rig.p.actor(), rig.p.actor(), rig.e.actor()
    note = alice.note()
    activity = alice.create(note)
    async with rig.no_effect():
        for thief in (mallory, bob):
            stolen = {**foreign_create(thief, thief.note(to=[thief.id], cc=[])), "id": activity["id"]}
            assert (await rig.post(thief, stolen)).status in NOTHING
            assert (await rig.post(thief, {**activity, "actor": thief.id})).status in NOTHING
    assert (await rig.post(alice, activity)).status == 202
    await rig.has_effect(note)


async def test_B08_id_used_before_unsigned(rig: Rig) -> None:
    alice, mallory = rig.p.actor(), rig.e.actor()
    note = alice.note()
    activity = alice.create(note)
    async with rig.no_effect():
        assert (await rig.send(alice.unsigned(activity))).status == 401
        badly_signed = mallory.sign(alice.unsigned(activity), keyId=alice.key_id, signature="AAAA")
        assert (await rig.send(badly_signed)).status == 401
    assert (await rig.post(alice, activity)).status == 202
    await rig.has_effect(note)


async def test_B09_id_of_a_neighbours_post(rig: Rig) -> None:
    bob, mallory = rig.e.actor(), rig.e.actor()
    note = bob.note()
    await rig.post(bob, bob.create(note))
    await rig.has_effect(note)
    before = (await article(rig, note)).text
    async with rig.no_effect():
        for author in (mallory.id, bob.id):
            stolen = {**note, "attributedTo": author, "content": "<p>ほかの人の文です。</p>"}
            for activity in (foreign_create(mallory, stolen), foreign_create(mallory, without(stolen, "to"))):
                assert (await rig.post(mallory, activity)).status in NOTHING
    assert (await article(rig, note)).text == before


def split(iri: str) -> tuple[str, str]:
    """Host and path."""
    _, _, host, path = iri.split("/", 3)
    return host, path


SAME: dict[str, Callable[[str, str], str]] = {
    "case of host": lambda host, path: f"https://{host.upper()}/{path}",
    "case of scheme": lambda host, path: f"HTTPS://{host}/{path}",
}
OTHER: dict[str, Callable[[str, str], str]] = {
    "slash": lambda host, path: f"https://{host}/{path}/",
    "two slashes": lambda host, path: f"https://{host}//{path}",
    "port": lambda host, path: f"https://{host.partition(':')[0]}:8443/{path}",
    "case of path": lambda host, path: f"https://{host}/{path.upper()}",
    "user": lambda host, path: f"https://alice@{host}/{path}",
    "fragment": lambda host, path: f"https://{host}/{path}#me",
    "query": lambda host, path: f"https://{host}/{path}?",
    "dots": lambda host, path: f"https://{host}/x/../{path}",
    "dots, written as %2e": lambda host, path: f"https://{host}/x/%2e%2e/{path}",
    "a letter, written as %75": lambda host, path: f"https://{host}/%75{path[1:]}",
    "host with a dot of Unicode": lambda host, path: f"https://{host.replace('.', '。', 1)}x/{path}",
    "host in letters that look alike": lambda host, path: f"https://р{host[1:]}/{path}",
    "white space": lambda host, path: f" https://{host}/{path}",
    "backslash": lambda host, path: f"https://{host}\\{path}",
}


async def test_B14_ids_that_look_alike(rig: Rig) -> None:
    """Who acts and who wrote: the same only where RFC 3986 says so, else somebody else."""
    alice = rig.p.actor()
    default_port = {} if ":" in rig.p.host else {"port 443": lambda host, path: f"https://{host}:443/{path}"}
    async with rig.no_effect():
        for name, spell in OTHER.items():
            iri = spell(*split(alice.id))
            for activity in ({**alice.create(), "actor": iri}, alice.create(alice.note(attributedTo=iri))):
                assert (await rig.post(alice, activity)).status in NOTHING, name
    for spell in (SAME | default_port).values():
        note = alice.note()
        iri = spell(*split(alice.id))
        spelled = {**note, "attributedTo": iri, "id": spell(*split(note["id"]))}
        assert (await rig.post(alice, {**alice.create(spelled), "actor": iri})).status == 202
        await rig.has_effect(note)


@pytest.mark.namespace
async def test_B15_plain_http(rig: Rig) -> None:
    alice = rig.p.actor()
    plain = alice.id.replace("https:", "http:")
    insecure = rig.p.actor(inbox=f"{plain}/inbox", endpoints={"sharedInbox": f"http://{rig.p.host}/inbox"})
    dials = len(rig.new_dials())
    async with rig.no_effect():
        for activity in (
            {**alice.create(), "actor": plain},
            alice.create(id=f"{plain}/activities/{unique('c')}"),
            alice.create(alice.note(id=f"{plain}/notes/{unique('n')}")),
            alice.create(alice.note(attributedTo=plain)),
        ):
            assert (await rig.post(alice, activity)).status in NOTHING
        wholly = {**alice.create(id=f"{plain}/activities/{unique('c')}"), "actor": plain}
        request = alice.sign(alice.unsigned(wholly), keyId=f"{plain}#main-key")
        assert (await rig.send(request)).status in REFUSED
        assert (await rig.post(insecure, insecure.activity("Follow", rig.adapter.area))).status in NOTHING
    assert not [dial for dial in rig.new_dials(dials) if dial.port == 80]
