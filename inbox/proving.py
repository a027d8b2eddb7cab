"""What a Group passes on with a proof by who did it (FEP-8b32): believed without asking the author's server.

Whatever is wrong with it, it is as if there were no proof: the post is read at its origin.
"""

from typing import Final

from federation.errors import Fault
from federation.parsing import parse_activity, read_carried
from federation.signatures.proofs import read_proof_of, verify_proof
from federation.vocabulary import Activity, Announce, Create, Delete, Iri, Millis, Post, Update
from inbox.checks import Allowed, judge_claim
from inbox.services import Services

LONGEST: Final = 64_000
"""Bytes of what waits with its proof; a longer one is read at its origin."""
NEWEST: Final = 3_600_000
"""Milliseconds since the proof was made: what is older may have been changed or deleted since."""

Proved = Create | Update | Delete


def find_proved(announce: Announce) -> bytes | None:
    """The activity inside, where it carries a proof that can be looked at."""
    inner = announce.object
    if not isinstance(inner, Activity) or not inner.has_proof or not announce.raw:
        return None
    carried = read_carried(announce.raw)
    return carried if len(carried) <= LONGEST else None


async def check_proved(said: bytes, iri: Iri, services: Services, now: Millis) -> Proved | None:
    """Return what somebody has proved to do with the post `iri`, on its own server; None = that is to be asked.

    Of a `Create` and an `Update` it is certain that it was the author; a `Delete` is still to be compared with her.
    """
    try:
        claim = read_proof_of(said, now=now)
        activity = parse_activity(said)
        if claim is None or now - claim.created > NEWEST:
            return None
        key = await services.directory.key(claim.key_id)
        verify_proof(claim, key.public_key)
        verdict = judge_claim(key.actor.iri, activity, services.origins)
    except Fault:
        return None
    if not isinstance(activity, Create | Update | Delete) or not isinstance(verdict, Allowed):
        return None
    return activity if _find_post(activity) == iri else None


def _find_post(activity: Proved) -> Iri | None:
    thing = activity.object.id if isinstance(activity.object, Post) else activity.object
    return Iri(thing) if isinstance(thing, str) else None
