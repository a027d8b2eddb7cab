"""What a running node has, wired once. Opening it starts nothing; `web.background` does what goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

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
from federation.client import Client, ClientOptions, open_client, read_clock
from federation.vocabulary import Millis
from inbox.services import Services
from outbox.worker import Worker
from web.database import Database, open_database
from web.documents import Documents
from web.logs import Log, open_log
from web.rates import Rate
from web.settings import Settings, WrongSetting, read_secret
from web.visits import Site, Sites

PRIVATE_FOLDER = 0o700
REPORTS = (5, 20)
"""By form, of one client: at once, and per hour."""
FOLLOWS = (10, 60)
"""Look-ups of a reader's own server, of one client: at once, and per hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One town's server, as everything at the edge sees it."""

    settings: Settings
    database: Database
    client: Client
    directory: Directory
    keyring: Keyring
    vault: Vault
    worker: Worker
    services: Services
    documents: Documents
    rules: RuleBook
    sites: Sites
    planned: asyncio.Event
    report_rate: Rate
    follow_rate: Rate
    clock: Clock
    log: Log

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
) -> AsyncIterator[Node]:
    """Open the database, the keys and the door to other servers; close them in the end.

    `transport`, `clock` and `log` stand in for the network, the time and standard error.
    Raises `WrongSetting`, `Overloaded` where the database does not answer.
    """
    log = log or open_log(settings.log_format)
    for warning in settings.warnings():
        log.warning(warning)
    vault = Vault(read_secret(settings.secret_key_file))
    settings.data_dir.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        database = await open_database(settings.database_url)
        stack.push_async_callback(database.close)
        await ensure_site(database, vault, settings.base_url, clock())
        sites, rules, keyring = Sites(), RuleBook(clock), Keyring(vault)
        client = await stack.enter_async_context(
            open_client(_client_options(settings, sites, rules, clock), transport=transport)
        )
        directory = Directory(database, client, clock, keyring=keyring, mode=settings.federation)
        worker, planned = Worker(database, client, keyring, clock, log=log), asyncio.Event()
        services = Services(
            storage=database,
            directory=directory,
            client=NodeClient(database, client, keyring),
            clock=clock,
            log=log,
            origins=sites.origins,
            nudge=lambda: _nudge(worker, planned),
            mode=settings.federation,
        )
        node = Node(
            settings=settings,
            database=database,
            client=client,
            directory=directory,
            keyring=keyring,
            vault=vault,
            worker=worker,
            services=services,
            documents=Documents(),
            rules=rules,
            sites=sites,
            planned=planned,
            report_rate=Rate(*REPORTS),
            follow_rate=Rate(*FOLLOWS),
            clock=clock,
            log=log,
        )
        await node.refresh()
        yield node


def _nudge(worker: Worker, planned: asyncio.Event) -> None:
    worker.nudge()
    planned.set()


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


def _client_options(settings: Settings, sites: Sites, rules: RuleBook, clock: Clock) -> ClientOptions:
    if settings.proxy_url is not None:
        raise WrongSetting("proxy_url: the address guard cannot see through a proxy; none can be used")
    return ClientOptions(
        contact=settings.base_url,
        ca_file=settings.extra_ca_file,
        allowed_private_networks=settings.allowed_private_networks,
        allow_any_port=bool(settings.allowed_private_networks),
        own_origins=lambda: sites.origins,
        is_blocked=rules.is_blocked,
        clock=clock,
    )


def node_of(connection: HTTPConnection) -> Node:
    """The node that answers a request."""
    node = connection.app.state.node
    assert isinstance(node, Node)
    return node
