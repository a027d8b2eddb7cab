"""Templates to pages: one environment per language, and what every page is given."""

from collections.abc import Collection, Mapping
from functools import lru_cache, partial
from urllib.parse import quote, urlencode

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from web.accounts.visitors import visitor_of
from web.node import node_of
from web.pages import furigana, phrases
from web.pages.languages import LANGUAGES, Language, choose_language, page_translations
from web.pages.notices import SAID, read_notice
from web.pages.places import list_places
from web.pages.reasons import choose_half
from web.pages.sizes import SIZES, size_of
from web.pages.statics import static_url
from web.pages.times import format_time, to_iso
from web.visits import visit_of

_PATH = "/:@!$&'()*+,;="
"""Signs of a path that stand for themselves (RFC 3986 §3.3)."""
MINUTE = 60
"""Seconds that a page may be kept by a cache in between: it is public, and nothing on it is urgent."""


def render(
    request: Request,
    template: str,
    values: Mapping[str, object] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the page; cached for a minute unless `headers` say otherwise."""
    language = language_of(request)
    site = visit_of(request).site
    assert site is not None  # probes get no pages
    text = (
        _environment(language)
        .get_template(template)
        .render(
            **{"path": request.url.path, **(values or {})},
            lang=language,
            languages=_switches(request, language),
            size=size_of(request),
            sizes=_sizes(request, language),
            kept=kept_of(request),
            link=lambda path, **query: link(request, path, **query),
            now=node_of(request).clock(),
            when=partial(format_time, now=node_of(request).clock(), language=language),
            site=site,
            registrations=node_of(request).settings.registrations,
            visitor=visitor_of(request),
            notice=read_notice(request, language),
            places=_places(request, language),
            here=_here(request, SAID),
            unsized=_here(request, (*SAID, "size")),
            home="" if site.origin.is_primary else node_of(request).sites.primary.origin.origin,
        )
    )
    if language != "en":
        text = phrases.write(text)
    if language == "ja-simple":
        text = furigana.write(text)
    given = {
        "cache-control": f"public, max-age={MINUTE}",
        "content-language": language,
        "vary": "Accept, Accept-Language, Cookie",
        **(headers or {}),
    }
    return Response(text, status, headers=given, media_type="text/html")


def _here(request: Request, without: Collection[str]) -> str:
    """The address of this page, to come back to, without some of what it says."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in without]
    return quote(request.url.path, safe=_PATH) + (f"?{urlencode(kept)}" if kept else "")


def _places(request: Request, language: Language) -> list[dict[str, object]]:
    """The menu, in the language of the page."""
    elsewhere, places = list_places(request)
    return [
        {
            "href": elsewhere + link(request, place.path),
            "name": page_translations(language).gettext(place.name),
            "count": place.count,
            "is_main": place.is_main,
            "current": place.path == request.url.path and not elsewhere,
        }
        for place in places
    ]


def language_of(request: Request) -> Language:
    """The language in which the request is answered."""
    visitor = visitor_of(request)
    asked = request.query_params.get("lang") or (None if visitor is None else visitor.wishes.language)
    return choose_language(asked, request.headers.get("accept-language", ""))


def link(request: Request, path: str, **query: str | int) -> str:
    """A link within the town that keeps the language, and the size of letters, where the address has them."""
    query.update(kept_of(request))
    base, mark, fragment = path.partition("#")
    found = f"{base}{'&' if '?' in base else '?'}{urlencode(query)}" if query else base
    return f"{found}{mark}{fragment}"


def kept_of(request: Request) -> dict[str, str]:
    """What the address says of how pages are shown."""
    known: dict[str, str] = {"lang": language_of(request), "size": size_of(request)}
    return {name: value for name, value in known.items() if name in request.query_params}


def _sizes(request: Request, language: Language) -> list[dict[str, object]]:
    """The links that show this page in letters of another size."""
    return [
        {
            "size": size,
            "name": page_translations(language).gettext(name),
            "href": str(request.url.include_query_params(size=size).replace(scheme="", netloc="")),
            "current": size == size_of(request),
        }
        for size, name in SIZES.items()
    ]


def _switches(request: Request, current: Language) -> list[dict[str, object]]:
    """The links that show this page in another language."""
    return [
        {
            "tag": tag,
            "name": name,
            "href": str(request.url.include_query_params(lang=tag).replace(scheme="", netloc="")),
            "current": tag == current,
        }
        for tag, name in LANGUAGES.items()
    ]


@lru_cache
def _environment(language: Language) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    texts = page_translations(language)
    # The i18n extension adds this method to the environment.
    environment.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["iso"] = to_iso
    environment.filters["reason"] = partial(choose_half, language=language)
    environment.filters["html"] = Markup  # what was sanitised when it was stored
    environment.globals["static"] = static_url
    return environment


def text_of(request: Request, sentence: str) -> str:
    """Return a sentence of ours in the language of the answer."""
    return page_translations(language_of(request)).gettext(sentence)
