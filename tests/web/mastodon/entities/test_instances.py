"""The node as apps decode it."""

from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.samples import COUNTS, FRAME, actor, town
from tests.web.mastodon.entities.shapes import judge
from web.mastodon.entities import instances
from web.mastodon.entities.accounts import account


def test_instance() -> None:
    shown = account(actor(), COUNTS, FRAME)
    judge(schema.INSTANCE, instances.instance(town(), FRAME))
    judge(schema.INSTANCE, instances.instance(town(contact=shown, email="a@b.example"), FRAME))
    judge(schema.INSTANCE_V1, instances.instance_v1(town(contact=shown), FRAME))


def test_the_rest() -> None:
    judge(schema.EXTENDED_DESCRIPTION, instances.extended_description("<p>x</p>", None))
    judge(schema.ACTIVITY, instances.week(1_700_000_000, 3, 2, 1))
    judge(schema.DOMAIN_BLOCK, instances.domain_block("spam.example", "0" * 64, ""))
    judge(schema.LANGUAGE, instances.language("ja", "日本語"))


def test_the_version_switches_on_what_is_there() -> None:
    """Ice Cubes reads the first three characters as a number; Phanpy the first three parts."""
    shown = instances.instance(town(), FRAME)
    assert shown["version"] == "4.3.0 (compatible; Kairanban 0.1.0)"
    assert shown["api_versions"] == {"mastodon": 2}
    assert shown["configuration"]["urls"]["streaming"] == f"wss://{FRAME.host}"
