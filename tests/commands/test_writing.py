"""What commands write: nothing of a user's is replaced unasked, and pixels are the right ones."""

import csv
import json

import numpy as np
import pytest
from PIL import Image, ImageSequence

import infogan
from infogan.cli import main
from infogan.inference.paths import closed_path
from infogan.inference.sampling import PART
from infogan.inference.trained_model import latents


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Runs a command line in a folder of its own; returns status, output, errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        status = main([str(each) for each in arguments])
        return status, *capsys.readouterr()

    return call


def pixels(path):
    with Image.open(path) as picture:
        assert picture.mode == "L"
        return np.asarray(picture)


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


# Nothing is overwritten

# Every command that writes files, with what it would write.
WRITERS = [
    ("sample run", "samples/codes.csv"),
    ("sample run --grid", "samples.png"),
    ("sample run --out x.png", "x.png"),
    ("sample run --out x.npz", "x.npz"),
    ("sample run --out x.gif", "x.gif"),
    ("traverse run", "traversal.png"),
    ("traverse run --out x.webp", "x.webp"),
    ("traverse run --through 1 2", "way.gif"),
    ("encode run --images data.npz", "codes.csv"),
    ("cluster run --images data.npz", "clusters/clusters.csv"),
    ("project run --images data.npz --steps 0", "projection.csv"),
    ("project run --images data.npz --steps 0", "projection.png"),
    ("edit run --image one.png --set tilt=1 --steps 0", "edited.png"),
    ("map run --images data.npz", "map.png"),
    ("map run --images data.npz --out x.html", "x.html"),
    ("evaluate run --data data.npz --quick --out x.json", "x.json"),
    ("compare run run --out x.csv", "x.csv"),
    ("describe run --out x.png", "x.png"),
    ("describe mlp", "mlp.png"),
    ("describe-codes run --out x.json", "x.json"),
    ("report run --out x.html", "x.html"),
    ("name run --out x.png", "x.png"),
    ("select run run --out x.json --data data.npz --by udr", "x.json"),
    ("export run --out x", "x/onnx.json"),
    ("export run --out x --part generator", "x/generator.onnx"),
    ("export run --format web --out x", "x/index.html"),
    ("export run --format web --single-file --out x.html", "x.html"),
]


@pytest.fixture
def material(run, tmp_path, tiny_data, tiny_images):
    """A run, and images to work on."""
    (tmp_path / "data.npz").write_bytes(tiny_data.read_bytes())
    Image.fromarray(tiny_images[0, 0]).save(tmp_path / "one.png")
    return run


@pytest.mark.usefixtures("material")
@pytest.mark.parametrize(("command", "written"), WRITERS)
def test_what_is_there_is_refused_in_a_line_before_the_work(
    cli, tmp_path, monkeypatch, command, written
):
    path = tmp_path / written
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before = {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*")}

    def work(*_, **__):
        raise AssertionError("the work began")

    # Whatever draws, encodes or measures asks for the model first.
    monkeypatch.setattr("infogan.storage.model_folder.load_model", work)
    monkeypatch.setattr("infogan.networks.summary.networks", work)
    status, out, err = cli(*command.split())
    assert (status, out) == (2, "")
    assert err.startswith("infogan: error: ")
    assert err.count("\n") == 1
    assert "exists already" in err
    assert "--force" in err
    assert {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*")} == before
    assert path.read_text() == "mine"


QUICK = ("sample", "traverse", "encode", "cluster", "project", "edit", "map", "describe", "name")


@pytest.mark.usefixtures("material")
@pytest.mark.parametrize(
    ("command", "written"), [pair for pair in WRITERS if pair[0].split()[0] in QUICK]
)
def test_force_replaces_it(cli, tmp_path, command, written):
    path = tmp_path / written
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    status, _, err = cli(*command.split(), "--force")
    assert status == 0, err
    assert path.read_bytes()[:4] != b"mine"


@pytest.mark.usefixtures("material")
@pytest.mark.parametrize("command", ["sample run", "cluster run --images data.npz"])
def test_force_replaces_no_folder_but_an_earlier_result(cli, tmp_path, command):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("mine")
    status, _, err = cli(*command.split(), "--out=letters", "--force")
    assert status == 2
    assert "even --force does not replace it" in err
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["a.txt"]


@pytest.mark.usefixtures("material")
def test_images_are_not_sorted_into_their_own_folder(cli, tmp_path):
    assert cli("cluster", "run", "--images=data.npz", "--out=sorted", "--files=copy")[0] == 0
    before = sorted(tmp_path.rglob("*"))
    status, _, err = cli("cluster", "run", "--images=sorted", "--out=sorted", "--force")
    assert (status, "would replace it, and sorted with it" in err) == (2, True)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("material")
@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("run", "run: is a folder"),
        ("data.npz/x.csv", "data.npz: is a file, and no folder for x.csv"),
    ],
)
def test_where_no_file_can_be_is_said_with_force_too(cli, out, words):
    for force in ([], ["--force"]):
        status, _, err = cli("encode", "run", "--images=data.npz", f"--out={out}", *force)
        assert (status, err.count("\n")) == (2, 1)
        assert words in err


