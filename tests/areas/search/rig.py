"""The town of readers, with its index of words."""

from typing import Any

import sqlalchemy as sa

from actors.records import ActorRecord
from areas.reading import statuses
from areas.reading.slices import FIRST, Slice
from areas.records import AreaRecord
from areas.search import filling, index, posts
from areas.search.words import ask
from federation.html import to_text
from federation.vocabulary import Post
from tests.areas.reading.rig import Town


class Archive(Town):
    """Bringing posts into the index, and finding them."""

    async def index(self) -> int:
        """All that is new; returns how many posts."""
        done = 0
        while True:
            batch = await self.do(filling.gather, self.now)
            done += await self.do(filling.fill, batch)
            if not batch.more:
                return done

    async def find(self, query: str, reader: ActorRecord | None = None, wanted: Slice = FIRST) -> list[str]:
        page = await self.do(posts.search, None if reader is None else self.reader(reader), query, wanted)
        return [self.text(each) for each in page.items]

    async def candidates(self, query: str, reader_id: int | None = None, **bounds: int) -> list[int]:
        """What the index itself says."""
        asked = ask(query)
        assert asked is not None
        given: dict[str, Any] = {"before": 1 << 62, "after": 0, "limit": 40, **bounds}
        return await self.do(index.find, asked, reader_id=reader_id, **given)

    def text(self, seen: statuses.Seen) -> str:
        return to_text(seen.post.content)

    async def place(self, author: ActorRecord, area: AreaRecord, slug: str, text: str, **values: Any) -> Post:
        """Somebody elsewhere writes to an area, a minute later."""
        self.pass_time()
        post = self.note(author, slug, cc=(area.iri,), content=f"<p>{text}</p>", **values)
        await self.send(author, post)
        return post

    async def count_jobs(self, kind: str) -> int:
        query = sa.text("SELECT count(*) FROM jobs WHERE kind = :kind")
        return await self.do(lambda tx: int(tx.execute(query, {"kind": kind}).scalar_one()))
