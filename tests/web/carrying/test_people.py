"""What a resident would miss comes along: what waits, what she left, what she was told, how far she has read."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actors.accounts import Wishes, find_account, save_wishes
from actors.directory import find_actor
from actors.records import ActorRecord
from actors.tables import accounts
from areas import compose, interactions, markers, placements, registry
from areas.compose import scheduling, unfinished
from areas.compose.unfinished import Unfinished
from areas.media.tables import media
from areas.notifications import reading
from areas.personal_tables import scheduled_posts
from areas.reading.visibility import Reader
from areas.records import AreaRecord, Draft, PostRecord
from areas.tables import posts
from federation.vocabulary import Iri
from tests.testrig.world import Town, World, open_world
from tests.web.accounts.people import mails
from web.background import run_due
from web.carrying.rewriting import AREA_STAYS, find_latest, rewrite_notification
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
HOST = "megumino.example"
AREA = Iri(f"https://{HOST}/areas/megumino")
HANA = Iri(f"https://{HOST}/people/hana")
HOUR = 3_600_000


@dataclass
class Scene:
    """Hana is of Megumino, which goes to `new`; taro and Eniwa stay with `old`."""

    world: World
    old: Town
    new: Town
    eniwa: AreaRecord
    taro: ActorRecord

    async def hana(self, town: Town) -> ActorRecord:
        found = await town.read(find_actor, HANA)
        assert found is not None
        return found  # type: ignore[no-any-return]

    async def megumino(self, town: Town) -> AreaRecord:
        return (await town.read(registry.find_named, [AREA]))[0]  # type: ignore[no-any-return]

    async def account(self, town: Town) -> int:
        found = await town.read(find_account, town.node.vault, "hana@example.jp")
        assert found is not None
        return int(found.id)

    async def carry(self) -> None:
        file = str(self.world.folder / "megumino.area")
        await run_command(self.old.node, "export-area", {"name": "megumino", "file": file})
        await run_command(self.new.node, "import-area", {"file": file})
        self.world.network.hosts[HOST] = self.world.network.hosts["chitose.example"]
        await run_command(self.old.node, "area leave", {"name": "megumino", "anyway": True})

    async def schedule(self, **more: Any) -> int:
        """A post that waits for two hours."""
        hana, now = await self.hana(self.old), self.world.clock()
        made = await self.old.write(
            scheduling.schedule, Draft(hana.id, "あさって", **more), now + 2 * HOUR, now
        )
        return int(made.id)

    async def after(self, hours: float) -> None:
        self.world.clock.advance(hours=hours)
        for town in (self.old, self.new):
            await run_due(town.node)


@pytest.fixture
async def scene(tmp_path: Path, new_database: NewDatabase) -> AsyncIterator[Scene]:
    async with open_world(tmp_path) as world:
        old = await world.town("eniwa.example", new_database())
        new = await world.town("chitose.example", new_database())
        words = {"name": "megumino", "title": "恵み野", "code": "012319", "host": HOST}
        await run_command(old.node, "area create", words)
        hana = {
            "name": "hana",
            "kind": "resident",
            "title": "花",
            "area": "megumino",
            "email": "hana@example.jp",
        }
        await run_command(old.node, "actor create", hana)
        yield Scene(world, old, new, await old.area("eniwa"), await old.person("taro"))


async def make_picture(scene: Scene) -> int:
    """A picture of hana's that no post has yet."""
    hana, number = await scene.hana(scene.old), 4096
    row = {
        "id": number,
        "actor_id": hana.id,
        "purpose": "attachment",
        "state": "ready",
        "name": "0" * 32,
        "preview_name": "1" * 32,
        "media_type": "image/webp",
        "width": 1,
        "height": 1,
        "size": 1,
        "created_at": scene.world.clock(),
        "kept_until": scene.world.clock() + 30 * 24 * HOUR,
    }
    await scene.old.write(lambda tx: tx.execute(sa.insert(media).values(row)))
    return number


async def list_posts(town: Town) -> list[str]:
    return await town.read(lambda tx: list(tx.execute(sa.select(posts.c.iri)).scalars()))  # type: ignore[no-any-return]


async def test_what_waits_is_published_once_by_the_new_node(scene: Scene) -> None:
    picture = await make_picture(scene)
    await scene.schedule(area_ids=((await scene.megumino(scene.old)).actor_id,), media_ids=(picture,))
    await scene.carry()
    await scene.after(3)
    made = await list_posts(scene.new)
    assert [each.startswith(f"https://{HOST}/posts/") for each in made] == [True]
    assert await list_posts(scene.old) == []
    area = await scene.megumino(scene.new)
    post = await scene.new.read(placements.count, area.actor_id, "accepted")
    assert post == 1
    has = sa.select(media.c.id).where(media.c.post_id.is_not(None))
    assert await scene.new.read(lambda tx: tx.execute(has).scalars().all()) == [picture]


@pytest.mark.parametrize("is_private", [False, True])
async def test_what_was_for_an_area_that_stays_waits_for_its_author(
    scene: Scene, *, is_private: bool
) -> None:
    """It is published by nobody, and never for more people than it was written for."""
    there = {"members_of": scene.eniwa.actor_id, "visibility": "private"} if is_private else {}
    if is_private:
        hana = await scene.hana(scene.old)
        await scene.old.write(interactions.join, hana, scene.eniwa, scene.world.clock())
    await scene.schedule(area_ids=(scene.eniwa.actor_id,), **there)
    await scene.carry()
    await scene.after(3)
    assert await list_posts(scene.new) == []
    hana = await scene.hana(scene.new)
    (waiting,) = (await scene.new.read(scheduling.page, hana.id)).items
    assert waiting.failure == AREA_STAYS
    assert waiting.draft.area_ids == ()
    assert (waiting.draft.visibility, waiting.draft.members_of) == (
        "direct" if is_private else "public",
        None,
    )


