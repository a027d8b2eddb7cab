"""A test process that dies takes one test with it, and nothing waits for it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PASSES = "def test_one(): pass\ndef test_two(): pass\n"
DIES = "import os\ndef test_before(): pass\ndef test_dies(): os._exit(1)\ndef test_after(): pass\n"


@pytest.mark.parametrize("dies_in", ["test_a.py", "test_z.py"])
def test_all_but_one_are_done(tmp_path: Path, dies_in: str) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ("tests.testrig.scheduling",)\n')
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for name in "bcdefgh":
        (tmp_path / f"test_{name}.py").write_text(PASSES)
    (tmp_path / dies_in).write_text(DIES)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "2",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
    ]
    done = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60, cwd=Path.cwd()
    )
    assert re.search(r"1 failed, 16 passed", done.stdout), done.stdout
    assert f"{dies_in}::test_dies" in done.stdout
