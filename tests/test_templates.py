"""What is put into a template comes out as text, whatever it holds."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

import infogan
from infogan.templates import render, render_macro

PACKAGE = Path(infogan.__file__).parent
EVIL = "<b a='1'>\"&"
ESCAPED = "&lt;b a=&#39;1&#39;&gt;&#34;&amp;"
SECTIONS = "report/sections.html"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("facts", [{EVIL: EVIL}]),
        ("codes", [[[EVIL] * 4], [{"name": EVIL, "each": [{"source": EVIL, "apart": EVIL}]}]]),
        ("curves", [[], [{"name": EVIL, "head": [EVIL], "rows": [[EVIL]]}]]),
        ("health", [[dict.fromkeys(("kind", "when", "severity", "message", "remedy"), EVIL)]]),
        ("film", [{EVIL: [dict.fromkeys(("name", "kimg", "source"), EVIL)]}]),
        ("newest", [EVIL, [dict.fromkeys(("name", "kimg", "source"), EVIL)]]),
        ("evaluation", [EVIL, EVIL, [{"title": EVIL, "rows": [[EVIL]], "notes": [EVIL]}], [EVIL]]),
        ("compared", [[EVIL], [[EVIL]], [[EVIL]]]),
        ("commands", [[EVIL], EVIL]),
    ],
)
def test_no_section_lets_markup_in(name, values):
    text = render_macro(SECTIONS, name, *values)
    assert EVIL not in text
    assert "<b" not in text
    assert text.count(ESCAPED) >= len(values)


def test_no_template_marks_anything_as_safe():
    found = [
        path for folder in ("report", "pictures") for path in (PACKAGE / folder).glob("*.html")
    ]
    assert len(found) == 4
    for path in found:
        text = path.read_text()
        assert "safe" not in text.replace("unsafe-inline", ""), path.name
        assert "autoescape" not in text, path.name


def test_a_value_that_was_forgotten_is_an_error():
    with pytest.raises(UndefinedError):
        render("report/page.html", title="t")
