"""The page about a run: self-contained, without scripts, light and dark, for a phone and for paper."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from tests.bench.results import Result
from tests.bench.zone import charts
from tests.bench.zone.figures import Figures, Late, pick
from tests.bench.zone.play import Play
from tests.bench.zone.weather import HOUR, LOST, SLOW

STYLE: Final = Path(__file__).with_name("report.css")
PAGE: Final = Path(__file__).with_name("report.html")
GOOD: Final = (
    "In the end no town differs from another, no area has boosted a post twice, nothing went round in circles, and "
    "what is not public was nowhere but where it was written."
)
SECOND: Final = 1_000
MINUTE: Final = 60
MARKS: Final = {
    SECOND: "1 s",
    60 * SECOND: "1 min",
    600 * SECOND: "10 min",
    HOUR: "1 h",
    6 * HOUR: "6 h",
    48 * HOUR: "48 h",
}
KINDS: Final = ("sent", "failed", "asked")


def write_page(play: Play, figures: Figures, results: Sequence[Result]) -> str:
    """HTML."""
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        style=STYLE.read_text(encoding="utf-8"),
        **_describe(play),
        verdict=_verdict(results),
        results=_list_results(results),
        over_time=_draw_differences(play),
        arrivals=_show_delays(figures.arrivals),
        retractions=_show_delays(figures.retractions),
        requests=_show_requests(play),
        boosts=_table(("areas", "posts"), sorted(figures.boosts.items())),
        deeds=_table(
            ("deed", "times"), [("write", len(play.people.said)), *sorted(play.people.done.items())]
        ),
        places=_draw_places(play),
    )


def _describe(play: Play) -> dict[str, object]:
    region, size = play.region, play.size
    return {
        "size": size,
        "towns": size.towns,
        "days": "one day" if size.days == 1 else f"{size.days} days",
        "areas": len(region.homes),
        "agreements": len(region.links),
        "between": sum(link.taker.site.host != link.giver.site.host for link in region.links),
        "followed": len(region.followed),
        "readers": len(region.readers),
        "lost": f"{LOST:.0%}",
        "slow": len(region.weather.slow),
        "late": f"{SLOW:.0%}",
    }


def _verdict(results: Sequence[Result]) -> str:
    broken = [each.name for each in results if not each.holds]
    if broken:
        return f'<p class="verdict broken">Not as it must be: {", ".join(broken)}.</p>'
    return f'<p class="verdict">{GOOD}</p>'


def _list_results(results: Iterable[Result]) -> str:
    rows = [(each.name.removeprefix("zone.").replace("_", " "), _show(each), each.target) for each in results]
    return _table(("figure", "value", "must be"), rows)


def _show(result: Result) -> str:
    floor = "" if result.floor is None else f" (servers that follow: {result.floor:.1f})"
    value = _say(int(result.value * SECOND)) if result.unit == "s" else f"{result.value:.1f} {result.unit}"
    return value.replace(".0 ", " ") + floor


def _list_spans(play: Play) -> dict[str, list[tuple[float, float]]]:
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for each in play.region.weather.troubles:
        label = {1: each.kind}.get(len(each.hosts), f"{each.kind} ({len(each.hosts)} nodes)")
        spans[label].append(((each.begin - play.begin) / HOUR, (each.end - play.begin) / HOUR))
    return spans


def _draw_differences(play: Play) -> str:
    points = [(at / HOUR, count) for at, count in play.differences]
    return charts.over_time([(0, 0), *points], _list_spans(play))


def _show_requests(play: Play) -> str:
    counts = play.region.tally.requests.most_common()
    return charts.stacked(_list_hours(play), KINDS) + _table(("request", "number"), counts)


def _show_delays(times: Sequence[Late]) -> str:
    return charts.shares([each.delay for each in times], MARKS) + _list_delays(times)


def _list_delays(times: Sequence[Late]) -> str:
    by_cause: dict[str, list[Late]] = defaultdict(list)
    for each in times:
        by_cause[each.cause].append(each)
    by_cause["all"] = list(times)
    rows = [
        (cause, len(found), *(_say(pick(found, share)) for share in (0.5, 0.95, 1)))
        for cause, found in sorted(by_cause.items(), key=lambda each: len(each[1]))
    ]
    return _table(("cause", "times", "median", "95 %", "worst"), rows)


def _say(milliseconds: int) -> str:
    seconds = milliseconds // SECOND
    if seconds < MINUTE:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // MINUTE, MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _list_hours(play: Play) -> list[list[float]]:
    first = play.begin // HOUR
    last = max(play.region.tally.hourly, default=first)
    hourly = play.region.tally.hourly
    return [[hourly[hour][kind] for kind in KINDS] for hour in range(first, last + 1)]


def _draw_places(play: Play) -> str:
    sites = {home.site.host: home.site for home in play.region.homes if home.site.region == "札幌"}
    places = {each.name: (each.point.longitude, each.point.latitude) for each in sites.values()}
    links = {
        (link.taker.site.name, link.giver.site.name)
        for link in play.region.links
        if {link.taker.site.host, link.giver.site.host} <= sites.keys() and link.taker.site != link.giver.site
    }
    weather = play.region.weather
    troubled = {host for each in weather.troubles if each.kind != "restarted" for host in each.hosts}
    marked = [site.name for host, site in sites.items() if host in troubled | weather.slow]
    return charts.draw_places(places, sorted(links), marked)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    cells = "".join(f"<th>{escape(each)}</th>" for each in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(each))}</td>" for each in row) + "</tr>" for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'
