"""`make run`: three towns of the Sapporo zone as three real servers on this machine, talking to each other.

Everything is done by the commands that an operator would use; nothing is put into a database by hand.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from federation.errors import Refused

START_SECONDS = 60
STOP_SECONDS = 35
FEDERATION_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Town:
    """One municipality: its node's name and port, and who lives there. Codes are the real ones."""

    name: str
    title: str
    code: str
    port: int
    residents: tuple[tuple[str, str], ...]
    folder: Path = field(default=Path())

    @property
    def host(self) -> str:
        """The host of handles."""
        return f"{self.name}.localhost:{self.port}"

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{self.host}"


TOWNS = (
    Town("chitose", "千歳市", "012246", 8461, (("yuki_3141", "ゆき"), ("tetsu_2718", "テツ"))),
    Town("eniwa", "恵庭市", "012319", 8462, (("hana_1618", "はな"), ("sora_5772", "そら"))),
    Town("kitahiroshima", "北広島市", "012343", 8463, (("riku_4669", "りく"), ("mei_9160", "めい"))),
)

_POSTS = (
    ("eniwa", "hana_1618", "chitose", "千歳の道の駅で、鮭のぼるところが見えました。子どもたちが大喜びです。"),
    ("kitahiroshima", "riku_4669", "chitose", "空港までの道、けさは凍っています。早めに出るとよさそうです。"),
    (
        "chitose",
        "yuki_3141",
        "eniwa",
        "恵み野の花の庭、ことしもきれいですね。案内してくださった方、ありがとうございました。",
    ),
    (
        "kitahiroshima",
        "mei_9160",
        "eniwa",
        "恵庭の図書館で読み聞かせがあると聞きました。どなたか時間をご存じですか。",
    ),
    ("chitose", "tetsu_2718", "kitahiroshima", "ボールパークへ行く臨時バス、千歳駅からも出ますか。"),
    (
        "eniwa",
        "sora_5772",
        "kitahiroshima",
        "雪まつりの写真を交換しませんか。輪厚のあたりの景色が見たいです。",
    ),
    ("chitose", "yuki_3141", "chitose", "駅前の除雪が入りました。歩道はまだ狭いので気をつけてください。"),
    ("eniwa", "hana_1618", "eniwa", "公民館のコピー機、直りました。"),
    (
        "kitahiroshima",
        "riku_4669",
        "kitahiroshima",
        "西の里で迷い犬を見かけました。茶色の柴犬、赤い首輪です。",
    ),
)


def run_demo(directory: Path, *, keep: bool) -> None:
    """Make the towns, start them, let people post, say what to open, and wait for Ctrl-C."""
    if directory.exists() and not keep:
        shutil.rmtree(directory)
    towns = [_prepare(town, directory.resolve()) for town in TOWNS]
    servers: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        servers += [_start(town) for town in towns]
        for town, server in zip(towns, servers, strict=True):
            _wait_until_up(town, server)
        _populate(towns)
        _say_what_to_open(towns)
        _wait(servers)
    except KeyboardInterrupt:
        print("\nstopping …")
    finally:
        _stop(servers)


def _prepare(town: Town, directory: Path) -> Town:
    folder = directory / town.name
    made = Town(town.name, town.title, town.code, town.port, town.residents, folder)
    _check_port(made)
    if not (folder / "kairanban.toml").exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{town.title}: making the node {made.host}", flush=True)
        _kairanban(made, "init", "--domain", made.host, "--base-url", made.address)
        _kairanban(made, "area", "create", made.name, "--title", made.title, "--code", made.code)
        for name, nickname in made.residents:
            _kairanban(made, "actor", "create", name, "--kind", "resident", "--title", nickname)
        _kairanban(
            made,
            "actor",
            "create",
            f"{made.name}_koho",
            "--kind",
            "desk",
            "--title",
            f"{made.title} 広報（見本）",
            "--area",
            made.name,
            "--role",
            "official",
        )
        designer = f"{made.name}_tomo"
        _kairanban(
            made,
            "actor",
            "create",
            designer,
            "--kind",
            "resident",
            "--title",
            "まちの世話役",
            "--area",
            made.name,
            "--role",
            "designer",
        )
    return made


