"""Whoever or whatever an address means that somebody here looks for: known, or read on its own server.

Nothing that was never addressed to us is told to anybody; a post is kept as one that was boosted would be.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from actors.directory import find_actor, find_local
from actors.origins import find_origins, is_served
from actors.records import ActorRecord, FederationMode
from actors.standing import is_host_refused, is_refused
from areas import posts, submissions
from areas.records import PostRecord
from federation import iris
from federation.client import Purpose
from federation.errors import Gone, MalformedDocument, NotFound, Overloaded, Unauthorized
from federation.vocabulary import Actor, Iri, Millis, Post
from inbox.jobs.fetches import check_post
from inbox.services import Services

_PROFILE = "/@"
_POST = "/posts/"


async def resolve(address: str, services: Services, now: Millis) -> ActorRecord | PostRecord:
    """Return the actor or the post that has an address, or is shown at it; another server is asked where need be.

    Raises `MalformedDocument` where there is neither, `NotFound` for what would be ours, `Unauthorized` when its host
    is refused, `Unreachable`, `Gone`, `Overloaded`.
    """
    iri = iris.identify(address)
    known = await services.storage.read(_look_up, iri, services.mode, now)
    if known.found is not None:
        return known.found
    known.require_elsewhere(iri)
    if not services.budgets.take("fetch", iris.host(iri), now):
        raise Overloaded(f"{iris.host(iri)} has been asked enough")
    document = await services.client.fetch(iri, purpose=Purpose.FETCH, fresh=False)
    if isinstance(document, Actor):
        return await services.directory.actor(document.id)
    if not isinstance(document, Post):
        raise MalformedDocument("neither an actor nor a post", path="$.type")
    post = check_post(document, document.id)  # which the client has read at its own id
    author = await services.directory.actor(post.attributed_to[0])
    return await services.storage.write(_keep, author, post, services.mode, now)


def find_known(tx: sa.Connection, address: str) -> ActorRecord | PostRecord | None:
    """Return what is known to have an address; of our own also what is shown there."""
    iri = iris.canonical(address)
    found = find_actor(tx, iri) or posts.find_post(tx, iri)
    return found or (_find_shown(tx, iri) if is_served(tx, iri) else None)


@dataclass(frozen=True, slots=True)
class _Known:
    found: ActorRecord | PostRecord | None
    ours: bool
    refusal: str | None

    def require_elsewhere(self, iri: Iri) -> None:
        """Raise unless another server may be asked for it."""
        if self.ours:
            raise NotFound(f"there is no {iri} here")
        if self.refusal is not None:
            raise Unauthorized(f"{iri}: {self.refusal}")


def _look_up(tx: sa.Connection, iri: Iri, mode: FederationMode, now: Millis) -> _Known:
    refusal = is_host_refused(tx, iris.host(iri), now, mode)
    return _Known(find_known(tx, iri), is_served(tx, iri), refusal)


def _find_shown(tx: sa.Connection, iri: Iri) -> ActorRecord | PostRecord | None:
    """Our pages: `/@name`, and `/posts/{id}` of whoever's."""
    path = iri.removeprefix(iris.origin(iri)).rstrip("/")
    if path.startswith(_PROFILE):
        hosts = {each.origin: each.host for each in find_origins(tx)}
        return find_local(tx, path.removeprefix(_PROFILE).lower(), hosts[iris.origin(iri)])
    number = path.removeprefix(_POST)
    if path.startswith(_POST) and number.isascii() and number.isdecimal() and len(number) < 19:  # noqa: PLR2004
        return posts.find_post_by_id(tx, int(number))
    return None


def _keep(
    tx: sa.Connection, author: ActorRecord, post: Post, mode: FederationMode, now: Millis
) -> PostRecord:
    refusal = is_refused(tx, author, now, mode)
    if refusal is not None:
        raise Unauthorized(f"{author.iri}: {refusal}")
    stored = submissions.keep_fetched(tx, author=author, post=post, now=now)
    if stored is None:
        raise NotFound(f"{post.id} is not for everyone")
    if stored.deleted_at is not None:
        raise Gone(f"{post.id} was deleted")
    return stored
