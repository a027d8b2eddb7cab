"""The route table's rows, and how each becomes an endpoint: count, recognise, judge, read, answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.guard import BodyLimit
from web.mastodon.allowances import EVERYTHING, Allowance
from web.mastodon.answers import Answer
from web.mastodon.bodies import open_parameters
from web.mastodon.calls import Access, Call, Caller, Handler, demand, find_caller, read_bearer
from web.mastodon.headers import ANSWER_HEADERS
from web.node import Node, node_of
from web.rates import find_household
from web.visits import origin_of, visit_of


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that an app can do. `body` is how much it may send, where that is more than usual.

    Where clients send PUT or PATCH for the same, `methods` has both.
    """

    methods: tuple[str, ...]
    path: str
    access: Access
    handler: Handler
    allowances: tuple[Allowance, ...] = (EVERYTHING,)
    body: BodyLimit | None = None

    def to_route(self) -> Route:
        """As Starlette serves it."""
        return Route(self.path, _endpoint(self), methods=list(self.methods))


def _endpoint(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if not origin_of(request).is_primary:
            raise HTTPException(404)  # apps belong to the node, not to one of its areas
        node, now = node_of(request), node_of(request).clock()
        caller = await _recognise(request, node, operation)
        async with open_parameters(request) as params:
            found = await operation.handler(Call(node, caller, now, request, params))
        if isinstance(found, Response):
            return found
        return (found if isinstance(found, Answer) else Answer(found)).to_response()

    return answer


async def _recognise(request: Request, node: Node, operation: Operation) -> Caller | None:
    """Who asks. Counted by token, or by network without a good one. Raises 401, 403, 422, 429."""
    now, caller = node.clock(), None
    bearer = None if operation.access.needs == "nothing" else read_bearer(request)
    if bearer is not None:
        caller = await node.database.read(find_caller, node.vault, bearer, now)
    who = find_household(visit_of(request).client) if caller is None else f"token {caller.token.id}"
    request.scope[ANSWER_HEADERS].update(node.meter.take(who, operation.allowances, now))
    demand(operation.access, caller, has_token=bearer is not None)
    return caller
