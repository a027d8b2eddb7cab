"""The mail about what is new: written from what a reader has not read yet when it is sent, or not sent at all."""

from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa

from actors.accounts import find_account_actors, find_wishes, open_email
from actors.records import Job
from actors.tables import accounts
from areas import markers, placements, registry
from areas.notifications import reading
from areas.notifications.reading import Group
from areas.reading.slices import Slice
from areas.reading.visibility import Reader
from federation.html import to_text
from federation.vocabulary import Millis
from web.accounts.unsubscribing import make_token
from web.mail import Mail
from web.node import Node
from web.pages.languages import DEFAULT, Language, choose_language, translations

MOST_LINES: Final = 20
EXCERPT: Final = 60


@dataclass(frozen=True, slots=True)
class News:
    """What one mail tells an account, in its language; `newest` is the last notification of it."""

    address: str
    language: Language
    lines: tuple[str, ...]
    waiting: int
    newest: int


async def send_news(node: Node, job: Job, now: Millis) -> str:
    """Send it, unless everything was read meanwhile, or nobody wants it any more."""
    account_id = int(job.key)
    news = await node.database.read(_gather, node, account_id, now)
    if news is None:
        return "not sent"
    await node.mailer(write_news(node, account_id, news), now)
    await node.database.write(_note, account_id, news.newest)
    return "sent"


def _note(tx: sa.Connection, account_id: int, newest: int) -> None:
    tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(mailed_id=newest))


def _gather(tx: sa.Connection, node: Node, account_id: int, now: Millis) -> News | None:
    wishes, address = find_wishes(tx, account_id), open_email(tx, node.vault, account_id)
    speaker = next(
        (each for each in find_account_actors(tx, account_id, now) if each.standing != "suspended"), None
    )
    if wishes.pace == "off" or address is None or speaker is None or speaker.gone_at is not None:
        return None
    told = tx.execute(sa.select(accounts.c.mailed_id).where(accounts.c.id == account_id)).scalar_one()
    read = markers.find(tx, speaker.id, ("notifications",))["notifications"].last_read_id
    reader = Reader.of(speaker, now)
    page = reading.groups(tx, reader, Slice(MOST_LINES, after=max(told, read)))
    areas = registry.list_moderated(tx, [speaker.id], now)
    waiting = placements.count_held(tx, [each.actor_id for each in areas], MOST_LINES) if areas else 0
    if not page.items and not waiting:
        return None
    language = choose_language(wishes.language or DEFAULT, "")
    lines = tuple(_write_line(each, language) for each in page.items)
    newest = max((each.latest.id for each in page.items), default=told)
    return News(address, language, lines, waiting, newest)


def _write_line(group: Group, language: Language) -> str:
    """Who did what, and how the post begins; of a message only that there is one."""
    _ = translations(language).gettext
    who = group.latest.by.name or group.latest.by.username
    sentences = {
        "mention": _("%(who)s answered or named you."),
        "status": _("%(who)s wrote something."),
        "favourite": _("%(who)s liked your post."),
        "reblog": _("%(who)s showed your post to others."),
        "follow": _("%(who)s follows you now."),
        "follow_request": _("%(who)s would like to follow you."),
        "poll": _("A vote has ended."),
        "update": _("%(who)s changed a post that you have shown or take part in."),
    }
    seen = group.latest.seen
    if seen is not None and seen.post.visibility == "direct":
        return _("%(who)s wrote you a message.") % {"who": who}
    line = sentences.get(group.type, _("There is news from %(who)s.")) % {"who": who}
    if group.type == "reblog" and group.latest.by.type == "Group":
        line = _("Your post is in the area %(who)s.") % {"who": who}
    text = "" if seen is None or seen.post.summary else " ".join(to_text(seen.post.content).split())
    return f"{line}\n    {text[:EXCERPT]}" if text else line


def write_news(node: Node, account_id: int, news: News) -> Mail:
    """The mail."""
    _, origin = translations(news.language).gettext, node.sites.primary.origin.origin
    town = " ".join(node.sites.primary.actor.name.split())
    waits: tuple[str, ...] = ()
    if news.waiting:
        counted = translations(news.language).ngettext(
            "%(num)s post waits for your decision:", "%(num)s posts wait for your decision:", news.waiting
        )
        waits = (counted % {"num": news.waiting}, f"{origin}/desk/held")
    paragraphs = (
        *news.lines,
        *waits,
        _("All of it:"),
        f"{origin}/notifications",
    )
    subject = _("What is new for you at %(town)s") % {"town": town}
    return end_mail(node, account_id, Mail(news.address, subject, "\n\n".join(paragraphs)), news.language)


def end_mail(node: Node, account_id: int, mail: Mail, language: Language) -> Mail:
    """The same mail, which says at its end how to get fewer of them or none, by one press (RFC 8058)."""
    _, origin = translations(language).gettext, node.sites.primary.origin.origin
    end = f"{origin}/mails/end/{make_token(node.vault, account_id)}"
    paragraphs = (
        mail.text,
        _("How often such mails come is for you to choose: %(address)s")
        % {"address": f"{origin}/settings/mail"},
        _("To get none any more, open this address and press the button there:"),
        f"{end}?lang={language}",
    )
    headers = (("List-Unsubscribe", f"<{end}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return replace(mail, text="\n\n".join(paragraphs) + "\n", headers=headers)
