"""What an area says of itself: its name, its words, and who may post. Whoever changes it tells (`web.profiles`)."""

from dataclasses import dataclass
from typing import get_args

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors
from areas import profiles
from areas.moderation import desk
from areas.profiles import ProfileEdit
from areas.records import AreaPolicy, AreaRecord
from areas.tables import areas
from federation.errors import Refused
from federation.vocabulary import Millis


@dataclass(frozen=True, slots=True)
class AreaEdit:
    """What is to change; None = as it is. `summary` is plain text."""

    title: str | None = None
    summary: str | None = None
    policy: AreaPolicy | None = None


def present(tx: sa.Connection, area: AreaRecord, edit: AreaEdit, now: Millis) -> ActorRecord:
    """Change an area; `updated_at` moves on only where something is another then. Raises `Refused`."""
    if edit.policy is not None and edit.policy not in get_args(AreaPolicy):
        raise Refused(f"policy {edit.policy!r} is none of {', '.join(get_args(AreaPolicy))}")
    if edit.policy is not None and area.is_zone:
        raise Refused("nobody posts to a zone, whatever its policy")
    profiles.change(tx, area.actor_id, ProfileEdit(name=edit.title, note=edit.summary), now)
    if edit.policy not in {None, area.policy}:
        tx.execute(sa.update(areas).where(areas.c.actor_id == area.actor_id).values(policy=edit.policy))
        touch(tx, area, now)
    return desk.group_of(tx, area)


def touch(tx: sa.Connection, area: AreaRecord, now: Millis) -> ActorRecord:
    """Make the area's document a newer one, where what has changed is not in its actor's row (policy, pins)."""
    group = desk.group_of(tx, area)
    later = max(now, Millis(group.updated_at + 1))
    tx.execute(sa.update(actors).where(actors.c.id == group.id).values(updated_at=later))
    return desk.group_of(tx, area)
