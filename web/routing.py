"""Which route answers: by the first parts of a path at once, where Starlette alone tries two hundred one by one."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send

DEPTH: Final = 3
"""Parts of a path that are looked up: `/api/v1/timelines` is shared by few routes."""

Parts = tuple[str, ...]


class Signpost(Router):
    """A router that asks only those routes which begin as the path does, in their order."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        super().__init__(routes)
        self._count = -1
        self._beginnings: list[tuple[Parts, BaseRoute]] = []
        self._known: frozenset[Parts] = frozenset()
        self._routers: dict[Parts, Router] = {}

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on to the router for the longest beginning that any route has."""
        if scope["type"] == "lifespan":
            await super().app(scope, receive, send)
            return
        scope.setdefault("router", self)
        await self._find(scope["path"]).app(scope, receive, send)

    def _find(self, path: str) -> Router:
        if self._count != len(self.routes):
            self._learn()
        parts = tuple(path.split("/", DEPTH + 1)[1 : DEPTH + 1])
        while parts not in self._known:
            parts = parts[:-1]
        if parts not in self._routers:
            self._routers[parts] = self._build(parts)
        return self._routers[parts]

    def _learn(self) -> None:
        self._count = len(self.routes)
        self._beginnings = [(_literal_parts(route), route) for route in self.routes]
        self._known = frozenset(parts for parts, _ in self._beginnings) | {()}
        self._routers.clear()

    def _build(self, beginning: Parts) -> Router:
        """Whatever matches a path begins with literal parts that are the path's own, so that none is missed."""
        return Router([route for parts, route in self._beginnings if beginning[: len(parts)] == parts])


def _literal_parts(route: BaseRoute) -> Parts:
    """The first parts of a route's path as far as they are the same for every request."""
    if not isinstance(route, (Route, WebSocketRoute)):
        return ()
    parts = route.path.split("/")[1 : DEPTH + 1]
    fixed = next((place for place, part in enumerate(parts) if "{" in part), len(parts))
    return tuple(parts[:fixed])
