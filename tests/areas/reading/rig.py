"""A town seen by its residents: who follows whom, and what each of them sees."""

from typing import Any

import sqlalchemy as sa

from actors import follows
from actors.records import ActorRecord
from actors.tables import follows as follow_table
from areas import interactions, shares
from areas.notifications import reading as notifications
from areas.notifications.reading import Notification, Which
from areas.reading import home, statuses
from areas.reading.merging import Candidate
from areas.reading.slices import FIRST, Page, Slice
from areas.reading.visibility import Reader
from areas.records import AreaRecord, PostRecord
from federation.html import to_text
from federation.vocabulary import Iri, Post
from tests.areas.rig import Rig


class Town(Rig):
    """The rig of areas, with readers."""

    async def follow(self, follower: ActorRecord, target: ActorRecord | AreaRecord, **flags: bool) -> None:
        """Follow, accepted at once wherever the target lives."""
        await self.do(self._follow, follower, target, flags)

    def _follow(
        self,
        tx: sa.Connection,
        follower: ActorRecord,
        target: ActorRecord | AreaRecord,
        flags: dict[str, bool],
    ) -> None:
        target_id = target.actor_id if isinstance(target, AreaRecord) else target.id
        found = statuses.find_actors(tx, [target_id])[target_id]
        made = interactions.follow(tx, follower, found, self.now)
        follows.accept(tx, iri=made.iri, follower_id=follower.id, target_id=target_id, now=self.now)
        if flags:
            tx.execute(sa.update(follow_table).where(follow_table.c.id == made.id).values(**flags))

    async def insert(self, table: sa.Table, **row: Any) -> None:
        await self.do(lambda tx: tx.execute(sa.insert(table).values(row)))

    async def share(
        self, actor: ActorRecord, post: Post | PostRecord | str, visibility: Any = "public"
    ) -> int:
        """Somebody boosts a stored post; returns the id of the boost."""
        iri = post if isinstance(post, str) else (post.id if isinstance(post, Post) else post.iri)
        stored = await self.stored(iri)
        made = await self.do(
            shares.record,
            actor=actor,
            post=stored,
            iri=Iri(f"{actor.iri}/shares/{stored.id}"),
            visibility=visibility,
            at=self.now,
        )
        assert made is not None
        return made.id

    def reader(self, actor: ActorRecord) -> Reader:
        return Reader.of(actor, self.now)

    async def home_page(self, actor: ActorRecord, wanted: Slice = FIRST) -> Page[Candidate]:
        return await self.do(home.home, self.reader(actor), wanted)

    async def at_home(self, actor: ActorRecord, wanted: Slice = FIRST) -> list[str]:
        """What stands at home: the text of each post, after "who: " where somebody boosted it."""
        return await self.texts(actor, await self.home_page(actor, wanted))

    async def told(self, actor: ActorRecord, **which: Any) -> list[str]:
        """An actor's notifications, newest first: "type by: text"."""
        found = await self.do(notifications.page, self.reader(actor), Slice(limit=80), Which(**which))
        return [self.describe_notification(each) for each in found.items]

    def describe_notification(self, each: Notification) -> str:
        text = "" if each.seen is None else f": {to_text(each.seen.post.content)}"
        return f"{each.type} {each.by.username}{text}"

    async def texts(self, reader: ActorRecord | None, page: Page[Candidate]) -> list[str]:
        """The texts of a page as its reader sees it."""
        seen = await self.do(statuses.complete, None if reader is None else self.reader(reader), page)
        return [self.describe(each) for each in seen.items]

    async def may_read(self, actor: ActorRecord | None, post: Post | PostRecord) -> bool:
        """Whether somebody (None = anyone) may read a post."""
        stored = await self.stored(post.id if isinstance(post, Post) else post.iri)
        reader = None if actor is None else self.reader(actor)
        return stored.id in await self.do(statuses.load, reader, [stored.id])

    def describe(self, status: statuses.Status) -> str:
        text = status.seen.post.content.removeprefix("<p>").removesuffix("</p>")
        return text if status.via is None else f"{status.via.username}: {text}"
