"""What a running node has, wired once. Opening it starts nothing; `web.background` does what goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields

import httpx
import sqlalchemy as sa
from starlette.requests import HTTPConnection

from actors import origins, registration
from actors.directory import Directory, find_local
from actors.keys import KeyPair, Keyring, Vault, generate_keys
from actors.node_client import NodeClient
from actors.ports import Clock
from actors.records import OriginRecord, ServerRule
from actors.standing import RuleBook, list_rules
from actors.vapid import create_key, find_key
from federation.client import Client, ClientOptions, open_client, read_clock
from federation.vocabulary import Millis
from inbox.services import Services
from outbox.epochs import ensure_history
from outbox.worker import Worker
from web.accounts.hashing import Hashing
from web.database import Database, open_database
from web.disk import Disks, open_disks
from web.documents import Documents
from web.logs import Log, open_log
from web.mail import Mailer, open_mailer
from web.mastodon.allowances import Meter
from web.mastodon.counted import Counted
from web.media.library import Library
from web.media.proxy import Addresses, Copies
from web.media.storage import open_store
from web.push.identity import Identity
from web.rates import Rate
from web.settings import Settings, WrongSetting, read_secret
from web.streams import Streams
from web.visits import Site, Sites

PRIVATE_FOLDER = 0o700
REPORTS = (5, 20)
"""By form, of one client: at once, and per hour."""
FOLLOWS = (10, 60)
"""Look-ups of a reader's own server, of one client: at once, and per hour."""
APPS = (20, 120)
"""Apps registered, by one client: at once, and per hour. Web clients register once for each browser."""


class Bell:
    """Wakes everybody who works on jobs; each has an event of its own, and clears it."""

    def __init__(self) -> None:
        self._events: list[asyncio.Event] = []

    def hear(self) -> asyncio.Event:
        """Return an event that is set whenever it rings."""
        event = asyncio.Event()
        self._events.append(event)
        return event

    def ring(self) -> None:
        """Something is planned."""
        for event in self._events:
            event.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What everything of a node stands on."""

    settings: Settings
    clock: Clock
    log: Log
    vault: Vault
    database: Database
    keyring: Keyring
    rules: RuleBook
    sites: Sites = field(default_factory=Sites)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Ground):
    """One town's server, as everything at the edge sees it."""

    client: Client
    directory: Directory
    library: Library
    copies: Copies
    worker: Worker
    planned: Bell
    services: Services
    streams: Streams
    push_identity: Identity
    hashing: Hashing
    mailer: Mailer
    addresses: Addresses
    disks: Disks
    documents: Documents = field(default_factory=Documents)
    counted: Counted = field(default_factory=Counted)
    meter: Meter = field(default_factory=Meter)
    report_rate: Rate = field(default_factory=lambda: Rate(*REPORTS))
    follow_rate: Rate = field(default_factory=lambda: Rate(*FOLLOWS))
    app_rate: Rate = field(default_factory=lambda: Rate(*APPS))

    def nudge(self) -> None:
        """Something was said and may be sent, or planned and may be done. On the node's own loop."""
        _nudge(self.worker, self.planned)

    async def refresh(self) -> None:
        """Read again what is kept in memory of the database: served origins, rules for servers, keys."""
        sites, rules = await self.database.read(_read_memory)
        self.sites.replace(sites)
        self.rules.load(rules)
        self.directory.forget()


@asynccontextmanager
async def open_node(
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock = read_clock,
    log: Log | None = None,
    hashing: Hashing | None = None,
) -> AsyncIterator[Node]:
    """Open the database, the keys and the door to other servers; close them in the end.

    `transport`, `clock` and `log` stand in for the network, the time and standard error; `hashing` makes passwords
    cheaper or dearer.
    Raises `WrongSetting`, `Overloaded` where the database does not answer.
    """
    async with AsyncExitStack() as stack:
        ground = await _open_ground(stack, settings, clock, log or open_log(settings.log_format))
        node = await _wire(stack, ground, transport, hashing or Hashing())
        await node.refresh()
        yield node


async def _open_ground(stack: AsyncExitStack, settings: Settings, clock: Clock, log: Log) -> Ground:
    for warning in settings.warnings():
        log.warning(warning)
    vault = Vault(read_secret(settings.secret_key_file))
    settings.data_dir.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    database = await open_database(settings.database_url)
    stack.push_async_callback(database.close)
    return Ground(
        settings=settings,
        clock=clock,
        log=log,
        vault=vault,
        database=database,
        keyring=Keyring(vault),
        rules=RuleBook(clock),
    )


