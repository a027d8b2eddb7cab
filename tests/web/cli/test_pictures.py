"""Pictures by command: in posts, as faces that other servers are told of, and out of everybody's sight."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from areas.media.attaching import read
from areas.posts import find_post_by_id
from federation.errors import NotFound, Refused
from tests.testrig import pictures
from tests.testrig.world import Town, World
from web.cli import run_command

pytestmark = pytest.mark.anyio


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "写真.jpg"
    path.write_bytes(pictures.jpeg_with("SECRETSECRET"))
    return str(path)


async def run(town: Town, command: str, **words: Any) -> Any:
    return (await run_command(town.node, command, words)).data


async def test_a_post_has_photos_with_what_they_show(town: Town, photo: str) -> None:
    await town.person("hanako")
    said = {"author": "hanako", "text": "咲きました", "photo": [photo, photo], "alt": ["桜"]}
    made = await run(town, "post", **said)
    post = await town.read(find_post_by_id, int(made["id"]))
    assert [each.name for each in read(post)] == ["桜", None]


@pytest.mark.parametrize(
    ("photos", "words"),
    [(["/nowhere.jpg"], "cannot be read"), ([__file__], "no picture"), (["."], "cannot be read")],
)
async def test_what_cannot_be_taken_is_said(town: Town, photos: list[str], words: str) -> None:
    await town.person("hanako")
    with pytest.raises(Refused, match=words):
        await run(town, "post", author="hanako", text="x", photo=photos, alt=[])


@pytest.mark.parametrize("kind", ["person", "area"])
async def test_a_new_face_is_told_to_followers(
    world: World, town: Town, client: httpx.AsyncClient, photo: str, kind: str
) -> None:
    actor = await town.person("hanako") if kind == "person" else await town.area("megumino")
    peer = world.peer("p.example")
    alice = peer.actor("alice")
    follow = peer.activity("Follow", alice, "f1", actor.iri)
    await peer.send(follow, f"{actor.iri}/inbox")
    await world.settle()
    shown = await run(town, "actor picture", name=actor.username, avatar=photo, header=photo)
    await world.settle()
    updates = [each["object"] for each in peer.received if each["type"] == "Update"]
    assert updates[-1]["id"] == actor.iri
    for key, found in (("icon", shown["avatar"]), ("image", shown["header"])):
        assert updates[-1][key] == {"type": "Image", "mediaType": "image/jpeg", "url": found}
    document = (await client.get(actor.iri, headers={"accept": "application/activity+json"})).json()
    assert (document["icon"], document["image"]) == (updates[-1]["icon"], updates[-1]["image"])
    assert (await client.get(shown["avatar"])).headers["content-type"] == "image/jpeg"
    page = (await client.get(actor.iri, headers={"accept": "text/html"})).text
    assert f'<img class="banner" src="{httpx.URL(shown["header"]).path}"' in page
    gone = await run(town, "actor picture", name=actor.username, avatar="", header="")
    assert (gone["avatar"], gone["header"]) == (None, None)
    assert (await client.get(shown["avatar"])).status_code == 404


async def test_a_group_tells_the_other_dialect_too(world: World, town: Town, photo: str) -> None:
    area = await town.area("megumino")
    lemmy = world.peer("lemmy.example", software="lemmy")
    alice = lemmy.actor("alice")
    await lemmy.send(lemmy.activity("Follow", alice, "f1", area.iri), f"{area.iri}/inbox")
    await world.settle()
    await run(town, "actor picture", name="megumino", avatar=photo)
    await world.settle()
    wrapped = [each["object"] for each in lemmy.received if each["type"] == "Announce"]
    assert [(each["type"], each["object"]["id"]) for each in wrapped] == [("Update", area.iri)]


async def test_a_picture_is_kept_from_sight_and_given_back(
    town: Town, client: httpx.AsyncClient, photo: str
) -> None:
    await town.person("hanako")
    made = await run(town, "post", author="hanako", text="x", photo=[photo], alt=[])
    (shown,) = read(await town.read(find_post_by_id, int(made["id"])))
    assert shown.preview_url is not None
    address = f"https://elsewhere.example{httpx.URL(shown.preview_url).path}"
    said = await run(town, "media quarantine", address=shown.preview_url, reason="a face of a child")
    assert said == {"id": str(shown.id), "state": "quarantined", "reason": "a face of a child"}
    assert (await client.get(shown.url)).status_code == 404
    assert (await run(town, "media release", address=address))["state"] == "ready"
    assert (await client.get(shown.url)).status_code == 200
    await run(town, "media quarantine", address=str(shown.id), reason="again")
    await run(town, "media remove", address=shown.url)
    with pytest.raises(NotFound):
        await run(town, "media release", address=shown.url)
    for wrong in ("x", "0" * 32, "9" * 30):
        with pytest.raises((NotFound, Refused)):
            await run(town, "media quarantine", address=wrong, reason="x")
