"""Pictures from upload to post to end, straight on the database; what is in the files is nobody's business here."""

import pytest
import sqlalchemy as sa

from actors.directory import find_actor_by_id, mark_gone
from actors.jobs import claim
from actors.records import ActorRecord
from actors.standing import set_standing
from areas import compose, posts, submissions
from areas.edits import history
from areas.media import attaching, copying, endings, portraits, serving, uploads
from areas.media.records import Details, Made, MediaRecord, Purpose
from areas.records import AreaRecord, Draft, PostRecord, Revision
from federation.errors import NotFound, Refused
from federation.vocabulary import Attachment, Iri, Millis
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio

MADE = Made(
    media_type="image/jpeg",
    width=800,
    height=600,
    size=9000,
    preview_width=640,
    preview_height=480,
    preview_size=900,
    blurhash="L9TSUA",
)
DAY = 24 * HOUR


@pytest.fixture
async def hanako(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("hanako")


async def picture(
    rig: Rig, owner: ActorRecord, purpose: Purpose = "attachment", details: Details | None = None
) -> MediaRecord:
    record = await rig.do(uploads.expect, owner.id, purpose, details or Details(), rig.now)
    return await rig.do(uploads.finish, record.id, MADE)


async def publish(
    rig: Rig, author: ActorRecord, *media_ids: int, text: str = "桜が咲きました", visibility: str = "public"
) -> PostRecord:
    draft = Draft(author.id, text, media_ids=media_ids, visibility=visibility)  # type: ignore[arg-type]
    post, _ = await rig.do(compose.publish, draft, rig.now)
    return post


async def is_served(rig: Rig, name: str) -> bool:
    try:
        await rig.do(serving.find_served, name)
    except NotFound:
        return False
    return True


async def debris(rig: Rig) -> set[str]:
    return set(await rig.do(endings.list_debris))


async def test_a_picture_waits_until_it_was_read(rig: Rig, hanako: ActorRecord) -> None:
    record = await rig.do(uploads.expect, hanako.id, "attachment", Details("桜", (0.5, -1.0)), rig.now)
    assert (record.state, record.made, record.details) == ("waiting", None, Details("桜", (0.5, -1.0)))
    assert not await is_served(rig, record.name)
    done = await rig.do(uploads.finish, record.id, MADE)
    assert (done.state, done.made, done.name) == ("ready", MADE, record.name)
    assert (await rig.do(serving.find_served, record.name)).size == 9000
    assert (await rig.do(serving.find_served, record.preview_name)).media_type == "image/webp"


async def test_names_cannot_be_guessed(rig: Rig, hanako: ActorRecord) -> None:
    made = [await picture(rig, hanako) for _ in range(3)]
    names = {name for each in made for name in (each.name, each.preview_name)}
    assert len(names) == 6
    assert all(len(name) == 32 and set(name) <= set("0123456789abcdef") for name in names)


async def test_one_that_failed_says_why_and_cannot_be_posted(rig: Rig, hanako: ActorRecord) -> None:
    record = await rig.do(uploads.expect, hanako.id, "attachment", Details(), rig.now)
    with pytest.raises(Refused, match="still being read"):
        await publish(rig, hanako, record.id)
    await rig.do(uploads.fail, record.id, "it is damaged")
    with pytest.raises(Refused, match="it is damaged"):
        await publish(rig, hanako, record.id)
    with pytest.raises(NotFound):
        await rig.do(uploads.finish, record.id, MADE)
    assert (await rig.do(uploads.find_own, hanako.id, record.id)).reason == "it is damaged"


async def test_what_nobody_works_on_any_more_failed(rig: Rig, hanako: ActorRecord) -> None:
    record = await rig.do(uploads.expect, hanako.id, "attachment", Details(), rig.now)
    assert await rig.do(uploads.fail_interrupted, Millis(rig.now + uploads.WORK_LIFE)) == 0
    assert await rig.do(uploads.fail_interrupted, Millis(rig.now + uploads.WORK_LIFE + 1)) == 1
    assert (await rig.do(uploads.require_media, record.id)).reason == uploads.INTERRUPTED


async def test_where_one_process_works_alone_nothing_waits_after_its_start(
    rig: Rig, hanako: ActorRecord
) -> None:
    done, stuck = (
        await picture(rig, hanako),
        await rig.do(uploads.expect, hanako.id, "attachment", Details(), rig.now),
    )
    assert await rig.do(uploads.fail_interrupted, rig.now, -1) == 1
    assert (await rig.do(uploads.require_media, stuck.id)).state == "failed"
    assert (await rig.do(uploads.require_media, done.id)).state == "ready"


@pytest.mark.parametrize(
    ("details", "words"),
    [
        (Details("あ" * 1501), "1500 characters"),
        (Details("a\x00b"), "NUL"),
        (Details("\ud800"), "Unicode"),
        (Details(None, (1.5, 0.0)), "from -1 to 1"),
        (Details(None, (float("nan"), 0.0)), "from -1 to 1"),
    ],
)
async def test_what_is_said_of_a_picture_has_bounds(
    rig: Rig, hanako: ActorRecord, details: Details, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        await rig.do(uploads.expect, hanako.id, "attachment", details, rig.now)
    record = await picture(rig, hanako)
    with pytest.raises(Refused, match=words):
        await rig.do(uploads.describe, hanako.id, record.id, details)


async def test_the_longest_description_is_kept_whole(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako, details=Details("  " + "あ" * 1500 + "\n"))
    assert record.details.description == "あ" * 1500


async def test_only_so_many_a_day(rig: Rig, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "DAILY", 2)
    for _ in range(2):
        await picture(rig, hanako)
    with pytest.raises(Refused, match="2 pictures a day"):
        await picture(rig, hanako)
    await picture(rig, await rig.resident("taro"))
    rig.pass_time(DAY)
    await picture(rig, hanako)


async def test_a_picture_is_its_owners_alone(rig: Rig, hanako: ActorRecord) -> None:
    taro = await rig.resident("taro")
    record = await picture(rig, hanako)
    with pytest.raises(NotFound):
        await rig.do(uploads.find_own, taro.id, record.id)
    with pytest.raises(NotFound):
        await rig.do(uploads.describe, taro.id, record.id, Details("mine"))
    with pytest.raises(NotFound):
        await rig.do(endings.take_back, taro.id, record.id, rig.now)
    with pytest.raises(Refused, match="of yours"):
        await publish(rig, taro, record.id)
    assert (await rig.do(uploads.require_media, record.id)).details.description is None


async def test_a_post_has_its_pictures_in_order(rig: Rig, hanako: ActorRecord) -> None:
    one, two = [await picture(rig, hanako, details=Details(alt, (0.0, 0.5))) for alt in ("一", "二")]
    post = await publish(rig, hanako, two.id, one.id, two.id)
    found = attaching.read(post)
    assert [each.name for each in found] == ["二", "一"]
    assert [each.id for each in found] == [two.id, one.id]
    origin = post.iri.partition("/posts/")[0]
    assert found[0].url == f"{origin}/media/{two.name}.jpg"
    assert found[0].preview_url == f"{origin}/media/{two.preview_name}.webp"
    assert (found[0].width, found[0].focus, found[0].is_picture) == (800, (0.0, 0.5), True)


async def test_other_servers_are_told_of_them(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako, details=Details("桜の木", (0.25, -0.5)))
    await publish(rig, hanako, record.id)
    (said,) = [each for each in await rig.said() if each.type == "Create"]
    (attachment,) = said.body["object"]["attachment"]
    assert attachment == {
        "type": "Document",
        "mediaType": "image/jpeg",
        "url": attaching.read(await rig.stored(said.body["object"]["id"]))[0].url,
        "name": "桜の木",
        "width": 800,
        "height": 600,
        "blurhash": "L9TSUA",
        "focalPoint": [0.25, -0.5],
    }


async def test_a_picture_needs_no_words_but_a_post_needs_something(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    assert (await publish(rig, hanako, record.id, text="")).content == ""
    with pytest.raises(Refused, match="needs a text"):
        await publish(rig, hanako, text="")


async def test_four_at_most(rig: Rig, hanako: ActorRecord) -> None:
    made = [await picture(rig, hanako) for _ in range(5)]
    with pytest.raises(Refused, match="at most 4"):
        await publish(rig, hanako, *(each.id for each in made))


async def test_a_picture_is_in_one_post(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    await publish(rig, hanako, record.id)
    with pytest.raises(Refused, match="another post"):
        await publish(rig, hanako, record.id)
    with pytest.raises(NotFound):
        await rig.do(uploads.describe, hanako.id, record.id, Details("x"))
    with pytest.raises(Refused, match="belongs to a post"):
        await rig.do(endings.take_back, hanako.id, record.id, rig.now)


async def test_a_refused_post_takes_no_picture(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    with pytest.raises(Refused):
        await publish(rig, hanako, record.id, text="x" * 6000)
    assert (await rig.do(uploads.find_own, hanako.id, record.id)).post_id is None


async def test_a_face_is_no_attachment(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako, "avatar")
    with pytest.raises(Refused, match="of yours"):
        await publish(rig, hanako, record.id)


async def test_an_edit_of_the_text_keeps_the_pictures(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    post = await publish(rig, hanako, record.id)
    rig.pass_time()
    edited = await rig.do(compose.edit, post.id, Revision("散りました"), rig.now)
    assert edited.attachments == post.attachments
    (said,) = [each for each in await rig.said() if each.type == "Update"]
    assert len(said.body["object"]["attachment"]) == 1


async def test_an_edit_changes_pictures_and_the_old_ones_stay_until_the_post_ends(
    rig: Rig, hanako: ActorRecord
) -> None:
    old, new = [await picture(rig, hanako) for _ in range(2)]
    post = await publish(rig, hanako, old.id)
    edited = await rig.do(compose.edit, post.id, Revision("", media_ids=(new.id,)), rig.now)
    assert [each.id for each in attaching.read(edited)] == [new.id]
    assert await is_served(rig, old.name)
    rig.pass_time(40 * DAY)
    assert await rig.do(endings.end_old, rig.now) == 0
    await rig.do(compose.delete, post.id, rig.now)
    assert await debris(rig) == {old.name, old.preview_name, new.name, new.preview_name}


async def test_an_edit_may_say_something_else_of_a_picture(rig: Rig, hanako: ActorRecord) -> None:
    record, other = [await picture(rig, hanako, details=Details("桜")) for _ in range(2)]
    post = await publish(rig, hanako, record.id)
    revision = Revision(media_details=((record.id, Details("夜桜", (0.0, 1.0))),))
    edited = await rig.do(compose.edit, post.id, revision, rig.now)
    assert [(each.name, each.focus) for each in attaching.read(edited)] == [("夜桜", (0.0, 1.0))]
    assert [each.attachments for each in await rig.do(history, edited)] == [
        post.attachments,
        edited.attachments,
    ]
    for wrong in ((other.id, Details("x")), (record.id, Details("x" * 1501))):
        with pytest.raises(Refused):
            await rig.do(compose.edit, post.id, Revision(media_details=(wrong,)), rig.now)


async def test_an_edit_may_take_the_last_picture_away(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    post = await publish(rig, hanako, record.id)
    edited = await rig.do(compose.edit, post.id, Revision("文だけ", media_ids=()), rig.now)
    assert attaching.read(edited) == ()
    with pytest.raises(Refused, match="needs a text"):
        await rig.do(compose.edit, post.id, Revision(""), rig.now)


async def test_what_no_post_has_goes_after_a_day(rig: Rig, hanako: ActorRecord) -> None:
    free, used = [await picture(rig, hanako) for _ in range(2)]
    await publish(rig, hanako, used.id)
    rig.pass_time(DAY - 1)
    assert await rig.do(endings.end_old, rig.now) == 0
    rig.pass_time(1)
    assert await rig.do(endings.end_old, rig.now) == 1
    assert not await is_served(rig, free.name)
    assert await is_served(rig, used.name)
    assert await debris(rig) == {free.name, free.preview_name}


async def test_what_is_taken_back_is_gone_at_once(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    await rig.do(endings.take_back, hanako.id, record.id, rig.now)
    assert not await is_served(rig, record.name)
    with pytest.raises(NotFound):
        await rig.do(endings.take_back, hanako.id, record.id, rig.now)
    (job,) = await rig.do(claim, (endings.PURGE,), 10, rig.now, HOUR)
    assert job.kind == endings.PURGE


async def test_a_deleted_post_is_seen_no_more_at_that_moment(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    post = await publish(rig, hanako, record.id)
    assert await is_served(rig, record.name)
    await rig.do(compose.delete, post.id, rig.now)
    assert not await is_served(rig, record.name)
    assert not await is_served(rig, record.preview_name)
    assert (await rig.do(posts.find_post_by_id, post.id)).attachments == "[]"  # type: ignore[union-attr]


async def test_who_is_suspended_shows_nothing_until_it_is_lifted(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    await publish(rig, hanako, record.id)
    await rig.do(set_standing, hanako.id, "suspended", reason="x", now=rig.now)
    assert not await is_served(rig, record.name)
    await rig.do(set_standing, hanako.id, "open", reason="", now=rig.now)
    assert await is_served(rig, record.name)


async def test_an_account_that_ends_leaves_no_picture(rig: Rig, hanako: ActorRecord) -> None:
    posted, free, face = (
        await picture(rig, hanako),
        await picture(rig, hanako),
        await picture(rig, hanako, "avatar"),
    )
    await publish(rig, hanako, posted.id)
    shown = await rig.do(portraits.show, face.id, rig.now)
    await rig.do(submissions.forget_actor, shown, rig.now)
    await rig.do(mark_gone, hanako.id, rig.now)
    names = {name for each in (posted, free, face) for name in (each.name, each.preview_name)}
    assert await debris(rig) == names
    gone = await rig.do(find_actor_by_id, hanako.id)
    assert gone is not None
    assert (gone.icon, gone.image) == (None, None)


async def test_only_what_everybody_may_read_is_kept_by_caches(rig: Rig, hanako: ActorRecord) -> None:
    free, public, unlisted = [await picture(rig, hanako) for _ in range(3)]
    face = await picture(rig, hanako, "avatar")
    await publish(rig, hanako, public.id)
    await publish(rig, hanako, unlisted.id, visibility="unlisted")
    shown = {
        each.id: (await rig.do(serving.find_served, each.name)).is_public
        for each in (free, public, unlisted, face)
    }
    assert shown == {free.id: False, public.id: True, unlisted.id: True, face.id: True}


async def test_what_is_held_or_not_for_everyone_is_kept_by_no_cache(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    post = await publish(rig, hanako, record.id)

    def narrow(tx: sa.Connection) -> None:
        tx.execute(sa.text("UPDATE posts SET visibility = 'private' WHERE id = :id"), {"id": post.id})

    await rig.do(narrow)
    assert not (await rig.do(serving.find_served, record.name)).is_public


async def test_a_quarantine_hides_and_gives_back(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    await publish(rig, hanako, record.id)
    with pytest.raises(Refused, match="reason"):
        await rig.do(endings.quarantine, record.id, "  ")
    assert (await rig.do(endings.quarantine, record.id, "a face of a child")).state == "quarantined"
    assert not await is_served(rig, record.name)
    with pytest.raises(Refused, match="quarantined, not ready"):
        await rig.do(endings.quarantine, record.id, "again")
    await rig.do(endings.release, record.id, rig.now)
    assert await is_served(rig, record.name)
    with pytest.raises(Refused, match="ready, not quarantined"):
        await rig.do(endings.release, record.id, rig.now)


async def test_a_deletion_does_not_destroy_what_is_quarantined(rig: Rig, hanako: ActorRecord) -> None:
    """Until the appeal is over; then it goes, whichever way it ended."""
    made = [await picture(rig, hanako) for _ in range(2)]
    post = await publish(rig, hanako, *(each.id for each in made))
    for each in made:
        await rig.do(endings.quarantine, each.id, "reported")
    await rig.do(compose.delete, post.id, rig.now)
    assert await debris(rig) == set()
    await rig.do(endings.release, made[0].id, rig.now)
    await rig.do(endings.remove, made[1].id, rig.now)
    assert not await is_served(rig, made[0].name)
    assert await debris(rig) == {name for each in made for name in (each.name, each.preview_name)}


async def test_debris_is_forgotten_when_it_is_cleared(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    await rig.do(endings.take_back, hanako.id, record.id, rig.now)
    await rig.do(endings.clear, (record.name,))
    assert await debris(rig) == {record.preview_name}


async def test_a_new_face_ends_the_one_before(rig: Rig, hanako: ActorRecord) -> None:
    first, second = [await picture(rig, hanako, "avatar") for _ in range(2)]
    shown = await rig.do(portraits.show, first.id, rig.now)
    assert shown.icon == first.address(shown.iri.partition("/people/")[0])
    again = await rig.do(portraits.show, second.id, rig.now)
    assert again.updated_at > shown.updated_at > hanako.updated_at
    assert not await is_served(rig, first.name)
    assert (await rig.do(portraits.find_portrait, hanako.id, "avatar")).id == second.id  # type: ignore[union-attr]
    rig.pass_time(2 * DAY)
    assert await rig.do(endings.end_old, rig.now) == 0
    assert (await rig.do(portraits.hide, hanako.id, "avatar", rig.now)).icon is None
    assert not await is_served(rig, second.name)


async def test_a_face_that_is_shown_cannot_be_taken_back_like_an_upload(
    rig: Rig, hanako: ActorRecord
) -> None:
    face = await picture(rig, hanako, "avatar")
    await rig.do(portraits.show, face.id, rig.now)
    with pytest.raises(Refused, match="profile"):
        await rig.do(endings.take_back, hanako.id, face.id, rig.now)


async def test_an_attachment_is_no_face(rig: Rig, hanako: ActorRecord) -> None:
    record = await picture(rig, hanako)
    with pytest.raises(Refused, match="beside a name"):
        await rig.do(portraits.show, record.id, rig.now)


URL = Iri("https://p.test/a.jpg")


async def test_a_copy_is_fetched_by_one_at_a_time(rig: Rig) -> None:
    begun = await rig.do(copying.begin, URL, rig.now)
    assert begun is not None
    assert await rig.do(copying.begin, URL, rig.now) is None
    again = await rig.do(copying.begin, URL, Millis(rig.now + copying.FETCH_LIFE))
    assert again is not None
    assert again.name == begun.name, "what a process left behind is written over"
    assert await rig.do(copying.keep, URL, MADE)
    assert await rig.do(copying.begin, URL, Millis(rig.now + DAY)) is None
    found = await rig.do(copying.find_copy, URL)
    assert found is not None
    assert (found.state, found.made) == ("ready", MADE)


async def test_a_failure_is_believed_for_some_hours(rig: Rig) -> None:
    await rig.do(copying.begin, URL, rig.now)
    await rig.do(copying.give_up, URL, "HTTP 404")
    assert await rig.do(copying.begin, URL, Millis(rig.now + copying.FAILURE_LIFE - 1)) is None
    assert await rig.do(copying.begin, URL, Millis(rig.now + copying.FAILURE_LIFE)) is not None


async def test_a_copy_that_nobody_looks_at_goes(rig: Rig) -> None:
    begun = await rig.do(copying.begin, URL, rig.now)
    assert begun is not None
    await rig.do(copying.keep, URL, MADE)
    rig.pass_time(20 * DAY)
    assert copying.is_to_be_noted(begun, rig.now)
    await rig.do(copying.use, URL, rig.now)
    rig.pass_time(20 * DAY)
    assert await rig.do(endings.end_old, rig.now) == 0
    rig.pass_time(10 * DAY + 1)
    assert await rig.do(endings.end_old, rig.now) == 1
    assert await debris(rig) == {begun.name, begun.preview_name}
    assert await rig.do(copying.find_copy, URL) is None


async def test_the_copies_of_a_deleted_post_go_with_it(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "one", cc=(area.iri,), attachments=(Attachment("Image", URL, "image/jpeg"),))
    await rig.send(alice, note)
    begun = await rig.do(copying.begin, URL, rig.now)
    await rig.do(copying.keep, URL, MADE)
    assert await rig.delete(alice, note.id)
    assert begun is not None
    assert await debris(rig) == {begun.name, begun.preview_name}
    assert not await rig.do(copying.keep, URL, MADE)
