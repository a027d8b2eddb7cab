"""What happens to a request at an inbox, from its first byte to its answer.

Whose key? → did it sign this? → what does it say? → may they say it? → one transaction: seen, effect.
Nothing is answered 202 before it is durable, and nothing waits for the network but the key of a new sender.
"""

from typing import Final

import sqlalchemy as sa

from actors.directory import find_actor
from actors.origins import require_staying
from actors.records import ActorRecord, FederationMode, VerifiedKey
from actors.servers import find_server_by_id
from actors.standing import GONE, is_refused
from federation import iris, signatures
from federation.errors import (
    Fault,
    MalformedDocument,
    OutOfTime,
    Overloaded,
    SignatureRejected,
    TooOften,
    Unreachable,
)
from federation.parsing import parse_activity
from federation.signatures import Claim, Request
from federation.vocabulary import Activity, Delete, Iri, Millis
from inbox import answers, parking, seen
from inbox.answers import ACCEPTED, Answer
from inbox.checks import Allowed, Ignored, Refused, Verdict, judge_claim
from inbox.dispatch import HANDLERS
from inbox.heard import Heard
from inbox.jobs.plans import plan_classification
from inbox.line import Line
from inbox.services import Services
from outbox import clockwatch
from outbox.destinations import heard_from

INSPECTED_LATELY: Final = 7 * 24 * 3_600_000
"""Milliseconds for which a server counts as known: software changes rarely, but it does."""


async def receive(request: Request, *, source: str, services: Services, now: Millis) -> Answer:
    """Hear a POST to an inbox that exists on `request.origin`. `source` is the address of who sent it.

    Always answers; what is wrong with the request is in the answer.
    """
    line = Line(now)
    try:
        answer = await _receive(request, source, services, now, line)
    except Fault as fault:
        answer = answers.explain(fault)
        line.note_fault(fault)
    line.write(services)
    return answer


async def _receive(request: Request, source: str, services: Services, now: Millis, line: Line) -> Answer:
    if await _is_end_of_a_stranger(request, services):
        line.note("ignored", "the end of an actor of whom nothing is stored")
        return ACCEPTED
    claim = read_claim(request, services, now)
    try:
        verdict = await hear(request, claim, services, now=now, line=line)
    except Unreachable as fault:
        network = parking.find_network(source)
        await services.storage.write(parking.park, request, iris.host(claim.key_id), network, now)
        line.note("parked", str(fault))
        return ACCEPTED
    return answers.REFUSED if isinstance(verdict, Refused) else ACCEPTED


async def _is_end_of_a_stranger(request: Request, services: Services) -> bool:
    """Whether someone of whom nothing is stored says to be gone: nothing to verify, nothing would follow.

    The key is gone as well, and large servers tell everybody: no fetch, no write.
    """
    body = request.body or b""
    if b'"Delete"' not in body:
        return False
    try:
        activity = parse_activity(body)
    except MalformedDocument:
        return False
    if not isinstance(activity, Delete) or activity.object != activity.actor:
        return False
    return await services.storage.read(find_actor, activity.actor) is None


def read_claim(request: Request, services: Services, received_at: Millis) -> Claim:
    """Return what the signature claims, judged as of when it was received.

    Raises `SignatureRejected`, or `Overloaded` where only the time is wrong and our own clock is in doubt: a 401
    would lose the post.
    """
    if request.origin not in services.origins:
        raise SignatureRejected("the request is for another server")
    try:
        return signatures.read(request, now=received_at)
    except OutOfTime as fault:
        skew = services.skew()
        if skew is None or abs(skew) <= clockwatch.WRONG:
            raise
        raise Overloaded(f"{fault}; but our clock is {skew:.0f} s behind the others'") from fault


async def hear(
    request: Request, claim: Claim, services: Services, *, now: Millis, line: Line, fresh: bool = False
) -> Verdict:
    """Verify, read, judge and act.

    Raises `Unreachable` when the sender's key cannot be had now, and any other fault that is an answer.
    `fresh` asks the key's server even where it failed lately.
    """
    key, is_new = await _verify(claim, services, fresh=fresh)
    activity = parse_activity(request.body or b"")
    line.note_activity(activity)
    verdict = judge_claim(key.actor.iri, activity, services.origins)
    if not isinstance(verdict, Refused):
        heard = Heard(key.actor, activity, find_addressed(request), now, is_new, origin=request.origin)
        verdict = await _act(heard, verdict, services)
    line.note_verdict(verdict)
    return verdict


