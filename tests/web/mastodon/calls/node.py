"""What the node says of itself, how programs are let in, and what is not here."""

import datetime as dt

import mastodon
import pytest
from mastodon import Mastodon

from tests.testrig.consent import allow
from tests.web.accounts.people import ADDRESS, PASSWORD
from tests.web.mastodon.calls.stage import Stage, Table, accts

row = Table()


@row
def instance(stage: Stage) -> None:
    for found in (stage.api.instance(), stage.nobody.instance_v2()):
        assert found.domain == stage.town.node.settings.domain
        assert found.version.startswith("4.3.0 (compatible; Kairanban ")
        assert found.api_versions.mastodon == 2
        assert found.configuration.statuses.max_characters == 5000
        assert found.configuration.translation.enabled is False
        assert found.registrations.enabled is False


@row
def instance_v1(stage: Stage) -> None:
    found = stage.nobody.instance_v1()
    assert found.uri == stage.town.node.settings.domain
    assert found.stats.user_count == 3
    assert found.configuration.polls.max_options >= 2


@row
def retrieve_mastodon_version(stage: Stage) -> None:
    assert stage.nobody.retrieve_mastodon_version().startswith("4.3.0")
    assert stage.nobody.verify_minimum_version("4.3.0")
    assert not stage.nobody.verify_minimum_version("4.4.0")


@row
def instance_health(stage: Stage) -> None:
    assert stage.nobody.instance_health() is True


@row
def instance_nodeinfo(stage: Stage) -> None:
    found = stage.nobody.instance_nodeinfo()
    assert found.software.name == "kairanban"
    assert "activitypub" in found.protocols


@row
def instance_activity(stage: Stage) -> None:
    weeks = stage.nobody.instance_activity()
    assert len(weeks) == 12
    assert weeks[0].week > weeks[1].week


@row
def instance_lists_that_are_empty(stage: Stage) -> None:
    """No other server is known or shut out, there are no rules and pictures of the node, nothing is translated."""
    assert list(stage.nobody.instance_peers()) == []
    assert list(stage.nobody.instance_domain_blocks()) == []
    assert list(stage.nobody.instance_rules()) == []
    assert list(stage.nobody.custom_emojis()) == []
    assert dict(stage.nobody.instance_translation_languages()) == {}


@row
def announcements(stage: Stage) -> None:
    [found] = stage.api.announcements()
    assert "今日は断水です" in found.content
    assert (found.published, found.all_day, found.read, list(found.reactions)) == (True, False, False, [])
    stage.api.announcement_reaction_create(found.id, "👍")
    stage.api.announcement_dismiss(found)
    [again] = stage.api.announcements()
    assert (again.read, [(each.name, each.count, each.me) for each in again.reactions]) == (
        True,
        [("👍", 1, True)],
    )
    stage.api.announcement_reaction_delete(found.id, "👍")
    assert list(stage.api.announcements()[0].reactions) == []


@row
def instance_languages(stage: Stage) -> None:
    assert [each.code for each in stage.nobody.instance_languages()] == ["ja", "en"]


@row
def instance_extended_description(stage: Stage) -> None:
    assert stage.nobody.instance_extended_description().content == ""


@row
def directory(stage: Stage) -> None:
    assert "megumino" in accts(stage.nobody.directory(local=True))


@row
def get_approx_server_time(stage: Stage) -> None:
    assert abs((stage.nobody.get_approx_server_time() - dt.datetime.now()).total_seconds()) < 60  # noqa: DTZ005 - the library's


@row
def preferences(stage: Stage) -> None:
    found = stage.api.preferences()
    assert found["posting:default:visibility"] == "public"
    assert found["reading:expand:spoilers"] is False


@row
def create_app(stage: Stage) -> None:
    """A program registers, sends her to the consent page, and speaks for her with what she copies."""
    client_id, secret = Mastodon.create_app(
        "拍手ボット", api_base_url=stage.base, website="https://bot.example"
    )
    stage.called.add("create_app")
    api = stage.open(None, client_id=client_id, client_secret=secret)
    assert api.oauth_authorization_server_info().issuer.rstrip("/") == stage.base
    address = api.auth_request_url(scopes=["read", "write"], state="x", allow_http=True)
    code = allow(address, ADDRESS, PASSWORD)
    api.log_in(code=code, scopes=["read", "write"], allow_http=True)
    assert api.app_verify_credentials().name == "拍手ボット"
    assert api.me().acct == "hanako"
    api.revoke_access_token(allow_http=True)
    with pytest.raises(mastodon.MastodonIllegalArgumentError, match="Not logged in"):
        api.revoke_access_token(allow_http=True)
    assert stage.called >= {"log_in", "revoke_access_token"}


@row
def log_in_with_a_wrong_code(stage: Stage) -> None:
    client_id, secret = Mastodon.create_app("拍手ボット", api_base_url=stage.base)
    api = stage.open(None, client_id=client_id, client_secret=secret)
    with pytest.raises(mastodon.MastodonIllegalArgumentError, match="Invalid access token"):
        api.log_in(code="wrong", allow_http=True)


@row
def create_account(stage: Stage) -> None:
    """Residents are signed up at the desk."""
    client_id, secret = Mastodon.create_app("申込", api_base_url=stage.base)
    api = stage.open(None, client_id=client_id, client_secret=secret)
    with pytest.raises(mastodon.MastodonIllegalArgumentError, match="no registrations through apps"):
        api.create_account("taro", "niwatori hasami 42", "taro@mail.example", agreement=True)


@row
def email_resend_confirmation(stage: Stage) -> None:
    with pytest.raises(mastodon.MastodonNotFoundError):
        stage.api.email_resend_confirmation()


@row
def without_a_token(stage: Stage) -> None:
    with pytest.raises(mastodon.MastodonUnauthorizedError):
        stage.nobody.timeline_home()


ABSENT = (
    ("instance_terms_of_service", ()),
    ("annual_reports", ()),
    ("annual_report", (2025,)),
    ("annual_report_read", (2025,)),
    ("annual_report_generate", (2025,)),
    ("annual_report_state", (2025,)),
    ("collection", ("1",)),
    ("collection_create", ("花",)),
    ("collection_update", ("1", "花")),
    ("collection_delete", ("1",)),
    ("collection_item_add", ("1", "1")),
    ("collection_item_delete", ("1", "1")),
    ("collection_item_revoke", ("1", "1")),
    ("account_collections", ("1",)),
    ("account_in_collections", ("1",)),
    ("status_quote_revoke", ("1", "1")),
    ("status_update_quote_approval_policy", ("1", "public")),
    ("get_async_refresh_status", ("1",)),
)
"""What later versions of Mastodon have."""


@row
def what_is_not_here(stage: Stage) -> None:
    for name, arguments in ABSENT:
        with pytest.raises(mastodon.MastodonNotFoundError):
            getattr(stage.newest, name)(*arguments)
