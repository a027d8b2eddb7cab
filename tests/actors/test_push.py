"""A push subscription belongs to one token, keeps what it shows sealed, and ends with the token."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from actors import push
from actors.oauth.apps import Registration, register_app
from actors.oauth.tokens import issue_token, revoke_of_actor, revoke_of_app, revoke_token
from actors.push import Choice, Door, Subscription
from actors.records import ActorRecord, TokenRecord
from actors.standing import set_standing
from actors.tables import access_tokens, node_keys, push_subscriptions
from actors.vapid import create_key, find_key
from federation.errors import LocalFault, Refused
from federation.vocabulary import Millis
from tests.testrig.clock import DAY, NOON
from tests.testrig.people import VAULT, settle
from tests.testrig.pushing import App
from web.database import Database

pytestmark = pytest.mark.anyio
APP = App()
DOOR = Door("https://push.example/1", APP.p256dh, APP.auth, standard=True)
CHOICE = Choice(frozenset({"mention", "poll"}), "followed")


def prepare(tx: sa.Connection) -> tuple[ActorRecord, TokenRecord, str]:
    actor = settle(tx)
    return actor, *give_token(tx, actor)


def give_token(tx: sa.Connection, actor: ActorRecord, until: Millis | None = None) -> tuple[TokenRecord, str]:
    app, _ = register_app(tx, VAULT, Registration("Tusky", ("tusky:/cb",), "push"), NOON)
    return issue_token(
        tx,
        VAULT,
        app_id=app.id,
        account_id=None,
        actor_id=actor.id,
        scopes=frozenset({"push"}),
        now=NOON,
        expires_at=until,
    )


def subscribe(tx: sa.Connection, token: TokenRecord, bearer: str, door: Door = DOOR) -> Subscription:
    return push.subscribe(tx, VAULT, token, bearer, door, CHOICE, NOON)


async def test_a_token_has_one_and_another_takes_its_place(database: Database) -> None:
    def play(tx: sa.Connection) -> None:
        actor, token, bearer = prepare(tx)
        first = subscribe(tx, token, bearer)
        assert (first.door, first.choice, first.token_id) == (DOOR, CHOICE, token.id)
        other = subscribe(tx, token, bearer, replace(DOOR, endpoint="https://push.example/2"))
        assert push.find(tx, token.id) == other
        assert push.list_of(tx, actor.id, NOON) == [other]
        changed = push.change(tx, token.id, Choice(frozenset({"follow"})))
        assert changed == replace(other, choice=Choice(frozenset({"follow"}), "all"))
        push.unsubscribe(tx, token.id)
        assert push.find(tx, token.id) is None
        assert push.change(tx, token.id, CHOICE) is None

    await database.write(play)


async def test_the_access_token_lies_sealed(database: Database) -> None:
    def play(tx: sa.Connection) -> None:
        _, token, bearer = prepare(tx)
        made = subscribe(tx, token, bearer)
        assert push.open_bearer(VAULT, made) == bearer
        rows = [tuple(row) for row in tx.execute(sa.select(push_subscriptions))]
        assert bearer not in str(rows)

    await database.write(play)


async def test_it_ends_with_the_token_however_that_ends(database: Database) -> None:
    def play(tx: sa.Connection) -> None:
        actor = settle(tx)
        kept, kept_bearer = give_token(tx, settle(tx, "sora"))
        subscribe(tx, kept, kept_bearer)
        for end in (
            lambda token: revoke_token(tx, token.id, NOON),
            lambda _token: revoke_of_actor(tx, actor.id, NOON),
            lambda token: tx.execute(sa.delete(access_tokens).where(access_tokens.c.id == token.id)),
        ):
            token, bearer = give_token(tx, actor)
            subscribe(tx, token, bearer)
            end(token)
            assert tx.execute(sa.select(push_subscriptions.c.token_id)).scalars().all() == [kept.id]
        revoke_of_app(tx, 1, 1, NOON)
        assert push.find(tx, kept.id) is not None

    await database.write(play)


async def test_nothing_is_sent_for_a_token_that_opens_nothing_any_more(database: Database) -> None:
    def play(tx: sa.Connection) -> None:
        actor = settle(tx)
        token, bearer = give_token(tx, actor, Millis(NOON + DAY))
        made = subscribe(tx, token, bearer)
        assert push.find_good(tx, made.id, NOON) == made
        late = Millis(NOON + DAY)
        assert (push.find_good(tx, made.id, late), push.list_of(tx, actor.id, late)) == (None, [])
        other, other_bearer = give_token(tx, actor)
        again = subscribe(tx, other, other_bearer)
        set_standing(tx, actor.id, "suspended", reason="", now=NOON)
        assert (push.find_good(tx, again.id, NOON), push.list_of(tx, actor.id, NOON)) == (None, [])

    await database.write(play)


async def test_what_a_service_has_forgotten_goes_unless_the_app_was_faster(database: Database) -> None:
    def play(tx: sa.Connection) -> None:
        _, token, bearer = prepare(tx)
        first = subscribe(tx, token, bearer)
        newer = subscribe(tx, token, bearer, replace(DOOR, endpoint="https://push.example/2"))
        push.drop(tx, first)
        assert push.find(tx, token.id) == newer
        push.drop(tx, newer)
        assert push.find(tx, token.id) is None

    await database.write(play)


@pytest.mark.parametrize(
    ("door", "reason"),
    [
        (replace(DOOR, endpoint="https://push.example/" + "x" * 2_000), "endpoint"),
        (replace(DOOR, auth=b"x" * 15), "auth"),
        (replace(DOOR, p256dh=b""), "p256dh"),
        (replace(DOOR, p256dh=b"\x04" + bytes(64)), "p256dh"),  # not on the curve
        (replace(DOOR, p256dh=APP.p256dh[1:33]), "p256dh"),
    ],
)
async def test_keys_that_open_nothing_are_refused_in_words(
    database: Database, door: Door, reason: str
) -> None:
    def play(tx: sa.Connection) -> None:
        _, token, bearer = prepare(tx)
        with pytest.raises(Refused, match=reason):
            subscribe(tx, token, bearer, door)

    await database.write(play)


async def test_the_key_of_the_node_is_made_once_and_lies_sealed(database: Database) -> None:
    def play(tx: sa.Connection) -> None:
        assert find_key(tx, VAULT) is None
        create_key(tx, VAULT, NOON)
        first = find_key(tx, VAULT)
        create_key(tx, VAULT, NOON)  # another process that began at the same time
        second = find_key(tx, VAULT)
        assert first is not None
        assert second is not None
        assert first.private_numbers() == second.private_numbers()
        sealed = bytes(tx.execute(sa.select(node_keys.c.private)).scalar_one())
        assert first.private_numbers().private_value.to_bytes(32, "big") not in sealed
        other = type(VAULT)(b"the secret of another node, not of this one")
        with pytest.raises(LocalFault):
            find_key(tx, other)

    await database.write(play)
