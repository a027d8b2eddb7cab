"""`make run`: three towns of the Sapporo zone as three real servers on this machine, talking to each other.

Everything is done by the commands that an operator would use; nothing is put into a database by hand.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from federation.errors import Refused
from web.cli import control
from web.demo_pictures import paint, paint_face
from web.demo_texts import REPLIES, STORIES, TOWNS, Reply, Story, Town

START_SECONDS = 60
STOP_SECONDS = 35
FEDERATION_SECONDS = 60
TICK = 0.2
PASSWORD = "tonari no kairanban"  # noqa: S105 - everybody's, on this machine only
"""Of every resident and official desk of the demonstration."""

Server = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """A town and its folder."""

    town: Town
    folder: Path

    @property
    def config(self) -> Path:
        """Its configuration."""
        return self.folder / "kairanban.toml"

    @property
    def log(self) -> Path:
        """What its server says."""
        return self.folder / "server.log"

    def command(self, command: str, /, **arguments: Any) -> Any:
        """Let its running server do a command; returns the data. Raises `Refused`."""
        report = asyncio.run(control.ask(self.folder / "var", command, arguments))
        if report is None:
            raise Refused(f"{self.town.title}'s server does not answer; see {_shown(self.log)}")
        return report.data


def run_demo(directory: Path, *, keep: bool) -> None:
    """Make the towns, start them, let people post, say what to open, and wait for Ctrl-C."""
    if directory.exists() and not keep:
        shutil.rmtree(directory)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with open_towns(directory, TOWNS) as (places, servers):
            _say_what_to_open(places)
            _wait(servers)
    except KeyboardInterrupt:
        print("\nstopped")


@contextmanager
def open_towns(directory: Path, towns: Sequence[Town]) -> Iterator[tuple[list[Place], list[Server]]]:
    """Make and start the towns, and let people post where nobody has yet; stops them in the end. Raises `Refused`."""
    places = [Place(town, directory.resolve() / town.name) for town in towns]
    servers: list[Server] = []
    with ExitStack() as stack:
        stack.callback(_stop, servers)
        servers.extend(_open(place, stack) for place in places)
        for place, server in zip(places, servers, strict=True):
            _wait_until_up(place, server)
        if places[0].command("area list") == []:
            _populate(places)
        yield places, servers


def _open(place: Place, stack: ExitStack) -> Server:
    _check_port(place.town)
    if not place.config.exists():
        place.folder.mkdir(parents=True, exist_ok=True)
        _init(place)
    print(f"{place.town.title}: {place.town.address} (log: {_shown(place.log)})", flush=True)
    return _start(place, stack.enter_context(place.log.open("ab")))


def _check_port(town: Town) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", town.port))
        except OSError as error:
            raise Refused(f"port {town.port} is taken; the node of {town.title} needs it") from error


def _program(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from web.cli import main; main()", *arguments]


def _environment(place: Place) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("KAIRANBAN_")}
    return {
        **kept,
        "KAIRANBAN_CONFIG": str(place.config),
        "KAIRANBAN_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
        "KAIRANBAN_LISTEN": f"127.0.0.1:{place.town.port}",
    }


def _init(place: Place) -> None:
    command = _program("init", "--domain", place.town.host, "--base-url", place.town.address)
    environment = {**_environment(place)}
    del environment["KAIRANBAN_CONFIG"]
    done = subprocess.run(  # noqa: S603 - our own program
        command, cwd=place.folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"{place.town.title}: kairanban init failed: {done.stderr.strip()}")


def _start(place: Place, log: IO[bytes]) -> Server:
    return subprocess.Popen(  # noqa: S603 - our own program
        _program("serve"),
        cwd=place.folder,
        env=_environment(place),
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def _shown(path: Path) -> str:
    return os.path.relpath(path)


def _wait_until_up(place: Place, server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Refused(f"the server of {place.town.title} ended; see {_shown(place.log)}")
        try:
            with socket.create_connection(("127.0.0.1", place.town.port), timeout=1):
                return
        except OSError:
            time.sleep(TICK)
    raise Refused(f"the server of {place.town.title} did not start within {START_SECONDS} s")


def _populate(places: list[Place]) -> None:
    """Towns open their areas; residents follow their neighbours' areas and post, through signed requests."""
    for place in places:
        _settle_people(place)
    for place in places:
        for resident, _ in place.town.residents:
            for other in places:
                place.command("follow", name=resident, target=other.town.handle)
    print("residents of each town follow the areas of all three", flush=True)
    by_name = {place.town.name: place for place in places}
    for story in STORIES:
        _post(by_name[story.home], story, by_name[story.area])
    _wait_for_federation(places)
    for reply in REPLIES:
        _reply(by_name[reply.home], reply)


