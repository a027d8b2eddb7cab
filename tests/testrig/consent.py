"""Somebody with a browser, for programs that send her to the consent page: she signs in, allows, and is sent on."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx

OURS = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
SESSION = r"((?:__Host-)?session=[^;]+)"
"""Without TLS it has the plain name."""


def allow(address: str, mail: str, password: str) -> str:
    """Let the app that led her to `address` speak for her; return the code that it gets, or that she copies."""
    with httpx.Client(follow_redirects=False, trust_env=False) as browser:
        page = browser.get(address)
        action = _find(r'<form method="post" action="(/sign-in\?[^"]+)"', page.text).replace("&amp;", "&")
        form = {"email": mail, "password": password, "way": "password"}
        entered = browser.post(str(page.url.join(action)), data=form, headers=OURS)
        consent_url = page.url.join(entered.headers["location"])
        cookie = {"cookie": _find(SESSION, entered.headers["set-cookie"])}
        consent = browser.get(consent_url, headers=cookie)
        speaker = _find(r'name="speaker" value="(\d+)"', consent.text)
        answer = browser.post(
            consent_url, data={"decision": "allow", "speaker": speaker}, headers={**OURS, **cookie}
        )
    return _read_code(answer)


def _read_code(answer: httpx.Response) -> str:
    if answer.status_code == 200:
        return _find(r'id="code">([^<]+)<', answer.text)
    assert answer.status_code == 303, answer.text
    [code] = parse_qs(urlsplit(answer.headers["location"]).query)["code"]
    return code


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, (pattern, text[:2000])
    return found[1]
