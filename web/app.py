"""The application: routes, what goes wrong, and the layers around them."""

from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from areas.media.attaching import MOST
from web import probes
from web.accounts.doors import signed_in, welcome
from web.accounts.routes import ROUTES as ACCOUNT_ROUTES
from web.activitypub import actors, posts
from web.activitypub.routes import ROUTES, Endpoint, in_folders
from web.desk import held, warnings
from web.desk import reports as complained
from web.errors import handlers
from web.guard import BodyLimit, Guard
from web.headers import SecurityHeaders
from web.high_water import HighWater
from web.mastodon.headers import ApiHeaders
from web.mastodon.routes import BODY_LIMITS
from web.mastodon.routes import ROUTES as API_ROUTES
from web.mastodon.streaming import events, sockets
from web.media import serving as media
from web.media.formats import MAX_BYTES
from web.negotiation import wants_json
from web.node import Node
from web.pages import (
    acts,
    calendars,
    feeds,
    news,
    offline,
    placements,
    posters,
    promises,
    remote_follow,
    reports,
    residents,
    reviews,
    searching,
    statics,
    steps,
    tags,
    threads,
    timelines,
    towns,
)
from web.pages.writing import composing, drafts, ending
from web.remembered import Remembered
from web.routing import Signpost


def either(json: Endpoint, page: Endpoint) -> Endpoint:
    """One address for machines and people, told apart by `Accept`."""

    async def choose(request: Request) -> Response:
        is_machine = wants_json(request.headers.get("accept", ""))
        return await (json if is_machine else page)(request)

    return choose


