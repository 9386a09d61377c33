"""The report: one file, everything known of a run in it, and nothing of a run's files as code."""

import json
import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import yaml

from infogan.cli import main
from infogan.pictures.charts import Series, chart
from infogan.report.page import render, write_page
from infogan.report.record import read_record


class Outline(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.sources, self.text, self._hidden = [], [], "", False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        self._hidden = tag == "style"

    def handle_endtag(self, tag):
        self._hidden = False

    def handle_data(self, data):
        self.text += "" if self._hidden else data


@pytest.fixture
def own_run(tiny_run, tmp_path):
    return shutil.copytree(tiny_run, tmp_path / "own")


def report_of(run):
    return Outline(write_page([run]).read_text())


def test_it_tells_what_was_trained_and_shows_its_pictures(own_run):
    lines = [json.loads(line) for line in (own_run / "log.jsonl").read_text().splitlines()]
    healthy = [json.dumps({key: line[key] for key in line if key != "health"}) for line in lines]
    (own_run / "log.jsonl").write_text("\n".join(healthy) + "\n")
    judged = {"summary": "3 kinds; tilt is slant", "findings": []}
    (own_run / "verdict.json").write_text(json.dumps(judged))
    page = report_of(own_run)
    for phrase in ("kind=cat:3,tilt=uni", "8×8, grey", "0.08 of 0.08 thousand", "Nothing was wrong",
                   "Mutual information of each code", "infogan train --config"):  # fmt: skip
        assert phrase in page.text, phrase
    assert "3 kinds; tilt is slant." in page.text
    pictures = len(list((own_run / "pictures").glob("*.png")))
    assert page.tags.count("img") == pictures + 4  # one of each category, and the overview
    assert page.tags.count("svg") >= 3


def test_bad_figures_are_never_beside_nothing_was_wrong(own_run):
    found = {"kind": "images unlike", "severity": "warning", "brief": "images unlike"}
    found |= {"message": "generated images are unlike the real ones", "remedy": "train longer"}
    judged = {"summary": "3 kinds; images unlike", "findings": [found]}
    (own_run / "verdict.json").write_text(json.dumps(judged))
    page = report_of(own_run)
    assert "generated images are unlike the real ones. train longer." in page.text
    assert "Nothing was wrong" not in page.text


def test_what_sets_categories_apart_and_what_is_known_of_them_is_told(own_run):
    words = json.loads((own_run / "codes.json").read_text())
    words["categories"] = {"kind": ["a hole, wider", "smaller", ""]}
    (own_run / "codes.json").write_text(json.dumps(words))
    told = {"data": "x", "split": "test", "images": 9, "measurements": []}
    told |= {"notes": ["9 of 9 images have a line in f.csv"]}
    told |= {"words": {"kind": ["tells pose (NMI 0.80)", "kind=1: men; AUC 0.83"]}}
    (own_run / "evaluation.json").write_text(json.dumps(told))
    page = report_of(own_run)
    for phrase in ("a hole, wider", "tells pose (NMI 0.80)", "kind=1: men; AUC 0.83",
                   "9 of 9 images have a line in f.csv"):  # fmt: skip
        assert phrase in page.text, phrase


def test_it_is_one_file_that_asks_for_nothing_else(own_run):
    text = write_page([own_run]).read_text()
    page = Outline(text)
    assert "script" not in page.tags
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in text


def test_numbers_are_those_of_the_log(own_run):
    page = report_of(own_run)
    last = json.loads((own_run / "log.jsonl").read_text().splitlines()[-1])
    assert f"{last['mi/tilt']:.2f}" in page.text
    assert f"{last['d_loss']:.4g}" in page.text


def test_health_messages_are_told_once_at_their_time(own_run):
    lines = [json.loads(line) for line in (own_run / "log.jsonl").read_text().splitlines()]
    finding = {"kind": "dead category", "severity": "warning", "brief": "kind 2 dead",
               "message": "no image is of kind 2", "remedy": "fewer categories"}  # fmt: skip
    for line in lines:
        line["health"] = [finding]
    (own_run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    page = report_of(own_run)
    assert page.text.count("no image is of kind 2") == 1
    assert f"{lines[0]['kimg']:.3g} thousand images, warning" in page.text
    assert "fewer categories" in page.text


def test_what_was_regrouped_stands_at_its_time(own_run):
    lines = [json.loads(line) for line in (own_run / "log.jsonl").read_text().splitlines()]
    lines[0]["regrouped"] = ["kind: categories 0 and 1 hardly differed", "kind: and 2 and 3"]
    (own_run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    page = report_of(own_run)
    for text in lines[0]["regrouped"]:
        assert page.text.count(text) == 1
    assert f"{lines[0]['kimg']:.3g} thousand images, note" in page.text


def test_time_of_former_versions_counts_from_the_beginning(own_run):
    # 40 images took 100 s; then the run was resumed, and its seconds began at 0 again.
    lines = [
        {"kimg": 0.04, "seconds": 100.0, "images_per_second": 0.4},
        {"kimg": 0.08, "seconds": 80.0, "images_per_second": 0.5},
    ]
    (own_run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "3.0 min" in report_of(own_run).text


def test_evaluations_come_with_their_protocol(own_run):
    measurement = {"name": "accuracy", "value": 0.9736, "protocol": "ACC, one-to-one", "n": 9,
                   "code": "kind", "group": "beside labels", "floor": None, "detail": {}, "seed": 0,
                   "interval": {"low": 0.97, "high": 0.98, "protocol": "p"}}  # fmt: skip
    content = {"data": "d", "split": "test", "images": 9, "measurements": [measurement],
               "command": "infogan evaluate here"}  # fmt: skip
    (own_run / "evaluation.json").write_text(json.dumps(content))
    page = report_of(own_run)
    for phrase in ("0.9736", "0.9700 to 0.9800", "ACC, one-to-one", "infogan evaluate here"):
        assert phrase in page.text


@pytest.mark.parametrize(
    ("codes", "label"),
    [
        ("kind=cat:3,tilt=uni", "all that kind could tell"),
        ("kind=cat:3,size=cat:3,tilt=uni", "all that kind and size could tell"),
        ("kind=4*cat:3", "all that kind1, kind2, kind3 and kind4 could tell"),
        ("kind=9*cat:3,flip=bern", "all that kind1, kind2, kind3 and 6 more could tell"),
    ],
)
def test_the_most_that_equal_codes_could_tell_is_labelled_with_all_of_them(own_run, codes, label):
    config = yaml.safe_load((own_run / "config.yaml").read_text())
    config["model"]["codes"] = codes
    (own_run / "config.yaml").write_text(yaml.safe_dump(config))
    page = report_of(own_run)
    assert page.text.count(label) == 1
    assert page.text.count("could tell") == (2 if "bern" in codes else 1)


def test_several_runs_stand_side_by_side(own_run, tiny_run, tmp_path):
    out = write_page([own_run, tiny_run], tmp_path / "both.html")
    page = Outline(out.read_text())
    assert "2 runs side by side" in page.text
    assert "own" in page.text
    assert "nats of tilt" in page.text


def test_nothing_in_a_run_becomes_markup(own_run):
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    config = yaml.safe_load((own_run / "config.yaml").read_text())
    (own_run / "config.yaml").write_text(yaml.safe_dump(config | {"data": attack}))
    (own_run / "codes.json").write_text(json.dumps({"words": {"tilt": attack}}))
    finding = dict.fromkeys(("kind", "severity", "brief", "message", "remedy"), attack)
    line = {"kimg": 0.08, "d_loss": 1.0, attack: 2.0, "health": [finding]}
    with (own_run / "log.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    measurement = dict.fromkeys(("name", "code", "group", "protocol"), attack)
    content = dict.fromkeys(("data", "split", "command"), attack)
    (own_run / "evaluation.json").write_text(
        json.dumps(content | {"images": 3, "measurements": [measurement | {"value": 1.0}]})
    )
    hostile = own_run.rename(own_run.with_name("<script>alert(2)<"))
    text = write_page([hostile]).read_text()
    page = Outline(text)
    assert "script" not in page.tags
    assert not [source for source in page.sources if not source.startswith("data:")]
    assert page.text.count("alert(1)") >= 6
    both = Outline(render([read_record(hostile)] * 2))
    assert "script" not in both.tags


def test_a_run_that_has_just_begun_has_a_report(own_run):
    (own_run / "log.jsonl").write_text("")
    shutil.rmtree(own_run / "pictures")
    assert "Nothing has been logged yet" in report_of(own_run).text
    # A line that is being written is not read yet.
    (own_run / "log.jsonl").write_text('{"kimg": 0.04, "d_loss": 1.0}\n{"kimg": 0.0')
    assert "0.04 of 0.08 thousand" in report_of(own_run).text


def test_the_command_finds_out_what_the_codes_do_and_says_where_it_wrote(own_run, capsys):
    assert main(["report", str(own_run)]) == 0
    out = capsys.readouterr().out
    assert str(own_run / "report.html") in out
    assert set(json.loads((own_run / "codes.json").read_text())["words"]) == {"kind", "tilt"}
    assert re.search("3 categories|does nothing", (own_run / "report.html").read_text())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["nowhere"], "is not a run folder"), (["a", "b"], "name the page with --out"),
     (["a", "--out=x.pdf"], "written as .html")],
)  # fmt: skip
def test_mistakes_are_told_in_a_line(arguments, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["report", *arguments]) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


# Charts


def points(svg):
    (path,) = re.findall(r"class='line' d='M([^']*)'", svg)
    return [tuple(map(float, pair.split())) for pair in path.split("L")]


def test_a_line_goes_through_its_points():
    svg = chart("t", [Series("a", [0, 5, 10], [0, 10, 0])], x_label="x", y_label="y")
    (x0, y0), (x1, y1), (x2, y2) = points(svg)
    assert x1 == pytest.approx((x0 + x2) / 2, abs=0.1)
    assert y0 == y2 > y1  # downward on the screen is lower


def test_lines_are_told_apart_without_colour():
    lines = [Series(name, [0, 1], [0, i]) for i, name in enumerate("abc")]
    svg = chart("t", lines, x_label="x", y_label="y")
    dashes = re.findall(r"class='line' [^>]*stroke-dasharray='([^']*)'", svg)
    assert len(set(dashes)) == 3
    for name in "abc":
        assert f">{name}</text>" in svg
    heights = sorted(float(y) for y in re.findall(r"class='name' x='[\d.]+' y='([\d.]+)'", svg))
    assert min(b - a for a, b in pairwise(heights)) >= 13.9


def test_gaps_and_infinities_are_left_out_and_nothing_draws_nothing():
    svg = chart("t", [Series("a", [0, 1, 2], [1, float("nan"), 2])], x_label="x", y_label="y")
    assert len(points(svg)) == 2
    assert chart("t", [Series("a", [], [])], x_label="x", y_label="y") == ""
    assert "<svg" in chart("t", [Series("a", [3], [1])], x_label="x", y_label="y")


def test_long_lines_are_thinned_but_keep_their_end():
    svg = chart("t", [Series("a", range(10_000), range(10_000))], x_label="x", y_label="y")
    drawn = points(svg)
    assert len(drawn) <= 310
    assert drawn[-1] == max(drawn)
