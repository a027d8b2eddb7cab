"""The one place where the network is opened: TLS, addresses, pools, header limits.

A transport as httpx knows them, straight on aiohttp, whose pool does not walk all its connections at each
request (docs/decisions/0003). It raises aiohttp's own errors; `exchange` names them.
"""

import ssl
import warnings
from collections.abc import AsyncIterator

import aiohttp
import certifi
import httpx

from federation.addresses import AddressPolicy
from federation.client.guard import GuardedResolver, SocketGuard, SystemLookup
from federation.client.options import ClientOptions

_HEADER_LINE_BYTES = 8190
_HEADER_LINES = 128
"""Apache's and aiohttp's own defaults; a peer that sends more sends no document."""

_IDLE_SECONDS = 30.0
"""How long a connection waits for the next request: two bursts of deliveries, below most peers' 60 s."""


class GuardedTransport(httpx.AsyncBaseTransport):
    """A transport with the address guard in it. The session opens at the first request."""

    def __init__(self, options: ClientOptions) -> None:
        self._options = options
        self._context = tls_context(options)
        # Everything else is bounded by the caller's one deadline.
        self._timeout = aiohttp.ClientTimeout(sock_connect=options.deadlines.connect)
        self._system_lookup = SystemLookup()
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body of the response is raw, and left unread it costs the connection."""
        if self._session is None:
            self._session = self._open_session()
        response = await self._session.request(
            request.method,
            str(request.url),
            headers=[(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw],
            data=request.content or None,
            allow_redirects=False,
            timeout=self._timeout,
        )
        return httpx.Response(response.status, headers=response.raw_headers, stream=_RawBody(response))

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            if self._session.connector is not None:
                await self._session.connector.close(abort_ssl=True)
            await self._session.close()
        self._system_lookup.close()

    def _open_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=self._open_connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=_HEADER_LINE_BYTES,
            max_field_size=_HEADER_LINE_BYTES,
            max_headers=_HEADER_LINES,
        )

    def _open_connector(self) -> aiohttp.TCPConnector:
        options = self._options
        policy = AddressPolicy(options.allowed_private_networks)
        with warnings.catch_warnings():
            # Else a peer that never answers our farewell keeps its socket for the loop's 30 s. The parameter
            # is to go with aiohttp 4, which has no other yet.
            warnings.filterwarnings("ignore", "The ssl_shutdown_timeout", DeprecationWarning)
            return aiohttp.TCPConnector(
                ssl=self._context,
                limit=0,  # the pools of `Limits` bound the whole
                limit_per_host=options.limits.connections_per_host,
                keepalive_timeout=_IDLE_SECONDS,
                resolver=GuardedResolver(policy, options.hosts, options.lookup or self._system_lookup),
                socket_factory=SocketGuard(policy),
                ssl_shutdown_timeout=options.deadlines.drain,
            )


class _RawBody(httpx.AsyncByteStream):
    """The bytes as they came, chunked transfer removed. Closed before its end it closes the connection."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.content.iter_any():
            yield chunk

    async def aclose(self) -> None:
        """Where there is more to read, drop the connection: a farewell would go on reading while it waits."""
        connection = self._response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        self._response.close()


def tls_context(options: ClientOptions) -> ssl.SSLContext:
    """Trust Mozilla's list and the operator's own file, nothing the environment names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=certifi.where())
    if options.ca_file is not None:
        context.load_verify_locations(cafile=options.ca_file)
    return context
