"""Timelines, their pages, search, trends and tags."""

import mastodon
import pytest

from tests.web.mastodon.calls.stage import Stage, Table, accts, ids

row = Table()


@row
def timeline_home(stage: Stage) -> None:
    stage.api.account_follow(stage.sora.id)
    newest = []
    for number in range(3):
        newest.append(stage.sora_api.status_post(f"ソラ {number}"))
        stage.clock.advance(seconds=1)
    page = stage.api.timeline_home(limit=3)
    assert ids(page) == ids(reversed(newest))
    assert ids(stage.api.timeline("home", limit=3)) == ids(page)
    older = stage.api.fetch_next(page)
    assert max(ids(older)) < min(ids(page))
    assert ids(stage.api.fetch_previous(older)) == ids(page)
    assert ids(stage.api.timeline_home(since_id=newest[0].id)) == ids([newest[2], newest[1]])
    assert ids(stage.api.timeline_home(min_id=newest[0].id, limit=1)) == ids([newest[1]])
    assert max(ids(stage.api.timeline_home(max_id=newest[0].id))) < int(newest[0].id)


@row
def account_statuses(stage: Stage) -> None:
    root = stage.riku_api.status_post("陸です #陸")
    others = stage.sora_api.status_post("空の")
    stage.riku_api.status_reply(others, "そうですね")
    stage.riku_api.status_reblog(others.id)
    assert len(stage.nobody.account_statuses(stage.riku.id, limit=3)) == 3
    plain = stage.nobody.account_statuses(stage.riku.id, exclude_replies=True, exclude_reblogs=True, limit=1)
    assert ids(plain) == [int(root.id)]
    assert ids(stage.nobody.account_statuses(stage.riku.id, tagged="陸")) == [int(root.id)]


@row
def pages_to_the_end(stage: Stage) -> None:
    """By `Link` alone, and each post once."""
    whole = stage.nobody.account_statuses(stage.sora.id, limit=40)
    first = stage.nobody.account_statuses(stage.sora.id, limit=2)
    assert ids(stage.nobody.fetch_remaining(first)) == ids(whole)
    again = list(stage.nobody.pagination_iterator(stage.nobody.account_statuses(stage.sora.id, limit=2)))
    assert ids(again) == ids(whole)
    assert stage.nobody.get_pagination_info(first, "next")["max_id"] == int(first[-1].id)


@row
def timeline_public(stage: Stage) -> None:
    post = stage.sora_api.status_post("みなさんこんにちは")
    assert ids(stage.nobody.timeline_public(limit=1)) == [int(post.id)]
    assert ids(stage.nobody.timeline_public(remote=True)) == []
    assert stage.api.timeline_is_available("public")


@row
def timeline_local(stage: Stage) -> None:
    """What the areas have boosted."""
    stage.sora_api.status_post("どこにも行かない")
    stage.sora_api.status_post("@megumino 町のみなさんへ #雪まつり")
    local = stage.nobody.timeline_local()
    assert "町のみなさんへ" in local[0].reblog.content
    assert (local[0].account.acct, len(local)) == ("megumino", 1)
    assert accts([each.account for each in stage.nobody.account_statuses(stage.area.actor_id)]) == [
        "megumino"
    ]


@row
def timeline_hashtag(stage: Stage) -> None:
    post = stage.sora_api.status_post("準備中 #雪像")
    assert ids(stage.nobody.timeline_hashtag("雪像")) == [int(post.id)]
    assert list(stage.nobody.timeline_hashtag("ない札")) == []
    with pytest.raises(mastodon.MastodonIllegalArgumentError):
        stage.nobody.timeline_hashtag("#雪像")


@row
def timeline_link(stage: Stage) -> None:
    with pytest.raises(mastodon.MastodonNotFoundError):
        stage.nobody.timeline_link("https://news.example/1")


@row
def search(stage: Stage) -> None:
    """Words of what was posted before, and tags."""
    found = stage.api.search("除雪の道具", resolve=False)
    assert ["道具を貸します" in each.content for each in found.statuses] == [True]
    stage.api.status_post("郵便局の前 #雪山")
    assert [each.name for each in stage.api.search("雪山").hashtags] == ["雪山"]
    assert accts(stage.api.search_v2("sora", result_type="accounts").accounts) == ["sora"]
    assert "雪山" in list(stage.newest.search_v1("雪山").hashtags)


@row
def search_by_address(stage: Stage) -> None:
    post = stage.sora_api.status_post("これです")
    assert ids(stage.api.search(post.url, resolve=True).statuses) == [int(post.id)]
    handle = f"@sora@{stage.town.node.settings.domain}"
    assert accts(stage.api.search(handle, resolve=False).accounts) == ["sora"]


@row
def trending(stage: Stage) -> None:
    """In the area, of the last days, what was liked."""
    stage.api.status_favourite(stage.nobody.timeline_local()[0].reblog.id)
    assert len(stage.nobody.trending_statuses()) == 1
    assert list(stage.nobody.trending_links()) == []
    for found in (stage.nobody.trending_tags(), stage.nobody.trends()):
        assert isinstance(found, list)


@row
def tag_follow(stage: Stage) -> None:
    assert stage.api.tag_follow("雪像").following is True
    assert stage.api.tag("雪像").following is True
    assert [each.name for each in stage.api.followed_tags()] == ["雪像"]
    post = stage.riku_api.status_post("できました #雪像")
    assert ids(stage.api.timeline_home(limit=1)) == [int(post.id)]
    assert stage.api.tag_unfollow("雪像").following is False
    assert list(stage.api.followed_tags()) == []


@row
def featured_tags(stage: Stage) -> None:
    stage.api.status_post("#花 #花 の日")
    assert "花" in [each.name for each in stage.api.featured_tag_suggestions()]
    made = stage.api.featured_tag_create("花")
    assert (made.name, int(made.statuses_count) > 0) == ("花", True)
    assert [each.name for each in stage.api.featured_tags()] == ["花"]
    assert [each.name for each in stage.nobody.account_featured_tags(stage.hanako.id)] == ["花"]
    stage.api.featured_tag_delete(made)
    assert list(stage.api.featured_tags()) == []


@row
def tag_feature(stage: Stage) -> None:
    assert stage.newest.tag_feature("雪").featuring is True
    assert stage.newest.tag_unfeature("雪").featuring is False
