"""Writing posts: new ones, edits, deletions. Whoever a text names is looked up before it is stored."""

from typing import Final

import sqlalchemy as sa

from areas import compose
from areas.compose import Source, source_of
from areas.media.records import Details
from areas.preferences import Preferences
from areas.preferences import find as find_preferences
from areas.reading.statuses import Status
from areas.records import Draft, PollDraft, PostRecord, Revision, Visibility
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri, Millis
from web.mastodon import scheduled
from web.mastodon.calls import Call
from web.mastodon.entities.frame import Json
from web.mastodon.media import read_focus
from web.mastodon.parameters import Parameters
from web.mastodon.showing import reader_of, show_statuses
from web.mastodon.statuses import find, require
from web.naming import resolve_handles

DAY: Final = 24 * 3_600
"""Seconds that a poll runs when nobody says how long."""

_VISIBILITIES: Final[dict[str, Visibility]] = {
    "public": "public",
    "unlisted": "unlisted",
    "private": "private",
    "direct": "direct",
}


async def create(call: Call) -> Json:
    """`POST /api/v1/statuses`: once for each `Idempotency-Key` within an hour."""
    params = call.params
    _refuse_what_is_not_here(params)
    text = params.text("status") or ""
    await resolve_handles(call.node, text)
    answered = await _find_answered(call)
    chosen = await call.read(find_preferences, call.actor.id)
    draft = Draft(
        author_id=call.actor.id,
        text=text,
        in_reply_to=answered,
        visibility=read_visibility(params, "visibility", chosen.visibility),
        language=params.word("language") or chosen.language,
        summary=params.word("spoiler_text"),
        sensitive=_read_sensitive(params, chosen),
        may_go_home=True,
        key=call.request.headers.get("idempotency-key"),
        account_id=call.token.account_id,
        app_id=call.token.app_id,
        media_ids=params.ids("media_ids"),
        poll=_read_poll(params),
    )
    due_at = scheduled.read_time(params)
    if due_at is not None:
        return await scheduled.keep(call, draft, due_at)
    post, _ = await call.write(compose.publish, draft, call.now)
    return await show_post(call, post)


async def edit(call: Call) -> Json:
    """`PUT /api/v1/statuses/:id`: what is not given stays. Raises 404 for what is not one's own."""
    params, post = call.params, await find_own(call)
    text = params.text("status")
    if text is not None:
        await resolve_handles(call.node, text)
    revision = Revision(
        text=text,
        summary=params.text("spoiler_text"),
        sensitive=params.flag("sensitive"),
        language=params.word("language"),
        media_ids=params.ids("media_ids") if "media_ids" in params else None,
        media_details=tuple(_read_details(each) for each in params.groups("media_attributes")),
        poll=_read_poll(params),
    )
    return await show_post(call, await call.write(compose.edit, post.id, revision, call.now))


async def delete(call: Call) -> Json:
    """`DELETE /api/v1/statuses/:id`: what it was, with the text as typed, to write it anew."""
    found = await _find_own_status(call)
    shown = (await show_statuses(call, [found]))[0]
    source = await call.write(_delete, found.seen.post, call.now)
    return {**shown, "text": source.text, "spoiler_text": source.summary}


def _delete(tx: sa.Connection, post: PostRecord, now: Millis) -> Source:
    source = source_of(tx, post)
    compose.delete(tx, post.id, now)
    return source


async def find_own(call: Call) -> PostRecord:
    """Return the caller's own post that the path names. Raises `NotFound`."""
    return (await _find_own_status(call)).seen.post


async def _find_own_status(call: Call) -> Status:
    found = await find(call)
    if found.seen.post.actor_id != call.actor.id:
        raise NotFound("only its author changes a post")
    return found


async def show_post(call: Call, post: PostRecord) -> Json:
    """Return a post as the caller sees it now."""
    return (await show_statuses(call, [await call.read(require, reader_of(call), post.id)]))[0]


async def _find_answered(call: Call) -> Iri | None:
    answered = call.params.id("in_reply_to_id")
    if answered is None:
        return None
    return (await call.read(require, reader_of(call), answered)).seen.post.iri


def _refuse_what_is_not_here(params: Parameters) -> None:
    if params.id("quoted_status_id") is not None:
        raise Refused("quoted_status_id: there are no quotes here; link to the post instead")


def read_visibility(params: Parameters, name: str, usual: Visibility) -> Visibility:
    """Return who may see a post, `usual` where nothing is said. Raises `Refused`."""
    asked = params.word(name)
    if asked is None:
        return usual
    if asked not in _VISIBILITIES:
        raise Refused(f"{name} is one of {', '.join(_VISIBILITIES)}")
    return _VISIBILITIES[asked]


def _read_sensitive(params: Parameters, chosen: Preferences) -> bool:
    asked = params.flag("sensitive")
    return chosen.sensitive if asked is None else asked


def _read_poll(params: Parameters) -> PollDraft | None:
    if "poll" not in params:
        return None
    asked = params.group("poll")
    return PollDraft(
        options=asked.texts("options"),
        milliseconds=(asked.number("expires_in") or DAY) * 1000,
        multiple=asked.flag("multiple") or False,
        hide_totals=asked.flag("hide_totals") or False,
    )


def _read_details(params: Parameters) -> tuple[int, Details]:
    media_id = params.id("id")
    if media_id is None:
        raise Refused("media_attributes: each names its id")
    return media_id, Details(params.text("description"), read_focus(params))
