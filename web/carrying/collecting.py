"""What goes along with a host name, read at one moment: which rows, and each as the new node is to see it.

What others wrote goes along only where anyone may read it, or where it was written to somebody who goes along. Whoever
stays, or lives elsewhere, goes along as those whom others know: the public actor.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from actors.accounts import open_email
from actors.keys import Vault
from actors.records import OriginRecord
from actors.tables import account_actors, actor_keys, actors, metadata, servers
from areas.personal_tables import bookmarks, pins, scheduled_posts, unfinished_posts
from areas.records import SHOWN
from areas.tables import areas, placements, post_recipients, posts, reactions, shares, tombstones
from areas.zones.tables import zone_posts
from inbox.tables import parked, seen
from web.carrying.parts import DECIDING, ORDER, WHOLE, references
from web.progress import Tell, count

Row = dict[str, Any]
MANY: Final = 500
"""Numbers in one statement: SQLite takes 32,766, and a plan is made for each length."""
LAST: Final = ("seen", "tombstones", "actor_keys", "actors", "servers")
"""Of whoever is named by the others."""


def collect(
    tx: sa.Connection, vault: Vault, origin: OriginRecord, folder: Path, tell: Tell
) -> dict[str, int]:
    """Write one file of JSON lines for each table to `folder`; return how many rows each has."""
    collecting = _Collecting(tx, vault, origin)
    counts = Counter[str]()
    named = [metadata.tables[name] for name in LAST]
    for table in (*(each for each in ORDER if each.name not in LAST), *named):
        with (folder / table.name).open("w", encoding="utf-8") as file:
            for row in count(collecting.rows(table), f"reading {table.name}", None, tell):
                file.write(json.dumps(row, default=_encode, ensure_ascii=False) + "\n")
                counts[table.name] += 1
    return {table.name: counts[table.name] for table in ORDER}


def _encode(value: object) -> object:
    assert isinstance(value, bytes | memoryview)
    return {"base64": base64.b64encode(bytes(value)).decode()}


class _Collecting:
    """What was found to go along, by table, while one table after the other is read."""

    def __init__(self, tx: sa.Connection, vault: Vault, origin: OriginRecord) -> None:
        self._tx, self._vault, self._origin = tx, vault, origin
        mine = tx.execute(sa.select(actors.c.id, actors.c.iri).where(actors.c.origin_id == origin.id)).all()
        self._travellers = {row.id for row in mine}
        self._iris = [row.iri for row in mine]
        self._named: set[int] = set(self._travellers)
        self._going: dict[str, set[int]] = {"actors": self._travellers}
        self._going["areas"] = self._numbers(areas.c.actor_id, areas.c.actor_id, self._travellers)
        self._own = self._numbers(posts.c.id, posts.c.actor_id, self._travellers)
        self._going["posts"] = self._own | self._find_others()
        self._going["outbox_log"] = self._numbers(
            metadata.tables["outbox_log"].c.id, metadata.tables["outbox_log"].c.actor_id, self._travellers
        )
        self._going["accounts"] = self._numbers(
            account_actors.c.account_id, account_actors.c.actor_id, self._travellers
        )
        self._servers: set[int] = set()

    def _numbers(
        self, wanted: "sa.Column[Any]", column: "sa.Column[Any]", among: Collection[Any]
    ) -> set[int]:
        found = (self._tx.execute(sa.select(wanted).where(column.in_(part))) for part in _parts(among))
        return {number for result in found for number in result.scalars() if number is not None}

    def _find_others(self) -> set[int]:
        """Posts of others that go along: what stands in the areas, is talked about there, or was written to them."""
        here = self._numbers(placements.c.post_id, placements.c.area_id, self._going["areas"])
        here |= self._numbers(zone_posts.c.post_id, zone_posts.c.area_id, self._going["areas"])
        roots = self._numbers(posts.c.thread_id, posts.c.id, here | self._own)
        here |= self._numbers(posts.c.id, posts.c.thread_id, roots)
        for table in (bookmarks, pins, reactions, shares):
            here |= self._numbers(table.c.post_id, table.c.actor_id, self._travellers)
        here |= find_answered(self._tx, self._travellers)
        written = self._numbers(post_recipients.c.post_id, post_recipients.c.iri, self._iris)
        shown = (
            self._tx.execute(
                sa.select(posts.c.id).where(
                    posts.c.id.in_(part), posts.c.visibility.in_(SHOWN), posts.c.members_of.is_(None)
                )
            )
            for part in _parts(here - self._own)
        )
        for_nobody_else = self._numbers(posts.c.id, posts.c.members_of, self._all_areas())
        return {number for result in shown for number in result.scalars()} | (written - for_nobody_else)

    def _all_areas(self) -> list[int]:
        return list(self._tx.execute(sa.select(areas.c.actor_id)).scalars())

    def rows(self, table: sa.Table) -> Iterator[Row]:
        """Return what goes along of a table, as the new node is to see it."""
        special: dict[str, Callable[[], Iterator[Row]]] = {
            "accounts": self._accounts,
            "actor_keys": self._keys,
            "actors": self._actors,
            "parked": lambda: self._select(parked, {"origin": [self._origin.origin]}),
            "posts": self._posts,
            "seen": lambda: self._select(seen, {"actor_id": self._named}),
            "servers": lambda: self._select(servers, {"id": self._servers}),
            "tombstones": self._tombstones,
        }
        if table.name in special:
            yield from special[table.name]()
            return
        going = self._going.setdefault(table.name, set())
        for row in self._select(table, self._deciding(table)):
            if self._resolve(table, row):
                if "id" in row:
                    going.add(row["id"])
                yield row

    def _deciding(self, table: sa.Table) -> dict[str, Collection[Any]]:
        if table.name in {"post_sources", "group_submissions"}:
            return {"post_id": self._own}
        named = references(table)
        return {column: self._going.get(named[column], set()) for column in DECIDING[table.name]}

    def _select(self, table: sa.Table, deciding: dict[str, Collection[Any]]) -> Iterator[Row]:
        """Rows by any of the deciding columns, each once."""
        before: list[tuple[str, Collection[Any]]] = []
        for column, among in deciding.items():
            for part in _parts(among):
                query = sa.select(table).where(table.c[column].in_(part)).order_by(*table.primary_key)
                for row in self._tx.execute(query).mappings():
                    if not any(row[earlier] in values for earlier, values in before):
                        yield dict(row)
            before.append((column, among))

    def _resolve(self, table: sa.Table, row: Row) -> bool:
        """Leave out what a row names that stays; False = without it the row says nothing."""
        row.pop("destination_id", None)
        if (
            table.name == "shares"
            and row["visibility"] == "private"
            and row["actor_id"] not in self._travellers
        ):
            return False
        people: set[int] = set()
        for column, target in references(table).items():
            if column == "destination_id" or row[column] is None:
                continue
            if target == "actors" and table.name != "memberships":  # whose other end must go along
                people.add(row[column])
            elif row[column] not in self._going.get(target, ()):
                if not table.c[column].nullable or table.name in WHOLE:
                    return False
                row[column] = None
        self._named |= people
        return True

    def _posts(self) -> Iterator[Row]:
        for row in self._select(posts, {"id": self._going["posts"]}):
            if self._resolve(posts, row):
                yield row

    def _accounts(self) -> Iterator[Row]:
        for row in self._select(metadata.tables["accounts"], {"id": self._going["accounts"]}):
            email = None if row["email_sealed"] is None else open_email(self._tx, self._vault, row["id"])
            kept = {name: row[name] for name in ("id", "created_at", "language", "pace", "size", "mailed_id")}
            yield {**kept, "email": email}

    def _actors(self) -> Iterator[Row]:
        for row in self._select(actors, {"id": self._named}):
            row["travels"] = row["id"] in self._travellers
            if row["server_id"] is not None:
                self._servers.add(row["server_id"])
            if not row["travels"]:
                row["kind"] = None
            del row["origin_id"]
            yield row

    def _keys(self) -> Iterator[Row]:
        """The private ones are opened: whoever has the file can speak as all who go along."""
        for row in self._select(actor_keys, {"actor_id": self._named}):
            if row["actor_id"] not in self._travellers:
                row["private"] = None
            elif row["private"] is not None:
                row["private"] = self._vault.open(row["private"], row["key_id"])
            yield row

    def _tombstones(self) -> Iterator[Row]:
        """Of everybody who is named: what they deleted comes back on no node."""
        for part in _parts(self._named):
            owners = sa.select(actors.c.iri).where(actors.c.id.in_(part))
            for row in self._tx.execute(
                sa.select(tombstones).where(tombstones.c.owner.in_(owners))
            ).mappings():
                yield dict(row)


def find_answered(tx: sa.Connection, travellers: Collection[int]) -> set[int]:
    """Posts that somebody is about to answer: what waits for its time, or is not finished, names them in its text."""
    iris, numbers = set[str](), set[int]()
    for part in _parts(travellers):
        waiting = sa.select(scheduled_posts.c.draft).where(scheduled_posts.c.actor_id.in_(part))
        iris |= {json.loads(draft)["in_reply_to"] for draft in tx.execute(waiting).scalars()} - {None}
        left = sa.select(unfinished_posts.c.fields).where(unfinished_posts.c.author_id.in_(part))
        numbers |= {int(json.loads(fields).get("reply") or 0) for fields in tx.execute(left).scalars()}
    for some in _parts(iris):
        numbers |= set(tx.execute(sa.select(posts.c.id).where(posts.c.iri.in_(some))).scalars())
    return numbers


def _parts(among: Collection[Any] | Iterable[Any]) -> Iterator[list[Any]]:
    ordered = sorted(among)
    for start in range(0, len(ordered), MANY):
        yield ordered[start : start + MANY]