def _check_port(town: Town) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", town.port))
        except OSError as error:
            raise Refused(f"port {town.port} is taken; {town.title}'s node needs it") from error


def _environment(town: Town) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("KAIRANBAN_")}
    return {
        **kept,
        "KAIRANBAN_CONFIG": str(town.folder / "kairanban.toml"),
        "KAIRANBAN_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
        "KAIRANBAN_LISTEN": f"127.0.0.1:{town.port}",
    }


def _program() -> list[str]:
    return [sys.executable, "-c", "from web.cli import main; main()"]


def _kairanban(town: Town, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own program
        [*_program(), *arguments],
        cwd=town.folder,
        env=_environment(town),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused(
            f"{town.title}: kairanban {arguments[0]} failed: {done.stderr.strip() or done.stdout.strip()}"
        )
    return done.stdout


def _start(town: Town) -> "subprocess.Popen[bytes]":
    log = (town.folder / "server.log").open("ab")
    print(f"{town.title}: starting {town.address} (log: {_shown(town.folder / 'server.log')})", flush=True)
    return subprocess.Popen(  # noqa: S603 - our own program
        [*_program(), "serve"],
        cwd=town.folder,
        env=_environment(town),
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def _shown(path: Path) -> str:
    return os.path.relpath(path)


def _wait_until_up(town: Town, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Refused(f"{town.title}'s server ended; see {_shown(town.folder / 'server.log')}")
        try:
            with socket.create_connection(("127.0.0.1", town.port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise Refused(f"{town.title}'s server did not start within {START_SECONDS} s")


def _populate(towns: list[Town]) -> None:
    """Residents follow their neighbours' areas and post to them, through signed requests."""
    by_name = {town.name: town for town in towns}
    if _count_posts(towns[0]):
        return
    for town in towns:
        for resident, _ in town.residents:
            for other in towns:
                _kairanban(town, "follow", resident, f"@{other.name}@{other.host}")
    print("residents follow their neighbours' areas", flush=True)
    for home, author, area, text in _POSTS:
        target = by_name[area]
        _kairanban(by_name[home], "post", author, f"{text} @{target.name}@{target.host}")
        print(f"  @{author}@{by_name[home].host} → {target.title}: {text[:24]}…", flush=True)
    _wait_for_federation(towns)


def _count_posts(town: Town) -> int:
    return int(json.loads(_kairanban(town, "area", "show", town.name, "--json"))["posts"])


def _wait_for_federation(towns: list[Town]) -> None:
    expected = {town.name: sum(1 for _, _, area, _ in _POSTS if area == town.name) for town in towns}
    deadline = time.monotonic() + FEDERATION_SECONDS
    while time.monotonic() < deadline:
        if all(_count_posts(town) >= expected[town.name] for town in towns):
            print("every post has arrived and was boosted to the area's followers", flush=True)
            return
        time.sleep(0.5)
    print("some posts are still on their way; the pages will show them when they arrive", flush=True)


def _say_what_to_open(towns: list[Town]) -> None:
    print("\nThree towns are running. Open in a browser:\n")
    for town in towns:
        print(f"  {town.title:　<5}  {town.address}/areas/{town.name}")
    first = towns[0]
    print(
        "\nWrite a post yourself (in a second terminal):\n"
        f"  KAIRANBAN_CONFIG={_shown(first.folder / 'kairanban.toml')} .venv/bin/kairanban post yuki_3141 "
        f"--area {first.name} 'こんにちは'\n\nCtrl-C ends it.",
        flush=True,
    )


def _wait(servers: "list[subprocess.Popen[bytes]]") -> None:
    while all(server.poll() is None for server in servers):
        time.sleep(0.5)
    raise Refused("a server ended by itself; see var/demo/*/server.log")


def _stop(servers: "list[subprocess.Popen[bytes]]") -> None:
    for server in servers:
        if server.poll() is None:
            server.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for server in servers:
        try:
            server.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
