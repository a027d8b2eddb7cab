"""Headings and labels are broken between phrases, and say, copy and escape what they did before."""

import re
import subprocess
import sys
from html import unescape

import pytest

from tests.web.pages.conftest import Home
from web.pages import furigana, phrases


def plain(markup: str) -> str:
    return unescape(re.sub("<[^>]*>", "", markup))


@pytest.mark.parametrize("tag", ["h1", "h2", "legend", "label"])
def test_a_long_text_is_broken_between_phrases(tag: str) -> None:
    page = f'<{tag} class="a">このエリアのお知らせを受け取る</{tag}>'
    assert phrases.write(page) == f'<{tag} class="a">この<wbr>エリアの<wbr>お知らせを<wbr>受け取る</{tag}>'


@pytest.mark.parametrize(
    "page",
    [
        "<h1>お知らせを送る</h1>",  # fits into a line
        "<p>このエリアのお知らせを受け取る</p>",  # an ordinary text
        "<button>このエリアのお知らせを受け取る</button>",  # a box whose parts would stand side by side
        '<input placeholder="このエリアのお知らせを受け取る">',
        "<h1>Everything that is new here</h1>",
        "<h1>北海道恵庭市恵み野西一丁目</h1>".replace("み", "美"),  # a name has no phrases
        f"<h1>{'お知らせを受け取る' * 30}</h1>",  # no heading of ours
        "<h1>このエリアのお知らせを受け取る",  # the end of what was cut off
    ],
)
def test_what_needs_no_places_is_left_alone(page: str) -> None:
    assert phrases.write(page) == page


@pytest.mark.parametrize(
    "text",
    [
        "山田&amp;鈴木さんの&lt;b&gt;お店&lt;/b&gt;が開きました",
        "「花&#39;s」と&#34;星&#34;のお店が開きました",
        "&lt;script&gt;このページを開いてください&lt;/script&gt;",
        "名前は&amp;amp;です。そのまま出してください",
    ],
)
def test_what_was_escaped_stays_so_and_reads_as_it_did(text: str) -> None:
    written = phrases.write(f"<h1>{text}</h1>")
    assert "<wbr>" in written
    assert plain(written) == unescape(text)
    assert set(re.findall("<[^>]*>", written)) == {"<h1>", "</h1>", "<wbr>"}


def test_a_reading_is_not_broken() -> None:
    marked = furigana.mark("このエリアの担当者《たんとうしゃ》に送《おく》ることができます")
    page = furigana.write(phrases.write(f"<h2>{marked}</h2>"))
    assert all("<wbr>" not in ruby for ruby in re.findall("<ruby>.*?</ruby>", page))
    assert page.count("<ruby>") == 2
    assert "<wbr>" in page


def test_the_library_is_read_when_it_is_first_needed() -> None:
    """Commands, and pages in English, do without."""
    code = "import sys, web.app, web.cli; print({'budoux', 'icalendar'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.anyio
async def test_pages_have_places_in_japanese_alone(home: Home) -> None:
    written = [(await home.browser.get(f"/account?lang={lang}")).text for lang in ("ja", "ja-simple", "en")]
    assert ["<wbr>" in each for each in written] == [True, True, False]
