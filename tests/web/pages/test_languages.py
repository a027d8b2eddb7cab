"""The language of a page, its texts, and that none of them is missing or left over."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import web
from federation.vocabulary import Millis
from tests.web.pages.conftest import Home
from web.pages import furigana
from web.pages.languages import choose_language, page_translations, translations, written_language
from web.pages.times import format_time, to_iso

FOLDER = Path(web.__file__).parent
NIGHT = Millis(1_795_465_800_000)
"""2026-11-23T20:30:00Z: the 24th in Tokyo."""
KANJI = re.compile(r"[一-鿿々]")
LONGEST = 60
"""Characters of a sentence in simple Japanese, addresses and placeholders included."""
LATER = Millis(NIGHT + 60 * 24 * 3_600_000)


@pytest.mark.parametrize(
    ("asked", "accepted", "chosen"),
    [
        (None, "", "ja"),
        (None, "ja", "ja"),
        (None, "en", "en"),
        (None, "en-GB,en;q=0.9,ja;q=0.8", "en"),
        (None, "fr,ja;q=0.5,en;q=0.3", "ja"),
        (None, "fr", "ja"),
        (None, "en;q=nonsense,ja;q=0.1", "ja"),
        (None, "*", "ja"),
        ("en", "ja", "en"),
        ("ja", "en", "ja"),
        ("xx", "en", "en"),
        ("", "en", "en"),
        (None, "ja-JP", "ja"),
        ("ja-simple", "en", "ja-simple"),
        ("JA_Simple", "", "ja-simple"),
        (None, "ja-simple,ja;q=0.9", "ja-simple"),
        ("ja-Hira", "", "ja"),
    ],
)
def test_the_address_decides_then_the_reader(asked: str | None, accepted: str, chosen: str) -> None:
    assert choose_language(asked, accepted) == chosen


def open_catalogue(name: str) -> Catalog:
    with (FOLDER / "locales" / f"{name}.po").open("rb") as file:
        return read_po(file, locale="ja", abort_invalid=True)


CATALOGUES = ("ja", "ja-simple")


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_sentence_is_translated_and_none_is_left_over(name: str) -> None:
    found = {
        message if isinstance(message, str) else message[0]
        for _, _, message, _, _ in extract_from_dir(
            FOLDER,
            method_map=[("templates/**.html", "jinja2"), ("**.py", "python")],
            options_map={"templates/**.html": {"extensions": "jinja2.ext.i18n", "silent": "false"}},
            keywords={"_": None, "ngettext": (1, 2), "text_of": (2,)},
        )
    }
    catalogue = open_catalogue(name)
    translated = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and message.string and all(message.string)
    }
    assert found - translated == set()
    assert translated - found == set()
    assert [error for message in catalogue for error in message.check(catalogue)] == []


def test_plurals_and_texts() -> None:
    assert translations("ja").gettext("Follow") == "フォローする"
    assert translations("en").gettext("Follow") == "Follow"
    assert translations("ja").ngettext("%(num)s reply", "%(num)s replies", 2) == "返信%(num)s件"


def test_every_kanji_of_the_simple_texts_has_its_reading_and_sentences_are_short() -> None:
    for message in open_catalogue("ja-simple"):
        texts = message.string if isinstance(message.string, tuple) else (str(message.string),)
        for text in texts if message.id else ():
            assert not KANJI.search(furigana.SOURCE.sub("", text)), text
            assert not set("《》｜") & set(furigana.bracket(text)), text
            sentences = re.split("[。？！\n]", furigana.SOURCE.sub(r"\g<marked>\g<kanji>", text))
            assert max(map(len, sentences)) <= LONGEST, text


def test_mails_have_readings_in_brackets() -> None:
    assert translations("ja-simple").gettext("Send the report") == "送（おく）る"
    assert page_translations("ja").gettext("Send the report") == "送る"


def test_times_are_those_of_the_town() -> None:
    assert format_time(NIGHT, NIGHT, "ja") == "11月24日（火）05:30"
    assert format_time(NIGHT, NIGHT, "en") == "Tue 24 Nov, 05:30"
    assert format_time(NIGHT, LATER, "ja") == "2026年11月24日（火）05:30"
    assert format_time(NIGHT, LATER, "en") == "Tue 24 Nov 2026, 05:30"
    assert furigana.write(format_time(NIGHT, LATER, "ja-simple")) == (
        f"2026{ruby('年', 'ねん')}11{ruby('月', 'がつ')}24{ruby('日', 'にち')}（{ruby('火', 'か')}）05:30"
    )
    assert to_iso(NIGHT) == "2026-11-23T20:30:00+00:00"


def ruby(base: str, reading: str) -> str:
    return f'<ruby>{base}<rp>（</rp><rt aria-hidden="true">{reading}</rt><rp>）</rp></ruby>'


def test_readings_stand_only_where_there_is_markup() -> None:
    """Not in a title, in what is chosen from, in what is typed, nor within a tag; and nobody else's brackets are."""
    town = furigana.mark("町《まち》")
    for bare in (
        "<title>{}</title>",
        "<option value='1'>{}</option>",
        "<textarea>{}</textarea>",
        '<a title="{}">',
    ):
        assert furigana.write(bare.format(town)) == bare.format("町")
    assert furigana.write(f"<p>{town}の{town}</p>") == f"<p>{ruby('町', 'まち')}の{ruby('町', 'まち')}</p>"
    assert furigana.write("<p>町《まち》</p>") == "<p>町《まち》</p>"
    assert furigana.mark("｜1人《ひとり》") != furigana.mark("1人《ひとり》")
    assert furigana.write(furigana.mark("110番《ばん》")) == f"110{ruby('番', 'ばん')}"


def test_who_reads_simple_japanese_writes_japanese() -> None:
    assert [written_language(each) for each in ("ja", "ja-simple", "en")] == ["ja", "ja", "en"]


@pytest.mark.anyio
async def test_a_page_in_simple_japanese(home: Home) -> None:
    await home.press("/settings/mail", language="ja-simple", pace="off")
    page = await home.read("/write")
    assert '<html lang="ja-simple">' in page
    assert f"<legend>だれが{ruby('読', 'よ')}めますか</legend>" in page
    assert "<title>投稿する - " in page
    assert not re.search("[\ue000-\ue002]", page)
    refused = await home.write(step="publish", text=" ", audience="everyone")
    assert f"{ruby('何', 'なに')}か{ruby('書', 'か')}いてください" in refused
    assert "できました" in await home.read("/settings/mail?done=saved")
    manifest = await home.browser.get("/manifest.webmanifest?lang=ja-simple")
    assert manifest.json()["lang"] == "ja-simple"
    assert not re.search("[\ue000-\ue002]", manifest.text)
