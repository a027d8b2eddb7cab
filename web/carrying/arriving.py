"""The rows of an exported area become rows of this node.

Numbers are given anew where they are taken; actors and posts that are known already stay the rows that they are, and
what others hold on to here goes on holding. All in the caller's transaction. What the file says of anybody who does not
go along changes nobody who is known here.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from actors.accounts import create_account, find_account
from actors.keys import Vault
from actors.records import OriginRecord
from actors.servers import save_server
from actors.statements import insert_into
from actors.tables import accounts, actor_keys, actors, metadata, servers
from areas.tables import areas, posts
from federation import iris
from federation.errors import LocalFault, Refused
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis
from outbox.destinations import destinations_for
from outbox.tables import log, recipients, subscriptions
from web.carrying.parts import CONTENT, ORDER, SELF, WHOLE, references
from web.carrying.rekeying import rekey
from web.carrying.rewriting import (
    find_latest,
    rewrite_marker,
    rewrite_notification,
    rewrite_scheduled,
    rewrite_unfinished,
)

Row = dict[str, Any]
_REWRITE: Final = {
    "markers": rewrite_marker,
    "notifications": rewrite_notification,
    "scheduled_posts": rewrite_scheduled,
    "unfinished_posts": rewrite_unfinished,
}
MINT_TRIES: Final = 5
"""Numbers collide once in 32,768 within one millisecond."""


class Arrival:
    """One import: which number here each of the old node's has become."""

    def __init__(self, tx: sa.Connection, vault: Vault, origin: OriginRecord, head: int, now: Millis) -> None:
        """`head` is what the old node's log had come to: all that is brought along stands before what is said here."""
        self.tx, self.origin, self.now = tx, origin, now
        self._vault = vault
        self._ids: dict[str, dict[int, int]] = {}
        self.travellers: set[int] = set()
        self._met: set[int] = set()
        self._fresh_accounts: set[int] = set()
        self._mailed: dict[int, int] = {}
        self._written: set[int] = set()
        lowest = tx.execute(sa.select(sa.func.min(log.c.seq))).scalar()
        self.floor = min(0, lowest or 0)
        self._shift = self.floor - 1 - head
        self._own_posts: list[tuple[int, Iri]] = []
        self._later: list[tuple[str, int, dict[str, int]]] = []

    def take(self, table: sa.Table, rows: Iterable[Row]) -> int:
        """Store the rows of a table, after those of all tables before it in `ORDER`; return how many there are now."""
        special: dict[str, Callable[[Row], bool]] = {
            "accounts": self._account,
            "actor_keys": self._key,
            "actors": self._actor,
            "areas": self._area,
            "outbox_log": self._entry,
            "outbox_recipients": self._recipient,
            "parked": lambda row: self._plain(table, {**row, "id": None}),
            "posts": self._post,
            "servers": self._server,
            "subscriptions": self._subscription,
        }
        store: Callable[[Row], bool] = special.get(table.name, partial(self._plain, table))
        count = sum(1 for row in rows if store(row))
        if table.name == "posts":
            self._renumber()
        return count

    def find(self, table: str) -> dict[int, int]:
        """Return the numbers of a table: there and here."""
        return self._ids.setdefault(table, {})

    def link(self) -> None:
        """Name what came later: parents and threads, and what was told by mail already."""
        for name, number, found in self._later:
            known = {column: self.find(name)[old] for column, old in found.items() if old in self.find(name)}
            if known:
                table = metadata.tables[name]
                self.tx.execute(sa.update(table).where(table.c.id == number).values(**known))
        for number, told in self._mailed.items():
            newest = find_latest(self.find("notifications"), told)
            later = sa.and_(accounts.c.id == number, accounts.c.mailed_id < newest)
            self.tx.execute(sa.update(accounts).where(later).values(mailed_id=newest))

    def _renumber(self) -> None:
        """Let posts that were known under a number of ours have that of their own addresses.

        Before anything is said of them.
        """
        wanted = {}
        for number, iri in self._own_posts:
            last = iri.rpartition("/")[2]
            if iri == f"{self.origin.origin}/posts/{last}" and last.isdecimal() and int(last) != number:
                wanted[number] = int(last)
        rekey(self.tx, wanted)
        known = self.find("posts")
        known |= {old: wanted[number] for old, number in known.items() if number in wanted}
        self._written = {wanted.get(number, number) for number in self._written}
        self._later = [(name, wanted.get(number, number), found) for name, number, found in self._later]

    def _plain(self, table: sa.Table, row: Row) -> bool:
        if not self._translate(table, row):
            return False
        if table.name in CONTENT and row["post_id"] not in self._written:
            return False
        if table.name == "credentials" and row["account_id"] not in self._fresh_accounts:
            return False  # whoever has an account here already signs in as before
        if table.name in _REWRITE:
            row = _REWRITE[table.name](row, self.find)
        return self._insert(table, row) is not None

    def _translate(self, table: sa.Table, row: Row) -> bool:
        """Give references our numbers; False = something that the row needs is not here."""
        later = SELF.get(table.name, ())
        for column, target in references(table).items():
            if column == "destination_id" or row.get(column) is None or column in later:
                continue
            row[column] = self.find(target).get(row[column])
            if row[column] is None and (not table.c[column].nullable or table.name in WHOLE):
                return False
        return True

    def _insert(self, table: sa.Table, row: Row) -> int | None:
        """Insert a row under its own number, or a new one; None = there is one like it."""
        old = row.get("id")
        key = table.c.id if "id" in table.primary_key.columns else None
        if key is None or key.autoincrement is not False:
            values = {name: value for name, value in row.items() if name != "id" or key is None}
            number = self._try(table, values, key)
        else:
            number = self._insert_numbered(table, row)
        if number is not None and old is not None:
            self.find(table.name)[old] = number
        return number

    def _insert_numbered(self, table: sa.Table, row: Row) -> int | None:
        number = row["id"]
        for _ in range(MINT_TRIES):
            done = self._try(table, {**row, "id": number}, table.c.id)
            if done is not None:
                return done
            if self.tx.execute(sa.select(table.c.id).where(table.c.id == number)).first() is None:
                return None  # not the number is taken, but something else that there is once
            number = mint_id(self.now) & ~0b11 | row["id"] & 0b11  # whose last bits may say what it is
        raise LocalFault(f"no number was free in {table.name}")

    def _try(self, table: sa.Table, values: Row, key: "sa.Column[Any] | None") -> int | None:
        statement = insert_into(self.tx, table).values(**values).on_conflict_do_nothing()
        if key is None:
            return 0 if self.tx.execute(statement).rowcount else None
        found = self.tx.execute(statement.returning(key)).scalar_one_or_none()
        return None if found is None else int(found)

    def _server(self, row: Row) -> bool:
        server = save_server(self.tx, row["host"], self.now)
        self.find("servers")[row["id"]] = server.id
        if server.software is None:
            told = {name: row[name] for name in ("software", "dialect", "inspected_at")}
            self.tx.execute(sa.update(servers).where(servers.c.id == server.id).values(**told))
        return True

    def _actor(self, row: Row) -> bool:
        travels, server_id = row.pop("travels"), row.pop("server_id")
        old = row["id"]
        known = self.tx.execute(
            sa.select(actors.c.id, actors.c.origin_id).where(actors.c.iri == row["iri"])
        ).one_or_none()
        if travels:
            self._check_ours(row["iri"])
            if row["host"] != self.origin.host or (known is not None and known.origin_id is not None):
                raise Refused(f"{row['iri']} is not of {self.origin.host}, or lives here already")
            row |= {"origin_id": self.origin.id, "server_id": None, "fetched_at": None}
        elif known is None:
            row |= self._describe_stranger(row, server_id)
        if known is None:
            number = self._insert(actors, row)
        else:
            number = known.id
            if travels:
                del row["id"]
                self.tx.execute(sa.update(actors).where(actors.c.id == number).values(**row))
        if number is None:
            return False
        self.find("actors")[old] = number
        if travels:
            self.travellers.add(number)
        elif known is None:
            self._met.add(number)
        return True

    def _describe_stranger(self, row: Row, server_id: int | None) -> Row:
        """Somebody elsewhere; who stays on the old node is elsewhere from now."""
        if iris.origin(row["iri"]) == self.origin.origin:
            raise Refused(f"{row['iri']} is of {self.origin.host}, and does not come along")
        server = self.find("servers").get(server_id) if server_id is not None else None
        if server is None:
            server = save_kairanban(self.tx, row["host"], self.now)
        return {"origin_id": None, "server_id": server, "kind": None, "fetched_at": row["fetched_at"] or 0}

    def _check_ours(self, iri: str) -> None:
        if iris.origin(iri) != self.origin.origin:
            raise Refused(f"{iri} is not of {self.origin.host}: the file was not written by a node")

    def _key(self, row: Row) -> bool:
        number = self.find("actors").get(row["actor_id"])
        if number is None or number not in self.travellers | self._met:
            return False
        if number in self.travellers:
            self._check_ours(row["key_id"])
            self.tx.execute(sa.delete(actor_keys).where(actor_keys.c.key_id == row["key_id"]))
            row["private"] = self._vault.seal(row["private"], row["key_id"])
        return self._insert(actor_keys, {**row, "id": None, "actor_id": number}) is not None

    def _account(self, row: Row) -> bool:
        """Whoever has an account here with the same mail address signs in by that one."""
        email, told = row.pop("email"), row.pop("mailed_id")
        known = None if email is None else find_account(self.tx, self._vault, email)
        number = known.id if known else self._open_account(row, email)
        self.find("accounts")[row["id"]] = number
        self._mailed[number] = told
        if known is None:
            self._fresh_accounts.add(number)
        return known is None

    def _open_account(self, row: Row, email: str | None) -> int:
        if email is None:
            return int(self._insert(accounts, row) or 0)
        number = create_account(self.tx, self._vault, email, row["created_at"]).id
        told = {name: row[name] for name in ("language", "pace", "size")}
        self.tx.execute(sa.update(accounts).where(accounts.c.id == number).values(**told))
        return number

    def _area(self, row: Row) -> bool:
        old = row["actor_id"]
        if not self._translate(areas, row) or row["actor_id"] not in self.travellers:
            return False
        taken = sa.select(areas.c.number).where(areas.c.number == row["number"])
        if self.tx.execute(taken).first() is not None:
            row["number"] = self.tx.execute(sa.select(sa.func.max(areas.c.number) + 1)).scalar_one()
        self.find("areas")[old] = row["actor_id"]
        return self._insert(areas, row) is not None

    def _entry(self, row: Row) -> bool:
        self._check_ours(row["iri"])
        if not self._translate(log, row):
            return False
        row["seq"] += self._shift
        if self._insert(log, row) is not None:
            return True
        same = sa.and_(log.c.iri == row["iri"], log.c.dialect == row["dialect"])  # it was here before
        self.find("outbox_log")[row["id"]] = self.tx.execute(sa.select(log.c.id).where(same)).scalar_one()
        told = {name: value for name, value in row.items() if name != "id"}
        self.tx.execute(sa.update(log).where(same).values(**told))
        return False

    def _recipient(self, row: Row) -> bool:
        """Where it would be sent; whoever lives here was told."""
        if not self._translate(recipients, row):
            return False
        place = destinations_for(self.tx, (row["actor_id"],)).get(row["actor_id"])
        return place is not None and self._insert(recipients, row | {"destination_id": place}) is not None

    def _subscription(self, row: Row) -> bool:
        """What was not numbered yet at the old node began, or ended, with the last that it said."""
        if not self._translate(subscriptions, row):
            return False
        place = destinations_for(self.tx, (row["subscriber_id"],)).get(row["subscriber_id"])
        if place is None:
            return False  # whoever lives here needs no delivery
        row["since"] = self.floor - 1 if row["since"] is None else row["since"] + self._shift
        if row["closed"]:
            row["until"] = self.floor - 1 if row["until"] is None else row["until"] + self._shift
        return self._insert(subscriptions, row | {"destination_id": place}) is not None

    def _post(self, row: Row) -> bool:
        if not self._translate(posts, row):
            return False
        is_own = row["actor_id"] in self.travellers
        if is_own:
            self._check_ours(row["iri"])
        row |= {"local": is_own, "log_id": row["log_id"] if is_own else None}
        later = {column: row.pop(column) for column in SELF["posts"] if row[column] is not None}
        known = self.tx.execute(sa.select(posts.c.id).where(posts.c.iri == row["iri"])).scalar_one_or_none()
        number = self._insert(posts, row) if known is None else known
        if number is None:
            return False
        self.find("posts")[row["id"]] = number
        if known is not None and is_own:
            self._replace(number, row)
        if known is None or is_own:
            self._written.add(number)
            self._later.append(("posts", number, later))
        if is_own:
            self._own_posts.append((number, row["iri"]))
        return True

    def _replace(self, number: int, row: Row) -> None:
        """A post that was known from elsewhere is our own now: as its author has it."""
        told = {name: value for name, value in row.items() if name != "id"}
        self.tx.execute(sa.update(posts).where(posts.c.id == number).values(**told))
        for name in CONTENT:
            table = metadata.tables[name]
            key = table.c.post_id
            self.tx.execute(sa.delete(table).where(key == number))


def save_kairanban(tx: sa.Connection, host: str, now: Millis) -> int:
    """Return the number of the server at a host that a node like this one has served, or serves."""
    server = save_server(tx, host, now)
    if server.software is None:
        told = {"software": "kairanban", "dialect": "activity"}
        tx.execute(sa.update(servers).where(servers.c.id == server.id).values(**told))
    return server.id


def take_all(arrival: Arrival, rows: Callable[[str], Iterator[Row]]) -> dict[str, int]:
    """Store every table; return how many rows of each there are now that were not."""
    counts = {table.name: arrival.take(table, rows(table.name)) for table in ORDER}
    arrival.link()
    return counts
