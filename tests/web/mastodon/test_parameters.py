"""One tree, whichever way the parameters came; and every way to ask it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from web.mastodon.parameters import MAX_DEPTH, MAX_FIELDS, MAX_ID, Parameters, read_json, read_pairs


def from_query(text: str) -> Parameters:
    return Parameters(read_pairs(parse_qsl(text, keep_blank_values=True)))


def from_json(value: Any) -> Parameters:
    return Parameters(read_json(json.dumps(value).encode()))


@pytest.mark.parametrize(
    "params",
    [
        from_query("id[]=1&id[]=2"),
        from_query("id=1&id=2"),
        from_query("id=1&id[]=2"),
        from_query("id[0]=1&id[1]=2"),
        from_query("id[][]=1&id[][]=2"),
        from_json({"id": [1, 2]}),
        from_json({"id": ["1", "2"]}),
    ],
)
def test_a_list_is_a_list_however_it_is_written(params: Parameters) -> None:
    assert params.texts("id") == ("1", "2")
    assert params.ids("id") == (1, 2)
    assert params.text("id") == "2"


@pytest.mark.parametrize(
    "params", [from_query("id=1"), from_query("id[]=1"), from_json({"id": 1}), from_json({"id": ["1"]})]
)
def test_one_is_a_list_of_one(params: Parameters) -> None:
    assert params.ids("id") == (1,)
    assert params.id("id") == 1


@pytest.mark.parametrize(
    "params",
    [
        from_query("poll[options][]=a&poll[options][]=b&poll[expires_in]=300&poll[multiple]=true"),
        from_json({"poll": {"options": ["a", "b"], "expires_in": 300, "multiple": True}}),
    ],
)
def test_groups_nest(params: Parameters) -> None:
    poll = params.group("poll")
    assert poll.texts("options") == ("a", "b")
    assert poll.number("expires_in") == 300
    assert poll.flag("multiple") is True
    assert "poll" in params
    assert params.text("poll") is None or params.text("poll") == "true"


@pytest.mark.parametrize(
    "params",
    [
        from_query("f[0][name]=a&f[0][value]=1&f[1][name]=b&f[1][value]=2"),
        from_query("f[1][name]=b&f[1][value]=2&f[0][name]=a&f[0][value]=1"),
        from_query("f[][name]=a&f[][value]=1&f[][name]=b&f[][value]=2"),
        from_json({"f": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]}),
        from_json({"f": {"0": {"name": "a", "value": "1"}, "1": {"name": "b", "value": "2"}}}),
    ],
)
def test_lists_of_groups_keep_their_order(params: Parameters) -> None:
    assert [(each.text("name"), each.text("value")) for each in params.groups("f")] == [
        ("a", "1"),
        ("b", "2"),
    ]


def test_groups_are_ordered_by_number_not_by_letter() -> None:
    params = from_query("&".join(f"f[{n}][v]={n}" for n in (10, 9, 0)))
    assert [each.number("v") for each in params.groups("f")] == [0, 9, 10]


def test_groups_go_three_deep() -> None:
    params = from_query("subscription[keys][p256dh]=x&data[alerts][mention]=1")
    assert params.group("subscription").group("keys").text("p256dh") == "x"
    assert params.group("data").group("alerts").flag("mention") is True


@pytest.mark.parametrize("text", ["true", "1", "on", "True", "t", "yes"])
def test_what_is_true(text: str) -> None:
    assert from_query(f"local={text}").flag("local") is True


@pytest.mark.parametrize("text", ["false", "0", "off", "f", "False", "OFF"])
def test_what_is_false(text: str) -> None:
    assert from_query(f"local={text}").flag("local") is False


def test_what_is_empty_is_nothing() -> None:
    params = from_query("local=&max_id=&limit=&q=%20&id[]=")
    assert params.flag("local") is None
    assert params.id("max_id") is None
    assert params.number("limit") is None
    assert params.word("q") is None
    assert params.ids("id") == ()
    assert params.text("local") == ""
    assert "local" in params
    assert "remote" not in params
    assert from_json({"a": None}).text("a") is None
    assert "a" in from_json({"a": None})


def test_json_has_types_of_its_own() -> None:
    params = from_json({"a": True, "b": False, "c": 3, "d": 1.5, "e": "x"})
    assert [params.text(name) for name in params] == ["true", "false", "3", "1.5", "x"]
    assert params.flag("a") is True
    assert params.flag("b") is False


@pytest.mark.parametrize("text", ["x", "-1", "1.0", str(MAX_ID + 1), "9" * 40, "１"])
def test_what_is_no_id_is_said(text: str) -> None:
    with pytest.raises(HTTPException, match=r"Validation failed: max_id is not an id") as caught:
        from_query(urlencode({"max_id": text})).id("max_id")
    assert caught.value.status_code == 422


@pytest.mark.parametrize("text", ["x", "1.5", "9" * 17])
def test_what_is_no_number_is_said_with_its_whole_name(text: str) -> None:
    with pytest.raises(HTTPException, match=r"poll\[expires_in\] is not a number"):
        from_query(f"poll[expires_in]={text}").group("poll").number("expires_in")


@pytest.mark.parametrize(
    "text",
    [
        "a=1&a[b]=2",
        "a[b]=1&a=2",
        "a[b]=1&a[]=2",
        "a" + "[b]" * MAX_DEPTH + "=1",
        "x" * 201 + "=1",
        "a=%00",
        "%00=1",
        "&".join("a[]=1" for _ in range(MAX_FIELDS + 1)),
    ],
)
def test_what_no_form_says_is_refused(text: str) -> None:
    with pytest.raises(HTTPException) as caught:
        from_query(text)
    assert caught.value.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"1",
        b"null",
        b'{"a": NaN}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b"\xff",
        b'{"a": [[1]]}',
        b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
        b'{"a": [' + b"1," * MAX_FIELDS + b"1]}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_object_of_parameters_is_refused(body: bytes) -> None:
    with pytest.raises(HTTPException) as caught:
        read_json(body)
    assert caught.value.status_code == 400


def test_a_name_that_is_not_well_formed_is_a_name() -> None:
    assert from_query("a[b=1").text("a[b") == "1"
    assert from_query("a]=1").text("a]") == "1"


def ask_everything(read: Callable[[], Parameters]) -> None:
    try:
        params = read()
    except HTTPException as error:
        if error.status_code == 400:
            return
        raise
    for name in params:
        params.text(name)
        params.texts(name)
        params.flag(name)
        params.group(name)
        params.groups(name)


NAMES = st.from_regex(r"[a-z]{1,3}(\[[a-z0-9]{0,2}\]){0,3}", fullmatch=True)


@given(st.lists(st.tuples(NAMES, st.text(st.characters(exclude_characters="\x00"), max_size=5)), max_size=12))
def test_any_form_is_read_or_refused_and_can_be_asked_anything(pairs: list[tuple[str, str]]) -> None:
    ask_everything(lambda: Parameters(read_pairs(pairs)))


LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=5))
def test_any_json_is_read_or_refused_and_can_be_asked_anything(found: dict[str, Any]) -> None:
    ask_everything(lambda: from_json(found))


TREE = st.dictionaries(
    st.from_regex(r"[a-z]{1,4}", fullmatch=True),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=5)
    | st.lists(st.from_regex(r"[a-z0-9]{1,4}", fullmatch=True), min_size=1, max_size=3),
    max_size=4,
)


@given(TREE)
def test_json_and_form_say_the_same(tree: dict[str, Any]) -> None:
    pairs = [
        (f"{name}[]" if isinstance(value, list) else name, each)
        for name, value in tree.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    form, document = Parameters(read_pairs(pairs)), from_json(tree)
    assert {name: form.texts(name) for name in form} == {name: document.texts(name) for name in document}
