"""What this server promises, made from its configuration; and what a telephone needs to keep it beside its apps."""

from dataclasses import dataclass
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from actors.signin.mail_codes import KEPT_MS, LIFETIME_MS
from actors.signin.sessions import LIFETIME_MS as SESSION_MS
from areas.media.uploads import UNUSED_LIFE
from web.accounts.visitors import STAFF_MS
from web.node import node_of
from web.pages.languages import translations
from web.pages.rendering import language_of, render
from web.pages.statics import static_url
from web.visits import visit_of

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
MINUTE_MS: Final = 60_000
ICONS: Final = (("icon-192.png", "192x192"), ("icon-512.png", "512x512"))


@dataclass(frozen=True, slots=True)
class Periods:
    """How long things are kept, in the units in which they are said."""

    code_minutes: int = LIFETIME_MS // MINUTE_MS
    code_kept_days: int = KEPT_MS // DAY_MS
    session_days: int = SESSION_MS // DAY_MS
    staff_hours: int = STAFF_MS // HOUR_MS
    unused_hours: int = UNUSED_LIFE // HOUR_MS


async def promise_page(request: Request) -> Response:
    """What is kept, for how long, who sees it, and what never happens here."""
    settings = node_of(request).settings
    values = {
        "federation": settings.federation,
        "contact": settings.contact_email,
        "periods": Periods(),
    }
    return render(request, "promise.html", values)


async def serve_manifest(request: Request) -> Response:
    """The web application manifest (W3C): name, icons, where it begins."""
    site = visit_of(request).site
    assert site is not None  # probes ask for no manifest
    language = language_of(request)
    _ = translations(language).gettext
    document = {
        "name": site.actor.name,
        "short_name": site.actor.name[:12],
        "description": _("Notices and conversations of the town"),
        "lang": language,
        "id": "/",
        "start_url": "/home" if site.origin.is_primary else "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f2f2f2",
        "theme_color": "#115a36",
        "icons": [
            {"src": static_url(name), "sizes": sizes, "type": "image/png", "purpose": "any maskable"}
            for name, sizes in ICONS
        ],
    }
    headers = {"cache-control": "public, max-age=3600", "vary": "Accept-Language"}
    return Response(orjson.dumps(document), headers=headers, media_type="application/manifest+json")
