"""Sections as text and as Markdown: exact output, and texts that mean harm."""

import pytest

from engine.market.panel import SIMULATED_NOTICE
from engine.report.sections import Section, sections_markdown, sections_text

TABLE = Section(
    "Longest streaks",
    ("One sentence.", "Another one."),
    ("start", "tag", "length", "mean"),
    (("2008-05-20", "defensive", "13", "36.8"), ("2026-01-02", "risk-on", "9", "−1,658.4")),
    2,
    ("A note.", "One more."),
)
WORDS = Section("Only words", ("Nothing to count.",))


def test_text():
    assert sections_text([TABLE, WORDS], simulated=False) == (
        "LONGEST STREAKS\n"
        "One sentence.\n"
        "Another one.\n"
        "\n"
        "start       tag        length      mean\n"
        "2008-05-20  defensive      13      36.8\n"
        "2026-01-02  risk-on         9  −1,658.4\n"
        "\n"
        "A note.\n"
        "One more.\n"
        "\n"
        "ONLY WORDS\n"
        "Nothing to count."
    )


def test_markdown():
    assert sections_markdown("my-study", [TABLE, WORDS], simulated=False) == (
        "# my-study\n"
        "\n"
        "## Longest streaks\n"
        "\n"
        "One sentence.\n"
        "\n"
        "Another one.\n"
        "\n"
        "| start | tag | length | mean |\n"
        "| :--- | :--- | ---: | ---: |\n"
        "| 2008-05-20 | defensive | 13 | 36.8 |\n"
        "| 2026-01-02 | risk-on | 9 | −1,658.4 |\n"
        "\n"
        "A note.\n"
        "\n"
        "One more.\n"
        "\n"
        "## Only words\n"
        "\n"
        "Nothing to count.\n"
    )


def test_simulated_prices_are_named_first():
    assert sections_text([WORDS], simulated=True).startswith(f"{SIMULATED_NOTICE}\n\nONLY WORDS\n")
    page = sections_markdown("my-study", [WORDS], simulated=True)
    assert page.startswith(f"# my-study\n\n**{SIMULATED_NOTICE}**\n\n## Only words\n")


def test_a_table_without_rows_leaves_its_headings_out():
    empty = Section("Nothing", ("None is that long.",), ("start", "length"), (), 1, ("So there.",))
    assert sections_text([empty], simulated=False) == "NOTHING\nNone is that long.\n\nSo there."
    page = sections_markdown("s", [empty], simulated=False)
    assert page == "# s\n\n## Nothing\n\nNone is that long.\n\nSo there.\n"


def test_no_sections_at_all():
    assert sections_text([], simulated=False) == ""
    assert sections_markdown("s", [], simulated=False) == "# s\n"


def test_only_numbers_and_only_text():
    rows = (("1", "10"), ("100", "2"))
    numbers = Section("n", (), ("a", "b"), rows, 0)
    assert sections_text([numbers], simulated=False) == "N\n\n  a   b\n  1  10\n100   2"
    texts = Section("n", (), ("a", "b"), rows, 2)
    assert sections_text([texts], simulated=False) == "N\n\na    b\n1    10\n100  2"
    assert "| :--- | :--- |" in sections_markdown("s", [texts], simulated=False)
    assert "| ---: | ---: |" in sections_markdown("s", [numbers], simulated=False)


def test_wide_and_combining_characters_keep_columns_straight():
    rows = (("日本", "1"), ("e\u0301a", "22"))
    section = Section("n", (), ("x", "y"), rows, 1)
    assert sections_text([section], simulated=False) == "N\n\nx      y\n日本   1\ne\u0301a    22"


def test_a_row_that_does_not_fit_its_headings_is_a_defect():
    with pytest.raises(ValueError, match="zip"):
        sections_text([Section("n", (), ("x", "y"), (("1",),))], simulated=False)


EVIL = "a|b <script>alert(1)</script> `c` [d](http://e) *f* \\ $g$ ~h~ # i"
ESCAPED = (
    "a\\|b &lt;script&gt;alert(1)&lt;/script&gt; \\`c\\` \\[d\\](http://e) \\*f\\* \\\\ \\$g\\$ "
    "\\~h\\~ \\# i"
)


def test_markdown_is_escaped_wherever_text_goes():
    section = Section(EVIL, (EVIL,), (EVIL, EVIL), ((EVIL, EVIL),), 1, (EVIL,))
    page = sections_markdown(EVIL, [section], simulated=False)
    assert page == (
        f"# {ESCAPED}\n\n## {ESCAPED}\n\n{ESCAPED}\n\n| {ESCAPED} | {ESCAPED} |\n| :--- | ---: |\n"
        f"| {ESCAPED} | {ESCAPED} |\n\n{ESCAPED}\n"
    )


STEERING = "one\ntwo\r\nthree\tfour \x1b[31mred\x07 \u202eback\u2028last"
HARMLESS = "one two three four \ufffd[31mred\ufffd \ufffdback last"


def test_no_text_breaks_its_line_or_steers_a_terminal():
    section = Section(
        STEERING, (STEERING,), (STEERING, "n"), ((STEERING, "1"),), 1, (STEERING,)
    )  # fmt: skip
    text = sections_text([section], simulated=False)
    assert text == (f"{HARMLESS.upper()}\n{HARMLESS}\n\n{HARMLESS}  n\n{HARMLESS}  1\n\n{HARMLESS}")
    page = sections_markdown(STEERING, [section], simulated=False)
    line = HARMLESS.replace("[", "\\[")
    assert page == (
        f"# {line}\n\n## {line}\n\n{line}\n\n"
        f"| {line} | n |\n| :--- | ---: |\n| {line} | 1 |\n\n{line}\n"
    )


@pytest.mark.parametrize("sign", ["+", "-"])
def test_a_sentence_is_no_item_of_a_list(sign):
    section = Section("n", (f"{sign} still open",), notes=(f"{sign} so is this", f"{sign}1 is not"))
    page = sections_markdown("s", [section], simulated=False)
    assert f"\n\\{sign} still open\n" in page
    assert f"\n\\{sign} so is this\n" in page
    assert f"\n{sign}1 is not\n" in page


def test_levels_and_listings():
    sections = [
        Section("", ("Only a sentence.",)),
        Section("Below", level=3, listing="a: 1  \nb: ```` <x> | y\n"),
    ]
    assert sections_markdown("t", sections, simulated=False) == (
        "# t\n\nOnly a sentence.\n\n### Below\n\n`````\na: 1\nb: ```` <x> | y\n`````\n"
    )
