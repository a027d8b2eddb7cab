"""Whether a fault is known of any package that we lock: `make audit`, and the end of `.ci/run`.

Ends with 1 where there is one, with 2 where nobody could be asked. `--unless-offline` lets the latter pass, with a
loud note: a machine of continuous integration may have no way out. Other arguments are pip-audit's.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
PASSES = "--unless-offline"
FAULTY, UNKNOWN = 1, 2


def main(arguments: list[str]) -> int:
    """Ask, and say what came of it; returns the exit status."""
    files = [word for lock in LOCKS for word in ("-r", str(ROOT / lock))]
    how = ["--require-hashes", "--disable-pip", "--strict", "--progress-spinner=off", "--format=json"]
    rest = [each for each in arguments if each != PASSES]
    command = [sys.executable, "-m", "pip_audit", *files, *how, *rest]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(ran.stdout)
    except ValueError:
        last = ran.stderr.strip().splitlines()[-1:]
        print("NOT AUDITED: nobody could be asked about known faults:", *last, file=sys.stderr)
        return 0 if PASSES in arguments else UNKNOWN
    faults = sorted(set(_list_faults(report)))
    print(*faults, f"{len(report['dependencies'])} packages, {len(faults)} known faults", sep="\n")
    return FAULTY if faults else 0


def _list_faults(report: dict[str, Any]) -> Iterator[str]:
    for package in report["dependencies"]:
        for fault in package.get("vulns", ()):
            fixed = ", ".join(fault["fix_versions"]) or "nothing yet"
            yield f"{package['name']} {package['version']}: {fault['id']}, fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
