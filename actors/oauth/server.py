"""The authorization server: Authlib's core (RFC 6749, 7636, 7009) on one transaction, answering in Mastodon's words.

Which grant, which client, which redirect, which challenge is right is Authlib's to say; this is what it looks
things up with (`grants`), and what becomes of its answers (`messages`).
"""

from http import HTTPStatus
from typing import Any, Final

import sqlalchemy as sa
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Request,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint

from actors.keys import Vault
from actors.oauth.apps import find_app
from actors.oauth.codes import Approver
from actors.oauth.grants import register_all, to_client
from actors.oauth.messages import Approval, Call, Granted, Refusal, Wish, explain
from actors.oauth.requests import read_request
from actors.oauth.tokens import issue_token
from federation.vocabulary import Millis

NOT_YOURS: Final = "You are not authorized to revoke this token"


def examine(tx: sa.Connection, vault: Vault, call: Call, now: Millis) -> Wish | Refusal:
    """Judge a request for authorization, before anybody is asked."""
    server = _Server(tx, vault, now)
    try:
        grant = server.consent(call)
    except OAuth2Error as error:
        return explain(error)
    request = grant.request
    return Wish(request.client.app, frozenset(request.scope.split()), grant.redirect_uri)


def decide(
    tx: sa.Connection, vault: Vault, call: Call, approver: Approver | None, now: Millis
) -> Approval | Refusal:
    """Carry out what was decided on a request; None denies it."""
    server = _Server(tx, vault, now)
    try:
        grant = server.consent(call)
    except OAuth2Error as error:
        return explain(error)
    found = server.create_authorization_response(grant.request, grant_user=approver, grant=grant)
    assert isinstance(found, Approval | Refusal)
    return found


def exchange(tx: sa.Connection, vault: Vault, call: Call, now: Millis) -> Granted | Refusal:
    """Answer the token endpoint: a code or the app's own credentials for a token."""
    try:
        found = _Server(tx, vault, now).create_token_response(call)
    except OAuth2Error as error:
        return explain(error)
    assert isinstance(found, Granted | Refusal)
    return found


def revoke(tx: sa.Connection, vault: Vault, call: Call, now: Millis) -> Granted | Refusal:
    """Answer the revocation endpoint (RFC 7009); an unknown token is as good as revoked."""
    try:
        found = _Server(tx, vault, now).create_endpoint_response(RevocationEndpoint.ENDPOINT_NAME, call)
    except OAuth2Error as error:
        return explain(error)
    assert isinstance(found, Granted | Refusal)
    if isinstance(found, Refusal) and found.error == "invalid_grant":
        return Refusal("unauthorized_client", NOT_YOURS, HTTPStatus.FORBIDDEN)
    return found


class _Server(AuthorizationServer):
    """One server for one transaction."""

    def __init__(self, tx: sa.Connection, vault: Vault, now: Millis) -> None:
        super().__init__()
        self.tx = tx
        self.vault = vault
        self.now = now
        register_all(self)
        self.register_token_generator("default", _describe_token)

    def consent(self, call: Call) -> Any:
        """The grant that a request for authorization asks for; raises `OAuth2Error`."""
        return self.get_consent_grant(call)

    def query_client(self, client_id: str) -> ClientMixin | None:
        app = find_app(self.tx, client_id)
        return None if app is None else to_client(self, app)

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        code, user = request.authorization_code, request.user
        record, bearer = issue_token(
            self.tx,
            self.vault,
            app_id=request.client.app.id,
            account_id=user.account_id if user else None,
            actor_id=user.actor_id if user else None,
            scopes=frozenset(token["scope"].split()),
            code_id=code.record.id if code else None,
            now=self.now,
        )
        token["access_token"] = bearer
        token["created_at"] = record.created_at // 1000

    def create_oauth2_request(self, request: Call) -> OAuth2Request:
        return read_request(request)

    def handle_response(self, _status: int, body: Any, _headers: Any) -> Approval | Granted:
        return body if isinstance(body, Approval) else Granted(body)

    def handle_error_response(self, _request: Any, error: OAuth2Error) -> Refusal:
        return explain(error)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def _describe_token(*, client: ClientMixin, scope: str | None, **_others: Any) -> dict[str, Any]:
    """All of a token but the bearer, which `save_token` makes."""
    allowed = client.get_allowed_scope(scope)
    if allowed is None:
        raise InvalidScopeError
    return {"token_type": "Bearer", "scope": allowed}
