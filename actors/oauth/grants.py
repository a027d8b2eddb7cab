"""Authlib's grants, their clients and codes, on our rows.

Apps are all confidential: each was given a secret.
"""

from typing import Any, Final, Protocol

import sqlalchemy as sa
from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    InvalidRequestError,
    TokenMixin,
    grants,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from actors.accounts import may_speak_as
from actors.keys import Vault
from actors.oauth.apps import is_secret_of
from actors.oauth.codes import Approver, CodeRecord, claim_code, save_code, use_code
from actors.oauth.messages import Approval
from actors.oauth.scopes import covers, parse_scopes, write_scopes
from actors.oauth.tokens import find_token, revoke_token
from actors.records import AppRecord, TokenRecord
from federation.vocabulary import Millis

AUTH_METHODS: Final = ["client_secret_basic", "client_secret_post"]
CHALLENGE_METHODS: Final = ["S256"]


class Ground(Protocol):
    """What the server of one transaction stands on."""

    tx: sa.Connection
    vault: Vault
    now: Millis


class _Client(ClientMixin):
    """An app; whatever it registered, it may use."""

    def __init__(self, server: Ground, app: AppRecord) -> None:
        self.server = server
        self.app = app

    def get_client_id(self) -> str:
        return self.app.client_id

    def get_default_redirect_uri(self) -> None:
        """An app always says where it is answered."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """None, which Authlib refuses, for one that does not exist, was not registered, or is empty."""
        asked = parse_scopes(scope or "")
        if asked is None or not covers(self.app.scopes, asked) or (scope is not None and not scope.strip()):
            return None
        return write_scopes(asked)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.app.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return is_secret_of(self.server.tx, self.server.vault, self.app, client_secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in AUTH_METHODS

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {"authorization_code", "client_credentials"}


class _Code(AuthorizationCodeMixin):
    """A claimed code."""

    code_challenge_method = "S256"

    def __init__(self, record: CodeRecord) -> None:
        self.record = record
        self.code_challenge = record.challenge

    def get_redirect_uri(self) -> str:
        return self.record.redirect_uri

    def get_scope(self) -> str:
        return write_scopes(self.record.scopes)


class _Token(TokenMixin):
    """A token that is to be revoked."""

    def __init__(self, record: TokenRecord) -> None:
        self.record = record

    def check_client(self, client: _Client) -> bool:
        return self.record.app_id == client.app.id


class _Challenge(CodeChallenge):
    """PKCE where the app offers it, by S256 alone: what is sent plainly protects nothing."""

    SUPPORTED_CODE_CHALLENGE_METHOD = CHALLENGE_METHODS

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if data.get("code_challenge") and not data.get("code_challenge_method"):
            raise InvalidRequestError("The code_challenge_method must be S256.")
        super().validate_code_challenge(grant, redirect_uri)


class _CodeGrant(grants.AuthorizationCodeGrant):
    """Authlib's grant, with our rows."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def create_authorization_response(self, redirect_uri: str, grant_user: Approver | None) -> Any:
        """As Authlib does it, but for the address, which Python's own functions would rewrite."""
        status, _body, _headers = super().create_authorization_response(redirect_uri, grant_user)
        return status, Approval(self.request.code, redirect_uri, self.request.payload.state), []

    def save_authorization_code(self, code: str, request: Any) -> None:
        server: Ground = self.server
        save_code(
            server.tx,
            server.vault,
            code,
            app_id=request.client.app.id,
            approver=request.user,
            redirect_uri=request.payload.redirect_uri,
            scopes=frozenset(request.scope.split()),
            challenge=request.payload.data.get("code_challenge"),
            now=server.now,
        )
        request.code = code

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        server: Ground = self.server
        found = claim_code(server.tx, server.vault, code, client.app.id, server.now)
        return None if found is None else _Code(found)

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        use_code(self.server.tx, authorization_code.record.id, self.server.now)

    def authenticate_user(self, authorization_code: _Code) -> Approver | None:
        approver = authorization_code.record.approver
        may = may_speak_as(self.server.tx, approver.account_id, approver.actor_id, self.server.now)
        return approver if may else None


class _CredentialsGrant(grants.ClientCredentialsGrant):
    """An app that speaks for itself."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS


class _Revocation(RevocationEndpoint):
    """Apps give back what they were given."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def query_token(self, token_string: str, _token_type_hint: str | None) -> _Token | None:
        server: Ground = self.server
        found = find_token(server.tx, server.vault, token_string, server.now)
        return None if found is None else _Token(found)

    def revoke_token(self, token: _Token, _request: Any) -> None:
        revoke_token(self.server.tx, token.record.id, self.server.now)


def to_client(server: Ground, app: AppRecord) -> ClientMixin:
    """Return an app as Authlib asks it; its record is `app`."""
    return _Client(server, app)


def register_all(server: AuthorizationServer) -> None:
    """Let a server, which is a `Ground` too, give codes, tokens for codes and for apps, and take them back."""
    server.register_grant(_CodeGrant, [_Challenge(required=False)])
    server.register_grant(_CredentialsGrant)
    server.register_endpoint(_Revocation)
