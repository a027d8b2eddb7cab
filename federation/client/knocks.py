"""Double knocking: a request is signed as draft-cavage, and once more by RFC 9421 where that is refused.

Peers that verify only one of the two answer 401 to the other (GoToSocial, Takahē and PieFed take draft-cavage
alone, Fedify both).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from federation.client.exchange import Answer, ConnectionDropped, Exchange
from federation.client.options import ClientOptions, SchemeMemory, Signer
from federation.client.recent import Recent
from federation.client.signing import SigningThreads
from federation.client.targets import Target
from federation.signatures import Scheme
from federation.vocabulary import Millis

_SCHEME_MEMORY = 7 * 24 * 3600 * 1000
"""Milliseconds; then a peer is asked again what it takes, since it may have been upgraded."""

_DOUBTFUL_PAUSE = 3600 * 1000
"""Milliseconds between second knocks after 400 or 403, which mostly mean something else."""

_MALFORMED, _UNAUTHORIZED, _FORBIDDEN = 400, 401, 403
_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Knocked:
    """The last answer to a POST; its scheme is `learned` where the other one was refused before."""

    answer: Answer
    learned: Scheme | None = None


class Knocks:
    """Signed requests. Each is signed anew: peers refuse a `Date` that is a minute old."""

    def __init__(
        self, exchange: Exchange, signing: SigningThreads, schemes: SchemeMemory, options: ClientOptions
    ) -> None:
        self._exchange = exchange
        self._signing = signing
        self._schemes = schemes
        self._clock = options.clock
        self._doubted: Recent[str, Millis] = Recent(options.limits.remembered)

    async def get(self, target: Target, signer: Signer, accept: str, *, cap: int) -> Answer:
        """Fetch, signed. The answer teaches nothing: a public document is served to whatever signature."""

        async def send(scheme: Scheme) -> Answer:
            headers = await self._signing.sign_get(signer, scheme, target, accept)
            return await self._exchange.get(target, headers, cap=cap)

        answer, _scheme, _is_second = await self._knock(target, self._schemes.scheme(target.origin), send)
        return answer

    async def post(self, target: Target, signer: Signer, body: bytes, first: Scheme | None) -> Knocked:
        """Deliver, signed as `first`, or as the memory of schemes says; what is learned goes there."""

        async def send(scheme: Scheme) -> Answer:
            return await self._deliver(
                target, await self._signing.sign_post(signer, scheme, target, body), body
            )

        first = first or self._schemes.scheme(target.origin)
        answer, scheme, is_second = await self._knock(target, first, send)
        if not is_second or not is_success(answer.status):
            return Knocked(answer)
        self._schemes.remember(target.origin, scheme)
        return Knocked(answer, scheme)

    async def _deliver(self, target: Target, headers: dict[str, str], body: bytes) -> Answer:
        """Send, and again when the peer had closed an idle connection: a repeat under one id is harmless."""
        try:
            return await self._exchange.post(target, headers, body)
        except ConnectionDropped:
            return await self._exchange.post(target, headers, body)

    async def _knock(
        self, target: Target, first: Scheme, send: Callable[[Scheme], Awaitable[Answer]]
    ) -> tuple[Answer, Scheme, bool]:
        answer = await send(first)
        if not self._asks_for_second(target.origin, answer.status):
            return answer, first, False
        second = other_scheme(first)
        return await send(second), second, True

    def _asks_for_second(self, origin: str, status: int) -> bool:
        """After every 401; after 400 and 403 once an hour for each origin."""
        if status not in {_MALFORMED, _FORBIDDEN}:
            return status == _UNAUTHORIZED
        now = self._clock()
        last = self._doubted.get(origin)
        if last is not None and now - last < _DOUBTFUL_PAUSE:
            return False
        self._doubted.put(origin, now)
        return True


class RecentSchemes:
    """A `SchemeMemory` of this process alone: draft-cavage, unless the other was learned in the last week."""

    def __init__(self, capacity: int, clock: Callable[[], Millis]) -> None:
        self._clock = clock
        self._learned: Recent[str, Millis] = Recent(capacity)

    def scheme(self, origin: str) -> Scheme:
        """Return the scheme to knock with first."""
        learned = self._learned.get(origin)
        return "rfc9421" if learned is not None and self._clock() - learned < _SCHEME_MEMORY else "cavage"

    def remember(self, origin: str, scheme: Scheme) -> None:
        """Keep the exception; the rule needs no memory."""
        if scheme == "rfc9421":
            self._learned.put(origin, self._clock())
        else:
            self._learned.drop(origin)


def is_success(status: int) -> bool:
    """Whether a status is one of 2xx."""
    return status in _SUCCESS


def other_scheme(scheme: Scheme) -> Scheme:
    """Return the scheme to try when `scheme` is refused."""
    return "cavage" if scheme == "rfc9421" else "rfc9421"
