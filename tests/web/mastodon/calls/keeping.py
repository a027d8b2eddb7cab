"""What one keeps and is told: lists, filters, notifications, messages, how far one has read, push."""

import mastodon
import pytest

from tests.web.mastodon.calls.stage import Stage, Table, accts, ids

row = Table()


@row
def list_create(stage: Stage) -> None:
    made = stage.api.list_create("ご近所", replies_policy="followed", exclusive=True)
    assert (made.title, made.replies_policy, made.exclusive) == ("ご近所", "followed", True)
    assert stage.api.list(made.id).title == "ご近所"
    changed = stage.api.list_update(made.id, "町内", replies_policy="none")
    assert (changed.title, changed.replies_policy, changed.exclusive) == ("町内", "none", False)
    assert "町内" in [each.title for each in stage.api.lists()]
    stage.api.list_delete(made.id)
    assert "町内" not in [each.title for each in stage.api.lists()]
    with pytest.raises(mastodon.MastodonNotFoundError):
        stage.api.list(made.id)


@row
def list_accounts(stage: Stage) -> None:
    made = stage.api.list_create("空")
    stage.api.account_follow(stage.sora.id)
    stage.api.list_accounts_add(made.id, [stage.sora.id])
    assert accts(stage.api.list_accounts(made.id)) == ["sora"]
    assert [each.title for each in stage.api.account_lists(stage.sora.id)] == ["空"]
    post = stage.sora_api.status_post("空から")
    assert ids(stage.api.timeline_list(made.id, limit=1)) == [int(post.id)]
    stage.api.list_accounts_delete(made.id, [stage.sora.id])
    assert list(stage.api.list_accounts(made.id)) == []


@row
def lists_of_an_area(stage: Stage) -> None:
    """They come with following it, and cannot be taken away."""
    stage.api.account_follow(stage.area.actor_id)
    found = next(each for each in stage.api.lists() if "meguminoの町" in each.title)
    stage.sora_api.status_post("@megumino 回覧です")
    assert "回覧です" in stage.api.timeline_list(found.id, limit=1)[0].content
    with pytest.raises(mastodon.MastodonAPIError, match="422"):
        stage.api.list_delete(found.id)


@row
def create_filter_v2(stage: Stage) -> None:
    words = [{"keyword": "選挙", "whole_word": False}]
    made = stage.api.create_filter_v2("選挙", ["home", "public"], "warn", 3600, words)
    assert (made.title, made.filter_action, len(made.keywords)) == ("選挙", "warn", 1)
    assert made.expires_at is not None
    assert stage.api.filter_v2(made.id).context == ["home", "public"]
    changed = stage.api.update_filter_v2(made.id, title="政治", context=["home"], filter_action="hide")
    assert (changed.title, changed.context, changed.filter_action) == ("政治", ["home"], "hide")
    assert [each.title for each in stage.api.filters_v2()] == ["政治"]
    stage.api.delete_filter_v2(made.id)
    assert list(stage.api.filters_v2()) == []


@row
def filter_keywords_v2(stage: Stage) -> None:
    made = stage.api.create_filter_v2("除雪", ["home"], "warn")
    word = stage.api.add_filter_keyword_v2(made.id, "ママさんダンプ", whole_word=True)
    assert [each.keyword for each in stage.api.filter_keywords_v2(made.id)] == ["ママさんダンプ"]
    stage.api.delete_filter_keyword_v2(word.id)
    assert list(stage.api.filter_keywords_v2(made.id)) == []
    stage.api.delete_filter_v2(made.id)


@row
def filter_statuses_v2(stage: Stage) -> None:
    post = stage.sora_api.status_post("見たくない")
    made = stage.api.create_filter_v2("これだけ", ["home"], "warn")
    kept = stage.api.add_filter_status_v2(made.id, post.id)
    assert [int(each.status_id) for each in stage.api.filter_statuses_v2(made.id)] == [int(post.id)]
    assert int(stage.api.filter_status_v2(kept.id).status_id) == int(post.id)
    [shown] = stage.api.timeline_home(limit=1)
    assert [each.filter.title for each in shown.filtered] == ["これだけ"]
    stage.api.delete_filter_status_v2(kept.id)
    assert list(stage.api.timeline_home(limit=1)[0].filtered) == []
    stage.api.delete_filter_v2(made.id)


@row
def filter_create(stage: Stage) -> None:
    """The older kind: one phrase."""
    made = stage.api.filter_create("ねたばれ", ["home"], whole_word=False)
    assert (made.phrase, made.context) == ("ねたばれ", ["home"])
    assert stage.api.filter(made.id).phrase == "ねたばれ"
    changed = stage.api.filter_update(made.id, phrase="結末", context=["home"])
    assert changed.phrase == "結末"
    found = stage.api.filters()
    assert [each.phrase for each in found] == ["結末"]
    posts = [stage.sora_api.status_post(text) for text in ("結末は言えない", "今日の雪")]
    assert ids(stage.api.filters_apply(posts, found, "home")) == [int(posts[1].id)]
    stage.api.filter_delete(made.id)
    assert list(stage.api.filters()) == []


