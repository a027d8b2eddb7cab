"""Which inboxes an entry is posted to at one destination. Pure: the facts come with the round's `Work`.

One POST for each (destination, entry), with two exceptions: explicit recipients who are alone in getting the
entry are posted to in their own inboxes, one each; and a GoToSocial server, which has no shared inbox, gets
one POST for its followers and one for each explicit recipient who is not the follower chosen.
"""

from dataclasses import dataclass

from outbox.records import Address, LogRecord, Named, Work

AUDIENCE = 0
"""The `recipient` of a drop for all followers there; actor ids are never 0."""

_NOBODY = Named((), in_audience=True)


@dataclass(frozen=True, slots=True)
class Drop:
    """One POST to make: to the first of `addresses`, to the next where that one is forbidden or gone.

    `recipient` is the actor it is for, or `AUDIENCE`.
    """

    recipient: int
    addresses: tuple[Address, ...]


def choose_drops(
    work: Work, entry: LogRecord, *, shared: tuple[Address, ...], reached: frozenset[int]
) -> tuple[Drop, ...]:
    """Return what is to be posted, without the recipients in `reached`.

    `shared` are the shared inboxes of the server, the best first. A drop may have no address: nobody is left.
    """
    named = work.named.get(entry.id, _NOBODY)
    drops = _choose(work, entry, shared, named)
    return tuple(drop for drop in drops if drop.recipient not in reached)


def _choose(work: Work, entry: LogRecord, shared: tuple[Address, ...], named: Named) -> tuple[Drop, ...]:
    personal = tuple(Drop(address.actor_id or AUDIENCE, (address,)) for address in named.addresses)
    if not named.in_audience:
        return personal
    if work.destination.has_shared_inbox and shared:
        return (Drop(AUDIENCE, shared),)
    followers = _find_followers(work, entry)
    first = followers[0].url if followers else None
    preferred = next((drop for drop in personal if drop.addresses[0] in followers), None)
    if preferred is not None:
        first = preferred.addresses[0].url
        followers = (*preferred.addresses, *(each for each in followers if each.url != first))
    others = tuple(drop for drop in personal if drop.addresses[0].url != first)
    return (Drop(AUDIENCE, followers), *others)


def _find_followers(work: Work, entry: LogRecord) -> tuple[Address, ...]:
    """Return followers of the entry's audience, then of the audiences of what it reaches; each once."""
    found: dict[Address, None] = {}
    for target in (entry.audience_id, *entry.earlier_audiences):
        if target is not None:
            found.update(dict.fromkeys(work.followers.get(target, ())))
    return tuple(found)
