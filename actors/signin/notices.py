"""What the owner of an account is told by mail, so that she notices what somebody else did."""

from typing import Final, Literal, get_args

import sqlalchemy as sa

from actors.jobs import schedule
from actors.records import Job
from federation.vocabulary import Millis

MAIL_NOTICE: Final = "mail-notice"
"""The kind of job that sends one."""

Notice = Literal["password", "no-password", "moved"]
"""There is a new password; there is none any more; the account came here with its area."""


def tell_owner(tx: sa.Connection, account_id: int, notice: Notice, language: str, now: Millis) -> None:
    """Have the owner told, with what was done and in the same transaction."""
    payload = {"account": str(account_id), "notice": notice, "language": language}
    schedule(tx, MAIL_NOTICE, f"{account_id} {notice} {now}", payload, now, now)


def read_notice(job: Job) -> tuple[int, Notice, str]:
    """Return whom a job tells what, and in which language."""
    found = next(each for each in get_args(Notice) if each == job.payload["notice"])
    return int(str(job.payload["account"])), found, str(job.payload["language"])