@pytest.mark.usefixtures("material", "quick_effort")
def test_what_belongs_to_the_run_is_made_anew(cli):
    for _ in range(2):
        assert cli("evaluate", "run", "--quick", "--data=data.npz")[0] == 0
        assert cli("report", "run")[0] == 0
        assert cli("describe", "run")[0] == 0


# A file an image


def test_each_image_is_a_file_with_its_codes(cli, tiny_run, tmp_path):
    n = PART + 5
    status, out, err = cli("sample", tiny_run, "--n", n, "--seed=4", "--out=faces/")
    assert (status, err) == (0, "")
    assert f"faces: {n:,} images, and their codes in codes.csv" in out
    assert f"infogan explore {tiny_run} --open" in out
    images, codes = infogan.load(tiny_run).sample(n, seed=4)
    rows = rows_of(tmp_path / "faces" / "codes.csv")
    assert [row["file"] for row in rows] == [f"{i:06d}.png" for i in range(n)]
    assert [int(row["kind"]) for row in rows] == codes["kind"].tolist()
    assert np.allclose([float(row["tilt"]) for row in rows], codes["tilt"], rtol=1e-5)
    # Of a part its images do not depend on the others, but for the rounding of larger sums.
    drawn = np.stack([pixels(tmp_path / "faces" / row["file"]) for row in rows])
    assert np.abs(drawn.astype(int) - images[:, 0]).max() <= 1
    assert len(list((tmp_path / "faces").iterdir())) == n + 1


@pytest.mark.usefixtures("run")
def test_categories_in_codes_csv_go_by_their_names(cli, tmp_path):
    assert cli("name", "run", "--rename=2=big")[0] == 0
    assert cli("sample", "run", "--n=3", "--set=kind=big", "--out=x")[0] == 0
    assert {row["kind"] for row in rows_of(tmp_path / "x" / "codes.csv")} == {"big"}


def test_images_are_drawn_part_by_part(cli, tiny_run, monkeypatch):
    asked = []
    original = infogan.Model.generate

    def generate(model, z, *rest):
        asked.append(len(z))
        return original(model, z, *rest)

    monkeypatch.setattr(infogan.Model, "generate", generate)
    assert cli("sample", tiny_run, "--n", 2 * PART + 1, "--out=x")[0] == 0
    assert asked == [PART, PART, 1]


def test_a_fresh_folder_is_there_whole_or_not_at_all(cli, tiny_run, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr("infogan.inference.code_table.CsvTable.write", fail)
    status, _, err = cli("sample", tiny_run, "--n=2", "--out=x")
    assert (status, err) == (2, "infogan: error: disk full\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("channels", [1, 3])
def test_one_image_is_the_picture_itself(cli, tiny_config, tmp_path, channels):
    shape = (channels, 8, 8)
    config = tiny_config({"image_shape": shape}).model
    blank = infogan.Model.blank(config)
    infogan.save_model(tmp_path / "m", config, blank.generator, blank.discriminator)
    images, _ = infogan.load(tmp_path / "m").sample(1, seed=2, tilt=0.5)
    expected = images[0, 0] if channels == 1 else images[0].transpose(1, 2, 0)
    ask = ("sample", "m", "--n=1", "--seed=2", "--set=tilt=0.5")
    assert cli(*ask, "--out=a.png")[0] == 0
    assert cli(*ask, "--out=b.png", "--scale=4")[0] == 0
    assert cli(*ask, "--out=c.png", "--scale=4", "--resample=lanczos")[0] == 0
    a, b, c = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in "abc")
    assert np.array_equal(a, expected)
    assert np.array_equal(b, expected.repeat(4, 0).repeat(4, 1))
    assert c.shape == b.shape
    assert not np.array_equal(c, b)
    smooth = Image.fromarray(expected).resize((32, 32), Image.Resampling.LANCZOS)
    assert np.array_equal(c, np.asarray(smooth))
    # The command inside draws it again.
    command = Image.open(tmp_path / "c.png").text["Comment"]
    assert cli(*command.split()[1:], "--out=again.png")[0] == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "c.png").read_bytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--n=2 --out=x.png", "x.png: 2 images in one picture: add --grid"),
        ("--scale=0", "--scale 0"),
        ("--scale=2 --grid", "--scale: a sheet"),
        ("--seconds=0 --out=x.gif", "--seconds 0"),
        ("--out=x.avi", "x.avi: unknown kind"),
    ],
)
def test_what_sample_cannot_do_is_one_line(cli, tiny_run, tmp_path, options, words):
    status, out, err = cli("sample", tiny_run, *options.split())
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert list(tmp_path.iterdir()) == []


# Moving pictures


def frames_of(path):
    with Image.open(path) as moving:
        assert moving.info["loop"] == 0
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(moving)]


