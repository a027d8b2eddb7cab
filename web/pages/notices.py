"""What a page says of what was just done on another one, with the button that takes it back.

It travels in the address (`?done=`, `?about=`): nothing is kept, and reading it does nothing.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request

from web.pages.languages import Language, page_translations

SAID: Final = ("done", "about")
"""Parameters that say what was done."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and where a press undoes what it says; None = nowhere."""

    text: str
    undo: str | None


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return sentence


_SENTENCES: Final = {
    "boost": _("You have shown it to those who follow you."),
    "unboost": _("You show it to nobody any more."),
    "bookmark": _("Kept for you. Nobody else sees that."),
    "pin": _("It stands at the top of your page now."),
    "quiet": _("You are told no more of this conversation."),
    "follow": _("You follow now."),
    "unfollow": _("You do not follow any more."),
    "mute": _("You see no more of this person here. She is not told."),
    "unmute": _("You see this person again."),
    "block": _("Neither of you sees the other any more."),
    "unblock": _("The block is gone. Whoever followed before must follow anew."),
    "join": _("You belong to this area now, and follow it."),
    "leave": _("You have left the area."),
    "home": _("This is where you live now."),
    "accept": _("She follows you now."),
    "reject": _("The request is declined."),
    "dismiss": _("It is put away, and does not come again."),
    "posted": _("Your post is out."),
    "held": _("Your post has arrived. Somebody reads it before it appears."),
    "kept": _("It is kept as a draft. Nobody else sees it."),
    "dropped": _("The draft is thrown away."),
    "edited": _("The change is made."),
    "deleted": _("The post is deleted."),
    "saved": _("It is saved."),
    "approved": _("The post is in the area now."),
    "refused": _("The post stays out. Its author was told why."),
    "answered": _("The report is closed, and the town that sent it is told."),
    "closed": _("The report is closed."),
    "reopened": _("The report is open again."),
    "taken": _("That server is blocked now."),
    "vetoed": _("You are asked about that server no more."),
    "warned": _("The other towns are warned."),
    "unwarned": _(
        "The warning is taken back. What was blocked for it stays so until those towns decide anew."
    ),
    "waiting": _("The warning waits again, and blocks nothing."),
    "welcome": _("Welcome! You can read and write now."),
    "signed-out": _("Signed out there."),
    "password": _("The new password is in force."),
    "no-password": _("The password is gone. You sign in by mail."),
    "disconnected": _("The app can no longer use your account."),
    "posting": _("It holds for new posts from now on."),
    "reported": _("Thank you. Your report has arrived."),
    "left": _("Your account is deleted."),
    "moved": _("You have moved. Those who follow you are told."),
    "back": _("You are here again."),
    "post-solve": _("It is marked as solved."),
    "post-finish": _("It is done. Thank you!"),
    "post-withdraw": _("It is called off."),
    "post-reopen": _("It is open again."),
    "notice-withdraw": _("The notice is withdrawn. It can still be read, and says so."),
    "notice-reopen": _("The notice holds again."),
    "event-reopen": _("The event takes place after all. Who takes part on this server is told."),
    "post-release": _("The choice is taken back."),
    "application-applied": _("Your application has arrived. Only the author reads it."),
    "help-choose": _("It is marked as solved, and which answer has helped."),
    "application-choose": _("Chosen. Now write to each other about the time and the place."),
    "application-admit": _("It counts as an application now. Nobody else sees that."),
    "application-dismiss": _("It is a mere reply again."),
    "application-decline": _("Declined. Nobody is told; write a word if you like."),
    "application-restore": _("It counts as an application now. Nobody else sees that."),
    "post-cancel": _("The event is cancelled. Who takes part on this server is told."),
    "part-applied": _("You take part. Only the author sees it."),
    "part-admit": _("This one counts as taking part now."),
    "part-dismiss": _("It is a mere reply again."),
    "part-leave": _("You do not take part any more."),
    "full": _("It is full: nobody more can come."),
    "not-now": _("That is not possible any more. This is how it stands now."),
    "no-words": _("Please write a few words."),
    "application-leave": _("Your application is taken back."),
}
_UNDO: Final = {
    "boost": "/posts/{}/acts/unboost",
    "bookmark": "/posts/{}/acts/unbookmark",
    "pin": "/posts/{}/acts/unpin",
    "quiet": "/posts/{}/acts/unquiet",
    "follow": "/accounts/{}/acts/unfollow",
    "unfollow": "/accounts/{}/acts/follow",
    "mute": "/accounts/{}/acts/unmute",
    "block": "/accounts/{}/acts/unblock",
    "join": "/memberships/{}/acts/leave",
    "leave": "/memberships/{}/acts/join",
    "closed": "/desk/reports/{}/reopen",
    "taken": "/desk/warnings/{}/reopen",
    "vetoed": "/desk/warnings/{}/reopen",
    "warned": "/desk/warnings/{}/withdraw",
    "post-solve": "/posts/{}/steps/reopen",
    "post-finish": "/posts/{}/steps/reopen",
    "post-withdraw": "/posts/{}/steps/reopen",
    "notice-withdraw": "/posts/{}/steps/reopen",
    "post-cancel": "/posts/{}/steps/reopen",
    "part-applied": "/posts/{}/responses/leave",
    "part-admit": "/posts/{}/responses/dismiss",
    "application-applied": "/posts/{}/responses/leave",
    "help-choose": "/posts/{}/steps/reopen",
    "application-choose": "/posts/{}/steps/release",
    "application-admit": "/posts/{}/responses/dismiss",
    "application-decline": "/posts/{}/responses/restore",
}


def with_notice(path: str, what: str, about: int | None = None) -> str:
    """Return the address of a page that says what was done."""
    parts = urlsplit(path)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in SAID]
    said = [("done", what), *(() if about is None else (("about", str(about)),))]
    query = urlencode([*kept, *(said if what in _SENTENCES else ())])
    return f"{parts.path}?{query}" if query else parts.path


def find_said(*names: str) -> str:
    """The first of these of which we have something to say, else the last."""
    return next((each for each in names if each in _SENTENCES), names[-1])


def read_notice(request: Request, language: Language) -> Notice | None:
    """Return what the address says was done, if it is anything that we say."""
    what, about = request.query_params.get("done", ""), request.query_params.get("about", "")
    if what not in _SENTENCES:
        return None
    is_about = about.isascii() and about.isdigit() and len(about) <= _LONGEST_ID
    undo = _UNDO[what].format(about) if what in _UNDO and is_about else None
    return Notice(page_translations(language).gettext(_SENTENCES[what]), undo)


_LONGEST_ID: Final = 19
