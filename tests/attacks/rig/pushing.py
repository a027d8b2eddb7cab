"""A push service at a peer: apps of residents are told there what is for them."""

import asyncio

from tests.attacks.rig.apps import Resident
from tests.attacks.rig.peers import Json, Peer
from tests.attacks.rig.wire import Answer, Request
from tests.testrig.pushing import App as PushKeys


async def subscribe(app: Resident, service: Peer, path: str) -> Answer:
    """Let an app be told of everything at an address of a push service; what comes there waits in `requests`."""
    service.answers[f"/{path}"] = take
    alerts = dict.fromkeys(("mention", "status", "reblog", "follow", "favourite", "poll", "update"), True)
    keys = PushKeys(1).keys()
    subscription = {"endpoint": f"{service.origin}/{path}", "keys": keys, "standard": True}
    content = {"subscription": subscription, "data": {"alerts": alerts, "policy": "all"}}
    return await app.post("/api/v1/push/subscription", content)


async def take(_request: Request, writer: asyncio.StreamWriter) -> None:
    """As a push service says that it will hand on."""
    writer.write(Answer(201).render())
    await writer.drain()


def pushed(service: Peer, path: str) -> list[Json]:
    """What an app was told, read with its keys."""
    keys = PushKeys(1)
    return [
        keys.open({name.lower(): value for name, value in each.headers}, each.body)
        for each in service.requests
        if each.path == f"/{path}"
    ]
