"""The authorization server: what each grant gives, and every way in which it must not."""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from actors.accounts import create_account, link_actor
from actors.oauth.apps import Registration, register_app
from actors.oauth.codes import LIFETIME_MS, Approver, sweep_codes
from actors.oauth.messages import WORDS, Approval, Call, Granted, Refusal, Wish, answer_at
from actors.oauth.server import decide, examine, exchange, revoke
from actors.oauth.tokens import find_token
from actors.records import AppRecord, TokenRecord
from actors.signin.access import end_access, end_app
from actors.standing import set_standing
from actors.tables import authorization_codes
from federation.vocabulary import Millis
from tests.testrig.clock import DAY, MINUTE, NOON
from tests.testrig.people import VAULT, settle
from web.database import Database

pytestmark = pytest.mark.anyio
CALLBACK = "https://phanpy.test/cb?x=1"
SCHEME = "icecubesapp://"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
LATER = Millis(NOON + MINUTE)


@dataclass
class Case:
    """An app with its secret, and somebody who may approve."""

    tx: sa.Connection
    app: AppRecord
    secret: str
    approver: Approver

    def call(self, **parameters: str | None) -> Call:
        given = {
            "response_type": "code",
            "client_id": self.app.client_id,
            "redirect_uri": CALLBACK,
            **parameters,
        }
        return Call({name: [value] for name, value in given.items() if value is not None})

    def approve(self, **parameters: str | None) -> str:
        found = decide(self.tx, VAULT, self.call(**parameters), self.approver, NOON)
        assert isinstance(found, Approval), found
        return found.code

    def token_call(self, code: str | None, **parameters: str | None) -> Call:
        given = {
            "grant_type": "authorization_code",
            "client_id": self.app.client_id,
            "client_secret": self.secret,
            "redirect_uri": CALLBACK,
            "code": code,
            **parameters,
        }
        return Call({name: [value] for name, value in given.items() if value is not None})

    def exchange(self, code: str | None, now: Millis = LATER, **parameters: str | None) -> Granted | Refusal:
        return exchange(self.tx, VAULT, self.token_call(code, **parameters), now)

    def token(self, answer: Granted | Refusal) -> TokenRecord | None:
        assert isinstance(answer, Granted), answer
        return find_token(self.tx, VAULT, answer.body["access_token"], LATER)

    def another_app(self) -> "Case":
        app, secret = register_app(self.tx, VAULT, Registration("Other", (CALLBACK,), "read"), NOON)
        return Case(self.tx, app, secret, self.approver)


def prepare(tx: sa.Connection) -> Case:
    app, secret = register_app(
        tx, VAULT, Registration("Phanpy", (CALLBACK, SCHEME), "read write:statuses follow"), NOON
    )
    account, actor = create_account(tx, VAULT, "hanako@machi.test", NOON), settle(tx)
    link_actor(tx, account_id=account.id, actor_id=actor.id, role="self", now=NOON)
    return Case(tx, app, secret, Approver(account.id, actor.id))


async def run(database: Database, check: Callable[[Case], None]) -> None:
    await database.write(lambda tx: check(prepare(tx)))


def error(answer: object) -> str:
    assert isinstance(answer, Refusal), answer
    assert answer.description == WORDS[answer.error]
    return answer.error


async def test_from_the_wish_to_the_token(database: Database) -> None:
    def check(case: Case) -> None:
        call = case.call(scope="read:statuses follow", state="s&t=1 ü")
        wish = examine(case.tx, VAULT, call, NOON)
        assert wish == Wish(case.app, frozenset({"read:statuses", "follow"}), CALLBACK)
        approval = decide(case.tx, VAULT, call, case.approver, NOON)
        assert isinstance(approval, Approval)
        assert approval.location.startswith(f"{CALLBACK}&code=")
        assert parse_qs(urlsplit(approval.location).query)["state"] == ["s&t=1 ü"]
        answer = case.exchange(approval.code, scope="read write follow push")
        assert isinstance(answer, Granted)
        assert set(answer.body) == {"access_token", "token_type", "scope", "created_at"}
        assert (answer.body["token_type"], answer.body["scope"]) == ("Bearer", "read:statuses follow")
        assert answer.body["created_at"] == LATER // 1000
        token = case.token(answer)
        assert token is not None
        assert (token.account_id, token.actor_id) == (case.approver.account_id, case.approver.actor_id)
        assert token.app_id == case.app.id
        assert token.scopes == {"read:statuses", "follow"}

    await run(database, check)