def _settle_people(place: Place) -> None:
    town = place.town
    place.command("area create", name=town.name, title=town.title, code=town.code)
    for number, (name, nickname) in enumerate(town.residents):
        place.command(
            "actor create",
            name=name,
            kind="resident",
            title=nickname,
            email=_address(place, name),
            password=PASSWORD,
            area=town.name,
        )
        _show_face(place, name, town.port * 10 + number)
    place.command(
        "actor create",
        name=town.desk,
        kind="desk",
        title=f"{town.title} 広報（見本）",
        email=_address(place, town.desk),
        password=PASSWORD,
        area=town.name,
        role="official",
    )
    place.command(
        "actor create",
        name=f"tomo_{town.port}",
        kind="resident",
        title="まちの世話役",
        area=town.name,
        role="designer",
    )
    print(
        f"{town.title}: the area {town.handle} is open, {len(town.residents)} residents moved in", flush=True
    )


def _address(place: Place, name: str) -> str:
    """A mail address that leads nowhere but into the town's folder for mail."""
    return f"{name}@{place.town.name}.example"


def _show_face(place: Place, name: str, number: int) -> None:
    file = place.folder / "face.png"
    paint_face(number, file)
    place.command("actor picture", name=name, avatar=str(file))
    file.unlink()


def _post(home: Place, story: Story, target: Place) -> None:
    """With its pictures, which the author's server takes from a file as from any operator."""
    files = [home.folder / f"{name}.jpg" for name, _ in story.photos]
    for (name, _), file in zip(story.photos, files, strict=True):
        paint(name, file)
    said = {
        "photo": [str(file) for file in files],
        "alt": [alt for _, alt in story.photos],
        "kind": story.kind,
        "detail": story.fill(),
    }
    if home is target:
        home.command("post", author=story.author, text=story.text, area=target.town.name, **said)
    else:
        home.command("post", author=story.author, text=f"{story.text}\n\n{target.town.handle}", **said)
    for file in files:
        file.unlink(missing_ok=True)
    print(f"  @{story.author}@{home.town.host} → {target.town.title}: {story.text[:20]}…", flush=True)


def _reply(place: Place, reply: Reply) -> None:
    """A resident answers what has reached her area."""
    shown = place.command("area timeline", name=place.town.name)
    answered = next((each["iri"] for each in shown if reply.to in each["text"]), None)
    if answered is not None:
        place.command("post", author=reply.author, text=reply.text, reply_to=answered)


def _wait_for_federation(places: list[Place]) -> None:
    expected = {each.town.name: sum(story.area == each.town.name for story in STORIES) for each in places}
    deadline = time.monotonic() + FEDERATION_SECONDS
    while time.monotonic() < deadline:
        if all(
            each.command("area show", name=each.town.name)["posts"] >= expected[each.town.name]
            for each in places
        ):
            print("every post has arrived at its area and was boosted to everyone who follows it", flush=True)
            return
        time.sleep(TICK)
    print("some posts are still on their way; the pages will show them when they arrive", flush=True)


def _say_what_to_open(places: list[Place]) -> None:
    print("\nThree towns are running. Open in a browser:\n")
    for place in places:
        print(f"  {place.town.title:　<5}  {place.town.address}/areas/{place.town.name}")
    first = places[0]
    resident = first.town.residents[0][0]
    print(
        f"\nSign in, or let an app for Mastodon do it: {first.town.address}/sign-in\n"
        f"  as the resident {_address(first, resident)}\n"
        f"  or as an officer of the town, who writes notices: {_address(first, first.town.desk)}\n"
        f"  by the password {PASSWORD!r}, or by the code in a mail: {_shown(first.folder / 'var' / 'mail')}",
    )
    print(
        "\nWrite a post yourself, in a second terminal:\n"
        f"  KAIRANBAN_CONFIG={_shown(first.config)} {_shown(Path(sys.executable).with_name('kairanban'))} "
        f"post {resident} --area {first.town.name} 'こんにちは'\n\nCtrl-C ends it.",
        flush=True,
    )


def _wait(servers: list[Server]) -> None:
    while all(server.poll() is None for server in servers):
        time.sleep(TICK)
    raise Refused("a server ended by itself; see var/demo/*/server.log")


def _stop(servers: list[Server]) -> None:
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
