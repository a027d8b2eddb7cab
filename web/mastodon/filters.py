"""Filters, as API v2 has them and as v1 had them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import sqlalchemy as sa

from areas.filters import stored
from areas.filters.matching import Filter, Keyword
from areas.filters.stored import ListedPost, Wanted
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis
from web.mastodon.calls import Call
from web.mastodon.entities.filters import filter_v1, filter_v2, keyword, listed_post
from web.mastodon.entities.frame import Json
from web.mastodon.parameters import Parameters
from web.mastodon.showing import reader_of
from web.mastodon.statuses import require

NEW: Final = Wanted("", ())


async def list_all(call: Call) -> list[Json]:
    """`GET /api/v2/filters`."""

    def read(tx: sa.Connection) -> list[Json]:
        return [_render(tx, call.actor.id, each) for each in stored.list_of(tx, call.actor.id)]

    return await call.read(read)


def _render(tx: sa.Connection, actor_id: int, found: Filter) -> Json:
    return filter_v2(found, tuple(stored.posts_of(tx, actor_id, found.id)) if found.post_ids else ())


async def show(call: Call) -> Json:
    """`GET /api/v2/filters/:id`."""
    filter_id = call.path_id()
    return await call.read(lambda tx: _render(tx, call.actor.id, stored.find(tx, call.actor.id, filter_id)))


async def create(call: Call) -> Json:
    """`POST /api/v2/filters`: with `keywords_attributes[][keyword]`."""
    words = [_read_word(each) for each in call.params.groups("keywords_attributes")]
    wanted = _read_wanted(call, NEW)

    def write(tx: sa.Connection) -> Json:
        return _render(tx, call.actor.id, stored.create(tx, call.actor.id, wanted, words))

    return await call.write(write)


async def change(call: Call) -> Json:
    """`PUT /api/v2/filters/:id`: what is not given stays; words with an `id` change, or go with `_destroy`."""
    filter_id, actor_id = call.path_id(), call.actor.id

    def write(tx: sa.Connection) -> Json:
        found = stored.find(tx, actor_id, filter_id)
        before = Wanted(found.title, found.contexts, found.action, found.expires_at)
        stored.change(tx, actor_id, filter_id, _read_wanted(call, before))
        for each in call.params.groups("keywords_attributes"):
            _change_word(tx, actor_id, found, each)
        return _render(tx, actor_id, stored.find(tx, actor_id, filter_id))

    return await call.write(write)


def _change_word(tx: sa.Connection, actor_id: int, found: Filter, params: Parameters) -> None:
    word_id = params.id("id")
    if word_id is None:
        word, is_whole = _read_word(params)
        stored.add_keyword(tx, actor_id, found.id, word, whole_word=is_whole)
        return
    known = next((each for each in found.keywords if each.id == word_id), None)
    if known is None:
        raise NotFound(f"the filter has no keyword {word_id}")
    if params.flag("_destroy"):
        stored.remove_keyword(tx, actor_id, word_id)
    else:
        _rewrite(tx, actor_id, known, params)


def _rewrite(tx: sa.Connection, actor_id: int, known: Keyword, params: Parameters) -> Keyword:
    asked = params.flag("whole_word")
    is_whole = known.whole_word if asked is None else asked
    word = params.text("keyword") or known.keyword
    return stored.change_keyword(tx, actor_id, known.id, word, whole_word=is_whole)


async def remove(call: Call) -> Json:
    """`DELETE /api/v2/filters/:id`."""
    await call.write(stored.remove, call.actor.id, call.path_id())
    return {}


async def list_keywords(call: Call) -> list[Json]:
    """`GET /api/v2/filters/:id/keywords`."""
    found = await call.read(stored.find, call.actor.id, call.path_id())
    return [keyword(each) for each in found.keywords]


async def add_keyword(call: Call) -> Json:
    """`POST /api/v2/filters/:id/keywords`."""
    word, is_whole = _read_word(call.params)

    def write(tx: sa.Connection) -> Keyword:
        return stored.add_keyword(tx, call.actor.id, call.path_id(), word, whole_word=is_whole)

    return keyword(await call.write(write))


async def show_keyword(call: Call) -> Json:
    """`GET /api/v2/filters/keywords/:id`."""
    _, found = await call.read(stored.find_keyword, call.actor.id, call.path_id())
    return keyword(found)


async def change_keyword(call: Call) -> Json:
    """`PUT /api/v2/filters/keywords/:id`."""

    def write(tx: sa.Connection) -> Keyword:
        _, known = stored.find_keyword(tx, call.actor.id, call.path_id())
        return _rewrite(tx, call.actor.id, known, call.params)

    return keyword(await call.write(write))


async def remove_keyword(call: Call) -> Json:
    """`DELETE /api/v2/filters/keywords/:id`."""
    await call.write(stored.remove_keyword, call.actor.id, call.path_id())
    return {}


async def list_posts(call: Call) -> list[Json]:
    """`GET /api/v2/filters/:id/statuses`."""
    return [listed_post(each) for each in await call.read(stored.posts_of, call.actor.id, call.path_id())]


async def add_post(call: Call) -> Json:
    """`POST /api/v2/filters/:id/statuses`."""
    status_id, reader = call.params.id("status_id"), reader_of(call)

    def write(tx: sa.Connection) -> ListedPost:
        stored.find(tx, call.actor.id, call.path_id())
        if status_id is None:
            raise Refused("status_id is missing")
        post = require(tx, reader, status_id).seen.post
        return stored.add_post(tx, call.actor.id, call.path_id(), post.id)

    return listed_post(await call.write(write))


async def show_post(call: Call) -> Json:
    """`GET /api/v2/filters/statuses/:id`."""
    _, found = await call.read(stored.find_post, call.actor.id, call.path_id())
    return listed_post(found)


async def remove_post(call: Call) -> Json:
    """`DELETE /api/v2/filters/statuses/:id`."""
    await call.write(stored.remove_post, call.actor.id, call.path_id())
    return {}


async def list_all_v1(call: Call) -> list[Json]:
    """`GET /api/v1/filters`: one for each word."""
    found: Sequence[Filter] = await call.read(stored.list_of, call.actor.id)
    return [filter_v1(each, word) for each in found for word in each.keywords]


async def show_v1(call: Call) -> Json:
    """`GET /api/v1/filters/:id`."""
    return filter_v1(*await call.read(stored.find_keyword, call.actor.id, call.path_id()))


async def create_v1(call: Call) -> Json:
    """`POST /api/v1/filters`: a filter of one word, named by it."""
    phrase, is_whole = _read_phrase(call)
    wanted = replace(_read_wanted(call, NEW), title=phrase, action=_read_action_v1(call, "warn"))

    def write(tx: sa.Connection) -> Json:
        made = stored.create(tx, call.actor.id, wanted, [(phrase, is_whole)])
        return filter_v1(made, made.keywords[0])

    return await call.write(write)


async def change_v1(call: Call) -> Json:
    """`PUT /api/v1/filters/:id`."""

    def write(tx: sa.Connection) -> Json:
        found, word = stored.find_keyword(tx, call.actor.id, call.path_id())
        phrase, is_whole = _read_phrase(call)
        before = Wanted(found.title, found.contexts, found.action, found.expires_at)
        wanted = replace(_read_wanted(call, before), action=_read_action_v1(call, found.action))
        changed = stored.change(tx, call.actor.id, found.id, wanted)
        return filter_v1(
            changed, stored.change_keyword(tx, call.actor.id, word.id, phrase, whole_word=is_whole)
        )

    return await call.write(write)


async def remove_v1(call: Call) -> Json:
    """`DELETE /api/v1/filters/:id`: with the last word goes the filter."""
    await call.write(_remove_word, call.actor.id, call.path_id())
    return {}


def _remove_word(tx: sa.Connection, actor_id: int, word_id: int) -> None:
    found, word = stored.find_keyword(tx, actor_id, word_id)
    if len(found.keywords) == 1 and not found.post_ids:
        stored.remove(tx, actor_id, found.id)
    else:
        stored.remove_keyword(tx, actor_id, word.id)


def _read_phrase(call: Call) -> tuple[str, bool]:
    phrase = call.params.text("phrase")
    if phrase is None:
        raise Refused("phrase is missing")
    return phrase, call.params.flag("whole_word") or False


def _read_action_v1(call: Call, before: str) -> str:
    irreversible = call.params.flag("irreversible")
    if irreversible is None:
        return before
    return "hide" if irreversible else "warn"


def _read_wanted(call: Call, before: Wanted) -> Wanted:
    """What is not given stays. `expires_in` counts seconds from now; an empty one is for good."""
    params = call.params
    return Wanted(
        title=params.text("title") or before.title,
        contexts=params.texts("context") or before.contexts,
        action=params.word("filter_action") or before.action,
        expires_at=_read_end(params, call.now) if "expires_in" in params else before.expires_at,
    )


def _read_end(params: Parameters, now: Millis) -> Millis | None:
    seconds = params.number("expires_in")
    return None if seconds is None else Millis(now + max(seconds, 0) * 1000)


def _read_word(params: Parameters) -> tuple[str, bool]:
    return params.text("keyword") or "", params.flag("whole_word") or False
