"""Actors as apps decode them."""

import pytest

from actors.records import ActorRecord
from actors.relations import Relation
from areas.counts import NOTHING
from areas.preferences import Preferences
from areas.profiles import Source
from tests.testrig.clock import NOON
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.samples import ACTORS, AREA, COUNTS, FRAME, REMOTE, actor
from tests.web.mastodon.entities.shapes import judge
from web.mastodon.entities import accounts
from web.mastodon.entities.relationships import relationship


@pytest.mark.parametrize("record", ACTORS, ids=lambda each: each.username)
def test_account(record: ActorRecord) -> None:
    judge(schema.ACCOUNT, accounts.account(record, COUNTS, FRAME))
    judge(schema.ACCOUNT, accounts.account(record, NOTHING, FRAME))


def test_credential_account() -> None:
    source = Source("花", (("サイト", "https://x.example"),))
    me = actor(fields=(("サイト", "<a>x</a>"),))
    shown = accounts.credential_account(me, COUNTS, source, 3, Preferences(), FRAME)
    judge(schema.CREDENTIAL_ACCOUNT, shown)
    judge(schema.PROFILE, accounts.profile(me, source, [], FRAME))


def test_relationship() -> None:
    judge(schema.RELATIONSHIP, relationship(5, Relation()))
    flags = {name: True for name in Relation.__dataclass_fields__ if name != "mutes_until"}
    judge(schema.RELATIONSHIP, relationship(5, Relation(**flags)))  # type: ignore[arg-type]
    judge(schema.RELATIONSHIP, relationship(5, Relation(muting=True, mutes_until=NOON)))


def test_the_rest() -> None:
    judge(schema.PREFERENCES, accounts.preferences(Preferences("private", sensitive=True, language="en")))
    shown = accounts.account(REMOTE, COUNTS, FRAME)
    judge(schema.FAMILIAR_FOLLOWERS, accounts.familiar_followers(5, [shown]))
    judge(schema.FEATURED_TAG, accounts.featured_tag(5, "相談", "https://x.example/tags/相談", 3, NOON))
    judge(schema.FEATURED_TAG, accounts.featured_tag(5, "相談", "https://x.example/tags/相談", 0, None))


def test_an_area_is_a_group_with_a_role() -> None:
    shown = accounts.account(AREA, COUNTS, FRAME)
    assert (shown["group"], shown["bot"], shown["acct"]) == (True, False, "megumino")
    assert shown["roles"][0]["name"] == "エリア"


def test_desks_are_people_and_the_node_is_none() -> None:
    bots = {each.username: accounts.account(each, COUNTS, FRAME)["bot"] for each in ACTORS}
    assert bots == {
        "hanako": False,
        "eniwa_bosai": False,
        "megumino_desk": False,
        "chitose.example": True,
        "megumino": False,
        "ken": True,
    }


def test_a_handle_has_a_host_unless_it_is_the_nodes_own() -> None:
    assert accounts.account(REMOTE, COUNTS, FRAME)["acct"] == "ken@mastodon.example"
    elsewhere = actor("megumino", host="megumino.example")
    assert accounts.account(elsewhere, COUNTS, FRAME)["acct"] == "megumino@megumino.example"


def test_pictures_are_ours_or_stand_in() -> None:
    shown = accounts.account(REMOTE, COUNTS, FRAME)
    assert shown["avatar"] == "https://chitose.example/media/proxy/x"
    assert accounts.account(actor(), COUNTS, FRAME)["avatar"] == FRAME.avatar


def test_the_day_is_all_that_is_said_of_when_somebody_came() -> None:
    assert accounts.account(actor(), COUNTS, FRAME)["created_at"].endswith("T00:00:00.000Z")
