"""G6 to G8, G13, G14: whoever is shut out stays out, by every spelling, way round and delay; and may come back."""

from tests.attacks.rig import Rig, boosts
from tests.attacks.rig.ours import articles, ask, call, own, sign_in
from tests.attacks.rig.peers import PUBLIC, Actor, Json, Peer, unique
from tests.attacks.rig.server import AREA, AUTHOR
from tests.attacks.rig.wire import Answer

REFUSED = {401, 403}
NOTHING = {202, 400, *REFUSED}


async def taken(rig: Rig, author: Actor) -> Json:
    """A post that stands in the area."""
    note = author.note()
    assert (await rig.post(author, author.create(note))).status == 202
    await rig.has_effect(note)
    return note


async def shut_out(rig: Rig, host: str) -> None:
    await ask(rig, "server block", host=host, reason="試験")


def spellings(host: str) -> list[str]:
    """Names under which a blocked host, or something below it, may come."""
    name, _, port = host.partition(":")
    end = f":{port}" if port else ""
    found = [f"{each}{end}" for each in (name, name.upper(), f"{name}.", f"sub.{name}", f"a.b.{name}")]
    return found if port else [*found, f"{name}:443", f"{name}:8443", f"sub.{name}:8443"]


async def test_G06_a_blocked_host_in_every_spelling(rig: Rig) -> None:
    own(rig)
    bad, twin = await rig.peer("bad"), await rig.peer("twin")
    known = bad.actor()
    await taken(rig, known)
    name = bad.host.partition(":")[0]
    await shut_out(rig, f"{name.upper()}.")
    await shut_out(rig, f"例え.{twin.host.partition(':')[0]}")
    twins = [
        twin.actor(host=f"{label}.{twin.host}") for label in ("xn--r8jz45g", "XN--R8JZ45G", "sub.xn--r8jz45g")
    ]
    senders = [known, *(bad.actor(host=each) for each in spellings(bad.host)), *twins]
    rig.new_dials()
    before = len(bad.requests), len(twin.requests), len(rig.dials.log if rig.dials else ())
    async with rig.no_effect():
        for sender in senders:
            for activity in (
                sender.create(),
                sender.activity("Follow", rig.adapter.area),
                sender.activity("Like", rig.canary.id),
                sender.activity("Delete", sender.id, to=[PUBLIC]),
            ):
                answer = await rig.post(sender, activity)
                is_end_of_stranger = activity["type"] == "Delete" and sender is not known
                assert answer.status in ({202, *REFUSED, 400} if is_end_of_stranger else {400, *REFUSED}), (
                    sender.id,
                    answer,
                )
        unicode = twins[0].id.replace("xn--r8jz45g", "例え")
        assert (await rig.post(twins[0], twins[0].create(actor=unicode))).status in REFUSED
    assert (len(bad.requests), len(twin.requests)) == before[:2]
    addresses = {bad.address[0], twin.address[0]} if rig.dials else set()
    assert not [each for each in rig.new_dials(before[2]) if each.address in addresses]
    await taken(rig, twin.actor(host=f"other.{twin.host}"))


async def let_follow(rig: Rig, target: Actor) -> None:
    """Let the local author follow somebody at P, whose server says yes."""
    handle = f"@{target.document['preferredUsername']}@{target.peer.host}"
    await ask(rig, "follow", name=AUTHOR, target=handle)
    peer = target.peer

    def asks() -> list[Json]:
        return [each for each in peer.received if each["type"] == "Follow" and each["object"] == target.id]

    await peer.until(lambda: bool(asks()))
    follow = asks()[0]
    accept = target.activity("Accept", follow, to=[follow["actor"]])
    assert (await rig.post(target, accept, f"{follow['actor']}/inbox")).status == 202


async def test_G07_a_blocked_host_sideways(rig: Rig) -> None:
    """By boosts of what is known and unknown, redirects, replies, mentions, keys, and a search."""
    own(rig)
    bad, alice = await rig.peer("shut"), rig.p.actor()
    carol = bad.actor()
    known, unknown, late = await taken(rig, carol), carol.note(), carol.note()
    await let_follow(rig, alice)
    await shut_out(rig, bad.host)
    before = len(bad.requests)
    detour = f"{alice.id}/notes/{unique('detour')}"
    rig.p.answers[detour] = Answer(302, headers=(("Location", unknown["id"]),))
    owner = rig.p.actor()
    owner.document["publicKey"] |= {"id": f"{bad.origin}/keys/1"}
    token = await sign_in(rig, AUTHOR)
    async with rig.no_effect(fetches={detour}):
        for thing in (known["id"], unknown["id"], known, unknown, detour, carol.create(late)):
            assert (await rig.post(alice, alice.activity("Announce", thing, to=[PUBLIC]))).status in NOTHING
        for parent in (known, unknown):
            reply = alice.note(inReplyTo=parent["id"], cc=[rig.adapter.area, carol.id])
            assert (await rig.post(alice, alice.create(reply))).status in NOTHING
        by_key = owner.sign(owner.unsigned(owner.create()), keyId=f"{bad.origin}/keys/1")
        assert (await rig.send(by_key)).status in REFUSED
        found = await call(rig, token, "GET", f"/api/v2/search?q={unknown['id']}&resolve=true")
        assert found["statuses"] == []
    mention = alice.note(
        cc=[rig.adapter.area, carol.id], tag=[{"type": "Mention", "href": carol.id, "name": "@carol"}]
    )
    assert (await rig.post(alice, alice.create(mention))).status == 202
    await rig.has_effect(mention)
    home = await call(rig, token, "GET", "/api/v1/timelines/home?limit=40")
    shown = {status["uri"] for each in home for status in (each, each["reblog"] or each)}
    assert mention["id"] in shown
    assert not shown & {known["id"], unknown["id"], late["id"]}
    assert len(bad.requests) == before


