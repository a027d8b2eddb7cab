"""What is talked about: hashtags and posts of this node's areas, counted every few minutes. Links are not followed."""

from typing import Final

from areas.reading import statuses, trends
from web.mastodon.answers import PUBLIC, Answer
from web.mastodon.calls import Call
from web.mastodon.entities.frame import Json
from web.mastodon.entities.tags import tag
from web.mastodon.paging import STATUSES, read_limit
from web.mastodon.showing import frame_of, reader_of, show_statuses

TAGS: Final = (10, 20)
"""By default, and at most."""


async def list_tags(call: Call) -> Answer:
    """`GET /api/v1/trends/tags`: of the last seven days in areas of this node."""
    limit, offset = read_limit(call.params, TAGS), _read_offset(call)
    topics = await call.node.counted.count(call.node.database, trends.list_topics, call.now)
    frame = frame_of(call.node)
    return Answer(
        [tag(each.name, each.week, frame) for each in topics[offset : offset + limit]], cache=PUBLIC
    )


async def list_statuses(call: Call) -> list[Json]:
    """`GET /api/v1/trends/statuses`: liked, boosted or answered most, of the last seven days in areas of this node."""
    limit, offset = read_limit(call.params, STATUSES), _read_offset(call)
    wanted = await call.node.counted.count(call.node.database, trends.list_posts, call.now)
    found = await call.read(statuses.find_all, reader_of(call), wanted[offset : offset + limit])
    return await show_statuses(call, found)


async def list_links(_call: Call) -> Answer:
    """`GET /api/v1/trends/links`: none, since nothing reads the pages behind links."""
    return Answer([], cache=PUBLIC)


def _read_offset(call: Call) -> int:
    return max(call.params.number("offset") or 0, 0)
