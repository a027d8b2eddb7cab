"""What a part returns, how it is printed and kept."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """One figure. `ratio` = floor / value where a floor exists (1 = as fast as can be), else as `meaning` says."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    target: str = ""
    holds: bool = True
    """False = what must hold whatever the machine does, does not."""


def of_floor(name: str, value: float, floor: float, target: str, unit: str = "µs CPU") -> Result:
    """A cost beside its floor."""
    return Result(name, value, unit, floor, floor / value, target)


def show(results: Iterable[Result]) -> str:
    """A table for people."""
    lines = [f"{'':34}{'value':>12} {'unit':12}{'floor':>10}{'ratio':>8}  target"]
    for each in results:
        floor = "" if each.floor is None else f"{each.floor:.0f}"
        ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
        lines.append(f"{each.name:34}{each.value:12.1f} {each.unit:12}{floor:>10}{ratio:>8}  {each.target}")
    return "\n".join(lines)


def keep(results: Iterable[Result], path: Path) -> None:
    """Write `{"name": {"value", "unit", "floor", "ratio", "target"}}`."""
    data = {
        each.name: {
            "value": each.value,
            "unit": each.unit,
            "floor": each.floor,
            "ratio": each.ratio,
            "target": each.target,
        }
        for each in results
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
