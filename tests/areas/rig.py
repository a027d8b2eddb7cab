"""A town with areas, other servers with people, and everything that is said, straight on the database."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from actors.directory import find_actor
from actors.origins import find_origins
from actors.records import ActorKind, ActorRecord, Dialect
from actors.servers import override_dialect
from actors.standing import set_standing
from areas import boosts, compose, decisions, placements, posts, registry, submissions
from areas.records import AreaKind, AreaRecord, Draft, Named, Placed, PlacementRecord, PostRecord, Revision
from areas.tables import areas, bans
from federation.vocabulary import PUBLIC, Create, Delete, Iri, Mention, Millis, Post, Update
from outbox.subscriptions import subscribe
from outbox.tables import log, reaches, recipients
from tests.testrig.clock import NOON
from tests.testrig.people import VAULT, key_pair, meet, serve, settle
from web.database import Database

P = ParamSpec("P")
R = TypeVar("R")

MINUTE = 60_000
HOUR = 60 * MINUTE
LIMITS = {"author_hourly": 0, "author_daily": 0, "boosts_hourly": 0}


@dataclass(frozen=True)
class Said:
    """A row of the outgoing log; actors by their short names."""

    id: int
    iri: str
    type: str
    by: str
    dialect: str
    lane: int
    thread: str
    to: tuple[str, ...]
    object_iri: str | None
    concerns: int | None
    reaches: tuple[int, ...]
    cancels: bool
    public: bool
    audience: str | None
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def short(self) -> str:
        """`Announce/object` and the like; of what is wrapped also the type inside."""
        inner = self.body.get("object")
        kind = (
            f"{self.type}{{{inner['type']}}}"
            if self.dialect == "activity" and isinstance(inner, dict)
            else self.type
        )
        return f"{kind}/{self.dialect}"


@dataclass
class Rig:
    """Builders, the acts of authors and moderators, and looks at what came of them."""

    database: Database
    now: Millis = NOON
    names: dict[int, str] = field(default_factory=dict)
    updates: int = 0

    async def do(
        self, function: Callable[Concatenate[sa.Connection, P], R], *args: P.args, **more: P.kwargs
    ) -> R:
        """Run a domain function in a transaction of its own."""
        return await self.database.write(lambda tx: function(tx, *args, **more))

    def pass_time(self, milliseconds: int = MINUTE) -> None:
        self.now = Millis(self.now + milliseconds)

    # Who there is

    async def area(
        self, username: str = "megumino", code: str = "012319", kind: AreaKind = "area", **columns: Any
    ) -> AreaRecord:
        def make(tx: sa.Connection) -> AreaRecord:
            new = registry.NewArea(username, f"{username}の町", code, kind=kind)
            origin = serve(tx)
            made = registry.create_area(
                tx, VAULT, new, origin=origin, keys=(key_pair(0), key_pair(1)), now=NOON
            )
            values = {**LIMITS, **columns}
            tx.execute(sa.update(areas).where(areas.c.actor_id == made.actor_id).values(**values))
            found = registry.find_area(tx, made.actor_id)
            assert found is not None
            return found

        made = await self.do(make)
        self.names[made.actor_id] = made.username
        self.names[made.desk_id] = f"{made.username}_desk"
        return made

    async def resident(self, username: str = "hanako", kind: ActorKind = "resident") -> ActorRecord:
        def make(tx: sa.Connection) -> ActorRecord:
            origins = find_origins(tx)
            return settle(tx, username, kind, origin=origins[0] if origins else None)

        made = await self.do(make)
        self.names[made.id] = username
        return made

    async def stranger(
        self, username: str = "alice", host: str = "p.test", *, dialect: Dialect | None = None, **values: Any
    ) -> ActorRecord:
        def make(tx: sa.Connection) -> ActorRecord:
            made = meet(tx, username, host, **values)
            if dialect is not None:
                override_dialect(tx, host, dialect, NOON)
            return made

        made = await self.do(make)
        self.names[made.id] = username
        return made

    async def follower(
        self, target: AreaRecord | ActorRecord, username: str, dialect: Dialect = "object"
    ) -> ActorRecord:
        """Somebody on a server of her own who follows an area or a person."""
        follower = await self.stranger(username, f"{username}.test", dialect=dialect)
        target_id = target.actor_id if isinstance(target, AreaRecord) else target.id
        await self.do(subscribe, subscriber=follower, target_id=target_id, dialect=dialect, now=self.now)
        return follower

    async def moderator(self, area: AreaRecord, actor: ActorRecord, role: str = "moderator") -> None:
        await self.do(registry.grant_role, actor.id, role, area_id=area.actor_id, until=None, now=NOON)

    async def ban(self, area: AreaRecord, actor: ActorRecord, until: int | None = None) -> None:
        row = {"area_id": area.actor_id, "actor_id": actor.id, "until": until, "created_at": NOON}
        await self.do(lambda tx: tx.execute(sa.insert(bans).values(row)))

    async def judge(self, actor: ActorRecord, standing: Any) -> ActorRecord:
        return await self.do(set_standing, actor.id, standing, reason="", now=self.now)

    # What strangers do

    def note(
        self,
        author: ActorRecord,
        slug: str,
        *,
        to: tuple[str, ...] = (PUBLIC,),
        cc: tuple[str, ...] = (),
        mentions: tuple[str, ...] = (),
        **values: Any,
    ) -> Post:
        """A Note; published now unless said otherwise."""
        given = {"published": self.now, "content": f"<p>{slug}</p>", **values}
        return Post(
            id=Iri(f"https://{author.host}/notes/{slug}"),
            type=given.pop("type", "Note"),
            attributed_to=(author.iri,),
            to=tuple(Iri(each) for each in to),
            cc=tuple(Iri(each) for each in cc),
            addressed=given.pop("addressed", True),
            tags=tuple(Mention(Iri(each)) for each in mentions),
            **given,
        )

    def create(self, post: Post, **values: Any) -> Create:
        author = post.attributed_to[0]
        raw = {
            "id": f"{post.id}/activity",
            "type": "Create",
            "actor": author,
            "object": {"id": post.id, "type": post.type},
        }
        given = {"to": post.to, "cc": post.cc, **values}
        return Create(
            id=Iri(f"{post.id}/activity"), actor=author, raw=json.dumps(raw).encode(), object=post, **given
        )

    def update(self, post: Post, **values: Any) -> Update:
        author = post.attributed_to[0]
        self.updates += 1
        given = {"to": post.to, "cc": post.cc, "id": Iri(f"{post.id}/updates/{self.updates}"), **values}
        thing = {"id": post.id, "type": post.type, "updated": self.updates}
        raw = {"id": given["id"], "type": "Update", "actor": author, "object": thing}
        return Update(**{"actor": author, "object": post, "raw": json.dumps(raw).encode(), **given})

    async def send(self, author: ActorRecord, post: Post, **values: Any) -> dict[str, str]:
        """A Create arrives; returns what each area made of it: "state rule"."""
        return self._named(
            await self.do(
                submissions.receive,
                author=author,
                post=post,
                activity=self.create(post, **values),
                now=self.now,
            )
        )

    async def edit(self, author: ActorRecord, post: Post, **values: Any) -> dict[str, str]:
        """An Update arrives, a minute later unless the post says when."""
        self.pass_time()
        newer = post if post.updated is not None else replace(post, updated=self.now)
        activity = self.update(newer, **values)
        return self._named(
            await self.do(submissions.edit, author=author, post=newer, activity=activity, now=self.now)
        )

    async def delete(self, author: ActorRecord, iri: str, *, is_signed: bool = False) -> bool:
        raw = self.deletion(author, iri)
        return await self.do(
            submissions.withdraw, actor=author, iri=Iri(iri), raw=raw, now=self.now, is_signed=is_signed
        )

    def deletion(self, author: ActorRecord, iri: str) -> bytes:
        delete = Delete(id=Iri(f"{iri}#delete"), actor=author.iri, object=Iri(iri))
        return json.dumps({"id": delete.id, "type": "Delete", "actor": author.iri, "object": iri}).encode()

    # What people here do

    async def publish(
        self, author: ActorRecord, text: str, *areas_picked: AreaRecord, **values: Any
    ) -> tuple[PostRecord, dict[str, str]]:
        draft = Draft(author.id, text, tuple(area.actor_id for area in areas_picked), **values)
        post, placed = await self.do(compose.publish, draft, self.now)
        return post, self._named(placed)

    async def rewrite(self, post: PostRecord, text: str) -> PostRecord:
        self.pass_time()
        return await self.do(compose.edit, post.id, Revision(text), self.now)

    async def decide(self, act: str, placement: PlacementRecord, **values: Any) -> PlacementRecord:
        given = {"by": None, "reason": "", "now": self.now, **values}
        function: Callable[..., PlacementRecord] = getattr(decisions, act)
        return await self.do(function, placement.id, **given)

    # What came of it

    async def post(self, iri: str) -> PostRecord | None:
        return await self.do(posts.find_post, Iri(iri))

    async def stored(self, iri: str) -> PostRecord:
        found = await self.post(iri)
        assert found is not None, f"{iri} is not stored"
        return found

    async def named(self, iri: str) -> tuple[Named, ...]:
        return await self.do(posts.named_by, (await self.stored(iri)).id)

    async def placements(self, iri: str) -> dict[str, PlacementRecord]:
        found = await self.do(placements.placements_of, (await self.stored(iri)).id)
        return {self.names[each.area_id]: each for each in found}

    async def states(self, iri: str) -> dict[str, str]:
        return {name: f"{each.state} {each.rule}" for name, each in (await self.placements(iri)).items()}

    async def live(self, iri: str) -> dict[str, boosts.LiveBoost]:
        found = await self.do(boosts.live_boosts, (await self.stored(iri)).id)
        return {self.names[each.area_id]: each for each in found}

    async def said(self, *, by: str | None = None, after: int = 0) -> list[Said]:
        """The outgoing log, oldest first."""
        return [
            each for each in await self.do(_read_log, self.names) if by in {None, each.by} and each.id > after
        ]

    async def shorts(self, *, by: str | None = None, after: int = 0) -> list[str]:
        return [each.short for each in await self.said(by=by, after=after)]

    async def last(self) -> int:
        """The id of the newest entry, so that a test can look at what comes after it."""
        return max((each.id for each in await self.said()), default=0)

    async def actor(self, iri: str) -> ActorRecord:
        found = await self.do(find_actor, Iri(iri))
        assert found is not None
        return found

    async def count(self, table: sa.Table) -> int:
        return await self.do(
            lambda tx: int(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
        )

    def _named(self, placed: tuple[Placed, ...]) -> dict[str, str]:
        return {self.names[each.area_id]: f"{each.state} {each.rule}" for each in placed}


def _read_log(tx: sa.Connection, names: dict[int, str]) -> list[Said]:
    def name(actor_id: int | None) -> str | None:
        return None if actor_id is None else names.get(actor_id, str(actor_id))

    rows = tx.execute(sa.select(log).order_by(log.c.id)).all()
    told = tx.execute(sa.select(recipients.c.log_id, recipients.c.actor_id)).all()
    reached = tx.execute(sa.select(reaches).order_by(reaches.c.earlier_id)).all()
    return [
        Said(
            id=row.id,
            iri=row.iri,
            type=row.type,
            by=name(row.actor_id) or "",
            dialect=row.dialect,
            lane=row.lane,
            thread=row.thread,
            to=tuple(sorted(name(each.actor_id) or "" for each in told if each.log_id == row.id)),
            object_iri=row.object_iri,
            concerns=row.concerns_id,
            reaches=tuple(each.earlier_id for each in reached if each.log_id == row.id),
            cancels=row.cancels,
            public=row.public,
            audience=name(row.audience_id),
            raw=row.body,
        )
        for row in rows
    ]
