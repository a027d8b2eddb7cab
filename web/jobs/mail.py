"""Mail is written down with what it is about, and sent from here; what is over in the meantime is not sent."""

import sqlalchemy as sa

from actors.accounts import open_email
from actors.records import Job
from actors.signin.mail_codes import MAIL_CODE, Letter, note_outcome, read_letter
from actors.signin.notices import MAIL_NOTICE, read_notice
from areas.notifications.mailing import MAIL_HELD, MAIL_NEWS
from federation.errors import Unreachable
from federation.vocabulary import Millis
from inbox.jobs import runner
from inbox.services import Services
from web.accounts.letters import write_letter, write_notice
from web.jobs.held import tell_author
from web.jobs.news import send_news
from web.node import Node


async def run_due(node: Node, now: Millis) -> int:
    """Send what is due; returns how many jobs were taken."""

    async def send_code(job: Job, _services: Services, at: Millis) -> str:
        return await _send_code(node, job, at)

    async def send_notice(job: Job, _services: Services, at: Millis) -> str:
        return await _send_notice(node, job, at)

    async def tell_news(job: Job, _services: Services, at: Millis) -> str:
        return await send_news(node, job, at)

    async def tell_waiting(job: Job, _services: Services, at: Millis) -> str:
        return await tell_author(node, job, at)

    kinds = {MAIL_CODE: send_code, MAIL_NOTICE: send_notice, MAIL_NEWS: tell_news, MAIL_HELD: tell_waiting}
    return await runner.run_due(kinds, node.services, now)


async def _send_code(node: Node, job: Job, now: Millis) -> str:
    found = await node.database.read(_read, node, job, now)
    if found is None:
        return "not sent"
    letter, address = found
    try:
        await node.mailer(write_letter(letter, address, node.sites.primary), now)
    except Unreachable as fault:
        await node.database.write(note_outcome, job, "refused" if fault.permanent else "later")
        raise
    await node.database.write(note_outcome, job, "sent")
    return "sent"


async def _send_notice(node: Node, job: Job, now: Millis) -> str:
    account_id, notice, language = read_notice(job)
    address = await node.database.read(open_email, node.vault, account_id)
    if address is None:
        return "not sent"
    await node.mailer(write_notice(notice, address, language, node.sites.primary), now)
    return "sent"


def _read(tx: sa.Connection, node: Node, job: Job, now: Millis) -> tuple[Letter, str] | None:
    """What was typed may be another spelling of the address that the account was made with: that one counts."""
    letter = read_letter(tx, node.vault, job, now)
    if letter is None:
        return None
    known = None if letter.account_id is None else open_email(tx, node.vault, letter.account_id)
    return letter, known or letter.address
