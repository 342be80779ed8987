"""YAML text to plain data with lines; hostile and broken files are refused, briefly."""

import datetime as dt
import math
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import StudyError
from engine.study.document import MAX_ALIASED, MAX_BYTES, MAX_DEPTH, parse_document, parse_value


def refusal(content):
    with pytest.raises(StudyError) as caught:
        parse_document(content, "study.yaml")
    return str(caught.value)


def value_of(text):
    return parse_document(f"key: {text}".encode(), "study.yaml").data["key"]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("'null'", "null"),
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-2.5", -2.5),
        ("100_000", 100000),
        ("1_000.5", 1000.5),
        ("1__0", "1__0"),
        ("1_", "1_"),
        ("+5", 5),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("1:30", "1:30"),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("50/50", "50/50"),
        ("2026-01-22", dt.date(2026, 1, 22)),
        ("'2026-01-22'", "2026-01-22"),
        ("2026-02-30", "2026-02-30"),
        ("2026-01-22T10:00", "2026-01-22T10:00"),
        ("=", "="),
        ('"5"', "5"),
        ("9" * 65, "9" * 65),
    ],
)
def test_scalars_mean_what_a_reader_expects(text, meaning):
    value = value_of(text)
    assert value == meaning
    assert type(value) is type(meaning)


def test_nan_is_a_number():
    assert math.isnan(value_of(".nan"))


@pytest.mark.parametrize("directive", ["%YAML 1.1\n---\n", "%YAML 1.2\n---\n"])
def test_a_version_directive_changes_no_meaning(directive):
    assert parse_document(f"{directive}a: NO".encode(), "f").data == {"a": "NO"}


def test_keys_are_text_whatever_they_look_like():
    assert parse_document(b"{5: a, TRUE: b, null: c, 2026-01-22: d}", "f").data == {
        "5": "a",
        "TRUE": "b",
        "null": "c",
        "2026-01-22": "d",
    }


def test_every_key_and_item_has_its_line():
    text = b"# comment\na:\n  b: 1\n  c:\n    - x\n    - {d: 2,\n       e: 3}\nf: [1,\n  2]\n"
    assert parse_document(text, "f").lines == {
        (): 2,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "c"): 4,
        ("a", "c", 0): 5,
        ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6,
        ("a", "c", 1, "e"): 7,
        ("f",): 8,
        ("f", 0): 8,
        ("f", 1): 9,
    }


@pytest.mark.parametrize("text", [b"\xef\xbb\xbfa: 1\nb: 2\n", b"a: 1\r\nb: 2\r\n", b"a: 1\rb: 2"])
def test_byte_order_mark_and_line_ends_do_not_matter(text):
    document = parse_document(text, "f")
    assert document.data == {"a": 1, "b": 2}
    assert document.lines == {(): 1, ("a",): 1, ("b",): 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; a study needs at least the keys name, data and rule"),
        (b"# only this\n", "is empty; a study needs at least the keys name, data and rule"),
        (b"---\n...\n", "is empty; a study needs at least the keys name, data and rule"),
        (b"\n- a", ":2: holds a list, but must be a section of keys such as name: …"),
        (b"text", ':1: holds "text", but must be a section of keys such as name: …'),
        (b"a: 1\n\xff\n", ":2: is not UTF-8 text; save the file with the encoding UTF-8"),
        (
            "a: 1".encode("utf-16"),
            ":1: is not UTF-8 text; save the file with the encoding UTF-8",
        ),
        (
            b"a:\n\t- b",
            ":2: not valid YAML: a tab stands where only spaces may; indent with spaces",
        ),
        (
            b"a: 1\nb: c: d",
            ':2: not valid YAML: a second ": " in one line; put text that contains it in quotes, '
            "or check the indentation",
        ),
        (
            b"x: 1\na: {b: 1\n",
            ":3: not valid YAML: expected ',' or '}', but got '<stream end>', "
            "while parsing a flow mapping that began on line 2",
        ),
        (b"a: 1\nb: \x01", ":2: not valid YAML: a control character ('\\x01')"),
        (
            b'a: "\\U00110000"',
            "not valid YAML: a directive (a line with %) or an escape (a backslash in quotes) "
            "without meaning",
        ),
        (
            b'a: 1\nb: "\\ud800"',
            ":2: an escape stands for half a character; write the character itself",
        ),
        (
            b'"\\udc00": 1',
            ":1: an escape stands for half a character; write the character itself",
        ),
        (b"a: 1\n---\nb: 1", ":2: a second document begins here; one study to a file"),
        (b"? [a]\n: 1", ":1: a key must be a word, not a list, a section or an alias"),
        (b"a: &a x\n*a : 1", ":2: a key must be a word, not a list, a section or an alias"),
        (b"a: 1\nb: *c", ":2: *c repeats something that is not defined before it"),
        (b"a: 1\nb: &b [*b]", ":2: *b contains itself"),
        (b"x" * (MAX_BYTES + 1), "is larger than 1 MiB; a study file is a page or two of text"),
    ],
)
def test_what_cannot_be_read_is_refused(content, message):
    place = "study.yaml" if message.startswith(":") else "study.yaml: "
    assert refusal(content) == place + message


