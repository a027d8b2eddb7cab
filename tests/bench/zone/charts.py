"""Plots as inline SVG without scripts. Colours are classes of the page's style sheet; 360 wide, as a phone is."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 360
LEFT: Final = 38
RIGHT: Final = 18


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to a place between two ends."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place, to a tenth."""
        span = (self.high - self.low) or 1
        return round(self.start + (value - self.low) / span * (self.end - self.start), 1)


def svg(height: float, label: str, parts: Iterable[str]) -> str:
    """A plot; `label` is what it says to who cannot see it."""
    head = f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(label)}">'
    return head + "".join(parts) + "</svg>"


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{kind}"/>'


def bar(x: float, y: float, width: float, height: float, kind: str, title: str = "") -> str:
    """A rectangle."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" class="{kind}">{inside}</rect>'


def word(x: float, y: float, text: str, anchor: str = "start") -> str:
    """Text."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def path(points: Iterable[tuple[float, float]], kind: str) -> str:
    """A line through points."""
    return f'<polyline points="{" ".join(f"{x:g},{y:g}" for x, y in points)}" class="{kind}"/>'


def grid(scale: Scale, right: float, most: float) -> list[str]:
    """Lines to the left of which values stand."""
    step = _round_up(most / 4)
    values = [step * number for number in range(int(most / step) + 1)]
    return [
        each
        for value in values
        for each in (
            line(LEFT, scale(value), right, scale(value), "grid"),
            word(LEFT - 4, scale(value) + 3, f"{value:g}", "end"),
        )
    ]


def hours(scale: Scale, y: float, last: float) -> list[str]:
    """An axis of hours."""
    return [word(scale(hour), y, f"{hour} h", "middle") for hour in range(0, int(last) + 1, 12)]


def over_time(
    points: Sequence[tuple[float, float]], spans: Mapping[str, Sequence[tuple[float, float]]]
) -> str:
    """A value by hour, and below it when troubles of each kind held."""
    last, most = points[-1][0], max(1.0, *(value for _, value in points))
    x, y = Scale(0, last, LEFT, WIDTH - RIGHT), Scale(0, most, 130, 10)
    parts = [*grid(y, WIDTH - RIGHT, most), path([(x(at), y(value)) for at, value in points], "curve")]
    for row, (kind, held) in enumerate(spans.items()):
        top = 156 + row * 26
        parts.append(word(4, top + 1, kind))
        for begin, end in held:
            wide = max(2.0, x(min(end, last)) - x(begin))
            parts.append(bar(x(begin), top + 4, wide, 7, "trouble", f"{kind}: hour {begin:.1f} to {end:.1f}"))
    parts += hours(x, 144, last)
    return svg(
        160 + len(spans) * 26,
        "Posts that differ between towns, hour by hour, and what was out of order",
        parts,
    )


def stacked(columns: Sequence[Sequence[float]], kinds: Sequence[str]) -> str:
    """Bars by hour, one part upon the other."""
    most = max(1.0, *(sum(column) for column in columns))
    x, y = Scale(0, len(columns), LEFT, WIDTH - RIGHT), Scale(0, most, 130, 10)
    parts = grid(y, WIDTH - RIGHT, most)
    for number, column in enumerate(columns):
        base = 0.0
        for value, kind in zip(column, kinds, strict=True):
            tall = y(base) - y(base + value)
            title = f"hour {number}: {value:g} {kind}"
            parts.append(
                bar(x(number), y(base + value), x(number + 1) - x(number) - 0.6, round(tall, 1), kind, title)
            )
            base += value
    return svg(150, f"Requests in each hour: {', '.join(kinds)}", [*parts, *hours(x, 144, len(columns))])


def shares(delays: Sequence[int], marks: Mapping[int, str]) -> str:
    """How many of all have come within a time; milliseconds, on a scale where each mark is some times the last."""
    ordered, first, last = sorted(delays), min(marks), max(marks)
    x = Scale(math.log(first), math.log(last), LEFT, WIDTH - RIGHT)
    y = Scale(0, 100, 130, 10)
    points, steps = list[tuple[float, float]](), 120
    for number in range(steps + 1):
        at = first * (last / first) ** (number / steps)
        share = 100 * sum(each <= at for each in ordered) / (len(ordered) or 1)
        points.append((x(math.log(at)), y(share)))
    parts = [*grid(y, WIDTH - RIGHT, 100), path(points, "curve")]
    parts += [word(x(math.log(at)), 144, text, "middle") for at, text in marks.items()]
    return svg(150, "Per cent of all that has come within a time", parts)


def draw_places(
    places: Mapping[str, tuple[float, float]], links: Iterable[tuple[str, str]], marked: Iterable[str]
) -> str:
    """Towns by degrees of longitude and latitude, and who has agreed with whom."""
    marked = set(marked)
    east, north = [each[0] for each in places.values()], [each[1] for each in places.values()]
    tall = (WIDTH - 80) * (max(north) - min(north)) / ((max(east) - min(east)) or 1) * 1.37
    x, y = Scale(min(east), max(east), 40, WIDTH - 50), Scale(max(north), min(north), 20, 20 + tall)
    at = {name: (x(lon), y(lat)) for name, (lon, lat) in places.items()}
    parts = [line(*at[one], *at[two], "link") for one, two in links]
    for name, (left, top) in at.items():
        kind = "town marked" if name in marked else "town"
        parts.append(f'<circle cx="{left:g}" cy="{top:g}" r="5" class="{kind}"/>')
        parts.append(word(left, top - 8, name, "middle"))
    return svg(tall + 40, "Towns of the Sapporo zone, and who has agreed with whom", parts)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20 …"""
    power = 10.0 ** max(0, math.floor(math.log10(max(value, 1))))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)