async def identify(request: Request, services: Services, now: Millis) -> ActorRecord:
    """Return who has signed a request that is no letter.

    Raises `SignatureRejected`, and `Unreachable` when the key cannot be had now.
    """
    key, _ = await _verify(read_claim(request, services, now), services, fresh=False)
    return key.actor


async def hear_said(
    actor: ActorRecord, activity: Activity, services: Services, *, now: Millis, again: bool = False
) -> Verdict:
    """Judge and act on what was read in its actor's own outbox, as on a letter; `again`: also if heard before."""
    line = Line(now)
    line.note_activity(activity)
    verdict = judge_claim(actor.iri, activity, services.origins)
    if not isinstance(verdict, Refused):
        verdict = await _act(Heard(actor, activity, None, now, again=again), verdict, services)
    line.note_verdict(verdict)
    line.write(services)
    return verdict


async def _verify(claim: Claim, services: Services, *, fresh: bool) -> tuple[VerifiedKey, bool]:
    """Return the key that made the signature, and whether it had to be looked up.

    A stored key may have been changed silently: it is fetched once more, at most every 5 minutes.
    """
    at_hand = services.directory.cached(claim.key_id)
    key = at_hand or await services.directory.key(claim.key_id, fresh=fresh)
    try:
        signatures.verify(claim, key.public_key)
    except SignatureRejected:
        changed = await services.directory.refresh_key(claim.key_id)
        # It may have been read again meanwhile for another reason.
        changed = changed or services.directory.cached(claim.key_id)
        if changed is None:
            raise
        signatures.verify(claim, changed.public_key)
        return changed, True
    return key, at_hand is None


def find_addressed(request: Request) -> Iri | None:
    """Return the id of the actor whose inbox was addressed; None for a shared inbox.

    Made of the origin and path that were signed: an inbox's actor lives on the origin that was addressed.
    """
    path = request.target.partition("?")[0]
    name = path.removesuffix("/inbox")
    return Iri(request.origin + name) if name and name != path else None


async def _act(heard: Heard[Activity], verdict: Verdict, services: Services) -> Verdict:
    kind = type(heard.activity).__name__
    if isinstance(verdict, Allowed) and not services.budgets.take(kind, heard.actor.host, heard.now):
        raise TooOften(f"{heard.actor.host} sends too many of {kind}")
    verdict, is_due = await services.storage.write(_apply, heard, verdict, services.mode)
    if is_due or isinstance(verdict, Allowed):
        services.nudge()
    if _is_own_end(heard):
        services.directory.forget()
    return verdict


def _apply(
    tx: sa.Connection, heard: Heard[Activity], verdict: Verdict, mode: FederationMode
) -> tuple[Verdict, bool]:
    """Let an activity have its effect, once. Also tells whether something is due at the sender's server."""
    if heard.origin is not None:
        require_staying(tx, heard.origin)
    refusal = is_refused(tx, heard.actor, heard.now, mode)
    if refusal is not None:
        is_repeat = refusal == GONE and _is_own_end(heard)
        return (Ignored if is_repeat else Refused)(refusal), False
    assert heard.actor.server_id is not None  # `judge_claim` lets no local actor through
    is_due = heard_from(tx, heard.actor.server_id, heard.now)
    if not isinstance(verdict, Allowed):
        return verdict, is_due
    if heard.is_new:
        _meet(tx, heard.actor.server_id, heard.now)
    if not seen.mark(tx, heard.actor.id, seen.make_key(heard.activity), heard.now) and not heard.again:
        return Ignored("heard before"), is_due
    return HANDLERS[type(heard.activity)](tx, heard), is_due


def _is_own_end(heard: Heard[Activity]) -> bool:
    return isinstance(heard.activity, Delete) and heard.activity.object == heard.actor.iri


def _meet(tx: sa.Connection, server_id: int, now: Millis) -> None:
    """Plan to ask a server what it is, where nobody has for long: its dialect decides what it is sent."""
    server = find_server_by_id(tx, server_id)
    assert server is not None  # a foreign key holds it
    if now - (server.inspected_at or 0) > INSPECTED_LATELY:
        plan_classification(tx, server.host, now)
