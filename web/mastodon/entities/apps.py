"""Apps as `Application` and `CredentialApplication`, the metadata of the authorization server, and who signed in."""

from actors.oauth.grants import AUTH_METHODS, CHALLENGE_METHODS
from actors.oauth.scopes import SCOPES, write_scopes
from actors.records import ActorRecord, AppRecord
from web.mastodon.entities.frame import Frame, Json


def application(app: AppRecord, frame: Frame) -> Json:
    """`Application`, as an app sees itself."""
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": write_scopes(app.scopes).split(),
        "redirect_uris": list(app.redirect_uris),
        "redirect_uri": "\n".join(app.redirect_uris),
        "vapid_key": frame.push_key,
    }


def credential_application(app: AppRecord, secret: str, frame: Frame) -> Json:
    """`CredentialApplication`: once, when it registers. The secret does not end."""
    credentials = {"client_id": app.client_id, "client_secret": secret, "client_secret_expires_at": 0}
    return {**application(app, frame), **credentials}


def user_info(actor: ActorRecord, frame: Frame) -> Json:
    """The claims of OpenID Connect that Mastodon gives (`/oauth/userinfo`)."""
    shown = None if actor.icon is None else frame.picture(actor.icon, "full")
    return {
        "iss": f"{frame.origin}/",
        "sub": actor.iri,
        "name": actor.name or actor.username,
        "preferred_username": actor.username,
        "profile": actor.url or actor.iri,
        "picture": shown or frame.avatar,
    }


def server_metadata(origin: str) -> Json:
    """What the authorization server at `origin` can do (RFC 8414), with Mastodon's own key for registration."""
    return {
        "issuer": f"{origin}/",
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": f"{origin}/oauth/authorize",
        "token_endpoint": f"{origin}/oauth/token",
        "app_registration_endpoint": f"{origin}/api/v1/apps",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "userinfo_endpoint": f"{origin}/oauth/userinfo",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": list(CHALLENGE_METHODS),
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "ui_locales_supported": ["ja", "en"],
    }
