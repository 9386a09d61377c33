"""Images sorted by category: each in one folder, the surest and the least sure on its sheet."""

import csv
import os

import numpy as np
import pytest
from PIL import Image

import infogan
from infogan.codes.names import Names
from infogan.data.stream import ImageStream
from infogan.pictures import contact_sheets
from infogan.pictures.contact_sheets import Extremes, assign, cluster_images


@pytest.fixture
def photos(tmp_path, tiny_images):
    """The forty images as files; two of one name in different folders."""
    folder = tmp_path / "photos"
    for i, image in enumerate(tiny_images):
        path = folder / f"{'a' if i % 2 else 'b'}" / f"{i // 2}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0]).save(path)
    return folder


@pytest.fixture
def model(tiny_run):
    return infogan.load(tiny_run)


def sort(model, data, out, **options):
    stream = ImageStream(data, split="train", shape=model.config.shape)
    return cluster_images(model, stream, out, **options)


def rows(out):
    with (out / "clusters.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_image_lies_in_the_folder_of_its_category(model, photos, tmp_path):
    out = tmp_path / "new" / "out"
    counts = sort(model, photos, out)
    assert sum(counts.values()) == 40
    listed = rows(out)
    assert len(listed) == 40
    for row in listed:
        link = out / row["kind"] / row["file"].replace("/", "__")
        assert link.is_symlink()
        assert not os.path.isabs(os.readlink(link))
        assert link.resolve() == (photos / row["file"]).resolve()
        image = np.array(Image.open(link))[None, None]
        encoded = model.encode(image)["kind"]
        assert int(row["kind"]) == encoded["value"][0]
        assert float(row["probability"]) == pytest.approx(encoded["probs"].max(), abs=1e-4)
        assert row["second"] == str(encoded["probs"][0].argsort()[-2])
    for folder, count in counts.items():
        assert len(list((out / folder).glob("*"))) == count


def test_copies_outlive_the_originals(model, photos, tmp_path):
    sort(model, photos, tmp_path / "out", files="copy")
    copies = [path for path in (tmp_path / "out").glob("*/*") if path.is_file()]
    assert len(copies) == 40
    assert not any(path.is_symlink() for path in copies)


def test_arrays_become_files(model, tiny_data, tiny_images, tmp_path):
    sort(model, tiny_data, tmp_path / "out")
    found = {int(path.stem): path for path in (tmp_path / "out").glob("*/*.png")}
    assert sorted(found) == list(range(40))
    assert np.array_equal(np.asarray(Image.open(found[17])), tiny_images[17][0])


def test_sheets_alone(model, tiny_data, tmp_path):
    counts = sort(model, tiny_data, tmp_path / "out", files="none")
    used = {f"{folder}.png" for folder, count in counts.items() if count}
    expected = used | {"overview.png", "clusters.csv"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == expected


def test_folders_go_by_names(model, tiny_data, tmp_path):
    model.names = Names(values={"kind": {0: "small disc", 1: "b", 2: "c"}})
    counts = sort(model, tiny_data, tmp_path / "out")
    assert list(counts) == ["0-small disc", "1-b", "2-c"]
    assert {row["kind"] for row in rows(tmp_path / "out")} <= {"small disc", "b", "c"}


def test_the_surest_and_the_least_sure_are_shown(
    model, tiny_images, tiny_data, tmp_path, monkeypatch
):
    shown = {}
    original = contact_sheets.Album.save

    def spy(album, out, folders):
        shown.update(typical=album.typical, doubtful=album.doubtful)
        original(album, out, folders)

    monkeypatch.setattr(contact_sheets.Album, "save", spy)
    sort(model, tiny_data, tmp_path / "out", files="none")
    assigned = assign(model, "kind", tiny_images)
    for value in np.unique(assigned.best):
        inside = np.flatnonzero(assigned.best == value)
        order = inside[np.argsort(assigned.margin[inside], kind="stable")]
        assert np.array_equal(shown["doubtful"][value].images[0], tiny_images[order[0]])
        assert np.array_equal(shown["typical"][value].images[0], tiny_images[order[-1]])


def test_extremes_are_those_of_all_parts():
    extremes = Extremes(2)
    for scores in ([5.0, 3.0], [4.0], [1.0, 9.0]):
        images = np.array(scores, np.uint8)[:, None, None, None]
        extremes.add(images, np.array(scores), [f"{each:g}" for each in scores])
    assert (extremes.scores, extremes.notes) == ([1.0, 3.0], ["1", "3"])
    assert extremes.grid(1, 3).ravel().tolist() == [1, 3, 0]


def test_a_folder_with_something_in_it_is_left_alone(model, tiny_data, tmp_path):
    (tmp_path / "mine").write_text("x")
    with pytest.raises(ValueError, match="exists already"):
        sort(model, tiny_data, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_failure_leaves_nothing(model, photos, tmp_path):
    for path in (photos / "a").iterdir():
        path.write_bytes(b"no picture")
    (photos / "b" / "0.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="unreadable"):
        sort(model, photos, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_dial_is_nothing_to_sort_by(model, tiny_data, tmp_path):
    with pytest.raises(ValueError, match="tilt: has no categories"):
        sort(model, tiny_data, tmp_path / "out", code="tilt")
    with pytest.raises(ValueError, match="unknown code 'colour'"):
        sort(model, tiny_data, tmp_path / "out", code="colour")
