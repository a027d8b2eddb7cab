"""The mail to an author whose post has waited for long until an area decides: what she may do about it."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from actors.accounts import find_owner, find_wishes, open_email
from actors.records import Job
from areas import placements, posts, registry
from federation.html import to_text
from federation.vocabulary import Millis
from web.jobs.news import end_mail
from web.mail import Mail
from web.node import Node
from web.pages.languages import DEFAULT, Language, choose_language, translations

EXCERPT: Final = 60


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whom to tell in which language, of which post in which area."""

    account_id: int
    address: str
    language: Language
    area: str
    post_id: int
    text: str


async def tell_author(node: Node, job: Job, now: Millis) -> str:
    """Send it, unless it was decided meanwhile, the post is gone, or nobody wants mails."""
    waiting = await node.database.read(_find, node, job, now)
    if waiting is None:
        return "not sent"
    await node.mailer(write_waiting(node, waiting), now)
    return "sent"


def _find(tx: sa.Connection, node: Node, job: Job, now: Millis) -> Waiting | None:
    placement = placements.find_by_id(tx, int(job.key))
    if placement.state != "held":
        return None
    post, area = posts.find_post_by_id(tx, placement.post_id), registry.find_area(tx, placement.area_id)
    account_id = find_owner(tx, placement.author_id, now)
    if post is None or post.deleted_at is not None or area is None or account_id is None:
        return None
    wishes, address = find_wishes(tx, account_id), open_email(tx, node.vault, account_id)
    if wishes.pace == "off" or address is None:
        return None
    language = choose_language(wishes.language or DEFAULT, "")
    text = " ".join(to_text(post.content).split())[:EXCERPT]
    return Waiting(account_id, address, language, area.name, post.id, post.summary or text)


def write_waiting(node: Node, waiting: Waiting) -> Mail:
    """That nobody has decided yet, and that the post can be taken back."""
    _, site = translations(waiting.language).gettext, node.sites.primary
    paragraphs = (
        _("Your post has waited for three days, and nobody of the area %(area)s has decided about it yet:")
        % {"area": waiting.area},
        f"    {waiting.text}",
        _("You need do nothing. If you would rather take it back, open its page and delete it:"),
        f"{site.origin.origin}/posts/{waiting.post_id}?lang={waiting.language}",
    )
    subject = _("Your post at %(town)s still waits") % {"town": " ".join(site.actor.name.split())}
    mail = Mail(waiting.address, subject, "\n\n".join(paragraphs))
    return end_mail(node, waiting.account_id, mail, waiting.language)
