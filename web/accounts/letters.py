"""What mails say, in the language of whoever asked for them. Addresses in them come from the settings alone."""

from collections.abc import Callable
from typing import Final

from actors.signin.mail_codes import LIFETIME_MS, Letter
from actors.signin.notices import Notice
from web.mail import Mail
from web.pages.languages import Language, choose_language, translations
from web.visits import Site

Translate = Callable[[str], str]
Told = tuple[str, tuple[str, ...]]
"""Subject and paragraphs."""
MINUTES: Final = LIFETIME_MS // 60_000


def write_letter(letter: Letter, address: str, site: Site) -> Mail:
    """The mail with the digits and the link that sign in."""
    language: Language = choose_language(letter.language, "")
    _ = translations(language).gettext
    town = site.actor.name
    is_new = letter.account_id is None
    first = _("Your code to sign up at %(town)s:") if is_new else _("Your code to sign in at %(town)s:")
    paragraphs = (
        first % {"town": town},
        f"    {letter.code}",
        _("Type it on the page where you asked for it, within %(minutes)s minutes.") % {"minutes": MINUTES},
        _("To go on where you read this mail, open this address and press the button there:"),
        f"{site.origin.origin}/sign-in/mail/{letter.link}?lang={language}",
        _("Tell the code to nobody; nobody from the town will ask you for it."),
        _("If you did not ask for it, throw this mail away. Without the code nobody can sign in."),
    )
    subject = _("%(code)s is your code for %(town)s") % {"code": letter.code, "town": _one_line(town)}
    return Mail(address, subject, "\n\n".join(paragraphs) + "\n")


def write_notice(notice: Notice, address: str, language: str, site: Site) -> Mail:
    """The mail that tells what was done with an account, and what to do about it."""
    chosen: Language = choose_language(language, "")
    subject, paragraphs = _NOTICES[notice](
        translations(chosen).gettext, _one_line(site.actor.name), site, chosen
    )
    return Mail(address, subject, "\n\n".join(paragraphs) + "\n")


def _tell_of_password(_: Translate, town: str, site: Site, language: Language) -> Told:
    first = _("Somebody who was signed in as you has set a new password for your account at %(town)s.")
    return _("Your password at %(town)s is new") % {"town": town}, (
        first % {"town": town},
        *_doubt(_, site, language),
    )


def _tell_of_no_password(_: Translate, town: str, site: Site, language: Language) -> Told:
    first = _("Somebody who was signed in as you has dropped the password of your account at %(town)s.")
    return _("Your password at %(town)s is gone") % {"town": town}, (
        first % {"town": town},
        *_doubt(_, site, language),
    )


def _doubt(_: Translate, site: Site, language: Language) -> tuple[str, ...]:
    """What to do if it was somebody else."""
    return (
        _("If it was you, all is well."),
        _("If not, open this address, sign in by a code that comes by mail, and choose a new password:"),
        f"{site.origin.origin}/account/password?lang={language}",
    )


def _tell_of_move(_: Translate, town: str, site: Site, language: Language) -> Told:
    """Apps ask the server whose name they were given: nothing that we keep could let them go on."""
    return _("Your account is at %(town)s now") % {"town": town}, (
        _("Your account has moved to %(town)s, another server, together with the area that it is of.")
        % {"town": town},
        _("Its name is the same, and all that was yours is there: posts, followers, notifications, drafts."),
        _("Sign in here from now, with this mail address and the password that you had, if you had one:"),
        f"{site.origin.origin}/sign-in?lang={language}",
        _(
            "If you use an app: it still asks the old server. Take the account out of the app, and add it again with "
            "the name of this server:"
        ),
        f"    {site.origin.host}",
        _("Until then the app shows nothing new, and tells you of nothing."),
    )


_NOTICES: Final[dict[Notice, Callable[[Translate, str, Site, Language], Told]]] = {
    "password": _tell_of_password,
    "no-password": _tell_of_no_password,
    "moved": _tell_of_move,
}


def _one_line(text: str) -> str:
    return " ".join(text.split())
