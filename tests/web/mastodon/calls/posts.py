"""Posts, their pictures and polls, and what one does with them."""

import datetime as dt
import io

import mastodon
import pytest

from tests.testrig import pictures
from tests.web.mastodon.calls.stage import Stage, Table, accts, ids

row = Table()


@row
def status_post(stage: Stage) -> None:
    post = stage.api.status_post(
        "庭の花が咲きました #花 @sora",
        spoiler_text="花",
        sensitive=True,
        language="ja",
        visibility="unlisted",
    )
    assert (post.spoiler_text, post.sensitive, post.language, post.visibility) == (
        "花",
        True,
        "ja",
        "unlisted",
    )
    assert [each.name for each in post.tags] == ["花"]
    assert accts(post.mentions) == ["sora"]
    assert post.url.startswith(stage.base)


@row
def status_post_twice(stage: Stage) -> None:
    """What a program says again with the same key is said once."""
    once, again = (stage.api.status_post("一度だけ", idempotency_key="k1") for _ in range(2))
    assert once.id == again.id


@row
def status_post_of_nothing(stage: Stage) -> None:
    with pytest.raises(mastodon.MastodonAPIError, match="422"):
        stage.api.status_post("")


@row
def status(stage: Stage) -> None:
    made = stage.api.toot("除雪の道具を貸します")
    found = stage.nobody.status(made.id)
    assert (found.id, found.account.acct, found.visibility) == (made.id, "hanako", "public")
    with pytest.raises(mastodon.MastodonNotFoundError):
        stage.api.status(1)


@row
def statuses(stage: Stage) -> None:
    made = [stage.api.status_post(text) for text in ("一", "二")]
    assert sorted(ids(stage.api.statuses([each.id for each in made]))) == sorted(ids(made))


@row
def status_reply(stage: Stage) -> None:
    root = stage.api.status_post("あした手伝える人はいますか")
    answer = stage.sora_api.status_reply(root, "行けます")
    assert (answer.in_reply_to_id, answer.in_reply_to_account_id) == (root.id, root.account.id)
    assert accts(answer.mentions) == ["hanako"]
    assert ids(stage.api.status_context(answer.id).ancestors) == [int(root.id)]
    assert ids(stage.api.status_context(root.id).descendants) == [int(answer.id)]
    assert stage.api.status(root.id).replies_count == 1


@row
def status_update(stage: Stage) -> None:
    post = stage.api.status_post("集合は八時です")
    edited = stage.api.status_update(post.id, "集合は九時です", spoiler_text="変更", sensitive=True)
    assert (edited.id, edited.spoiler_text, edited.edited_at is not None) == (post.id, "変更", True)
    assert [("九時" in each.content) for each in stage.nobody.status_history(post.id)] == [False, True]
    source = stage.api.status_source(post.id)
    assert (source.text, source.spoiler_text) == ("集合は九時です", "変更")


@row
def status_delete(stage: Stage) -> None:
    post = stage.api.status_post("まちがい")
    assert stage.api.status_delete(post.id).text == "まちがい"
    with pytest.raises(mastodon.MastodonNotFoundError):
        stage.api.status(post.id)


@row
def status_delete_of_others(stage: Stage) -> None:
    post = stage.sora_api.status_post("私の")
    with pytest.raises(mastodon.MastodonNotFoundError):
        stage.api.status_delete(post.id)
    assert stage.api.status(post.id).account.acct == "sora"


@row
def status_favourite(stage: Stage) -> None:
    post = stage.sora_api.status_post("雪が降りました")
    liked = stage.api.status_favourite(post.id)
    assert (liked.favourited, liked.favourites_count) == (True, 1)
    assert accts(stage.api.status_favourited_by(post.id)) == ["hanako"]
    assert int(stage.api.favourites()[0].id) == int(post.id)
    taken = stage.api.status_unfavourite(post.id)
    assert (taken.favourited, taken.favourites_count) == (False, 0)
    assert list(stage.api.favourites()) == []


@row
def status_reblog(stage: Stage) -> None:
    post = stage.sora_api.status_post("落とし物です")
    boost = stage.api.status_reblog(post.id)
    assert (boost.reblog.id, boost.reblog.reblogged, boost.id != post.id) == (post.id, True, True)
    assert accts(stage.api.status_reblogged_by(post.id)) == ["hanako"]
    assert stage.api.status(post.id).reblogs_count == 1
    assert stage.api.status_unreblog(post.id).reblogged is False
    assert stage.api.status(post.id).reblogs_count == 0


@row
def status_bookmark(stage: Stage) -> None:
    post = stage.sora_api.status_post("あとで読む")
    assert stage.api.status_bookmark(post.id).bookmarked is True
    assert ids(stage.api.bookmarks()) == [int(post.id)]
    assert stage.api.status_unbookmark(post.id).bookmarked is False
    assert list(stage.api.bookmarks()) == []


