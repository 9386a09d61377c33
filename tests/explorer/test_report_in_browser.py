"""The report as a browser shows it, opened from disk."""

import shutil

import pytest

from infogan.report.page import write_page


@pytest.fixture(scope="module")
def reports(tiny_run, tmp_path_factory):
    """The report of one run, and of two side by side."""
    folder = tmp_path_factory.mktemp("reports")
    other = shutil.copytree(tiny_run, folder / "other")
    one = write_page([tiny_run], folder / "one.html")
    return [one, write_page([tiny_run, other], folder / "two.html")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_of(desk, reports, axe, scheme):
    for report in reports:
        page = desk(color_scheme=scheme).page
        page.goto(report.as_uri())
        page.evaluate(axe)
        found = page.evaluate("() => axe.run(document)")["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_it_fits_from_phone_to_wide_screen(desk, reports):
    for report in reports:
        page = desk().page
        page.goto(report.as_uri())
        for width in (320, 390, 768, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            across = page.evaluate("() => document.documentElement.scrollWidth")
            assert across <= width, (report.name, width)