async def test_nothing_readable_is_kept_of_a_code(database: Database) -> None:
    def check(case: Case) -> None:
        code = case.approve()
        assert code not in str(tuple(case.tx.execute(sa.select(authorization_codes)).one()))

    await run(database, check)


async def test_no_scope_means_read(database: Database) -> None:
    def check(case: Case) -> None:
        wish = examine(case.tx, VAULT, case.call(), NOON)
        assert isinstance(wish, Wish)
        assert wish.scopes == {"read"}

    await run(database, check)


@pytest.mark.parametrize(
    "scope", ["write", "read push", "read nothing", "admin:read", "", " ", "read write:media"]
)
async def test_more_than_was_registered_is_refused(database: Database, scope: str) -> None:
    def check(case: Case) -> None:
        for answer in (
            examine(case.tx, VAULT, case.call(scope=scope), NOON),
            decide(case.tx, VAULT, case.call(scope=scope), case.approver, NOON),
            exchange(case.tx, VAULT, case.token_call("", grant_type="client_credentials", scope=scope), NOON),
        ):
            assert error(answer) == "invalid_scope"

    await run(database, check)


async def test_the_address_must_be_exactly_one_that_was_registered(database: Database) -> None:
    """Otherwise it is told to nobody: an error that is sent on is an address for phishing."""

    def check(case: Case) -> None:
        for uri in (
            *("https://phanpy.test/cb", "https://phanpy.test/cb?x=1&y=2", "https://phanpy.test/cb?x=1#f"),
            *("https://phanpy.test/cb?x=1/", "https://phanpy.test/", "http://phanpy.test/cb?x=1"),
            *("https://phanpy.test:443/cb?x=1", "https://PHANPY.test/cb?x=1", "https://a@phanpy.test/cb?x=1"),
            *(
                "https://phanpy.test/cb/../cb?x=1",
                "https://phanpy.test.evil.test/cb?x=1",
                "javascript:alert(1)",
            ),
            *(
                "https://phanpy.test/cb?x=1 ",
                "icecubesapp:",
                "icecubesapp:///",
                'https://"\\',
                "https://例え.test",
                "",
            ),
            None,
        ):
            for answer in (
                examine(case.tx, VAULT, case.call(redirect_uri=uri), NOON),
                decide(case.tx, VAULT, case.call(redirect_uri=uri), case.approver, NOON),
            ):
                assert error(answer) == "invalid_request", uri
                assert isinstance(answer, Refusal)
                assert answer.location is None
        twice = Call({**case.call().parameters, "redirect_uri": [CALLBACK, SCHEME]})
        assert error(examine(case.tx, VAULT, twice, NOON)) == "invalid_request"

    await run(database, check)


async def test_an_unknown_app_is_told_so_with_401(database: Database) -> None:
    """Elk registers again when it hears this."""

    def check(case: Case) -> None:
        for client_id in ("unknown", "", None):
            assert error(examine(case.tx, VAULT, case.call(client_id=client_id), NOON)) == "invalid_client"
            for grant in ("authorization_code", "client_credentials"):
                answer = case.exchange("code", client_id=client_id, grant_type=grant)
                assert error(answer) == "invalid_client"
                assert isinstance(answer, Refusal)
                assert answer.status == 401

    await run(database, check)


async def test_only_codes_are_given_out(database: Database) -> None:
    def check(case: Case) -> None:
        for kind in ("token", "code token", "id_token", "", None, 'a"b\\'):
            answer = examine(case.tx, VAULT, case.call(response_type=kind), NOON)
            assert error(answer) in {"unsupported_response_type", "invalid_request"}, kind

    await run(database, check)


async def test_other_grants_do_not_exist(database: Database) -> None:
    def check(case: Case) -> None:
        for grant in ("password", "refresh_token", "implicit", "", None, "例"):
            answer = case.exchange("code", grant_type=grant)
            assert error(answer) in {"unsupported_grant_type", "invalid_request"}, grant

    await run(database, check)