async def _wire(
    stack: AsyncExitStack, ground: Ground, transport: httpx.AsyncBaseTransport | None, hashing: Hashing
) -> Node:
    """Everything on its ground; what was opened last is closed first."""
    settings, database, clock = ground.settings, ground.database, ground.clock
    streams = Streams(database, clock, ground.log)
    stack.push_async_callback(streams.close)
    await ensure_site(database, ground.vault, settings.base_url, clock())
    await database.write(ensure_history)
    client = await stack.enter_async_context(open_client(_client_options(ground), transport=transport))
    directory = Directory(database, client, clock, keyring=ground.keyring, mode=settings.federation)
    library = Library(settings.data_dir, open_store(settings.media_url), database, clock)
    stack.push_async_callback(library.close)
    copies = Copies(library, client, database)
    stack.push_async_callback(copies.close)
    worker, planned = Worker(database, client, ground.keyring, clock, log=ground.log), Bell()
    return Node(
        **{each.name: getattr(ground, each.name) for each in fields(ground)},
        client=client,
        directory=directory,
        library=library,
        copies=copies,
        worker=worker,
        planned=planned,
        services=_serve_inbox(ground, client, directory, worker, planned),
        streams=streams,
        push_identity=await ensure_identity(database, ground.vault, settings, clock()),
        hashing=hashing,
        mailer=open_mailer(settings),
        addresses=Addresses(ground.vault),
        disks=open_disks(settings, ground.log),
    )


def _serve_inbox(
    ground: Ground, client: Client, directory: Directory, worker: Worker, planned: Bell
) -> Services:
    return Services(
        storage=ground.database,
        directory=directory,
        client=NodeClient(ground.database, client, ground.keyring),
        clock=ground.clock,
        log=ground.log,
        origins=ground.sites.origins,
        nudge=lambda: _nudge(worker, planned),
        skew=lambda: worker.skew,
        mode=ground.settings.federation,
    )


def _nudge(worker: Worker, planned: Bell) -> None:
    worker.nudge()
    planned.ring()


async def ensure_identity(database: Database, vault: Vault, settings: Settings, now: Millis) -> Identity:
    """Who the node is before push services; its key is made once."""
    key = await database.read(find_key, vault)
    if key is None:
        await database.write(create_key, vault, now)
        key = await database.read(find_key, vault)
    assert key is not None  # it is never removed
    contact = f"mailto:{settings.contact_email}" if settings.contact_email else settings.base_url
    return Identity(key, contact)


async def ensure_site(database: Database, vault: Vault, origin: str, now: Millis) -> OriginRecord:
    """Serve `origin` as the primary one, with the actor that signs fetches for it; both stay if they exist."""
    found = await database.write(_serve, origin, now)
    if not await database.read(_has_actor, found):
        keys = await asyncio.to_thread(generate_keys)
        await database.write(_create_actor, vault, found, keys, now)
    return found


def _serve(tx: sa.Connection, origin: str, now: Millis) -> OriginRecord:
    return origins.add_origin(tx, origin, primary=True, now=now)


def _has_actor(tx: sa.Connection, origin: OriginRecord) -> bool:
    return find_local(tx, registration.node_username(origin), origin.host) is not None


def _create_actor(tx: sa.Connection, vault: Vault, origin: OriginRecord, keys: KeyPair, now: Millis) -> None:
    """Another process may have been faster; the name is unique either way."""
    if not _has_actor(tx, origin):
        registration.create_node(tx, vault, origin=origin, name=origin.host, keys=keys, now=now)


def _read_memory(tx: sa.Connection) -> tuple[list[Site], tuple[ServerRule, ...]]:
    sites = []
    for origin in origins.find_origins(tx):
        actor = find_local(tx, registration.node_username(origin), origin.host)
        if actor is not None:
            sites.append(Site(origin, actor))
    return sites, list_rules(tx)


def _client_options(ground: Ground) -> ClientOptions:
    settings = ground.settings
    if settings.proxy_url is not None:
        raise WrongSetting("proxy_url: the address guard cannot see through a proxy; none can be used")
    return ClientOptions(
        contact=settings.base_url,
        ca_file=settings.extra_ca_file,
        allowed_private_networks=settings.allowed_private_networks,
        allow_any_port=bool(settings.allowed_private_networks),
        own_origins=lambda: ground.sites.origins,
        is_blocked=ground.rules.is_blocked,
        clock=ground.clock,
    )


def node_of(connection: HTTPConnection) -> Node:
    """The node that answers a request."""
    node = connection.app.state.node
    assert isinstance(node, Node)
    return node
