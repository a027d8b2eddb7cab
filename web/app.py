"""The application: routes, what goes wrong, and the layers around them."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from web import probes
from web.activitypub import actors, posts
from web.activitypub.routes import ROUTES, Endpoint, in_folders
from web.errors import handlers
from web.guard import Guard
from web.headers import SecurityHeaders
from web.negotiation import wants_json
from web.node import Node
from web.pages import placements, remote_follow, reports, statics, threads, timelines


def either(json: Endpoint, page: Endpoint) -> Endpoint:
    """One address for machines and people, told apart by `Accept`."""

    async def choose(request: Request) -> Response:
        is_machine = wants_json(request.headers.get("accept", ""))
        return await (json if is_machine else page)(request)

    return choose


PAGES = (
    Route("/", timelines.front_page),
    Route("/actor", either(actors.serve_actor, timelines.actor_page)),
    *in_folders("", either(actors.serve_actor, timelines.actor_page)),
    *in_folders("/follow", remote_follow.follow_page),
    *in_folders("/follow", remote_follow.follow_elsewhere, ["POST"]),
    Route("/posts/{post_id:int}", either(posts.serve_post, threads.thread_page)),
    Route("/threads/{post_id:int}", either(posts.serve_thread, threads.thread_page)),
    Route("/authorize_interaction", remote_follow.interaction_page),
    Route("/report", reports.report_page),
    Route("/report", reports.send_report, methods=["POST"]),
    Route("/status/{token}", placements.placement_page),
    Route("/static/{digest}/{name}", statics.serve_static),
    Route("/healthz", probes.serve_health),
    Route("/readyz", probes.serve_readiness),
)


class Application(Starlette):
    """Starlette inside our own layers, so that its answers to bugs get the headers too."""

    def __init__(self, node: Node) -> None:
        super().__init__(routes=[*PAGES, *ROUTES], exception_handlers=handlers())
        self.state.node = node

    def build_middleware_stack(self) -> ASGIApp:
        """Guard, security headers, then what Starlette does."""
        node: Node = self.state.node
        inner = SecurityHeaders(super().build_middleware_stack())
        return Guard(inner, sites=node.sites, trusted_proxies=node.settings.trusted_proxies)


def create_app(node: Node) -> Starlette:
    """Return the ASGI application of a node."""
    return Application(node)
