"""Accounts, and what one does to others; her own profile."""

import io

import mastodon
import pytest

from tests.testrig import pictures
from tests.web.mastodon.calls.stage import Stage, Table, accts, ids

row = Table()


@row
def account_verify_credentials(stage: Stage) -> None:
    for me in (stage.api.account_verify_credentials(), stage.api.me()):
        assert (me.acct, me.source.privacy, str(me.id)) == ("hanako", "public", str(stage.hanako.id))


@row
def account(stage: Stage) -> None:
    group = stage.nobody.account(stage.area.actor_id)
    assert (group.acct, group.group, group.bot) == ("megumino", True, False)


@row
def accounts(stage: Stage) -> None:
    found = stage.api.accounts([stage.sora.id, stage.riku.id, 1])
    assert sorted(accts(found)) == ["riku", "sora"]


@row
def account_lookup(stage: Stage) -> None:
    assert int(stage.nobody.account_lookup("sora").id) == stage.sora.id
    with pytest.raises(mastodon.MastodonNotFoundError):
        stage.nobody.account_lookup("nobody")


@row
def account_search(stage: Stage) -> None:
    assert accts(stage.api.account_search("sor")) == ["sora"]
    assert accts(stage.api.account_search("meg", limit=1)) == ["megumino"]


@row
def account_follow(stage: Stage) -> None:
    followed = stage.api.account_follow(stage.sora.id, reblogs=False, notify=True)
    assert (followed.following, followed.showing_reblogs, followed.notifying) == (True, False, True)
    again = stage.api.account_follow(stage.sora.id)
    assert (again.following, again.showing_reblogs) == (True, True)


@row
def follows(stage: Stage) -> None:
    assert stage.sora_api.follows("hanako").following


@row
def account_relationships(stage: Stage) -> None:
    both, none = stage.api.account_relationships([stage.sora.id, stage.riku.id])
    assert (both.following, both.followed_by, none.following, none.followed_by) == (True, True, False, False)


@row
def account_following_and_followers(stage: Stage) -> None:
    """Whom somebody follows is shown to herself."""
    assert accts(stage.api.account_following(stage.hanako.id)) == ["sora"]
    assert accts(stage.sora_api.account_followers(stage.sora.id)) == ["hanako"]
    assert list(stage.api.account_followers(stage.sora.id)) == []


@row
def account_familiar_followers(stage: Stage) -> None:
    """They are whom sora does not show that she follows."""
    stage.sora_api.account_follow(stage.riku.id)
    [found] = stage.api.account_familiar_followers([stage.riku.id])
    assert (int(found.id), accts(found.accounts)) == (stage.riku.id, [])


@row
def account_note_set(stage: Stage) -> None:
    assert stage.api.account_note_set(stage.sora.id, "隣の家").note == "隣の家"
    assert stage.api.account_relationships(stage.sora.id)[0].note == "隣の家"


@row
def account_endorse(stage: Stage) -> None:
    assert stage.newest.account_endorse(stage.sora.id).endorsed is True
    assert accts(stage.api.endorsements()) == ["sora"]
    assert stage.newest.account_unendorse(stage.sora.id).endorsed is False


@row
def account_pin(stage: Stage) -> None:
    """The older name."""
    assert stage.api.account_pin(stage.sora.id).endorsed is True
    assert stage.api.account_unpin(stage.sora.id).endorsed is False
    assert list(stage.api.endorsements()) == []


@row
def account_mute(stage: Stage) -> None:
    muted = stage.api.account_mute(stage.riku.id, notifications=False, duration=600)
    assert (muted.muting, muted.muting_notifications) == (True, False)
    [listed] = stage.api.mutes()
    assert (listed.acct, listed.mute_expires_at is not None) == ("riku", True)
    assert stage.api.account_unmute(stage.riku.id).muting is False
    assert list(stage.api.mutes()) == []


@row
def account_block(stage: Stage) -> None:
    assert stage.api.account_block(stage.riku.id).blocking is True
    assert accts(stage.api.blocks()) == ["riku"]
    assert stage.riku_api.account_relationships(stage.hanako.id)[0].blocked_by is True
    assert stage.api.account_unblock(stage.riku.id).blocking is False
    assert list(stage.api.blocks()) == []