def expected_way(model, points):
    images = model.generate(closed_path(model.latent, points))
    return images.repeat(28, 2).repeat(28, 3)  # 8 pixels to 224


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_a_way_through_seeds_has_the_images_as_frames(cli, tiny_run, tmp_path, suffix):
    assert cli("traverse", tiny_run, "--through", 7, 3, 9, f"--out=x.{suffix}")[0] == 0
    model = infogan.load(tiny_run)
    found = frames_of(tmp_path / f"x.{suffix}")
    for seed, frame in zip((7, 3, 9), found[::24], strict=True):
        image, _ = model.sample(1, seed=seed)
        assert np.abs(frame[::28, ::28, 0].astype(int) - image[0, 0]).max() <= 1
    assert len(found) == 72
    assert not np.array_equal(found[0], found[12])


def test_a_way_in_mp4_has_them_nearly(cli, tiny_run, tmp_path):
    av = pytest.importorskip("av", reason="the extra video is not installed")
    assert cli("sample", tiny_run, "--n=2", "--seed=5", "--seconds=2", "--out=x.mp4")[0] == 0
    model = infogan.load(tiny_run)
    expected = expected_way(model, latents(model.latent, 2, 5, {}))
    with av.open(str(tmp_path / "x.mp4")) as file:
        assert file.streams.video[0].average_rate == 24
        found = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert len(found) == len(expected) == 48
    for frame, image in zip(found, expected, strict=True):
        assert frame.shape == (224, 224, 3)
        # Within each enlarged pixel; at their borders the codec blurs.
        inside = (frame[14::28, 14::28].astype(int) - image[0, 14::28, 14::28, None])[..., 0]
        assert np.abs(inside).max() <= 8


def test_mp4_without_its_extra_names_it(cli, tiny_run, monkeypatch):
    monkeypatch.setattr("infogan.errors.find_spec", lambda name: None)
    status, _, err = cli("traverse", tiny_run, "--out=x.mp4")
    assert (status, "infogan[video]" in err) == (2, True)


def test_a_way_goes_through_what_the_explorer_and_project_save(cli, tiny_run, tiny_data, tmp_path):
    model = infogan.load(tiny_run)
    z = latents(model.latent, 1, 6, {"tilt": 1.2 / 1.2})
    (tmp_path / "a.json").write_text(json.dumps({"codes": {"kind": 0}, "z": z[0].tolist()}))
    (tmp_path / "b.json").write_text(json.dumps({"codes": {"kind": 2}, "seed": 8}))
    assert cli("project", tiny_run, "--images", tiny_data, "--n=2", "--steps=3")[0] == 0
    points = ("a.json", "b.json", "projection.csv")
    assert cli("traverse", tiny_run, "--through", *points, "--out=x.webp")[0] == 0
    found = [frame[::28, ::28, 0].astype(int) for frame in frames_of(tmp_path / "x.webp")[::24]]
    assert len(found) == 4
    assert np.abs(found[0] - model.generate(z)[0, 0]).max() <= 1
    assert np.abs(found[1] - model.sample(1, seed=8, kind=2)[0][0, 0]).max() <= 1
    with Image.open(tmp_path / "projection.png") as pairs:
        assert pairs.size[0] > 0
    rows = rows_of(tmp_path / "projection.csv")
    for frame, row, image in zip(found[2:], rows, np.load(tiny_data)["images"], strict=False):
        error = np.square((frame - image[0].astype(int)) / 255).mean()
        assert error == pytest.approx(float(row["error"]), abs=0.005)


BAD_POINTS = [
    ("1", "two points or more, not 1"),
    ("1 nowhere", "nowhere: neither a seed nor a file"),
    ("1 data.npz", "data.npz: not a point"),
    ("1 list.json", "list.json: not a point in JSON, but a list; save it again"),
    ("1 short.json", "short.json: a point of 2 numbers, the model's have 8"),
    ("1 nan.json", "nan.json: a number of it is not finite"),
    ("1 code.json", "unknown code 'slant'"),
    ("1 other.csv", "other.csv: has no column kind"),
    ("1 text.csv", "text.csv: line 2: "),
    ("1 2 --code=tilt", "--through and --code: give one of them"),
    ("1 2 --out=x.png", "x.png: unknown kind of moving picture"),
]


@pytest.mark.usefixtures("material")
@pytest.mark.parametrize(("points", "words"), BAD_POINTS)
def test_what_is_no_point_is_one_line(cli, tmp_path, points, words):
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "short.json").write_text('{"z": [1, 2]}')
    (tmp_path / "nan.json").write_text('{"z": [1, 0, 0, 0, NaN, 0, 0, 0]}')
    (tmp_path / "code.json").write_text('{"codes": {"slant": 1}, "seed": 0}')
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    header = "kind,tilt,noise_0,noise_1,noise_2,noise_3\n"
    (tmp_path / "text.csv").write_text(f"{header}1,0,x,0,0,0\n")
    status, out, err = cli("traverse", "run", "--through", *points.split())
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert not list(tmp_path.glob("*.gif"))
