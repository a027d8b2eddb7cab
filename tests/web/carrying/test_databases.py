"""What leaves one kind of database arrives in the other, and comes back as it was."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actors.accounts import find_account
from actors.directory import find_actor
from actors.records import ActorRecord
from areas import compose, interactions, markers, registry
from areas.compose import scheduling, unfinished
from areas.compose.unfinished import Unfinished
from areas.records import Draft, PollDraft
from federation.vocabulary import Iri
from tests.testrig.databases import Cluster, SqliteTemplates
from tests.testrig.pictures import jpeg
from tests.testrig.world import Town, World, open_world
from web.carrying.reading import Reader
from web.cli import run_command

pytestmark = pytest.mark.anyio
HOST = "megumino.example"
LOCAL = (
    "id",
    "local",
    "server_id",
    "log_id",
    "concerns_id",
    "audience_id",
    "fetched_at",
    "wrap_log_id",
    "earlier_id",
)
"""Columns that each node gives anew, or that are about the node."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


async def fill(town: Town, folder: Path) -> None:
    """Some of everything that an area and its people have."""

    async def do(command: str, **words: Any) -> Any:
        return (await run_command(town.node, command, words)).data

    await do("area create", name="megumino", title="恵み野", code="012319", host=HOST, policy="open")
    for name in ("hana", "ichiro"):
        mail = f"{name}@example.jp"
        await do("actor create", name=name, kind="resident", title=name, area="megumino", email=mail)
    photo = folder / "photo.jpg"
    photo.write_bytes(jpeg())
    post = await do(
        "post", author=f"hana@{HOST}", text="夕やけ #空", area="megumino", photo=[str(photo)], alt=["空"]
    )
    ichiro = await _person(town, "ichiro")
    hana = await _person(town, "hana")
    poll = PollDraft(("はい", "いいえ"), 3_600_000, multiple=False, hide_totals=False)
    await town.write(compose.publish, Draft(hana.id, "雪かきは？", poll=poll), town.clock())
    await town.write(
        compose.publish, Draft(ichiro.id, "いいですね", in_reply_to=Iri(post["iri"])), town.clock()
    )
    secret = Draft(hana.id, f"@ichiro@{HOST} ないしょ", visibility="direct")
    await town.write(compose.publish, secret, town.clock())
    await town.write(interactions.favourite, ichiro, int(post["id"]), town.clock())
    await do("post-edit", post_id=int(post["id"]), text="夕やけと雲 #空")
    now, (area,) = town.clock(), [await _area(town)]
    later = Draft(hana.id, "あさって", (area.actor_id,))
    await town.write(scheduling.schedule, later, now + 3_600_000, now)
    await town.write(markers.save, hana.id, "home", int(post["id"]), now)
    account = await town.read(find_account, town.node.vault, "hana@example.jp")
    fields = {"text": "書きかけ", "reply": post["id"], "area": str(area.actor_id)}
    left = Unfinished("sheet", hana.id, fields, (), "", now)
    await town.write(unfinished.keep, account.id, left)
    await do("role grant", name=f"ichiro@{HOST}", role="designer", area="megumino")
    taro = await town.person("taro")
    await do("follow", name="taro", target=f"@megumino@{HOST}")
    await town.post(taro, "犬がいます", (await _area(town)))
    await town.node.worker.drain()


async def _area(town: Town) -> Any:
    return (await town.read(registry.find_named, [Iri(f"https://{HOST}/areas/megumino")]))[0]


async def _person(town: Town, name: str) -> ActorRecord:
    found = await town.read(find_actor, Iri(f"https://{HOST}/people/{name}"))
    assert found is not None
    return found  # type: ignore[no-any-return]


def summarise(path: Path) -> dict[str, list[str]]:
    """What a file says, without the numbers that each node gives, with names for the others."""
    reader = Reader(path)
    names = {row["id"]: row["iri"] for row in reader.rows("actors")}
    names |= {row["id"]: row["iri"] for row in reader.rows("posts")}
    found = {}
    for table in reader.parcel.counts:
        rows = [
            {key: names.get(value, value) for key, value in row.items() if key not in LOCAL}
            for row in reader.rows(table)
        ]
        found[table] = sorted(json.dumps(_shift(row), default=str, sort_keys=True) for row in rows)
    return found


def _shift(row: dict[str, Any]) -> dict[str, Any]:
    """Numbers of the log: the same order is enough, and `since` counts from them."""
    return {
        key: value for key, value in row.items() if key not in {"seq", "since", "until_seq", "account_id"}
    }


async def carry(source: Town, target: Town, path: Path) -> None:
    await run_command(source.node, "export-area", {"name": "megumino", "file": str(path)})
    await run_command(target.node, "import-area", {"file": str(path)})
    await run_command(source.node, "area leave", {"name": "megumino", "anyway": True})


async def test_from_sqlite_to_postgresql_and_back(
    world: World, tmp_path: Path, sqlite_templates: SqliteTemplates, cluster: Cluster
) -> None:
    old = await world.town("eniwa.example", sqlite_templates.new(tmp_path))
    middle = await world.town("chitose.example", cluster.new(tmp_path))
    last = await world.town("ebetsu.example", sqlite_templates.new(tmp_path))
    await fill(old, tmp_path)
    await carry(old, middle, tmp_path / "first.area")
    await carry(middle, last, tmp_path / "second.area")
    await run_command(last.node, "export-area", {"name": "megumino", "file": str(tmp_path / "third.area")})
    summaries = [summarise(tmp_path / f"{name}.area") for name in ("first", "second", "third")]
    assert len([rows for rows in summaries[0].values() if rows]) > 20
    for table in ("scheduled_posts", "unfinished_posts", "notifications", "markers"):
        assert summaries[0][table], table
    for each in summaries[1:]:
        for table, rows in summaries[0].items():
            if table not in {"servers", "subscriptions"}:  # of the old node, and of who stayed there
                assert each[table] == rows, table
    assert len(summaries[0]["subscriptions"]) == 0
    assert len(summaries[1]["subscriptions"]) == len(summaries[2]["subscriptions"]) == 1
    pictures = [Reader(tmp_path / f"{name}.area").pictures() for name in ("first", "third")]
    assert pictures[0] == pictures[1]
    assert len(pictures[0]) == 2
    orders = [list_said(tmp_path / f"{name}.area") for name in ("first", "third")]
    assert orders[0] == orders[1]


def list_said(path: Path) -> list[tuple[str, str]]:
    """What was said, in its order."""
    rows = sorted(Reader(path).rows("outbox_log"), key=lambda row: int(row["seq"]))
    return [(row["iri"], row["dialect"]) for row in rows]
