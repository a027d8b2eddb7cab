"""`make run`: the towns start, people post every kind of post, and who is told how to sign in can."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from areas.kinds import KINDS
from tests.testrig.processes import free_port
from web import demo
from web.demo_texts import REPLIES, STORIES, TOWNS


@pytest.fixture(scope="module")
def chitose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[demo.Place]:
    towns = [replace(town, port=free_port()) for town in TOWNS]
    with demo.open_towns(tmp_path_factory.mktemp("demo"), towns) as (places, _):
        yield places[0]


@pytest.fixture
def browser(chitose: demo.Place) -> Iterator[httpx.Client]:
    """At the town's server, by its address: not every resolver knows names below localhost."""
    headers = {"host": chitose.town.host, "origin": chitose.town.address, "sec-fetch-site": "same-origin"}
    with httpx.Client(
        base_url=f"http://127.0.0.1:{chitose.town.port}", headers=headers, timeout=30
    ) as client:
        yield client


def sign_in(browser: httpx.Client, chitose: demo.Place, name: str) -> None:
    form = {"email": f"{name}@chitose.example", "password": demo.PASSWORD, "way": "password"}
    answer = browser.post("/sign-in", data=form)
    assert answer.status_code == 303, answer.text
    browser.headers["cookie"] = answer.headers["set-cookie"].partition(";")[0]


def test_every_kind_is_on_the_areas_page(browser: httpx.Client) -> None:
    page = browser.get("/areas/chitose").text
    here = [story for story in STORIES if story.area == "chitose"]
    assert {story.kind for story in here} == {None, *KINDS}
    assert [story.text for story in here if story.text not in page] == []


def test_neighbours_answer_what_they_mean_to_answer(browser: httpx.Client, chitose: demo.Place) -> None:
    shown = chitose.command("area timeline", name="chitose")
    for reply in (each for each in REPLIES if each.home == "chitose"):
        answered = next(each for each in shown if reply.to in each["text"])
        thread = next(
            path
            for path in set(re.findall(r"/posts/\d+", browser.get("/areas/chitose").text))
            if reply.to in browser.get(path).text
        )
        assert reply.text in browser.get(thread).text, answered


@pytest.mark.parametrize(("name", "offered"), [("yuki_3141", False), ("chitose_koho", True)])
def test_who_signs_in_writes_what_is_hers_to_write(
    browser: httpx.Client, chitose: demo.Place, name: str, offered: bool
) -> None:
    sign_in(browser, chitose, name)
    sheet = browser.get("/write?kind=notice", follow_redirects=True)
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', sheet.text))
    said = {
        **form,
        "kind": "notice",
        "text": f"{name}からの試し書き",
        "audience": "everyone",
        "step": "publish",
    }
    answer = browser.post("/write", data={**said, "last_day": ""})
    assert ("done=posted" in answer.headers["location"]) is offered, answer.text
    assert ("試し書き" in browser.get(f"/people/{name}").text) is offered