def test_exactly_one_mebibyte_is_read():
    content = b"a: 1\n#".ljust(MAX_BYTES, b"x")
    assert parse_document(content, "f").data == {"a": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\nb: 2\na: 3", "study.yaml:3: a: is given twice (first on line 1)"),
        (b"s:\n  a: 1\n  'a': 3", "study.yaml:3: s.a: is given twice (first on line 2)"),
        (b"b: 1\na: !!int 1", "study.yaml:2: a: has a tag (!…); study files use none"),
        (
            b"a: !!python/object/apply:os.system [ls]",
            "study.yaml:1: a: has a tag (!…); study files use none",
        ),
        (b"a: !mine {b: 1}", "study.yaml:1: a: has a tag (!…); study files use none"),
        (b"a: ! b", "study.yaml:1: a: has a tag (!…); study files use none"),
        (
            b"a: &a {x: 1}\nb:\n  <<: *a",
            "study.yaml:3: b.<<: merging is not supported; write the keys out",
        ),
    ],
)
def test_what_is_wrong_but_readable_is_noted(content, message):
    assert [str(fault) for fault in parse_document(content, "study.yaml").faults] == [message]


def test_of_a_key_given_twice_the_first_counts_and_others_are_still_read():
    document = parse_document(b"a: 1\na: 2\nb: 3\nb: 4", "f")
    assert document.data == {"a": 1, "b": 3}
    assert [fault.line for fault in document.faults] == [2, 4]


def test_an_alias_repeats_a_value():
    document = parse_document(b"a: &x [1, 2]\nb: *x\nc: &x 5\nd: *x", "f")
    assert document.data == {"a": [1, 2], "b": [1, 2], "c": 5, "d": 5}
    assert document.lines[("b",)] == 2


def test_a_billion_laughs_are_refused_in_little_memory():
    laughs = [b"a: &a [" + b", ".join([b"x"] * 10) + b"]"]
    for name, before in zip("bcdefghij", "abcdefghi", strict=True):
        laughs.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]".encode())
    tracemalloc.start()
    try:
        message = refusal(b"\n".join(laughs))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert message == f"study.yaml:4: aliases repeat more than {MAX_ALIASED} values"
    assert peak < 2_000_000


@pytest.mark.parametrize("opening", [b"[", b"{a: ", b"- ", b"? "])
def test_deep_nesting_is_refused_before_it_is_built(opening):
    content = b"a:\n " + opening * 100_000
    message = refusal(content[:MAX_BYTES])
    assert message.startswith("study.yaml:2: ")
    assert "nested more than" in message or "a key must be a word" in message


def test_nesting_within_the_bound_is_read():
    text = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert parse_document(text.encode(), "f").data["a"] is not None
    deeper = "a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)
    assert refusal(deeper.encode()) == f"study.yaml:1: nested more than {MAX_DEPTH} levels deep"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("", None),
        ("[1, 2.5, a]", [1, 2.5, "a"]),
        ("{from: 2, to: 13}", {"from": 2, "to": 13}),
        ("streak >= 5 and rsi(satellite, 14) < 70", "streak >= 5 and rsi(satellite, 14) < 70"),
        ("2026-01-22", dt.date(2026, 1, 22)),
    ],
)
def test_a_value_of_an_option_reads_as_in_a_file(text, value):
    assert parse_value(text, "--set x") == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1", "--set x: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("!!int 5", "--set x: has a tag (!…); study files use none"),
        ("{a: 1, a: 2}", "--set x: a: is given twice"),
        ("1\n---\n2", "--set x: a second document begins here; one study to a file"),
    ],
)
def test_a_broken_value_of_an_option_is_refused_without_a_line(text, message):
    with pytest.raises(StudyError) as caught:
        parse_value(text, "--set x")
    assert str(caught.value) == message


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text("ab:-?[]{}&*!|>'\"%@,#<~ \n\t\\0U1.", max_size=40))
def test_any_bytes_give_a_document_or_a_study_error(content):
    content = content.encode() if isinstance(content, str) else content
    try:
        outcome = parse_document(content, "f").data
    except StudyError as error:
        outcome = error.faults
    assert isinstance(outcome, dict) or len(outcome) == 1