async def test_an_unfinished_sheet_answers_the_same_post_with_the_same_pictures(scene: Scene) -> None:
    picture = await make_picture(scene)
    parent, _ = await scene.old.post(scene.taro, "どなたか")
    gone, _ = await scene.old.post(scene.taro, "こっそり")
    private = sa.update(posts).where(posts.c.id == gone.id).values(visibility="private")
    await scene.old.write(lambda tx: tx.execute(private))
    await leave_sheet(scene, "a", parent, picture)
    await leave_sheet(scene, "b", gone, picture)
    await scene.carry()
    number = await scene.account(scene.new)
    left = {each.key: each for each in await scene.new.read(unfinished.list_of, number, scene.world.clock())}
    found = await scene.new.read(lambda tx: tx.execute(sa.select(posts.c.id)).scalars().all())
    hana, area = await scene.hana(scene.new), await scene.megumino(scene.new)
    assert [left["a"].fields["reply"], left["b"].fields["reply"]] == [str(found[0]), "0"]
    assert left["a"].fields["text"] == "書きかけ"
    assert left["a"].fields["area"] == str(area.actor_id)
    assert left["a"].fields["speaker"] == str(hana.id)
    assert left["a"].fields["picture_1"] == str(picture)
    assert left["a"].media_ids == (picture,)


async def leave_sheet(scene: Scene, key: str, answered: PostRecord, picture: int) -> None:
    hana, area = await scene.hana(scene.old), await scene.megumino(scene.old)
    numbers = {"reply": answered.id, "speaker": hana.id, "area": area.actor_id, "picture_1": picture}
    fields = {"text": "書きかけ", **{name: str(number) for name, number in numbers.items()}}
    left = Unfinished(key, hana.id, fields, (picture,), "", scene.world.clock())
    await scene.old.write(unfinished.keep, await scene.account(scene.old), left)


async def test_what_she_was_told_is_told_and_nothing_twice(scene: Scene) -> None:
    hana, now = await scene.hana(scene.old), scene.world.clock()
    account = await scene.account(scene.old)
    await scene.old.write(save_wishes, account, Wishes("ja", "now"))
    draft = Draft(hana.id, "夕やけ", ((await scene.megumino(scene.old)).actor_id,))
    post, _ = await scene.old.write(compose.publish, draft, now)
    await scene.old.write(interactions.favourite, scene.taro, post.id, now)
    await scene.old.post(scene.taro, f"@hana@{HOST} きれい", reply_to=post.iri)
    await scene.after(1)
    before = await read_notifications(scene, scene.old)
    await scene.old.write(markers.save, hana.id, "notifications", before[0][0], scene.world.clock())
    await scene.old.post(scene.taro, f"@hana@{HOST} また", reply_to=post.iri)
    secret = Draft(scene.taro.id, f"@hana@{HOST} ないしょ", visibility="direct")
    await scene.old.write(compose.publish, secret, scene.world.clock())
    await scene.after(1)
    told = await read_notifications(scene, scene.old)
    await scene.new.person("jiro")
    await scene.carry()
    after = await read_notifications(scene, scene.new)
    assert [each[1:] for each in after] == [each[1:] for each in told]
    assert {each[1] for each in after} >= {"mention", "favourite"}
    there = await scene.hana(scene.new)
    read = (await scene.new.read(markers.find, there.id))["notifications"].last_read_id
    reader = Reader.of(there, scene.world.clock())
    assert await scene.new.read(reading.count_unread, reader, read) == len(told) - len(before)
    newest = sa.select(accounts.c.mailed_id).where(accounts.c.id == await scene.account(scene.new))
    assert await scene.new.read(lambda tx: tx.execute(newest).scalar_one()) == after[0][0]


async def read_notifications(scene: Scene, town: Town) -> list[tuple[int, str, Iri]]:
    reader = Reader.of(await scene.hana(town), scene.world.clock())
    page = await town.read(reading.page, reader)
    return [(each.id, each.type, each.by.iri) for each in page.items]


async def test_she_is_told_where_she_signs_in_from_now(scene: Scene) -> None:
    await scene.carry()
    await scene.after(0)
    (mail,) = mails(scene.new)
    assert mail["To"] == "hana@example.jp"
    text = str(mail.get_content())
    assert "https://chitose.example/sign-in?lang=ja" in text
    assert "    chitose.example" in text
    assert mails(scene.old) == []


def test_the_newest_that_came_along() -> None:
    assert [find_latest({3: 30, 7: 70}, number) for number in (2, 3, 6, 9)] == [0, 30, 30, 70]


@pytest.mark.parametrize(
    ("key", "post", "expected"),
    [("favourite-5-77", 9, "favourite-9-77"), ("follow-77", None, "follow-77"), (None, 9, None)],
)
def test_a_group_is_of_the_post_here(key: str | None, post: int | None, expected: str | None) -> None:
    row = rewrite_notification({"group_key": key, "post_id": post}, lambda _table: {})
    assert row["group_key"] == expected


async def test_all_of_a_draft_comes_along(scene: Scene) -> None:
    await scene.schedule(area_ids=((await scene.megumino(scene.old)).actor_id,), summary="まえおき")
    await scene.carry()
    rows = await scene.new.read(lambda tx: tx.execute(sa.select(scheduled_posts.c.draft)).scalars().all())
    assert [json.loads(row)["summary"] for row in rows] == ["まえおき"]
