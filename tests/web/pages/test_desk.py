"""Reports and warnings on the pages of who decides: read, answered, taken back, and seen by nobody else."""

from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.standing import block_server, server_rule
from areas import registry, reports
from areas.records import AreaRecord
from areas.zones import agreements, signals
from areas.zones.records import Terms
from federation.vocabulary import Block, Iri, Millis
from outbox.tables import log
from tests.testrig.people import meet
from tests.web.accounts.people import sign_up
from tests.web.pages.conftest import Home

pytestmark = pytest.mark.anyio
DAY = 24 * 3_600_000
EMPTY = "対応を待っている通報はありません"


@dataclass
class Desk:
    """Somebody who decides, and what comes to her."""

    home: Home
    peer: ActorRecord

    async def report(self, area: AreaRecord, *, by_peer: bool = False, text: str = "宣伝です。") -> int:
        node = self.home.town
        iri = Iri(f"{self.peer.iri}/flags/1") if by_peer else None
        made: int = await node.write(
            lambda tx: reports.file(
                tx,
                actor=self.peer if by_peer else None,
                iri=iri,
                objects=[area.iri],
                text=text,
                now=node.clock(),
            )
        )
        return made

    async def warn(self, host: str = "spam.example") -> int:
        town = self.home.town
        until = Millis(town.clock() + 30 * DAY)
        said = Block(
            Iri(f"{self.peer.iri}/blocks/{host}"),
            self.peer.iri,
            object=Iri(f"https://{host}/"),
            summary="宣伝ばかり",
            until=until,
        )
        assert await town.write(signals.hear, self.peer, said, town.clock()) is None
        return int((await town.read(signals.list_signals, town.clock()))[0][0].id)

    async def state(self, signal_id: int) -> str:
        return str((await self.home.town.read(signals.find, signal_id)).state)

    async def is_blocked(self, host: str = "spam.example") -> bool:
        return await self.home.town.read(server_rule, host, "block", self.home.town.clock()) is not None


async def decide(home: Home, area: AreaRecord | None) -> None:
    """Sign in as somebody who looks after an area (None = after all)."""
    midori = await sign_up(home.town, "midori", "midori@mail.example")
    area_id = None if area is None else area.actor_id

    def grant(tx: sa.Connection) -> None:
        registry.grant_role(tx, midori.id, "designer", area_id=area_id, until=None, now=home.town.clock())

    await home.town.write(grant)
    home.browser.client.cookies.clear()
    await home.browser.sign_in("midori@mail.example")


@pytest.fixture
async def desk(home: Home) -> Desk:
    """An area elsewhere has agreed with ours."""
    town = home.town
    peer = await town.write(lambda tx: meet(tx, "chitose", "c.test", type="Group", name="千歳の町"))
    asked = await town.write(agreements.ask, home.area, peer, Terms(None), town.clock())
    assert await town.write(agreements.answered, asked.iri, "accept", town.clock())
    return Desk(home, peer)


async def test_a_report_is_read_closed_and_opened_again(desk: Desk) -> None:
    home = desk.home
    await decide(home, home.area)
    assert EMPTY in await home.read("/desk/reports")
    report = await desk.report(home.area, text="宣" * 200)
    page = await home.read("/desk/reports")
    assert "フォームから" in page
    assert "宣" * 100 + "…" in page
    shown = await home.read(f"/desk/reports/{report}")
    assert "宣" * 200 in shown
    assert 'href="/areas/megumino' in shown
    location = await home.press(f"/desk/reports/{report}", outcome="resolved", answer="")
    page = await home.read(location)
    assert EMPTY in page
    assert f'action="/desk/reports/{report}/reopen' in page
    assert "対応を待っている通報" in await home.read("/desk/reports?show=closed")
    again = await home.browser.post(f"/desk/reports/{report}", outcome="refused", answer="")
    assert again.status_code == 422, "it is closed"
    assert "また対応を待っています" in await home.read(await home.press(f"/desk/reports/{report}/reopen"))
    assert EMPTY not in await home.read("/desk/reports")
    again = await home.browser.post(f"/desk/reports/{report}/reopen")
    assert again.status_code == 422, "it is open"


