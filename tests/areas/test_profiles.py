"""What local actors say of themselves: bounds, names that look official, one text for people and one for editing."""

import pytest
import sqlalchemy as sa

from actors.directory import find_actor
from actors.follows import find_follow
from actors.records import ActorRecord
from actors.tables import actors, jobs
from areas import interactions, profiles
from areas.interactions import requests
from areas.profiles import ProfileEdit
from areas.records import AreaRecord
from federation.errors import NotFound, Refused
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hanako(rig: Rig) -> ActorRecord:
    return await rig.resident("hanako")


async def change(rig: Rig, actor: ActorRecord, **values: object) -> ActorRecord:
    edit = ProfileEdit(**values)  # type: ignore[arg-type]
    return await rig.do(profiles.change, actor.id, edit, rig.now)


async def test_a_text_is_shown_as_html_and_edited_as_typed(rig: Rig, hanako: ActorRecord) -> None:
    sora = await rig.resident("sora")
    typed = "花と<庭>が好き。\n#恵み野 @sora https://x.example/a?b=1\n\nよろしく"
    changed = await change(rig, hanako, name=" 花子\u202e ", note=typed)
    assert changed.name == "花子"
    assert "&lt;庭&gt;" in changed.summary
    assert f'href="{sora.url}"' in changed.summary
    assert 'class="mention hashtag"' in changed.summary
    assert changed.summary.count("<p>") == 2
    assert (await rig.do(profiles.source_of, changed)).note == typed


async def test_fields_have_links_and_no_paragraph(rig: Rig, hanako: ActorRecord) -> None:
    given = (("サイト", "https://x.example"), ("", ""), ("好き\nなもの", "<b>花</b>"), ("空", ""))
    changed = await change(rig, hanako, fields=given)
    assert [name for name, _ in changed.fields] == ["サイト", "好き なもの", "空"]
    assert changed.fields[0][1].startswith('<a href="https://x.example" ')
    assert changed.fields[1][1] == "&lt;b&gt;花&lt;/b&gt;"
    source = await rig.do(profiles.source_of, changed)
    assert source.fields == (("サイト", "https://x.example"), ("好き なもの", "<b>花</b>"), ("空", ""))
    assert (await change(rig, hanako, note="a")).fields == changed.fields
    assert (await change(rig, hanako, fields=())).fields == ()


async def test_what_was_never_typed_is_edited_as_it_reads(rig: Rig, hanako: ActorRecord) -> None:
    def write(tx: sa.Connection) -> None:
        shown = {
            "summary": "<p>a &amp; b<br>c</p>",
            "fields": '[["x", "<a href=\\"https://y.example\\">y</a>"]]',
        }
        tx.execute(sa.update(actors).where(actors.c.id == hanako.id).values(**shown))

    await rig.do(write)
    found = await rig.do(find_actor, hanako.iri)
    assert found is not None
    source = await rig.do(profiles.source_of, found)
    assert (source.note, source.fields) == ("a & b\nc", (("x", "y"),))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "恵み野市役所"}, "looks official"),
        ({"name": "meguminoの町 回覧板"}, "is an area's"),
        ({"name": "あ" * 51}, "at most 50"),
        ({"note": "あ" * 501}, "at most 500"),
        ({"note": "\ud800"}, "not valid Unicode"),
        ({"fields": (("a", "b"),) * 5}, "at most 4 fields"),
        ({"fields": (("", "b"),)}, "needs a name"),
        ({"fields": (("a", "b" * 256),)}, "at most 255"),
    ],
)
async def test_what_is_refused(
    rig: Rig, hanako: ActorRecord, area: AreaRecord, values: dict[str, object], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        await change(rig, hanako, **values)
    assert await rig.do(find_actor, hanako.iri) == hanako


async def test_official_actors_may_look_official(rig: Rig) -> None:
    desk = await rig.resident("bosai_megumino", kind="official")
    assert (await change(rig, desk, name="恵み野市 防災課")).name == "恵み野市 防災課"


async def test_what_changes_nothing_moves_nothing(rig: Rig, hanako: ActorRecord) -> None:
    first = await change(rig, hanako, name="花子", locked=True, fields=(("a", "b"),))
    assert first.updated_at == max(rig.now, hanako.updated_at + 1)
    again = await change(rig, hanako, name="花子", locked=True, fields=(("a", "b"),), bot=False)
    assert again == first
    later = await change(rig, hanako, discoverable=True, indexable=True)
    assert (later.updated_at, later.discoverable, later.indexable) == (first.updated_at + 1, True, True)


async def test_a_person_may_be_a_machine_and_nothing_else_may(
    rig: Rig, hanako: ActorRecord, area: AreaRecord
) -> None:
    assert (await change(rig, hanako, bot=True)).type == "Service"
    assert (await change(rig, hanako, bot=False)).type == "Person"
    group = await rig.do(find_actor, area.iri)
    assert group is not None
    changed = await change(rig, group, bot=True, locked=True)
    assert (changed.type, changed.locked) == ("Group", False)


async def test_whoever_waits_is_let_in_when_nobody_is_asked_any_more(rig: Rig, hanako: ActorRecord) -> None:
    sora, ken = await rig.resident("sora"), await rig.stranger("ken")
    locked = await change(rig, hanako, locked=True)
    await rig.do(interactions.follow, sora, locked, rig.now)
    await change(rig, hanako, locked=False)
    kinds = sa.select(jobs.c.key).where(jobs.c.kind == requests.LET_IN)
    assert list(await rig.do(lambda tx: tx.execute(kinds).scalars().all())) == [str(hanako.id)]
    assert not await rig.do(requests.let_in, hanako.id, rig.now)
    follow = await rig.do(find_follow, (sora.id, hanako.id))
    assert follow is not None
    assert follow.state == "accepted"
    assert await rig.do(find_follow, (ken.id, hanako.id)) is None


async def test_nobody_is_let_in_by_an_actor_that_asks_again(rig: Rig, hanako: ActorRecord) -> None:
    sora = await rig.resident("sora")
    locked = await change(rig, hanako, locked=True)
    await rig.do(interactions.follow, sora, locked, rig.now)
    await rig.do(requests.let_in, hanako.id, rig.now)
    follow = await rig.do(find_follow, (sora.id, hanako.id))
    assert follow is not None
    assert follow.state == "pending"


async def test_who_is_not_ours_is_not_changed(rig: Rig) -> None:
    ken = await rig.stranger("ken")
    with pytest.raises(NotFound):
        await change(rig, ken, name="x")
