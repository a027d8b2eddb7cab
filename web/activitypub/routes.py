"""Which address of the protocol is answered by what. Pages that share an address are joined in `web.app`."""

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.activitypub import actors, discovery, inboxes, outboxes, posts

Endpoint = Callable[[Request], Awaitable[Response]]

FOLDERS = ("areas", "people")
"""Where actors live: groups in the one, everybody else in the other."""


def in_folders(rest: str, endpoint: Endpoint, methods: Iterable[str] = ("GET",)) -> list[Route]:
    """Routes below `/areas/{username}` and `/people/{username}`."""
    return [Route(f"/{folder}/{{username}}{rest}", endpoint, methods=list(methods)) for folder in FOLDERS]


COLLECTIONS = (
    ("outbox", outboxes.serve_outbox),
    ("followers", actors.serve_followers),
    ("following", actors.serve_following),
    ("featured", actors.serve_featured),
)

ROUTES = (
    Route("/inbox", inboxes.post_to_host, methods=["POST"]),
    Route("/actor/inbox", inboxes.post_to_actor, methods=["POST"]),
    *in_folders("/inbox", inboxes.post_to_actor, ["POST"]),
    *(Route(f"/actor/{name}", endpoint) for name, endpoint in COLLECTIONS),
    *(route for name, endpoint in COLLECTIONS for route in in_folders(f"/{name}", endpoint)),
    Route("/areas/{username}/moderators", actors.serve_moderators),
    *in_folders("/activities/{name:path}", outboxes.serve_activity),
    *in_folders("/boosts/{name:path}", outboxes.serve_activity),
    Route("/posts/{post_id:int}/replies", posts.serve_replies),
    Route("/@{username}", discovery.redirect_profile),
    Route("/.well-known/webfinger", discovery.serve_webfinger),
    Route("/.well-known/host-meta", discovery.serve_host_meta),
    Route(discovery.SECURITY_TXT, discovery.serve_security_txt),
    Route("/.well-known/nodeinfo", discovery.serve_nodeinfo_links),
    Route("/nodeinfo/{version}", discovery.serve_nodeinfo),
)
