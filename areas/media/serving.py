"""Whether a file may be seen, asked at each request: what is over for the author is over for everybody at once."""

import sqlalchemy as sa

from actors.prepared import Prepared
from actors.tables import actors
from areas.media.records import PREVIEW_TYPE, Served
from areas.media.tables import media
from areas.records import SHOWN
from areas.tables import posts
from federation.errors import NotFound

_FOUND = (
    sa.select(
        media.c.name,
        media.c.media_type,
        media.c.size,
        media.c.preview_size,
        media.c.purpose,
        posts.c.visibility,
        posts.c.log_id,
    )
    .join(actors, actors.c.id == media.c.actor_id)
    .outerjoin(posts, posts.c.id == media.c.post_id)
    .where(
        sa.or_(media.c.name == sa.bindparam("name"), media.c.preview_name == sa.bindparam("name")),
        media.c.state == "ready",
        actors.c.gone_at.is_(None),
        actors.c.standing != "suspended",
    )
)
_BY_NAME = Prepared(_FOUND)


def find_served(tx: sa.Connection, name: str) -> Served:
    """Return a file by its name. Raises `NotFound`.

    A post that is not for everyone has pictures that whoever knows the name can see; only its readers are told.
    """
    row = _BY_NAME.first(tx, name=name)
    if row is None:
        raise NotFound("there is no such file")
    whole, media_type, size, preview_size, purpose, visibility, log_id = row
    is_public = purpose != "attachment" or (visibility in SHOWN and log_id is not None)
    if name == whole:
        return Served(name, media_type, size, is_public)
    return Served(name, PREVIEW_TYPE, preview_size, is_public)
