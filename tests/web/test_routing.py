"""The signpost answers as Starlette's router does, whatever is asked."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route, Router
from starlette.types import Scope

from web import routing
from web.activitypub.routes import ROUTES
from web.app import PAGES
from web.mastodon.routes import ROUTES as API_ROUTES
from web.routing import Signpost

pytestmark = pytest.mark.anyio

PATHS = (
    *(
        "/",
        "",
        "//",
        "/inbox",
        "/inbox/",
        "/actor/inbox",
        "/@hana",
        "/@hana/",
        "/areas",
        "/areas/",
        "/nothing",
    ),
    *("/areas/megumino", "/areas/megumino/outbox", "/areas/megumino/boosts/a/b/c", "/people/hana/inbox"),
    *(
        "/api/v1/timelines/home",
        "/api/v1/timelines/home/",
        "/api/v1/timelines/tag/雪",
        "/api/v1",
        "/api/v9/x",
    ),
    *("/api/v1/statuses/12", "/api/v1/statuses/12/context", "/api/v1/statuses/x/y/z", "/api/v2/search"),
    *("/posts/12", "/posts/x", "/media/a", "/media/proxy/a/b/c", "/.well-known/webfinger", "/nodeinfo/2.1"),
)


def build(signpost: type[Router]) -> Starlette:
    """Every address of ours, each of which says which one it is."""

    def name(route: Route) -> Route:
        async def answer(request: Request) -> Response:
            return PlainTextResponse(f"{route.path} {sorted(request.path_params.items())}")

        return Route(route.path, answer, methods=sorted(route.methods or ()))

    app = Starlette()
    app.router = signpost([name(route) for route in (*ROUTES, *PAGES, *API_ROUTES)])
    return app


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
async def test_every_path_is_answered_as_by_the_router_of_starlette(method: str) -> None:
    transports = [httpx.ASGITransport(app=build(each)) for each in (Router, Signpost)]
    for path in PATHS:
        answers = []
        for transport in transports:
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
                response = await client.request(method, f"http://t{path}")
                answers.append((response.status_code, response.text, response.headers.get("location")))
        assert answers[0] == answers[1], path


async def test_a_path_is_compared_with_few_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    app = build(Signpost)
    compared: list[Route] = []
    matches = Route.matches

    def compare(route: Route, scope: Scope) -> tuple[Match, Scope]:
        compared.append(route)
        return matches(route, scope)

    monkeypatch.setattr(Route, "matches", compare)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        assert (await client.get("/api/v1/timelines/home")).status_code == 200
    assert len(compared) < 20
    assert routing.DEPTH == 3


async def test_a_route_that_is_added_later_is_found() -> None:
    app = build(Signpost)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        assert (await client.get("/late/one")).status_code == 404
        app.router.routes.append(Route("/late/one", lambda _: PlainTextResponse("late")))
        assert (await client.get("/late/one")).text == "late"
