"""Tables for a screen of 100 columns."""

import pytest

from infogan.evaluation.printing import number, table
from infogan.evaluation.results import Measurement, Report
from infogan.metrics.bootstrap import Interval

BOOTSTRAP = "95% bootstrap of 10,000 images"


def report(*measurements):
    sizes = ("runs/a", "mnist", "0", "test", 10_000, "quick", 3, "", 61.2, {})
    return Report(*sizes, list(measurements))


def test_groups_stand_together_with_each_protocol_once():
    lines = table(
        report(
            Measurement("mig", 0.9, "MIG of 100 images; a column a code", 9, group="A"),
            Measurement("other", 0.5, "another one", 9, group="B"),
            Measurement("sap", 0.3, "SAP of 100 images; a column a code", 9, group="A"),
        )
    ).splitlines()
    assert lines[0] == "runs/a on mnist, test split: 10,000 images, quick effort, seed 3, 61 s"
    start, end = lines.index("A"), lines.index("B")
    inside = lines[start:end]
    assert [line.split()[0] for line in inside[2:4]] == ["mig", "sap"]
    assert inside[4:7] == [
        "  · mig: MIG of 100 images",
        "  · sap: SAP of 100 images",
        "  · a column a code",
    ]
    assert not any("other" in line for line in inside)


def test_intervals_and_floors_stand_beside_their_values():
    interval = Interval(0.97, 0.965, 0.975, 0.95, 100, BOOTSTRAP)
    text = table(
        report(
            Measurement("accuracy", 0.97, "ACC", 9, "c1", "a", interval),
            Measurement("fid", 12.345, "FID", 9, "", "b", floor=0.41),
        )
    )
    assert "0.9700  0.9650 to 0.9750" in text
    assert "12.35  0.4100" in text
    assert text.count("95 % interval") == text.count("floor") == 1
    assert BOOTSTRAP in text


def test_no_line_is_wider_than_the_screen():
    long = {f"an_important_{i}": 1 / 7 for i in range(9)} | {"dead": [1, 2], "usage": [0.1, 0.9]}
    lines = table(report(Measurement("x" * 20, 0.5, "words " * 99, 9, "c", "g", detail=long)))
    assert max(map(len, lines.splitlines())) <= 100
    assert "an important 0 0.1429" in lines


def test_lists_of_numbers_are_shown_where_they_are_short_and_whole():
    shown = table(report(Measurement("coverage", 1, "p", 9, detail={"dead": [1, 3], "u": [0.5]})))
    assert "dead 1 3" in shown
    assert "u " not in shown.replace("value", "")
    assert "dead none" in table(report(Measurement("coverage", 1, "p", 9, detail={"dead": []})))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.97361, "0.9736"),
        (12.345, "12.35"),
        (0.00041, "0.00041"),
        (0.0, "0.0000"),
        (-50.0, "-50.00"),
    ],
)
def test_numbers_have_the_digits_that_mean_something(value, text):
    assert number(value) == text
