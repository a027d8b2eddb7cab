"""What an area decides about people, threads and itself, and tells in both dialects; posts are `areas.decisions`."""

from areas.moderation.banning import ban, lift_ban
from areas.moderation.locking import lock, unlock
from areas.moderation.pinning import pin, unpin
from areas.moderation.presenting import AreaEdit, present

__all__ = ["AreaEdit", "ban", "lift_ban", "lock", "pin", "present", "unlock", "unpin"]