PAGES = (
    Route("/", welcome(timelines.front_page)),
    Route("/actor", either(actors.serve_actor, timelines.actor_page)),
    *in_folders("", either(actors.serve_actor, welcome(timelines.actor_page))),
    *in_folders("/follow", welcome(remote_follow.follow_page)),
    *in_folders("/follow", remote_follow.follow_elsewhere, ["POST"]),
    Route("/posts/{post_id:int}", either(posts.serve_post, welcome(threads.thread_page))),
    Route("/threads/{post_id:int}", either(posts.serve_thread, welcome(threads.thread_page))),
    Route("/authorize_interaction", welcome(remote_follow.interaction_page)),
    Route("/report", welcome(reports.report_page)),
    Route("/report", reports.send_report, methods=["POST"]),
    Route("/status/{token}", welcome(placements.placement_page)),
    Route("/write", signed_in(composing.write_page)),
    Route("/write", signed_in(composing.write), methods=["POST"]),
    Route("/drafts", signed_in(drafts.list_page)),
    Route("/drafts/drop", signed_in(drafts.drop_page)),
    Route("/drafts/drop", signed_in(drafts.drop), methods=["POST"]),
    Route("/posts/{post_id:int}/edit", signed_in(composing.edit_page)),
    Route("/posts/{post_id:int}/delete", signed_in(ending.delete_page)),
    Route("/posts/{post_id:int}/delete", signed_in(ending.delete), methods=["POST"]),
    Route("/posts/{post_id:int}/history", welcome(ending.history_page)),
    Route("/posts/{post_id:int}/steps/{step}", signed_in(steps.take_step), methods=["POST"]),
    Route("/posts/{post_id:int}/responses", signed_in(steps.respond), methods=["POST"]),
    Route("/posts/{post_id:int}/responses/{step}", signed_in(steps.step_reply), methods=["POST"]),
    Route("/places/{place_id:int}", either(reviews.serve_place, welcome(reviews.place_page))),
    Route("/desk/held", signed_in(held.held_page)),
    Route("/desk/held/{placement_id:int}", signed_in(held.decide), methods=["POST"]),
    Route("/desk/reports", signed_in(complained.reports_page)),
    Route("/desk/reports/{report_id:int}", signed_in(complained.report_page)),
    Route("/desk/reports/{report_id:int}", signed_in(complained.close), methods=["POST"]),
    Route("/desk/reports/{report_id:int}/reopen", signed_in(complained.reopen), methods=["POST"]),
    Route("/desk/warnings", signed_in(warnings.warnings_page)),
    Route("/desk/warnings/send", signed_in(warnings.send), methods=["POST"]),
    Route("/desk/warnings/{signal_id:int}/withdraw", signed_in(warnings.withdraw), methods=["POST"]),
    Route("/desk/warnings/{signal_id:int}/take", signed_in(warnings.take), methods=["POST"]),
    Route("/desk/warnings/{signal_id:int}/veto", signed_in(warnings.veto), methods=["POST"]),
    Route("/desk/warnings/{signal_id:int}/reopen", signed_in(warnings.reopen), methods=["POST"]),
    Route("/notifications", signed_in(news.news_page)),
    Route("/notifications/read", signed_in(news.mark_read), methods=["POST"]),
    Route("/promise", welcome(promises.promise_page)),
    Route("/manifest.webmanifest", promises.serve_manifest),
    Route(offline.PATH, offline.offline_page),
    Route("/service-worker.js", offline.serve_worker),
    Route("/towns", welcome(towns.towns_page)),
    Route("/search", welcome(searching.search_page)),
    Route("/tags/{name}", welcome(tags.tag_page)),
    Route("/tags/{name}/acts/{act}", signed_in(tags.act_on_tag), methods=["POST"]),
    Route("/areas/{username}/feed.atom", feeds.serve_feed),
    Route("/areas/{username}/calendar.ics", calendars.serve_calendar),
    Route("/posts/{post_id:int}/event.ics", calendars.serve_event),
    Route("/areas/{username}/qr.svg", posters.serve_code),
    Route("/home", signed_in(residents.home_page)),
    Route("/accounts/{actor_id:int}", signed_in(residents.account_page)),
    Route("/posts/{post_id:int}/acts/{act}", signed_in(acts.act_on_post), methods=["POST"]),
    Route("/accounts/{actor_id:int}/acts/{act}", signed_in(acts.act_on_person), methods=["POST"]),
    Route(
        "/announcements/{announcement_id:int}/acts/{act}",
        signed_in(acts.act_on_announcement),
        methods=["POST"],
    ),
    Route("/memberships/{area_id:int}/acts/{act}", signed_in(acts.act_on_area), methods=["POST"]),
    Route("/media/proxy/{signature}/{size}/{encoded}", media.serve_copy),
    Route("/media/{name}", media.serve_media),
    Route("/static/{digest}/{name}", statics.serve_static),
    Route("/healthz", probes.serve_health),
    Route("/health", probes.serve_word),
    Route("/readyz", probes.serve_readiness),
)

PAGE_LIMITS: Final = {
    ("POST", "/write"): BodyLimit(MOST * MAX_BYTES + (128 << 10), 300.0),
    ("POST", "/settings/profile"): BodyLimit(2 * MAX_BYTES + (128 << 10), 300.0),
}
"""A post with all its pictures; a profile with both of its own."""


class Application(Starlette):
    """Starlette inside our own layers, so that its answers to bugs get the headers too."""

    def __init__(self, node: Node) -> None:
        routes = [*ROUTES, *PAGES, *ACCOUNT_ROUTES, *sockets.ROUTES, *events.ROUTES, *API_ROUTES]
        super().__init__(exception_handlers=handlers())
        self.router = Signpost(routes)
        self.state.node = node

    def build_middleware_stack(self) -> ASGIApp:
        """Headers for apps of other sites, security headers, guard, memory, full disks, then what Starlette does."""
        node: Node = self.state.node
        inner = HighWater(super().build_middleware_stack(), node.disks)
        guard = Guard(
            Remembered(inner, node.database.stamp, node.clock),
            sites=node.sites,
            trusted_proxies=node.settings.trusted_proxies,
            body_limits={**BODY_LIMITS, **PAGE_LIMITS},
        )
        return ApiHeaders(SecurityHeaders(guard))


def create_app(node: Node) -> Starlette:
    """Return the ASGI application of a node."""
    return Application(node)
