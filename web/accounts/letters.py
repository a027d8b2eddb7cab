"""What mails say, in the language of whoever asked for them. Addresses in them come from the settings alone."""

from typing import Final

from actors.signin.mail_codes import LIFETIME_MS, Letter
from actors.signin.notices import Notice
from web.mail import Mail
from web.pages.languages import Language, choose_language, translations
from web.visits import Site

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
    """The mail that tells what was done with an account, and what to do if it was somebody else."""
    chosen: Language = choose_language(language, "")
    _ = translations(chosen).gettext
    town = _one_line(site.actor.name)
    subjects: dict[Notice, str] = {
        "password": _("Your password at %(town)s is new"),
        "no-password": _("Your password at %(town)s is gone"),
    }
    texts: dict[Notice, str] = {
        "password": _(
            "Somebody who was signed in as you has set a new password for your account at %(town)s."
        ),
        "no-password": _(
            "Somebody who was signed in as you has dropped the password of your account at %(town)s."
        ),
    }
    paragraphs = (
        texts[notice] % {"town": town},
        _("If it was you, all is well."),
        _("If not, open this address, sign in by a code that comes by mail, and choose a new password:"),
        f"{site.origin.origin}/account/password?lang={chosen}",
    )
    return Mail(address, subjects[notice] % {"town": town}, "\n\n".join(paragraphs) + "\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())
