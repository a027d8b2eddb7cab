"""Telling the moderators about somebody."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from actors.listing import require_actor
from areas import interactions, posts, reports
from areas.interactions.reporting import Complaint
from areas.reading.statuses import find_actors
from areas.reports import ReportRecord
from federation.errors import Refused
from web.mastodon.answers import Answer
from web.mastodon.calls import Call
from web.mastodon.entities.frame import Json
from web.mastodon.entities.reports import report
from web.mastodon.paging import link, read_slice
from web.mastodon.showing import reader_of, show_account, show_accounts
from web.mastodon.statuses import require

MOST_STATUSES: Final = 20
"""Of one report; as many as are kept."""


async def file(call: Call) -> Json:
    """`POST /api/v1/reports`: `account_id`, with `status_ids[]`, `comment`, `category`, `rule_ids[]`, `forward`."""
    params = call.params
    target_id = params.id("account_id")
    if target_id is None:
        raise Refused("account_id is missing")
    target, reader = await call.read(require_actor, target_id), reader_of(call)
    asked = [await call.read(require, reader, each) for each in params.ids("status_ids")[:MOST_STATUSES]]
    post_ids = tuple(dict.fromkeys(each.seen.post.id for each in asked))
    complaint = Complaint(
        target_id=target_id,
        post_ids=post_ids,
        text=params.text("comment") or "",
        category=params.word("category") or ("violation" if params.texts("rule_ids") else "other"),
        rules=params.texts("rule_ids"),
        forward=params.flag("forward") or False,
    )
    made = await call.write(interactions.report, call.actor, complaint, call.now)
    return report(made, post_ids, await show_account(call, target))


async def list_own(call: Call) -> Answer:
    """`GET /api/v1/reports`: what one has reported."""
    page = await call.read(reports.list_by, call.actor.id, read_slice(call.params))
    targets = await call.read(find_actors, [each.target_id for each in page.items if each.target_id])
    shown_targets = await show_accounts(call, list(targets.values()))
    accounts: dict[int | None, Json] = dict(zip(targets, shown_targets, strict=True))
    named = await call.read(_name_posts, page.items)
    shown = [report(each, named[each.id], accounts[each.target_id]) for each in page.items]
    return Answer(shown, headers=link(call.request, page))


def _name_posts(tx: sa.Connection, found: Sequence[ReportRecord]) -> dict[int, tuple[int, ...]]:
    """The posts of each report, by their ids here."""
    return {
        each.id: tuple(post.id for iri in each.objects if (post := posts.find_post(tx, iri)) is not None)
        for each in found
    }
