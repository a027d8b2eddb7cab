"""G10, G12: areas that could talk to each other without end, and actors that would be taken for official ones."""

from tests.attacks.rig import Rig, boosts
from tests.attacks.rig.markup import read_api
from tests.attacks.rig.ours import articles, ask
from tests.attacks.rig.peers import PUBLIC, Actor, Json, unique
from tests.attacks.rig.server import AREA

BADGE = "badge"


def mention(iri: str) -> Json:
    return {"type": "Mention", "href": iri, "name": "@machi"}


def group_of(rig: Rig) -> Actor:
    return rig.e.actor(type="Group")


async def test_G10_areas_and_groups(rig: Rig) -> None:
    """An area boosts posts of people, once; never what a group says, and no boost, its own or another's."""
    other, area = unique("tonari"), rig.adapter.area
    made = await ask(rig, "area create", name=other, title="となり", code="012319")
    await ask(rig, "area limit", name=other, author_hourly=0, author_daily=0, boosts_hourly=0)
    host = area.split("/")[2]
    for name, target in ((AREA, other), (other, AREA)):
        await ask(rig, "follow", name=name, target=f"@{target}@{host}")
    alice, follower = rig.p.actor(), rig.p.actor()
    assert (
        await rig.post(follower, follower.activity("Follow", made["iri"]), f"{made['iri']}/inbox")
    ).status == 202
    both = alice.note(cc=[area, made["iri"]], tag=[mention(area), mention(made["iri"])])
    assert (await rig.post(alice, alice.create(both))).status == 202
    await rig.has_effect(both)
    await rig.p.until(lambda: len(boosts(rig.p, both["id"])) >= 2)
    first, second = (each["id"] for each in boosts(rig.p, both["id"]))
    ours = await rig.local_post(f"{unique('池')}に氷が張りました。 @{AREA} @{other}")
    group = group_of(rig)
    assert (await rig.post(group, group.activity("Follow", area))).status == 202
    await rig.e.until(
        lambda: any(each["type"] == "Accept" and group.id in str(each["object"]) for each in rig.e.received)
    )
    before = [len(rig.p.received), len(boosts(rig.p, both["id"]))]
    boost = {"type": "Announce", "id": first, "actor": area, "object": both["id"]}
    async with rig.no_effect(told={group.id}):
        for thing in (
            both["id"],
            ours["id"],
            first,
            second,
            boost,
            area,
            {"type": "Create", **boost},
            group.create(),
        ):
            for by in (group, alice):
                announce = by.activity("Announce", thing, to=[PUBLIC], cc=[area, made["iri"]])
                assert (await rig.post(by, announce)).status in {202, 400, 403}
        named = group.note(cc=[area], tag=[mention(area)], attributedTo=group.id)
        assert (await rig.post(group, group.create(named))).status == 202
        again = alice.create(both, id=f"{both['id']}/activity/again")
        assert (await rig.post(alice, again)).status == 202
    assert len(boosts(rig.p, both["id"])) == before[1] == 2
    assert not [
        each
        for each in rig.p.received[before[0] :]
        if each["type"] == "Announce" and first in str(each["object"])
    ]


async def test_G12_looks_official(rig: Rig) -> None:
    """Only this server's own are marked; whoever comes from elsewhere shows where from."""
    official = unique("yakuba")
    await ask(rig, "actor create", name=official, kind="desk", title="まち役場", area=AREA)
    posted = await ask(rig, "post", author=official, text=f"{unique('号')}の道路は通れません。", area=AREA)
    await rig.has_effect({"id": posted["iri"]})
    document = (await rig.get(posted["iri"])).json()
    looks = (await rig.get(document["attributedTo"])).json()
    own_names = {
        "id",
        "inbox",
        "outbox",
        "followers",
        "following",
        "featured",
        "endpoints",
        "publicKey",
        "url",
    }
    own_names |= {"@context", "name", "preferredUsername", "assertionMethod", "alsoKnownAs", "proof"}
    claims = {key: value for key, value in looks.items() if key not in own_names}
    claims |= {"roles": [{"name": "公式"}], "kind": "official", "verified": True}
    for kind, username, name in (
        ("Person", official, "まち役場"),
        ("Organization", "", "まち役場 公式 ✅"),
        ("Person", "", "まち役場\u200b公式"),
    ):
        fake = rig.e.actor(username, **{**claims, "type": kind})
        fake.document["name"] = name
        note = fake.note(kind="official", role="official")
        assert (await rig.post(fake, fake.create(note))).status == 202
        await rig.has_effect(note)
        shown = await articles(rig)
        assert shown[posted["iri"]].parts(BADGE)
        assert not shown[note["id"]].parts(BADGE)
        assert shown[note["id"]].part("handle").endswith(f"@{rig.e.host}")
        status = await read_api(rig, shown[note["id"]].path.replace("/posts/", "/api/v1/statuses/"))
        assert status["account"]["roles"] == []
        assert all(each["verified_at"] is None for each in status["account"]["fields"])
        assert status["account"]["acct"].endswith(f"@{rig.e.host}")
        true = await read_api(rig, shown[posted["iri"]].path.replace("/posts/", "/api/v1/statuses/"))
        assert true["account"]["roles"]