async def test_no_is_told_to_the_app(database: Database) -> None:
    def check(case: Case) -> None:
        answer = decide(case.tx, VAULT, case.call(redirect_uri=SCHEME, state="x"), None, NOON)
        assert error(answer) == "access_denied"
        assert isinstance(answer, Refusal)
        assert answer.location is not None
        assert answer.location.startswith("icecubesapp://?error=access_denied&")
        assert answer.location.endswith("&state=x")

    await run(database, check)


async def test_a_wrong_secret_is_no_secret(database: Database) -> None:
    def check(case: Case) -> None:
        code = case.approve()
        other = case.another_app()
        for secret in (None, "", "wrong", other.secret, case.secret + " "):
            assert error(case.exchange(code, client_secret=secret)) == "invalid_client"
        assert case.token(case.exchange(code)) is not None

    await run(database, check)


async def test_the_secret_may_come_in_the_header(database: Database) -> None:
    def check(case: Case) -> None:
        def basic(text: bytes) -> str:
            return "Basic " + base64.b64encode(text).decode()

        call = case.token_call(case.approve(), client_id=None, client_secret=None)
        pair = f"{case.app.client_id}:{case.secret}".encode()
        for header in (
            *(
                "Basic",
                "Basic ",
                "Basic %%%",
                "Basic 例",
                f"Bearer {case.secret}",
                basic(b"\xff\xfe:x"),
                basic(b"x"),
            ),
            *(basic(pair + b"x"), basic(b":"), basic(b"unknown:x")),
        ):
            assert error(exchange(case.tx, VAULT, Call(call.parameters, header), LATER)) == "invalid_client"
        assert case.token(exchange(case.tx, VAULT, Call(call.parameters, basic(pair)), LATER)) is not None

    await run(database, check)


async def test_a_code_is_good_once_and_its_second_use_takes_the_token_back(database: Database) -> None:
    def check(case: Case) -> None:
        code = case.approve()
        first = case.exchange(code)
        assert case.token(first) is not None
        assert error(case.exchange(code)) == "invalid_grant"
        assert case.token(first) is None

    await run(database, check)


async def test_twenty_at_once_get_one_token_at_most(database: Database) -> None:
    case = await database.write(prepare)

    def approve(tx: sa.Connection) -> str:
        case.tx = tx
        return case.approve()

    call = case.token_call(await database.write(approve))
    answers = await asyncio.gather(*(database.write(exchange, VAULT, call, LATER) for _ in range(20)))
    assert sum(isinstance(answer, Granted) for answer in answers) == 1


async def test_a_code_is_for_its_app_address_and_ten_minutes(database: Database) -> None:
    def check(case: Case) -> None:
        code = case.approve()
        other = case.another_app()
        assert error(exchange(case.tx, VAULT, other.token_call(code), LATER)) == "invalid_grant"
        for uri in (SCHEME, "https://phanpy.test/cb", "", None):
            assert error(case.exchange(code, redirect_uri=uri)) in {"invalid_grant", "invalid_request"}
        assert error(case.exchange(code, Millis(NOON + LIFETIME_MS))) == "invalid_grant"
        for wrong in (None, "", "x", "x" * 100_000, "\x00"):
            assert error(case.exchange(wrong)) in {"invalid_grant", "invalid_request"}
        assert case.token(case.exchange(code, Millis(NOON + LIFETIME_MS - 1))) is not None

    await run(database, check)


async def test_a_challenge_must_be_met(database: Database) -> None:
    def check(case: Case) -> None:
        code = case.approve(**PKCE)
        assert error(case.exchange(code)) == "invalid_request"
        for verifier in ("w" * 43, "v" * 42, "v" * 129, CHALLENGE, ""):
            answer = case.exchange(code, code_verifier=verifier)
            assert error(answer) in {"invalid_grant", "invalid_request"}, verifier
        assert case.token(case.exchange(code, code_verifier=VERIFIER)) is not None

    await run(database, check)


async def test_a_verifier_without_challenge_is_a_downgrade(database: Database) -> None:
    def check(case: Case) -> None:
        assert error(case.exchange(case.approve(), code_verifier=VERIFIER)) == "invalid_request"

    await run(database, check)