def is_undone(peer: Peer, iri: str) -> bool:
    """Whether the newest boost of a post was taken back at a peer."""
    undone = [
        each["object"]["id"] for each in peer.received if each["type"] == "Undo" and "id" in each["object"]
    ]
    return bool(boosts(peer, iri)) and boosts(peer, iri)[-1]["id"] in undone


async def test_G08_a_suspended_actor(rig: Rig) -> None:
    """What was boosted is taken back everywhere; nothing new comes, through nobody; the end of it brings it back."""
    mallory, alice = rig.e.actor(), rig.p.actor()
    note = await taken(rig, mallory)
    ours = await rig.local_post(f"{unique('公園')}の花が咲きました。")
    reply = mallory.note(inReplyTo=ours["id"], cc=[ours["attributedTo"]])
    assert (await rig.post(mallory, mallory.create(reply))).status == 202
    await rig.has_effect(await taken(rig, rig.p.actor()))
    assert reply["id"] in await articles(rig, ours["id"])
    path = (await articles(rig))[note["id"]].path
    await let_follow(rig, alice)
    handle = f"@{mallory.document['preferredUsername']}@{mallory.peer.host}"
    await ask(rig, "actor standing", name=handle, standing="suspended", reason="試験")
    for peer in (rig.p, rig.e):
        await peer.until(lambda peer=peer: is_undone(peer, note["id"]))  # type: ignore[misc]
    unknown = mallory.note()
    async with rig.no_effect(fetches={unknown["id"]}):
        for activity in (
            mallory.create(),
            mallory.update(note),
            mallory.activity("Undo", mallory.activity("Like", ours["id"])),
            mallory.activity("Announce", ours["id"], to=[PUBLIC]),
            mallory.activity("Like", ours["id"]),
            mallory.activity("Follow", rig.adapter.area),
            mallory.activity("Flag", [ours["id"]]),
        ):
            assert (await rig.post(mallory, activity)).status in REFUSED, activity["type"]
        for thing in (note["id"], unknown["id"]):
            assert (await rig.post(alice, alice.activity("Announce", thing, to=[PUBLIC]))).status in NOTHING
    assert reply["id"] not in await articles(rig, ours["id"])
    origin = rig.adapter.area.rpartition("/areas/")[0]
    for hidden in (path, path.replace("/posts/", "/api/v1/statuses/")):
        assert (await rig.get(origin + hidden, "text/html")).status in {404, 410}
    home = await call(rig, await sign_in(rig, AUTHOR), "GET", "/api/v1/timelines/home?limit=40")
    assert note["id"] not in {(each["reblog"] or each)["uri"] for each in home}
    await ask(rig, "actor standing", name=handle, standing="open")
    await rig.p.until(lambda: not is_undone(rig.p, note["id"]))
    assert note["id"] in await articles(rig)
    await taken(rig, mallory)


async def follow_from(rig: Rig, peer: Peer) -> Actor:
    follower = peer.actor()
    assert (await rig.post(follower, follower.activity("Follow", rig.adapter.area))).status == 202
    await peer.until(lambda: any(each["type"] == "Accept" for each in peer.received))
    return follower


async def test_G13_a_block_while_things_wait(rig: Rig) -> None:
    """A post that waits for its key, and boosts that wait for a server: both are overtaken by the block."""
    own(rig)
    mute = await rig.peer("waiting")
    follower, stranger = await follow_from(rig, mute), mute.actor()
    mute.answers |= {stranger.id: Answer(503), "/inbox": Answer(503), f"{follower.id}/inbox": Answer(503)}
    waiting = stranger.note()
    assert (await rig.post(stranger, stranger.create(waiting))).status == 202
    owed = await rig.local_post(f"{unique('川')}の水が増えています。")
    await mute.until(
        lambda: any(each.method == "POST" and owed["id"].encode() in each.body for each in mute.requests)
    )
    await shut_out(rig, mute.host)
    mute.answers.clear()
    before = len(mute.requests)
    async with rig.no_effect():
        await rig.later(minutes=3)
        await ask(rig, "delivery retry", host=mute.host)
        await ask(rig, "delivery flush")
        await rig.time_honest()
    assert waiting["id"] not in await rig.adapter.timeline()
    assert len(mute.requests) == before
    assert not boosts(mute, owed["id"])


async def test_G14_a_block_that_ends(rig: Rig) -> None:
    """Follows have stayed: new posts go both ways again; the rule says who is blocked meanwhile."""
    own(rig)
    back = await rig.peer("back")
    follower = await follow_from(rig, back)
    await shut_out(rig, back.host)
    name = back.host.partition(":")[0]
    rules = {each["host"]: each["rule"] for each in await ask(rig, "server list")}
    assert rules[name] == "block"
    before = len(back.requests)
    missed = await rig.local_post(f"{unique('山')}に雪が降りました。")
    assert (await rig.post(follower, follower.create())).status in REFUSED
    await ask(rig, "server unblock", host=back.host)
    assert name not in {each["host"] for each in await ask(rig, "server list")}
    assert len(back.requests) == before
    note = await taken(rig, follower)
    await back.until(lambda: bool(boosts(back, note["id"])))
    assert (await ask(rig, "area show", name=AREA))["followers"] >= 3
    assert missed["id"] in await rig.adapter.timeline()
