"""E12, H25: what strangers send becomes no header of a mail, and no address in one."""

import email
import email.policy
from urllib.parse import urlencode

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.browsers import FORM, OURS, Browser, open_browser, sign_up, wait_for_mail
from tests.attacks.rig.ours import ask, own
from tests.attacks.rig.peers import unique
from tests.attacks.rig.wire import Headers, Request, Unanswered

HEADERS = {
    *("from", "to", "subject", "date", "message-id", "auto-submitted"),
    *("mime-version", "content-type", "content-transfer-encoding"),
}
BREAKS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\0")
EVIL = "evil.example"


async def ask_for_mail(browser: Browser, address: str, more: Headers | None = None) -> int:
    """Ask for a code; the status that is answered."""
    form = {"email": address, "way": "code"}
    return (await browser.post("/sign-in", form, [*OURS, *(more or [])])).status


async def test_E12_line_breaks_in_mail(rig: Rig) -> None:
    """In the address that is asked for, and in the name of whom the mail is for."""
    person = await sign_up(rig)
    for line_end in BREAKS:
        for address in (f"{person.email}{line_end}Bcc: m@{EVIL}", f"{line_end}{person.email},m@{EVIL}"):
            assert await ask_for_mail(open_browser(rig), address) == 422, repr(address)
    name = unique("machi")
    title = f"花\r\nBcc: m@{EVIL}"
    await ask(rig, "actor create", name=name, kind="resident", title=title, email=f"{name}@mail.example")
    for address in (person.email, f"{name}@mail.example"):
        assert await ask_for_mail(open_browser(rig), address) == 303
        await wait_for_mail(rig, address)
    for path in (own(rig).folder / "var" / "mail").glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert {each.lower() for each in message} <= HEADERS, message
        assert EVIL not in "".join(str(value) for value in message.values())
        assert len(message["To"].addresses) == 1


INJECTED: tuple[Headers, ...] = (
    [("X-Forwarded-Host", EVIL)],
    [("X-Forwarded-Server", EVIL), ("X-Host", EVIL), ("X-Original-Host", EVIL)],
    [("Forwarded", f"host={EVIL};proto=http")],
    [("X-Original-URL", f"https://{EVIL}/"), ("X-Rewrite-URL", f"https://{EVIL}/")],
    [("X-Forwarded-Proto", "http"), ("X-Forwarded-Port", "81"), ("X-Forwarded-Prefix", f"//{EVIL}")],
    [("Origin", f"https://{EVIL}"), ("Referer", f"https://{EVIL}/sign-in")],
)


@pytest.mark.both_fronts
async def test_H25_hosts_in_links(rig: Rig) -> None:
    """Mails, pages, redirects and documents say the configured name, whatever a request says."""
    for headers in INJECTED:
        person = await sign_up(rig)
        assert await ask_for_mail(open_browser(rig), person.email, headers) == 303, headers
        mail = await wait_for_mail(rig, person.email)
        assert f"{rig.origin}/sign-in/mail/" in mail
        assert EVIL not in mail
        for path in (
            "/",
            "/sign-in",
            "/account",
            "/nodeinfo/2.1",
            "/api/v2/instance",
            "/.well-known/nodeinfo",
        ):
            answer = await open_browser(rig).ask("GET", path, headers=[("Accept", "*/*"), *headers])
            assert EVIL not in f"{answer.headers}{answer.body!r}", f"{path} {headers}"
    for target, host in (("/sign-in", EVIL), (f"https://{EVIL}/sign-in", EVIL), ("/sign-in", f"{EVIL}:443")):
        await check_refused(rig, person.email, target, host)


async def check_refused(rig: Rig, address: str, target: str, host: str) -> None:
    """A request for another host goes nowhere."""
    body = urlencode({"email": address, "way": "code"}).encode()
    headers: Headers = [("Host", host), ("Content-Type", FORM), *OURS]
    try:
        answer = await rig.send(Request("POST", target, headers, body))
    except Unanswered:
        return  # a front hangs up
    assert answer.status in {400, 421, 404}, f"{target} {host}: {answer.status}"
    assert f"//{EVIL}" not in answer.header("location")