@row
def notifications(stage: Stage) -> None:
    stage.api.notifications_clear()
    post = stage.api.status_post("通知のもと")
    stage.riku_api.status_favourite(post.id)
    stage.riku_api.status_reblog(post.id)
    stage.riku_api.status_reply(post, "どうぞ")
    found = stage.api.notifications()
    assert [each.type for each in found] == ["mention", "reblog", "favourite"]
    assert set(accts([each.account for each in found])) == {"riku"}
    assert stage.api.notifications(found[0].id).status.in_reply_to_id == post.id
    assert [each.type for each in stage.api.notifications(types=["reblog"])] == ["reblog"]
    assert [each.type for each in stage.api.notifications(exclude_types=["reblog"], limit=1)] == ["mention"]
    assert [each.type for each in stage.api.notifications(mentions_only=True)] == ["mention"]
    assert stage.api.notifications_unread_count().count == 3
    stage.api.notifications_dismiss(found[0].id)
    assert len(stage.api.notifications(account_id=stage.riku.id)) == 2


@row
def grouped_notifications(stage: Stage) -> None:
    stage.api.notifications_clear()
    post = stage.api.status_post("みんなの好きなもの")
    for api in (stage.sora_api, stage.riku_api):
        api.status_favourite(post.id)
    found = stage.api.grouped_notifications()
    [group] = found.notification_groups
    assert (group.type, group.notifications_count, group.status_id) == ("favourite", 2, post.id)
    assert accts(stage.api.grouped_notification_accounts(group.group_key)) == ["riku", "sora"]
    one = stage.api.grouped_notification(group.group_key)
    assert one.notification_groups[0].notifications_count == 2
    assert stage.api.unread_grouped_notifications_count() == 1
    stage.api.dismiss_grouped_notification(group.group_key)
    assert list(stage.api.grouped_notifications().notification_groups) == []


@row
def notifications_policy(stage: Stage) -> None:
    assert stage.api.notifications_policy().for_not_following == "accept"
    changed = stage.api.update_notifications_policy(for_not_following="filter")
    assert (changed.for_not_following, changed.for_not_followers) == ("filter", "accept")
    stage.riku_api.status_post("@hanako はじめまして")
    [waiting] = stage.api.notification_requests()
    assert (waiting.account.acct, int(waiting.notifications_count)) == ("riku", 1)
    assert stage.api.notification_request(waiting.id).account.acct == "riku"
    stage.api.accept_notification_request(waiting.id)
    assert stage.api.notifications_merged() is True
    assert list(stage.api.notification_requests()) == []
    assert stage.api.notifications(limit=1)[0].account.acct == "riku"


@row
def dismiss_notification_request(stage: Stage) -> None:
    stage.sora_api.status_post("@riku やあ")
    stage.riku_api.update_notifications_policy(for_not_following="filter")
    for call, each_text in (
        (stage.riku_api.dismiss_notification_request, "一"),
        (lambda each: stage.riku_api.dismiss_multiple_notification_requests([each]), "二"),
        (lambda each: stage.riku_api.accept_multiple_notification_requests([each]), "三"),
    ):
        stage.api.status_post(f"@riku {each_text}")
        [waiting] = stage.riku_api.notification_requests()
        call(waiting.id)
        assert list(stage.riku_api.notification_requests()) == []


@row
def conversations(stage: Stage) -> None:
    sent = stage.sora_api.status_post("@hanako あしたの件です", visibility="direct")
    [found] = stage.api.conversations()
    assert (found.unread, accts(found.accounts), found.last_status.id) == (True, ["sora"], sent.id)
    assert stage.api.conversations_read(found.id).unread is False
    with pytest.raises(mastodon.MastodonNotFoundError):
        stage.riku_api.status(sent.id)


@row
def markers_set(stage: Stage) -> None:
    newest = stage.api.timeline_home(limit=1)[0]
    saved = stage.api.markers_set("home", newest.id)
    assert (int(saved.home.last_read_id), saved.home.version) == (int(newest.id), 1)
    assert int(stage.api.markers_get(["home"]).home.last_read_id) == int(newest.id)


@row
def push_subscription_set(stage: Stage) -> None:
    _, keys = stage.api.push_subscription_generate_keys()
    made = stage.api.push_subscription_set(
        "https://push.example/1", keys, mention_events=True, follow_events=False, policy="followed"
    )
    assert (made.endpoint, made.alerts.mention, made.alerts.follow) == ("https://push.example/1", True, False)
    assert made.server_key == stage.api.instance_v2().configuration.vapid.public_key
    changed = stage.api.push_subscription_update(mention_events=False, reblog_events=True)
    assert (changed.alerts.mention, changed.alerts.reblog) == (False, True)
    assert stage.api.push_subscription().id == made.id
    stage.api.push_subscription_delete()
    with pytest.raises(mastodon.MastodonNotFoundError):
        stage.api.push_subscription()
