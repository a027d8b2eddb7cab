"""What this node is, for apps that are about to sign somebody in, and for whoever wants to know."""

import hashlib
from typing import Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from actors.servers import list_peers
from actors.standing import list_rules
from areas.counts import count_usage, count_weeks
from areas.registry import find_admin
from federation.client import own_version
from federation.errors import NotFound
from federation.vocabulary import Millis
from web.mastodon.answers import PUBLIC, Answer
from web.mastodon.calls import Call
from web.mastodon.entities.accounts import account
from web.mastodon.entities.frame import Json
from web.mastodon.entities.instances import (
    Town,
    domain_block,
    extended_description,
    instance,
    instance_v1,
    language,
    week,
)
from web.mastodon.showing import count, frame_of
from web.mastodon.texts import PRIVACY, PRIVACY_SINCE
from web.mastodon.times import write_time

LANGUAGES: Final = (("ja", "日本語"), ("en", "English"))


async def show(call: Call) -> Answer:
    """`GET /api/v2/instance`."""
    return Answer(instance(await _describe(call), frame_of(call.node)), cache=PUBLIC)


async def show_v1(call: Call) -> Answer:
    """`GET /api/v1/instance`."""
    return Answer(instance_v1(await _describe(call), frame_of(call.node)), cache=PUBLIC)


async def _describe(call: Call) -> Town:
    node = call.node
    actor = node.sites.primary.actor
    contact = await call.read(_find_contact, actor.id, call.now)
    counts = await count(call, (contact,))
    return Town(
        title=actor.name,
        description=actor.summary,
        version=own_version(),
        email=node.settings.contact_email,
        contact=account(contact, counts[contact.id], frame_of(node)),
        open_registrations=False,
        is_limited=node.settings.federation != "open",
        usage=await node.counted.count(node.database, count_usage, call.now),
    )


def _find_contact(tx: sa.Connection, node_actor_id: int, now: Millis) -> ActorRecord:
    """Who answers for the node: its first administrator, else the node itself."""
    found = find_actor_by_id(tx, find_admin(tx, now) or node_actor_id)
    assert found is not None  # a foreign key holds it
    return found


async def list_rules_of_node(_call: Call) -> Answer:
    """`GET /api/v1/instance/rules`: the node has none of its own; what an area asks for is in its profile."""
    return Answer([], cache=PUBLIC)


async def list_known_servers(call: Call) -> Answer:
    """`GET /api/v1/instance/peers`."""
    return Answer(await call.read(list_peers), cache=PUBLIC)


async def show_activity(call: Call) -> Answer:
    """`GET /api/v1/instance/activity`: twelve weeks. "Logins" are people who wrote: visits are not counted."""
    weeks = await call.node.counted.count(call.node.database, count_weeks, call.now)
    found = [week(each.start // 1000, each.posts, each.people, each.new_people) for each in weeks]
    return Answer(found, cache=PUBLIC)


async def show_description(call: Call) -> Answer:
    """`GET /api/v1/instance/extended_description`."""
    actor = call.node.sites.primary.actor
    return Answer(extended_description(actor.summary, write_time(actor.updated_at)), cache=PUBLIC)


async def show_privacy_policy(_call: Call) -> Answer:
    """`GET /api/v1/instance/privacy_policy`: what the program keeps, sends and forgets."""
    return Answer(extended_description(PRIVACY, PRIVACY_SINCE), cache=PUBLIC)


async def show_terms(_call: Call) -> Answer:
    """`GET /api/v1/instance/terms_of_service`: there are none beyond the law."""
    raise NotFound("this node has no terms of service")


async def list_domain_blocks(call: Call) -> Answer:
    """`GET /api/v1/instance/domain_blocks`: which servers are not heard; why is between them and the operator."""
    rules = await call.read(list_rules)
    found = [
        domain_block(rule.host, hashlib.sha256(rule.host.encode()).hexdigest(), "")
        for rule in rules
        if rule.rule == "block" and (rule.until is None or rule.until > call.now)
    ]
    return Answer(found, cache=PUBLIC)


async def list_languages(_call: Call) -> list[Json]:
    """`GET /api/v1/instance/languages`: those of our own pages."""
    return [language(code, name) for code, name in LANGUAGES]


async def list_translations(_call: Call) -> Json:
    """`GET /api/v1/instance/translation_languages`: nothing is translated."""
    return {}


async def list_emojis(_call: Call) -> Answer:
    """`GET /api/v1/custom_emojis`: there are none."""
    return Answer([], cache=PUBLIC)