@row
def status_pin(stage: Stage) -> None:
    post = stage.api.status_post("私について")
    assert stage.api.status_pin(post.id).pinned is True
    assert ids(stage.nobody.account_statuses(stage.hanako.id, pinned=True)) == [int(post.id)]
    assert stage.api.status_unpin(post.id).pinned is False
    assert list(stage.nobody.account_statuses(stage.hanako.id, pinned=True)) == []


@row
def status_mute(stage: Stage) -> None:
    post = stage.api.status_post("静かに")
    assert stage.api.status_mute(post.id).muted is True
    assert stage.api.status_unmute(post.id).muted is False


@row
def status_card(stage: Stage) -> None:
    post = stage.api.status_post("リンクなし")
    assert not stage.api.status_card(post.id)


@row
def status_quotes(stage: Stage) -> None:
    post = stage.api.status_post("引用なし")
    assert list(stage.newest.status_quotes(post.id)) == []


@row
def status_translate(stage: Stage) -> None:
    post = stage.api.status_post("訳せません")
    with pytest.raises(mastodon.MastodonNotFoundError, match="Translation is not available"):
        stage.api.status_translate(post.id, "en")


@row
def status_post_of_a_length(stage: Stage) -> None:
    text = "雪" * stage.api.instance_v2().configuration.statuses.max_characters
    assert stage.api.status_post(text).content == f"<p>{text}</p>"
    with pytest.raises(mastodon.MastodonAPIError, match="422"):
        stage.api.status_post(text + "雪")


@row
def media_post(stage: Stage) -> None:
    picture = io.BytesIO(pictures.jpeg())
    made = stage.api.media_post(
        picture, "image/jpeg", description="花壇", focus=(0.5, -0.5), synchronous=True
    )
    assert (made.type, made.description) == ("image", "花壇")
    assert (made.meta.original.width, made.meta.original.height) == (64, 48)
    assert (made.meta.focus.x, made.meta.focus.y) == (0.5, -0.5)
    assert stage.api.media(made.id).url == made.url
    assert stage.api.media_update(made.id, description="春の花壇").description == "春の花壇"
    assert len(stage.api.decode_blurhash(made, (4, 3), size_per_component=False)) == 3
    post = stage.api.status_post("写真", media_ids=[made])
    assert [each.description for each in post.media_attachments] == ["春の花壇"]
    only = stage.nobody.account_statuses(stage.hanako.id, only_media=True)
    assert ids(only) == [int(post.id)]


@row
def media_in_an_edit(stage: Stage) -> None:
    made = stage.api.media_post(io.BytesIO(pictures.jpeg()), "image/jpeg", synchronous=True)
    post = stage.api.status_post("写真", media_ids=[made])
    attributes = stage.api.generate_media_edit_attributes(made.id, description="朝の庭")
    edited = stage.api.status_update(post.id, "写真です", media_attributes=[attributes])
    assert [each.description for each in edited.media_attachments] == ["朝の庭"]


@row
def media_that_is_none(stage: Stage) -> None:
    with pytest.raises(mastodon.MastodonAPIError, match="422"):
        stage.api.media_post(io.BytesIO(b"not a picture"), "image/jpeg")


@row
def poll(stage: Stage) -> None:
    asked = stage.api.make_poll(["朝", "夕方", "夜"], 3600, multiple=True)
    post = stage.api.status_post("除雪はいつ?", poll=asked)
    assert [each.title for each in post.poll.options] == ["朝", "夕方", "夜"]
    voted = stage.sora_api.poll_vote(post.poll.id, [0, 2])
    assert (voted.voted, list(voted.own_votes), voted.voters_count) == (True, [0, 2], 1)
    seen = stage.api.poll(post.poll.id)
    assert ([each.votes_count for each in seen.options], seen.expired) == ([1, 0, 1], False)


@row
def poll_vote_once(stage: Stage) -> None:
    post = stage.api.status_post("どちら?", poll=stage.api.make_poll(["赤", "白"], 3600, hide_totals=True))
    assert list(stage.sora_api.poll_vote(post.poll.id, [1]).own_votes) == [1]
    for choice in (0, 5):
        with pytest.raises(mastodon.MastodonAPIError, match="422"):
            stage.sora_api.poll_vote(post.poll.id, [choice])


@row
def scheduled_status(stage: Stage) -> None:
    now = dt.datetime.fromtimestamp(stage.town.clock() / 1000, dt.UTC)
    later = now + dt.timedelta(hours=6)
    made = stage.api.status_post("あすの朝です", scheduled_at=later)
    assert abs((made.scheduled_at - later).total_seconds()) < 1
    assert ids(stage.api.scheduled_statuses()) == [int(made.id)]
    assert stage.api.scheduled_status(made.id).params.text == "あすの朝です"
    moved = stage.api.scheduled_status_update(made.id, later + dt.timedelta(hours=1))
    assert moved.scheduled_at > made.scheduled_at
    stage.api.scheduled_status_delete(made.id)
    assert list(stage.api.scheduled_statuses()) == []
