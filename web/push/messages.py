"""What a push message says: who did what, in the language of whoever is told, and by which right to ask for more."""

from typing import Final

import orjson

from areas.notifications.reading import Notification
from federation.html import to_text
from web.pages.languages import Language, choose_language, translations
from web.push.encryption import MOST_BYTES

BODY_LENGTH: Final = 140
"""Characters: what telephones show of it; as Mastodon."""
NAME_LENGTH: Final = 60


def write_message(found: Notification, *, bearer: str, language: str, icon: str) -> bytes:
    """The JSON that apps know from Mastodon; the id is a number, as some of them demand."""
    chosen = choose_language(language, "")
    message = {
        "access_token": bearer,
        "preferred_locale": chosen,
        "notification_id": found.id,
        "notification_type": found.type,
        "icon": icon,
        "title": write_title(found, chosen),
        "body": write_body(found),
    }
    written = orjson.dumps(message)
    if len(written) > MOST_BYTES:  # an address of a picture may be as long as it likes
        written = orjson.dumps({**message, "icon": ""})
    return written


def write_title(found: Notification, language: Language) -> str:
    """One line: who, and what."""
    _ = translations(language).gettext
    name = _shorten(found.by.name or found.by.username, NAME_LENGTH)
    match found.type:
        case "mention":
            title = _("%(name)s mentioned you")
        case "status":
            title = _("New from %(name)s")
        case "reblog":
            title = _("%(name)s boosted your post")
        case "favourite":
            title = _("%(name)s likes your post")
        case "follow":
            title = _("%(name)s follows you")
        case "follow_request":
            title = _("%(name)s asks to follow you")
        case "poll":
            title = _("A poll of %(name)s is over")
        case "update":
            title = _("%(name)s changed a post")
        case "admin.report":
            title = _("%(name)s reported something")
        case _:
            title = _("News about %(name)s")
    return title % {"name": name}


def write_body(found: Notification) -> str:
    """The beginning of what it is about; of what has a warning, the warning alone."""
    if found.seen is None:
        return f"@{found.by.handle}"
    post = found.seen.post
    return _shorten(post.summary or post.title or to_text(post.content), BODY_LENGTH)


def _shorten(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