async def test_a_town_that_reported_is_told_with_words_for_good(desk: Desk) -> None:
    home = desk.home
    await decide(home, home.area)
    report = await desk.report(home.area, by_peer=True)
    assert "千歳の町" in await home.read(f"/desk/reports/{report}")
    refused = await home.browser.post(f"/desk/reports/{report}", outcome="resolved", answer=" ")
    assert (refused.status_code, "通報したまちに伝わります" in refused.text) == (422, True)
    location = await home.press(f"/desk/reports/{report}", outcome="resolved", answer="消しました。")
    assert "/reopen" not in await home.read(location)
    said = sa.select(log.c.iri).where(log.c.type == "Accept")
    told = await home.town.read(lambda tx: list(tx.execute(said).scalars()))
    assert told == [f"{home.area.iri}/activities/answer-{report}"]
    again = await home.browser.post(f"/desk/reports/{report}/reopen")
    assert again.status_code == 422, "it was told"
    assert "/reopen" not in await home.read(f"/desk/reports/{report}")


async def test_an_outcome_that_there_is_not(desk: Desk) -> None:
    await decide(desk.home, desk.home.area)
    report = await desk.report(desk.home.area)
    answer = await desk.home.browser.post(f"/desk/reports/{report}", outcome="burnt", answer="x")
    assert answer.status_code == 422


async def test_reports_are_for_who_decides_in_their_area(desk: Desk) -> None:
    home = desk.home
    report = await desk.report(home.area)
    assert (await home.browser.get("/desk/reports")).status_code == 404, "a resident"
    other = await home.town.area("asabu")
    await decide(home, other)
    assert EMPTY in await home.read("/desk/reports")
    for method, path in (("get", ""), ("post", ""), ("post", "/reopen")):
        answer = await getattr(home.browser, method)(f"/desk/reports/{report}{path}")
        assert answer.status_code == 404, (method, path)
    assert (await home.town.read(reports.find, report)).closed_at is None


async def test_a_warning_is_taken_over_and_given_up(desk: Desk) -> None:
    home = desk.home
    await decide(home, None)
    assert "判断を待っている警告はありません" in await home.read("/desk/warnings")
    signal = await desk.warn()
    page = await home.read("/desk/warnings")
    assert "宣伝ばかり" in page
    assert "@chitose@c.test" in page
    page = await home.read(await home.press(f"/desk/warnings/{signal}/take"))
    assert f'action="/desk/warnings/{signal}/reopen' in page
    assert await desk.is_blocked()
    assert "このサーバーをブロックしています" in await home.read("/desk/warnings?show=all")
    await home.press(f"/desk/warnings/{signal}/reopen")
    assert (await desk.state(signal), await desk.is_blocked()) == ("open", False)
    again = await home.browser.post(f"/desk/warnings/{signal}/reopen")
    assert again.status_code == 422


async def test_a_veto_says_why_and_can_be_taken_back(desk: Desk) -> None:
    home = desk.home
    await decide(home, None)
    signal = await desk.warn()
    refused = await home.browser.post(f"/desk/warnings/{signal}/veto", reason=" ")
    assert (refused.status_code, "理由を書いてください" in refused.text) == (422, True)
    await home.press(f"/desk/warnings/{signal}/veto", reason="友だちの町です")
    assert (await desk.state(signal), await desk.is_blocked()) == ("vetoed", False)
    assert "友だちの町です" in await home.read("/desk/warnings?show=all")
    await home.press(f"/desk/warnings/{signal}/reopen")
    assert await desk.state(signal) == "open"


async def test_a_block_that_was_decided_otherwise_stays(desk: Desk) -> None:
    """Somebody has blocked the server for good since: giving the warning up ends nothing."""
    home = desk.home
    await decide(home, None)
    signal = await desk.warn()
    await home.press(f"/desk/warnings/{signal}/take")
    await home.town.write(
        lambda tx: block_server(tx, "spam.example", reason="", until=None, now=home.town.clock())
    )
    await home.press(f"/desk/warnings/{signal}/reopen")
    assert await desk.is_blocked()


async def test_warnings_are_for_who_looks_after_the_node(desk: Desk) -> None:
    home = desk.home
    signal = await desk.warn()
    await decide(home, home.area)
    assert "/desk/warnings" not in await home.read("/desk/reports")
    assert (await home.browser.get("/desk/warnings")).status_code == 404
    for act in ("take", "veto", "reopen"):
        answer = await home.browser.post(f"/desk/warnings/{signal}/{act}", reason="x")
        assert answer.status_code == 404, act
    assert (await desk.state(signal), await desk.is_blocked()) == ("open", False)


SENT = "ほかのまちに警告しました"


