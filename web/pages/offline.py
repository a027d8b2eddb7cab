"""What a browser keeps of us for when the network is away: one page, in all our languages, and a worker that shows it.

Source: Service Workers (W3C). The worker answers nothing but that: pages themselves are never kept.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import orjson
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from web.pages import furigana
from web.pages.languages import LANGUAGES, Language, page_translations
from web.pages.rendering import render
from web.pages.statics import read_static, static_url

PATH: Final = "/offline"
_PARTS: Final = ("style.css", "icon.svg", "page.js")


async def offline_page(request: Request) -> Response:
    """The same words in each language: nobody knows who will read it."""
    return render(request, "offline.html", {"tongues": {tag: _speak(tag) for tag in LANGUAGES}})


def _speak(language: Language) -> Callable[[str], Markup]:
    texts = page_translations(language)
    return lambda sentence: Markup(furigana.write(texts.gettext(sentence)))  # noqa: S704 - our own catalogue


async def serve_worker(_request: Request) -> Response:
    """The service worker; its own address, since it may answer for what lies below it."""
    return Response(_worker(), headers={"cache-control": "no-cache"}, media_type="text/javascript")


@lru_cache
def _worker() -> bytes:
    kept = [PATH, *(static_url(name) for name in _PARTS)]
    code = read_static("worker.js")
    name = hashlib.blake2b(orjson.dumps(kept) + code, digest_size=8).hexdigest()
    return b"const NAME = %b;\nconst KEPT = %b;\n%b" % (orjson.dumps(name), orjson.dumps(kept), code)
