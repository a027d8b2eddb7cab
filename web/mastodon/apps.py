"""Apps: they register themselves, and ask what we know of them."""

from actors.oauth.apps import Registration, find_app_by_id, register_app
from federation.errors import NotFound
from web.mastodon.calls import Call
from web.mastodon.entities.apps import application, credential_application
from web.mastodon.entities.frame import Json
from web.mastodon.showing import frame_of
from web.visits import visit_of


async def register(call: Call) -> Json:
    """`POST /api/v1/apps`: any scheme of the app's own; plain `http` for the user's own machine only."""
    call.node.app_rate.take(visit_of(call.request).client, call.now)
    uris = tuple(uri for text in call.params.texts("redirect_uris") for uri in text.split())
    registration = Registration(
        name=(call.params.word("client_name") or ""),
        redirect_uris=uris,
        scopes=" ".join(call.params.texts("scopes")),
        website=call.params.word("website"),
    )
    app, secret = await call.node.database.write(register_app, call.node.vault, registration, call.now)
    return credential_application(app, secret, frame_of(call.node))


async def verify(call: Call) -> Json:
    """`GET /api/v1/apps/verify_credentials`: what the app registered, without its secret."""
    app = await call.read(find_app_by_id, call.token.app_id)
    if app is None:
        raise NotFound("the app of this token is gone")
    return application(app, frame_of(call.node))