async def list_said(desk: Desk) -> list[str]:
    query = sa.select(log.c.type).where(log.c.actor_id == desk.home.area.actor_id).order_by(log.c.id)
    said = await desk.home.town.read(lambda tx: list(tx.execute(query).scalars()))
    return [each for each in said if each in {"Block", "Undo"}]


def fill(desk: Desk, **words: str) -> dict[str, str]:
    """A sheet that is right, but for these words."""
    right = {
        "area": str(desk.home.area.actor_id),
        "host": "Spam.Example",
        "reason": "宣伝ばかり",
        "until": "2026-12-31",
    }
    return {**right, **words}


async def test_other_towns_are_warned_and_the_warning_is_taken_back(desk: Desk) -> None:
    home = desk.home
    await decide(home, None)
    page = await home.read("/desk/warnings")
    assert "あるサーバーについて、ほかのまちに警告する" in page
    assert "いま出している警告はありません" in page
    page = await home.read(await home.press("/desk/warnings/send", **fill(desk)))
    assert SENT in page
    ((signal, _),) = await home.town.read(signals.list_sent, home.town.clock())
    assert (signal.host, signal.reason) == ("spam.example", "宣伝ばかり")
    assert signal.expires_at == 1_798_729_200_000, "the last day ends in the town"
    assert page.count(f'action="/desk/warnings/{signal.id}/withdraw') == 2, (
        "by the notice, and later by the list"
    )
    assert await list_said(desk) == ["Block"]
    assert not await desk.is_blocked(), "nothing is blocked by it"
    page = await home.read(await home.press(f"/desk/warnings/{signal.id}/withdraw"))
    assert "いま出している警告はありません" in page
    assert await list_said(desk) == ["Block", "Undo"]
    again = await home.browser.post(f"/desk/warnings/{signal.id}/withdraw")
    assert again.status_code == 404


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"area": "7"}, "どのエリアの名前で警告するかを選んでください"),
        ({"area": ""}, "どのエリアの名前で警告するかを選んでください"),
        ({"host": "no name"}, "ほかのサーバーの名前を書いてください"),
        ({"host": ""}, "ほかのサーバーの名前を書いてください"),
        ({"reason": " "}, "理由を書いてください"),
        ({"until": ""}, "1年以内の日を選んでください"),
        ({"until": "soon"}, "1年以内の日を選んでください"),
        ({"until": "2020-01-01"}, "1年以内の日を選んでください"),
        ({"until": "2029-01-01"}, "1年以内の日を選んでください"),
    ],
)
async def test_a_sheet_that_is_not_whole_comes_back(desk: Desk, words: dict[str, str], said: str) -> None:
    await decide(desk.home, None)
    answer = await desk.home.browser.post("/desk/warnings/send", **fill(desk, **words))
    assert (answer.status_code, said in answer.text) == (422, True)
    kept = fill(desk, **words)
    assert all(f'value="{kept[name]}"' in answer.text for name in ("host", "until"))
    assert await list_said(desk) == []


async def test_nobody_warns_of_this_node(desk: Desk) -> None:
    await decide(desk.home, None)
    own = desk.home.town.node.settings.domain
    answer = await desk.home.browser.post("/desk/warnings/send", **fill(desk, host=own))
    assert (answer.status_code, "ほかのサーバーの名前を書いてください" in answer.text) == (422, True)


async def test_who_looks_after_one_area_warns_nobody(desk: Desk) -> None:
    home = desk.home
    await decide(home, home.area)
    answer = await home.browser.post("/desk/warnings/send", **fill(desk))
    assert answer.status_code == 404
    assert await list_said(desk) == []
    until = Millis(home.town.clock() + 30 * DAY)
    sent = await home.town.write(
        lambda tx: signals.send(tx, home.area, "spam.example", "宣伝", until, home.town.clock())
    )
    answer = await home.browser.post(f"/desk/warnings/{sent.id}/withdraw")
    assert (answer.status_code, await list_said(desk)) == (404, ["Block"])


async def test_a_warning_of_others_is_not_ours_to_take_back(desk: Desk) -> None:
    await decide(desk.home, None)
    signal = await desk.warn()
    answer = await desk.home.browser.post(f"/desk/warnings/{signal}/withdraw")
    assert (answer.status_code, await desk.state(signal)) == (404, "open")


async def test_where_nobody_listens_there_is_no_sheet(home: Home) -> None:
    await decide(home, None)
    page = await home.read("/desk/warnings")
    assert "警告を送る相手がいません" in page
    assert "/desk/warnings/send" not in page
