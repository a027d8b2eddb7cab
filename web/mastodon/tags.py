"""Hashtags: one by itself, those that somebody follows, and those that she shows on her page."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from actors.listing import require_actor
from areas.hashtags import fold, tag_iri
from areas.interactions import tagging
from areas.interactions.tagging import FeaturedTag, Marks
from areas.reading import trends
from federation.errors import NotFound, Refused
from web.mastodon.answers import Answer
from web.mastodon.calls import Call
from web.mastodon.entities.accounts import featured_tag
from web.mastodon.entities.frame import Json
from web.mastodon.entities.tags import tag
from web.mastodon.paging import link, read_slice
from web.mastodon.showing import frame_of

NO_MARKS: Final = Marks()
FOLLOWED: Final = (100, 200)
"""Tags of a page by default, and at most; as Mastodon."""


async def follow(call: Call) -> Json:
    """`POST /api/v1/tags/:hashtag/follow`."""
    return await show_tag(call, await call.write(tagging.follow_tag, call.actor, _name(call), call.now))


async def unfollow(call: Call) -> Json:
    """`POST /api/v1/tags/:hashtag/unfollow`."""
    return await show_tag(call, await call.write(tagging.unfollow_tag, call.actor, _name(call)))


async def feature_named(call: Call) -> Json:
    """`POST /api/v1/tags/:hashtag/feature`: on one's page."""
    await call.write(tagging.feature_tag, call.actor, _name(call), call.now)
    return await show_tag(call, fold(_name(call)))


async def unfeature_named(call: Call) -> Json:
    """`POST /api/v1/tags/:hashtag/unfeature`."""
    return await show_tag(call, await call.write(tagging.unfeature_named, call.actor, _name(call)))


async def show(call: Call) -> Json:
    """`GET /api/v1/tags/:hashtag`: its last seven days in areas of this node."""
    name = fold(_name(call))
    if not name:
        raise NotFound("a hashtag has a name")
    return await show_tag(call, name)


async def show_tag(call: Call, name: str) -> Json:
    """`Tag` with what the caller has made of it."""
    return (await show_tags(call, [name]))[0]


async def show_tags(call: Call, names: Sequence[str]) -> list[Json]:
    """`Tag`, many; the names are folded."""
    frame, viewer = frame_of(call.node), call.viewer

    def read(tx: sa.Connection) -> list[Json]:
        weeks = trends.describe(tx, list(names), call.now)
        marks = NO_MARKS if viewer is None else tagging.find_marks(tx, viewer.id, names)
        return [
            tag(each, weeks[each], frame, following=each in marks.followed, featuring=each in marks.featured)
            for each in names
        ]

    return await call.read(read)


def _name(call: Call) -> str:
    name = call.request.path_params["hashtag"]
    assert isinstance(name, str)  # the route's converter makes it one
    return name


async def list_followed(call: Call) -> Answer:
    """`GET /api/v1/followed_tags`."""
    page = await call.read(tagging.followed, call.actor.id, read_slice(call.params, FOLLOWED))
    frame = frame_of(call.node)
    shown = [tag(name, (), frame, following=True) for name in page.items]
    return Answer(shown, headers=link(call.request, page))


async def list_own_featured(call: Call) -> list[Json]:
    """`GET /api/v1/featured_tags`."""
    return render_featured(call, await call.read(tagging.featured, call.actor.id))


async def list_featured(call: Call) -> list[Json]:
    """`GET /api/v1/accounts/:id/featured_tags`."""
    actor = await call.read(require_actor, call.path_id())
    return render_featured(call, await call.read(tagging.featured, actor.id))


async def feature(call: Call) -> Json:
    """`POST /api/v1/featured_tags`."""
    name = call.params.word("name")
    if name is None:
        raise Refused("name is missing")
    return render_featured(call, [await call.write(tagging.feature_tag, call.actor, name, call.now)])[0]


async def unfeature(call: Call) -> Json:
    """`DELETE /api/v1/featured_tags/:id`."""
    await call.write(tagging.unfeature_tag, call.actor, call.path_id())
    return {}


async def suggest(call: Call) -> list[Json]:
    """`GET /api/v1/featured_tags/suggestions`: what one has used lately and does not show yet."""
    frame = frame_of(call.node)
    return [tag(name, (), frame) for name in await call.read(tagging.suggest, call.actor.id)]


def render_featured(call: Call, found: Sequence[FeaturedTag]) -> list[Json]:
    """`FeaturedTag`, many."""
    origin = frame_of(call.node).origin
    return [
        featured_tag(each.id, each.name, tag_iri(origin, each.name), each.posts, each.last_at)
        for each in found
    ]
