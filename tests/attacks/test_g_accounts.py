"""G9: somebody of ours who is suspended."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import App, Resident, file_path, resident, stranger
from tests.attacks.rig.browsers import Person, open_browser, signed_in
from tests.attacks.rig.clock import CLOCK
from tests.attacks.rig.oauth import Client, get_code, get_token, register
from tests.attacks.rig.ours import ask, own
from tests.attacks.rig.peers import Actor, Json, unique
from tests.attacks.rig.pushing import pushed, subscribe
from tests.attacks.rig.secrets import befriend, word
from tests.attacks.rig.wire import ACTIVITY_JSON
from tests.testrig.pictures import jpeg

GONE = {404, 410}
SOON = 6
"""Minutes: when the draft would be due."""


async def member(rig: Rig, client: Client) -> tuple[Person, Resident, str]:
    """Somebody in her browser with an app; returns a code that is left over too."""
    person, browser = await signed_in(rig)
    token, code = await get_token(browser, client), await get_code(browser, client)
    app = App(rig, token, rig.stranger())
    account = (await app.get("/api/v1/accounts/verify_credentials")).json()
    return person, Resident(rig, token, app.source, account), code


@dataclass(frozen=True)
class Written:
    """The word of a draft that is due soon; a public post in the area, with its word and picture."""

    draft: str
    word: str
    post: Json
    picture: str


async def write_all(rig: Rig, taro: Resident) -> Written:
    secret = word()
    due = datetime.fromtimestamp(CLOCK.now(), UTC) + timedelta(minutes=SOON)
    area = f"@{rig.area['preferredUsername']}@{rig.origin.removeprefix('https://')}"
    text = f"{area} {secret} です。"
    answer = await taro.post("/api/v1/statuses", {"status": text, "scheduled_at": due.isoformat()})
    assert answer.status == 200, answer
    photo = (await taro.upload(jpeg())).json()
    seen = word()
    post = await taro.publish(f"{area} {seen} です。", media_ids=[photo["id"]])
    await rig.has_effect({"id": post["uri"]})
    return Written(secret, seen, post, photo["url"])


async def test_G09_suspended(rig: Rig) -> None:
    own(rig)
    service, client, alice = (
        await rig.peer("push"),
        await register(rig, scopes="read write follow push"),
        rig.p.actor(),
    )
    person, taro, code = await member(rig, client)
    browser = open_browser(rig)
    assert (await browser.sign_in(person)).status == 303
    path = unique("taro")
    assert (await subscribe(taro, service, path)).status in {200, 403}
    await befriend(rig, taro, alice)
    written = await write_all(rig, taro)
    await ask(rig, "actor standing", name=person.name, standing="suspended", reason="なりすまし")
    assert (await taro.get("/api/v1/accounts/verify_credentials")).status == 401
    assert not await browser.is_signed_in()
    assert (await client.exchange(code)).status in {400, 401}
    await check_signed_in_again(rig, person, client)
    await check_hidden(rig, taro, written)
    await check_deaf(rig, taro, alice)
    async with rig.no_effect():
        await rig.later(minutes=SOON + 1)
    assert all(written.draft not in str(each) for each in (*rig.p.received, *rig.e.received))
    assert pushed(service, path) == []
    await ask(rig, "actor standing", name=person.name, standing="open")
    assert (await taro.get("/api/v1/accounts/verify_credentials")).status == 401, "what has ended stays so"


async def check_signed_in_again(rig: Rig, person: Person, client: Client) -> None:
    """The account may look after itself, and lets no app speak."""
    browser = open_browser(rig)
    await browser.sign_in(person)
    page = await browser.get(client.authorize_path())
    assert b'name="speaker"' not in page.body
    for number in ("1", str(rig.area["preferredUsername"])):
        answer = await browser.post(client.authorize_path(), {"decision": "allow", "speaker": number})
        assert "code=" not in answer.header("location")


async def check_hidden(rig: Rig, taro: Resident, written: Written) -> None:
    """What she has written and shown is seen nowhere."""
    reader, name, post = stranger(rig), taro.iri.rpartition("/")[2], written.post
    here = post["uri"].removeprefix(rig.origin)
    activity = f"/people/{name}/activities/{post['id']}"
    for path in (here, activity, f"/api/v1/statuses/{post['id']}", file_path(written.picture)):
        for accept in (ACTIVITY_JSON, "text/html"):
            answer = await reader.ask("GET", path, headers=[("Accept", accept)])
            assert answer.status in GONE, f"{path} {accept}"
    for path in (
        *("/", rig.adapter.area, f"{rig.adapter.area}/outbox?page=1", f"/people/{name}/outbox?page=1"),
        *("/api/v1/timelines/public", f"/api/v1/accounts/{taro.id}/statuses", f"/people/{name}/featured"),
    ):
        shown = await reader.get(path.removeprefix(rig.origin) or "/")
        assert written.word.encode() not in shown.body, path
    assert post["uri"] not in await rig.adapter.timeline()


async def check_deaf(rig: Rig, taro: Resident, alice: Actor) -> None:
    """What is sent to her comes to nothing."""
    bob = await resident(rig)
    for activity in (
        alice.activity("Follow", taro.iri),
        alice.create(alice.note(to=[taro.iri], cc=[], tag=[{"type": "Mention", "href": taro.iri}])),
    ):
        assert (await rig.post(alice, activity, f"{taro.iri}/inbox")).status in {202, *GONE}
    assert (await bob.post(f"/api/v1/accounts/{taro.id}/follow")).status in {403, 404, 422}
