"""Which apps are told at once: as each of them wants it, and never of what waits in a request."""

import pytest
import sqlalchemy as sa

from actors import push
from actors.oauth.apps import Registration, register_app
from actors.oauth.tokens import issue_token, revoke_token
from actors.push import Choice, Door, Subscription
from actors.records import ActorRecord
from actors.tables import jobs
from areas import interactions
from areas.notifications import TYPES, requests
from areas.notifications.policy import Facts
from areas.notifications.pushing import PUSH, wants
from areas.notifications.tables import notifications
from areas.records import AreaRecord
from tests.areas.reading.rig import Town
from tests.testrig.clock import NOON
from tests.testrig.people import VAULT
from tests.testrig.pushing import App

pytestmark = pytest.mark.anyio
ALL = frozenset[str](TYPES)


def facts(type_: str = "mention", *, following: bool = False, follower: bool = False) -> Facts:
    return Facts(
        type=type_,
        is_shut_out=False,
        is_thread_muted=False,
        is_following=following,
        follower_for=0 if follower else None,
        sender_age=0,
        sender_is_limited=False,
        is_unsolicited=False,
        is_crowded=False,
        is_permitted=False,
        is_staff=False,
    )


@pytest.mark.parametrize(
    ("choice", "about", "is_own", "wanted"),
    [
        (Choice(ALL), facts(), False, True),
        (Choice(frozenset({"follow"})), facts(), False, False),
        (Choice(ALL, "none"), facts(following=True, follower=True), False, False),
        (Choice(ALL, "followed"), facts(following=True), False, True),
        (Choice(ALL, "followed"), facts(follower=True), False, False),
        (Choice(ALL, "follower"), facts(follower=True), False, True),
        (Choice(ALL, "follower"), facts(following=True), False, False),
        (Choice(ALL, "followed"), facts("poll"), True, True),
        (Choice(ALL, "none"), facts("poll"), True, False),
    ],
)
def test_an_app_hears_what_it_chose(choice: Choice, about: Facts, is_own: bool, wanted: bool) -> None:
    assert wants(choice, about, is_own=is_own) is wanted


async def subscribe(town: Town, actor: ActorRecord, choice: Choice) -> Subscription:
    def make(tx: sa.Connection) -> Subscription:
        app, _ = register_app(tx, VAULT, Registration("Tusky", ("tusky:/cb",), "push"), NOON)
        scopes = frozenset({"push"})
        token, bearer = issue_token(
            tx, VAULT, app_id=app.id, account_id=None, actor_id=actor.id, scopes=scopes, now=NOON
        )
        keys = App()
        door = Door("https://push.example/1", keys.p256dh, keys.auth, standard=True)
        return push.subscribe(tx, VAULT, token, bearer, door, choice, NOON)

    return await town.do(make)


async def planned(town: Town) -> list[str]:
    query = sa.select(jobs.c.key).where(jobs.c.kind == PUSH).order_by(jobs.c.id)
    return await town.do(lambda tx: list(tx.execute(query).scalars()))


async def ids(town: Town, actor: ActorRecord) -> list[int]:
    query = sa.select(notifications.c.id).where(notifications.c.actor_id == actor.id)
    return await town.do(lambda tx: list(tx.execute(query).scalars()))


async def test_each_app_that_wants_it_gets_a_message_of_its_own(
    town: Town, area: AreaRecord, hanako: ActorRecord
) -> None:
    taro = await town.resident("taro")
    first = await subscribe(town, hanako, Choice(ALL))
    second = await subscribe(town, hanako, Choice(frozenset({"mention"})))
    await subscribe(town, hanako, Choice(ALL, "followed"))
    await subscribe(town, taro, Choice(ALL))
    await town.publish(taro, "@hanako hi")
    (notification,) = await ids(town, hanako)
    assert await planned(town) == [f"{notification}-{first.id}", f"{notification}-{second.id}"]


async def test_by_whom_is_asked_when_it_happens(town: Town, hanako: ActorRecord, alice: ActorRecord) -> None:
    taro = await town.resident("taro")
    await town.follow(taro, hanako)
    post, _ = await town.publish(hanako, "post")
    by_followed = await subscribe(town, hanako, Choice(ALL, "followed"))
    by_followers = await subscribe(town, hanako, Choice(ALL, "follower"))
    await town.do(interactions.favourite, taro, post.id, town.now)
    await town.send(alice, town.note(alice, "hello", cc=(hanako.iri,), mentions=(hanako.iri,)))
    assert [key.partition("-")[2] for key in await planned(town)] == [
        str(by_followers.id),
        str(by_followed.id),
    ]


async def test_nothing_of_what_waits_in_a_request_or_was_unwanted(town: Town, hanako: ActorRecord) -> None:
    taro = await town.resident("taro")
    await subscribe(town, hanako, Choice(ALL))
    await town.publish(taro, "@hanako hi", visibility="direct")  # unsolicited: filtered by default
    assert len(await ids(town, hanako)) == 1
    await town.do(requests.choose_unwanted, hanako.id, PUSH, ["mention"])
    await town.publish(taro, "@hanako hi")
    assert len(await ids(town, hanako)) == 2
    assert await planned(town) == []


async def test_nothing_for_a_token_that_has_ended(town: Town, hanako: ActorRecord) -> None:
    taro = await town.resident("taro")
    made = await subscribe(town, hanako, Choice(ALL))
    await town.do(revoke_token, made.token_id, town.now)
    await town.publish(taro, "@hanako hi")
    assert await planned(town) == []
