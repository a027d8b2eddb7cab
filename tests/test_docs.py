"""Documentation is part of a change: what exists is documented, and the reference is what the program says."""

import dataclasses
import re
from pathlib import Path

import pytest

from tests import docs
from web.accounts.routes import ROUTES as ACCOUNT_ROUTES
from web.activitypub.routes import ROUTES
from web.app import PAGES
from web.cli import COMMANDS
from web.settings import Settings

ROOT = Path(__file__).parent.parent
OPERATORS = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted({*COMMANDS, *docs.OTHERS}))
def test_every_command_is_documented(name: str) -> None:
    assert f"`kairanban {name}" in OPERATORS or f"/ `{name}" in OPERATORS


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`KAIRANBAN_{name.upper()}`" in OPERATORS


@pytest.mark.parametrize("path", sorted({route.path for route in [*PAGES, *ROUTES, *ACCOUNT_ROUTES]}))
def test_every_address_is_documented(path: str) -> None:
    assert f"`{path}`" in OPERATORS


def test_the_reference_is_what_the_program_says() -> None:
    assert docs.REFERENCE.read_text(encoding="utf-8") == docs.render(), "run `make docs`"


def test_the_table_of_the_client_api_is_the_route_table() -> None:
    page = docs.CLIENT_API.read_text(encoding="utf-8")
    assert page == docs.write_addresses(page), "run `make docs`"


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_residents_are_told_the_words_that_stand_on_the_buttons() -> None:
    page = (ROOT / "docs" / "residents.md").read_text(encoding="utf-8")
    words = (ROOT / "web" / "locales" / "ja.po").read_text(encoding="utf-8")
    buttons = re.findall(r"\*\*「([^」]+)」\*\*", page)
    assert "許可する" in buttons
    assert [each for each in buttons if f'msgstr "{each}"' not in words] == []
    english = re.findall(r"\*\*“([^”]+)”\*\*", page)
    assert [each for each in english if f'msgid "{each}"' not in words] == []