@row
def domain_block(stage: Stage) -> None:
    stage.api.domain_block("spam.example")
    assert list(stage.api.domain_blocks()) == ["spam.example"]
    stage.api.domain_unblock("spam.example")
    assert list(stage.api.domain_blocks()) == []


@row
def account_remove_from_followers(stage: Stage) -> None:
    assert stage.api.account_remove_from_followers(stage.sora.id).followed_by is False
    assert list(stage.api.account_followers(stage.hanako.id)) == []


@row
def follow_requests(stage: Stage) -> None:
    stage.api.account_update_credentials(locked=True)
    for api in (stage.sora_api, stage.riku_api):
        asked = api.account_follow(stage.hanako.id)
        assert (asked.requested, asked.following) == (True, False)
    assert sorted(accts(stage.api.follow_requests())) == ["riku", "sora"]
    assert stage.api.follow_request_authorize(stage.sora.id).followed_by is True
    assert stage.api.follow_request_reject(stage.riku.id).followed_by is False
    assert list(stage.api.follow_requests()) == []
    assert stage.riku_api.account_relationships(stage.hanako.id)[0].requested is False


@row
def account_update_credentials(stage: Stage) -> None:
    changed = stage.api.account_update_credentials(
        display_name="花子",
        note="庭の手入れ #花",
        locked=False,
        discoverable=True,
        indexable=True,
        default_privacy="unlisted",
        default_language="ja",
        fields=[("好きな物", "雪")],
    )
    assert (changed.display_name, changed.locked, changed.source.privacy) == ("花子", False, "unlisted")
    assert "庭の手入れ" in changed.note
    assert [(each.name, each.value) for each in changed.fields] == [("好きな物", "雪")]
    assert stage.api.account_update_credentials(default_privacy="public").source.privacy == "public"


@row
def account_avatar(stage: Stage) -> None:
    before = stage.api.me()
    changed = stage.api.account_update_credentials(
        avatar=io.BytesIO(pictures.jpeg()),
        avatar_mime_type="image/jpeg",
        header=io.BytesIO(pictures.jpeg(90, 30)),
        header_mime_type="image/jpeg",
    )
    assert changed.avatar != before.avatar
    assert changed.header != before.header
    assert stage.api.account_delete_avatar().avatar == before.avatar
    assert stage.api.account_delete_header().header == before.header


@row
def profile(stage: Stage) -> None:
    assert stage.newest.profile().display_name == "花子"
    assert stage.newest.profile_update(display_name="はなこ").display_name == "はなこ"
    assert stage.api.me().display_name == "はなこ"


@row
def suggestions(stage: Stage) -> None:
    assert accts(stage.api.suggestions()) == ["megumino"]
    [offered] = stage.api.suggestions_v2()
    assert (offered.account.acct, offered.source) == ("megumino", "staff")
    assert accts(stage.api.suggestions_v1()) == ["megumino"]
    stage.riku_api.suggestion_delete(stage.area.actor_id)
    assert list(stage.riku_api.suggestions()) == []


@row
def report(stage: Stage) -> None:
    post = stage.riku_api.status_post("売ります 売ります")
    made = stage.api.report(stage.riku.id, [post.id], "広告です", category="spam")
    assert (made.category, made.comment, made.target_account.acct) == ("spam", "広告です", "riku")


@row
def account_unfollow(stage: Stage) -> None:
    assert stage.sora_api.account_unfollow(stage.riku.id).following is False
    assert accts(stage.sora_api.account_following(stage.sora.id)) == ["hanako"]


@row
def account_pages(stage: Stage) -> None:
    """One a page, and all of them."""
    others = (stage.area.actor_id, stage.riku.id, stage.sora.id)
    for each in others:
        stage.api.account_follow(each)
    first = stage.api.account_following(stage.hanako.id, limit=1)
    assert len(first) == 1
    assert sorted(ids(stage.api.fetch_remaining(first))) == sorted(others)
    for each in others:
        assert stage.api.account_unfollow(each).following is False