async def test_only_s256(database: Database) -> None:
    def check(case: Case) -> None:
        for method in ("plain", "s256", "S512", "", None):
            call = case.call(code_challenge=CHALLENGE, code_challenge_method=method)
            for answer in (
                examine(case.tx, VAULT, call, NOON),
                decide(case.tx, VAULT, call, case.approver, NOON),
            ):
                assert error(answer) == "invalid_request"
        for challenge in ("short", "x" * 129, "é" * 43):
            call = case.call(code_challenge=challenge, code_challenge_method="S256")
            assert error(examine(case.tx, VAULT, call, NOON)) == "invalid_request"

    await run(database, check)


async def test_an_app_speaks_for_itself(database: Database) -> None:
    def check(case: Case) -> None:
        answer = case.exchange(None, grant_type="client_credentials", redirect_uri=None)
        token = case.token(answer)
        assert token is not None
        assert (token.account_id, token.actor_id) == (None, None)
        assert token.scopes == {"read"}
        more = case.exchange("", grant_type="client_credentials", scope="write:statuses")
        assert case.token(more) is not None

    await run(database, check)


async def test_a_token_is_given_back(database: Database) -> None:
    def check(case: Case) -> None:
        answer = case.exchange(case.approve())
        assert isinstance(answer, Granted)
        bearer = answer.body["access_token"]
        other = case.another_app()

        def give_back(of: Case, token: str | None, secret: str | None = None) -> Granted | Refusal:
            given = {"client_id": of.app.client_id, "client_secret": secret or of.secret, "token": token}
            call = Call({name: [value] for name, value in given.items() if value is not None})
            return revoke(case.tx, VAULT, call, LATER)

        refused = give_back(other, bearer)
        assert isinstance(refused, Refusal)
        assert (refused.error, refused.status) == ("unauthorized_client", 403)
        assert error(give_back(case, bearer, "wrong")) == "invalid_client"
        assert error(give_back(case, None)) == "invalid_request"
        assert case.token(answer) is not None
        assert give_back(case, bearer) == Granted({})
        assert case.token(answer) is None
        assert give_back(case, bearer) == Granted({})
        assert give_back(case, "unknown") == Granted({})

    await run(database, check)


@pytest.mark.parametrize(
    "end",
    [
        lambda case: end_app(case.tx, case.approver.account_id, case.app.id, NOON),
        lambda case: end_access(case.tx, case.approver.account_id, NOON),
        lambda case: set_standing(case.tx, case.approver.actor_id, "suspended", reason="", now=NOON),
    ],
)
async def test_what_takes_back_tokens_takes_back_codes(
    database: Database, end: Callable[[Case], None]
) -> None:
    def check(case: Case) -> None:
        code, used = case.approve(), case.exchange(case.approve())
        end(case)
        assert error(case.exchange(code)) == "invalid_grant"
        assert case.token(used) is None

    await run(database, check)


async def test_who_may_no_longer_speak_gives_no_token(database: Database) -> None:
    def check(case: Case) -> None:
        code = case.approve()
        account, actor = case.approver.account_id, case.approver.actor_id
        link_actor(case.tx, account_id=account, actor_id=actor, role="self", now=NOON, until=LATER)
        assert error(case.exchange(code)) == "invalid_grant"

    await run(database, check)


async def test_old_codes_are_forgotten(database: Database) -> None:
    def check(case: Case) -> None:
        case.approve()
        over = Millis(NOON + LIFETIME_MS + DAY)
        assert (sweep_codes(case.tx, over), sweep_codes(case.tx, Millis(over + 1))) == (0, 1)

    await run(database, check)


def test_an_address_stays_as_it_was_registered() -> None:
    assert answer_at("icecubesapp://", {"code": "x"}, None) == "icecubesapp://?code=x"
    assert answer_at("a.b:/cb", {"code": "x"}, "") == "a.b:/cb?code=x&state="
    assert (
        answer_at("https://a.test/?b=%3A", {"code": "x"}, "é") == "https://a.test/?b=%3A&code=x&state=%C3%A9"
    )
