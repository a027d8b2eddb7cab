"""What the parts cannot do without, measured in the same run, in microseconds of CPU."""

import hashlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import nh3
import orjson
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from tests.testrig.peers import rsa_key


def cpu(function: Callable[[], object], count: int) -> float:
    """Microseconds for one call: the best of five rounds, since others use the machine too."""
    best = float("inf")
    for _ in range(5):
        begin = time.process_time()
        for _ in range(count):
            function()
        best = min(best, (time.process_time() - begin) / count)
    return best * 1e6


def verify() -> float:
    """RSA-2048 verification with a loaded key."""
    key = rsa_key(0)
    signature = key.sign(b"x" * 300, PKCS1v15(), SHA256())
    public = key.public_key()
    return cpu(lambda: public.verify(signature, b"x" * 300, PKCS1v15(), SHA256()), 2000)


def sign() -> float:
    """RSA-2048 signature."""
    key = rsa_key(0)
    return cpu(lambda: key.sign(b"x" * 300, PKCS1v15(), SHA256()), 500)


def digest(body: bytes) -> float:
    """SHA-256 of a body."""
    return cpu(lambda: hashlib.sha256(body).digest(), 20_000)


def parse(body: bytes) -> float:
    """JSON by the quickest parser."""
    return cpu(lambda: orjson.loads(body), 20_000)


def sanitise(html: str) -> float:
    """HTML by a cleaner that is kept."""
    cleaner = nh3.Cleaner()
    return cpu(lambda: cleaner.clean(html), 3000)


def grouped_row(folder: Path, body: bytes) -> float:
    """One row of a commit of 128, `synchronous=FULL`."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, body BLOB)")

    def commit() -> None:
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(128):
            connection.execute("INSERT INTO floor (body) VALUES (?)", (body,))
        connection.execute("COMMIT")

    found = cpu(commit, 20) / 128
    connection.close()
    return found
