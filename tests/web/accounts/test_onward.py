import pytest

from web.accounts.browsers import name_browser
from web.accounts.onward import read_onward


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/account",
        "/oauth/authorize?client_id=a&redirect_uri=https%3A%2F%2Fa.test%2F",
        "/%09/evil",
        "/a//b",
    ],
)
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert read_onward(path) == path


@pytest.mark.parametrize(
    "target",
    [
        *(None, "", "evil", "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/a\\b"),
        *("https:evil.test", "https://evil.test/", "http:/evil.test", "javascript:alert(1)", "/a#b"),
        *("/\t/evil.test", "\t//evil.test", "/\n//evil.test", " //evil.test", "/例", "/" + "a" * 3000),
        *("//[evil", "/\x7f"),
    ],
)
def test_everything_doubtful_leads_home(target: str | None) -> None:
    assert read_onward(target) == "/home"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox · Android"),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
            ),
            "Edge · Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
            ),
            "Safari · iPhone",
        ),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_browser_in_two_words(user_agent: str, name: str) -> None:
    assert name_browser(user_agent) == name
