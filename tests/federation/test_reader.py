"""Strict JSON, times, and the shapes that a Reader forgives."""

import json
import time
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import MalformedDocument
from federation.reader import MAX_DEPTH, MAX_ELEMENTS, JsonValue, Reader, load_json, load_object, parse_time
from federation.vocabulary import PUBLIC


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + closing * depth).encode()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a":[1,-2,3.5,true,null,"x"]}', {"a": [1, -2, 3.5, True, None, "x"]}),
        (b' \r\n\t{"a" : 1}\n', {"a": 1}),
        ('{"a":"日本語 \U0001f600"}'.encode(), {"a": "日本語 \U0001f600"}),
        (b'{"a":"\\ud83d\\ude00 \\u65e5"}', {"a": "\U0001f600 日"}),
        (b'{"a":"\\\\u0000 and \\\\ud800"}', {"a": "\\u0000 and \\ud800"}),
        (b'{"a":9223372036854775807,"b":-9223372036854775808}', {"a": 2**63 - 1, "b": -(2**63)}),
        (b'{"a":"[[[[{{{{,,,,"}', {"a": "[[[[{{{{,,,,"}),
        (b'{"a":{"b":1},"c":{"b":1}}', {"a": {"b": 1}, "c": {"b": 1}}),
        (b"{}", {}),
        (b'"text"', "text"),
    ],
)
def test_plain_json_is_read(data: bytes, expected: JsonValue) -> None:
    assert load_json(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half"),
        pytest.param(b'{"a":1}x', id="trailing garbage"),
        pytest.param(b'{"a":1}{"a":1}', id="two values"),
        pytest.param(b'{"a":1,}', id="trailing comma"),
        pytest.param(b"{'a':1}", id="single quotes"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
        pytest.param('{"a":"b"}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"a":"b"}'.encode("utf-16-le"), id="UTF-16 without mark"),
        pytest.param('{"a":"b"}'.encode("utf-32"), id="UTF-32"),
        pytest.param(b'{"a":"\xff"}', id="not UTF-8"),
        pytest.param(b'{"a":"\xc0\x80"}', id="overlong"),
        pytest.param(b'{"a":"\xed\xa0\x80"}', id="surrogate in UTF-8"),
        pytest.param(b'{"a":"\\ud800"}', id="lone surrogate"),
        pytest.param(b'{"a":"\\uDC00 x"}', id="lone low surrogate"),
        pytest.param(b'{"a":"\\udE00\\ud83d"}', id="surrogates in the wrong order"),
        pytest.param(b'{"\\ud800":1}', id="lone surrogate in a key"),
        pytest.param(b'{"a":"x\\u0000y"}', id="NUL"),
        pytest.param(b'{"a":"\\\\\\u0000"}', id="NUL after a backslash"),
        pytest.param(b'{"a\\u0000":1}', id="NUL in a key"),
        pytest.param(b'{"a":"\x00"}', id="raw NUL"),
        pytest.param(b'{"a":"line\nbreak"}', id="raw line break in a string"),
        pytest.param(b'{"a":NaN}', id="NaN"),
        pytest.param(b'{"a":Infinity}', id="Infinity"),
        pytest.param(b'{"a":[-Infinity]}', id="-Infinity"),
        pytest.param(b'{"a":1e400}', id="1e400"),
        pytest.param(b'{"a":-1e400}', id="-1e400"),
        pytest.param(b'{"a":9223372036854775808}', id="2^63"),
        pytest.param(b'{"a":-9223372036854775809}', id="-2^63-1"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="5000 digits"),
        pytest.param(b'{"actor":"good","actor":"evil"}', id="duplicate key"),
        pytest.param(b'{"a":{"b":[{"x":1,"y":2,"x":1}]}}', id="duplicate key, deep"),
        pytest.param(b'{"a":1,"\\u0061":2}', id="duplicate key, written differently"),
        pytest.param(b'{"@graph":[]}', id="@graph"),
        pytest.param(b'{"object":{"@included":[]}}', id="@included"),
        pytest.param(b'{"object":[{"\\u0040reverse":{}}]}', id="@reverse"),
        pytest.param(nested(MAX_DEPTH + 1), id="33 deep"),
        pytest.param(nested(40, '{"a":', "}").replace(b"}", b"1}", 1), id="40 objects deep"),
        pytest.param(nested(1000), id="1000 deep"),
        pytest.param(nested(100_000), id="100000 deep"),
        pytest.param(b"[" * 100_000, id="100000 open"),
        pytest.param(b"[" + b"[]," * (MAX_ELEMENTS // 2) + b"[]]", id="too many elements"),
        pytest.param(json.dumps({str(n): n for n in range(200_000)}).encode(), id="200000 keys"),
    ],
)
def test_anything_else_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        load_json(data)


@pytest.mark.parametrize("spelling", ["NaN", "Infinity", "-Infinity"])
def test_a_constant_is_named_in_the_reason(spelling: str) -> None:
    with pytest.raises(MalformedDocument, match="is not JSON"):
        load_json(f'{{"a":{spelling}}}'.encode())


def test_depth_and_size_have_exact_limits() -> None:
    assert load_json(nested(MAX_DEPTH)) is not None
    many = b"[" + b"1," * (MAX_ELEMENTS - 1) + b"1]"
    assert load_json(many) is not None
    with pytest.raises(MalformedDocument, match="elements"):
        load_json(b"[1," + many[1:])


def test_brackets_in_texts_do_not_count() -> None:
    text = "[" * 50_000 + ',"\\{' * 10
    assert load_json(json.dumps({"a": [text, text]}).encode()) == {"a": [text, text]}
    wide = b'{"a":[' + b",".join(b'{"b":"]}"}' for _ in range(100)) + b"]}"
    assert isinstance(load_json(wide), dict)


MALICE = [
    b"[" + b"[]," * 349_000 + b"[]]",
    b'{"a":"' + b'\\"' * 500_000,
    b'"' * 1_000_000,
    b'{"a":"' + b"\\\\" * 500_000 + b'\\u0000"}',
    b'"\\' * 500_000,
    b"]" * 1_000_000,
    b" " * 1_000_000 + b"[" * 33,
    b"{" * 1_000_000,
    b'{"a":' * 200_000,
    b"-" + b"9" * 1_000_000,
    b'{"a":"' + b"\\ud83d\\ude00" * 80_000 + b'"}',
]


@pytest.mark.parametrize("data", MALICE)
def test_a_mebibyte_of_malice_is_judged_quickly(data: bytes) -> None:
    started = time.process_time()
    with suppress(MalformedDocument):
        load_json(data)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("data", MALICE)
def test_a_mebibyte_of_malice_takes_a_few(data: bytes) -> None:
    tracemalloc.start()
    with suppress(MalformedDocument):
        load_json(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_malformed(data: bytes) -> None:
    with suppress(MalformedDocument):
        load_json(data)


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_what_others_write_is_read_as_they_meant_it(value: JsonValue, escaped: bool) -> None:
    assert load_json(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(json_values)
def test_a_repeated_key_is_refused_wherever_it_stands(value: JsonValue) -> None:
    data = json.dumps({"outer": [{"inner": value}]}).encode()
    load_json(data)
    with pytest.raises(MalformedDocument, match="twice"):
        load_json(data.replace(b'{"inner":', b'{"inner":1,"inner":', 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T03:04:05Z", 1_795_316_645_000),
        ("2026-11-22T03:04:05.123Z", 1_795_316_645_123),
        ("2026-11-22T03:04:05.123456789Z", 1_795_316_645_123),
        ("2026-11-22T12:04:05+09:00", 1_795_316_645_000),
        ("2026-11-22t03:04:05z", 1_795_316_645_000),
        ("2026-11-22 03:04:05Z", 1_795_316_645_000),
        ("2026-11-22T03:04:05", 1_795_316_645_000),
        ("2026-11-22T09:44:43.526249+00:00", 1_795_340_683_526),
        ("1970-01-01T00:00:00Z", 0),
        ("1912-05-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00+14:00", 0),
        ("9999-12-31T23:59:59-14:00", 253_402_351_199_000),
        ("0000-01-01T00:00:00Z", None),
        ("2026-11-22T03:04:05+14:60", 1_795_262_645_000),
        ("2026-11-22T03:04:05+24:00", None),
        ("2026-13-22T03:04:05Z", None),
        ("2026-02-30T03:04:05Z", None),
        ("2026-11-22", None),
        ("yesterday, at about noon", None),
        ("2026-W47-7T03:04:05Z", None),
        ("", None),
        ("2026-11-22T03:04:05Z" + "0" * 40, None),
    ],
)
def test_times(text: str, expected: int | None) -> None:
    assert parse_time(text) == expected


@given(st.text(max_size=45))
def test_any_text_is_a_time_or_none(text: str) -> None:
    found = parse_time(text)
    assert found is None or found >= 0


def test_a_reader_forgives_shape() -> None:
    reader = Reader(
        {
            "none": None,
            "one": "https://a.example/1",
            "object": {"id": "https://a.example/2"},
            "many": [
                "https://a.example/1",
                {"id": "https://a.example/2"},
                7,
                None,
                ["x"],
                "https://a.example/1",
            ],
            "public": ["as:Public", "Public", PUBLIC],
            "bad": ["http://a.example/", "acct:a@b.example", "", {"type": "Note"}],
        }
    )
    assert reader.references("absent", 9) == reader.references("none", 9) == ()
    assert reader.references("one", 9) == ("https://a.example/1",)
    assert reader.references("object", 9) == ("https://a.example/2",)
    assert reader.references("many", 9) == ("https://a.example/1", "https://a.example/2")
    assert reader.references("public", 9) == (PUBLIC,)
    assert reader.references("bad", 9) == ()
    assert reader.reference("many") == "https://a.example/1"
    assert reader.reference("bad") is None


def test_references_have_a_limit() -> None:
    reader = Reader({"to": [f"https://a.example/{n}" for n in range(4)]})
    assert len(reader.references("to", 4)) == 4
    assert len(reader.first_references("to", 3)) == 3
    with pytest.raises(MalformedDocument, match=r"\$\.to: more than 3 values"):
        reader.references("to", 3)


def test_what_is_required_fails_with_its_path() -> None:
    inner = Reader({"object": [{}, {"id": 7}]}).inner(
        {"id": 7, "actor": ["a", "b"], "by": {"id": "x"}}, "object", 1
    )
    with pytest.raises(MalformedDocument) as found:
        inner.require_id()
    assert found.value.path == "$.object[1].id"
    for key in ("actor", "by", "absent"):
        with pytest.raises(MalformedDocument, match=rf"\$\.object\[1\]\.{key}"):
            inner.require_reference(key)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/p", "https://a.example/p"),
        ("http://a.example/p", "http://a.example/p"),
        ({"type": "Link", "href": "https://a.example/p"}, "https://a.example/p"),
        ({"type": "Image", "url": "https://a.example/p"}, "https://a.example/p"),
        ({"type": "Image", "url": [{"href": "https://a.example/p"}]}, "https://a.example/p"),
        (
            [
                {"href": "https://a.example/v.mp4", "mediaType": "video/mp4"},
                {"href": "https://a.example/p", "mediaType": "text/html"},
            ],
            "https://a.example/p",
        ),
        (["magnet:?xt=1", "https://a.example/p"], "https://a.example/p"),
        ("javascript:alert(1)", None),
        ("/p", None),
        (7, None),
        (None, None),
        ([], None),
    ],
)
def test_links(url: JsonValue, expected: str | None) -> None:
    assert Reader({"url": url}).link("url") == expected


def test_numbers_fit_every_database() -> None:
    reader = Reader({"most": 2**31 - 1, "more": 2**31, "far": 2**63 - 1})
    assert (reader.number("most"), reader.number("more"), reader.number("far")) == (2**31 - 1, None, None)


def test_numbers_flags_and_texts() -> None:
    reader = Reader({"n": 3, "negative": -1, "true": True, "text": "abc", "blank": " \n", "float": 1.5})
    assert (reader.number("n"), reader.number("negative"), reader.number("true")) == (3, None, None)
    assert (reader.flag("true"), reader.flag("n"), reader.flag("absent")) == (True, None, None)
    assert (reader.text("text", 2), reader.text("blank", 9), reader.text("n", 9)) == ("ab", None, None)
    assert (reader.real("float"), reader.real("n"), reader.real("true")) == (1.5, 3.0, None)


def test_the_top_must_be_an_object() -> None:
    assert load_object(b"{}").values == {}
    for data in (b"[]", b'"a"', b"1", b"null", b'[{"type":"Note"}]'):
        with pytest.raises(MalformedDocument):
            load_object(data)
