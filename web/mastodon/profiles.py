"""How somebody looks to others, and changes that: name, text, fields, pictures, and what new posts are to be.

What is not hers to choose is not looked at: who she is in the town, and who follows whom, which nobody is shown.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import preferences, profiles
from areas.compose.texts import read_language
from areas.interactions import tagging
from areas.interactions.tagging import FeaturedTag
from areas.media import portraits
from areas.media.records import MediaRecord, Purpose
from areas.preferences import Preferences
from areas.profiles import ProfileEdit, Source
from web import profiles as telling
from web.mastodon.accounts import show_oneself
from web.mastodon.calls import Call
from web.mastodon.entities.accounts import profile
from web.mastodon.entities.frame import Json
from web.mastodon.parameters import Parameters
from web.mastodon.posting import read_visibility
from web.mastodon.showing import frame_of
from web.mastodon.tags import render_featured

_PICTURES: Final[tuple[Purpose, ...]] = ("avatar", "header")


async def update_credentials(call: Call) -> Json:
    """`PATCH /api/v1/accounts/update_credentials`: what is not given stays."""
    return await show_oneself(call, await _change(call))


async def show(call: Call) -> Json:
    """`GET /api/v1/profile`: oneself as typed."""
    return await _show(call, call.actor)


async def change(call: Call) -> Json:
    """`PATCH /api/v1/profile`: what is not given stays."""
    return await _show(call, await _change(call))


async def remove_avatar(call: Call) -> Json:
    """`DELETE /api/v1/profile/avatar`."""
    return await _hide(call, "avatar")


async def remove_header(call: Call) -> Json:
    """`DELETE /api/v1/profile/header`."""
    return await _hide(call, "header")


async def _hide(call: Call, purpose: Purpose) -> Json:
    def act(tx: sa.Connection) -> ActorRecord:
        if portraits.find_portrait(tx, call.actor.id, purpose) is None:
            return call.actor
        return portraits.hide(tx, call.actor.id, purpose, call.now)

    return await show_oneself(call, await call.write(telling.change, call.actor.id, act, call.now))


async def _show(call: Call, actor: ActorRecord) -> Json:
    source, featured = await call.read(_read, actor)
    return profile(actor, source, render_featured(call, featured), frame_of(call.node))


def _read(tx: sa.Connection, actor: ActorRecord) -> tuple[Source, Sequence[FeaturedTag]]:
    return profiles.source_of(tx, actor), tagging.featured(tx, actor.id)


async def _change(call: Call) -> ActorRecord:
    """Everything at once, so that followers hear of it once; words are judged before a picture is read."""
    edit, chosen = _read_edit(call.params), await _choose(call)
    await call.read(profiles.prepare, call.actor, edit)
    pictures = await _take_pictures(call)

    def act(tx: sa.Connection) -> ActorRecord:
        if chosen is not None:
            preferences.save(tx, call.actor.id, chosen)
        changed = profiles.change(tx, call.actor.id, edit, call.now)
        for picture in pictures:
            changed = portraits.show(tx, picture.id, call.now)
        return changed

    return await call.write(telling.change, call.actor.id, act, call.now)


def _read_edit(params: Parameters) -> ProfileEdit:
    fields = None
    if "fields_attributes" in params:
        given = params.groups("fields_attributes")
        fields = tuple((each.text("name") or "", each.text("value") or "") for each in given)
    return ProfileEdit(
        name=params.text("display_name"),
        note=params.text("note"),
        fields=fields,
        locked=params.flag("locked"),
        bot=params.flag("bot"),
        discoverable=params.flag("discoverable"),
        indexable=params.flag("indexable"),
    )


async def _choose(call: Call) -> Preferences | None:
    """What new posts are to be; None = as before."""
    if "source" not in call.params:
        return None
    params = call.params.group("source")
    known = await call.read(preferences.find, call.actor.id)
    language, sensitive = params.word("language"), params.flag("sensitive")
    return replace(
        known,
        visibility=read_visibility(params, "privacy", known.visibility),
        sensitive=known.sensitive if sensitive is None else sensitive,
        language=known.language if language is None else read_language(language),
    )


async def _take_pictures(call: Call) -> list[MediaRecord]:
    files = [(purpose, call.params.upload(purpose)) for purpose in _PICTURES]
    return [
        await call.node.library.take(file.file, call.actor.id, purpose)
        for purpose, file in files
        if file is not None
    ]
