"""Pictures: every image where it belongs, and the command that makes it inside."""

import re

import numpy as np
import pytest
from PIL import Image

from infogan.figures import (
    CELL,
    GAP,
    PAPER,
    beside,
    draw_codes,
    draw_grid,
    draw_overview,
    draw_traversal,
    save_grid,
    save_picture,
    square_grid,
)
from infogan.inference.trained_model import Model
from infogan.storage.model_folder import load_model


@pytest.fixture(scope="module")
def model(tiny_run):
    return load_model(tiny_run)


def flat(*shades):
    """Grey images 8×8, each of one shade."""
    return np.stack([np.full((1, 8, 8), shade, np.uint8) for shade in shades])


@pytest.mark.parametrize(
    ("n", "shape"), [(1, (1, 1)), (2, (1, 2)), (9, (3, 3)), (10, (3, 4)), (100, (10, 10))]
)
def test_squares_are_as_square_as_n_allows(n, shape):
    grid = square_grid(flat(*range(100, 100 + n)))
    assert grid.shape == (*shape, 1, 8, 8)
    shades = grid[:, :, 0, 0, 0].ravel().tolist()
    assert shades[:n] == list(range(100, 100 + n))  # in reading order
    assert set(shades[n:]) <= {0}


def test_a_grid_shows_each_image_in_its_place():
    picture = draw_grid(flat(10, 60, 110, 160, 210, 250).reshape(2, 3, 1, 8, 8))
    zoom = CELL // 8
    step = 8 * zoom + GAP
    assert picture.size[0] - 3 * step < step
    pixels = np.asarray(picture)[:, :, 0].astype(int)
    assert (pixels == 110).sum() == (8 * zoom) ** 2
    found = {
        shade: (np.nonzero(pixels == shade)[0].min(), np.nonzero(pixels == shade)[1].min())
        for shade in (10, 60, 110, 160, 210, 250)
    }
    origin = found[10]
    expected = {10: (0, 0), 60: (0, 1), 110: (0, 2), 160: (1, 0), 210: (1, 1), 250: (1, 2)}
    for shade, (row, column) in expected.items():
        assert found[shade] == (origin[0] + row * step, origin[1] + column * step)


def test_titles_and_labels_take_room_beside_the_images():
    grid = flat(0, 0).reshape(1, 2, 1, 8, 8)
    plain = draw_grid(grid)
    full = draw_grid(grid, "a title", ["a row"], ["left", "right"])
    assert full.size > plain.size
    assert full.size[1] > plain.size[1]
    black = [(np.asarray(p)[:, :, 0] == 0).sum() for p in (plain, full)]
    assert black[0] == black[1] == 2 * CELL**2  # no text lies over an image
    assert full.getpixel((0, 0)) == PAPER


def test_colour_images_stay_in_colour():
    grid = np.zeros((1, 1, 3, 8, 8), np.uint8)
    grid[0, 0, 0] = 200
    assert (200, 0, 0) in {colour for _, colour in draw_grid(grid).getcolors()}


def test_large_images_are_not_enlarged():
    assert draw_grid(np.zeros((1, 1, 1, 128, 128), np.uint8)).size[1] == 128 + 2 * GAP


def shown(monkeypatch, draw):
    """The grid and labels that a drawing is made of."""
    seen = []

    def spy(grid, title="", row_labels=(), column_labels=()):
        seen.append((grid, title, list(row_labels), list(column_labels)))
        return draw_grid(grid, title, row_labels, column_labels)

    monkeypatch.setattr("infogan.figures.draw_grid", spy)
    draw()
    return seen


def test_codes_have_one_row_a_category(model, monkeypatch):
    ((grid, title, rows, _),) = shown(monkeypatch, lambda: draw_codes(model, columns=4, seed=2))
    assert grid.shape[:2] == (3, 4)
    assert title == "rows: kind"
    assert rows == ["0", "1", "2"]
    for kind in range(3):
        images, _ = model.sample(12, seed=2, kind=kind)
        row = slice(4 * kind, 4 * kind + 4)
        assert np.abs(grid[kind].astype(int) - images[row]).max() <= 1


def test_without_categories_random_images_are_shown(tiny_config, monkeypatch):
    model = Model.blank(tiny_config({"codes": "tilt=uni"}).model)
    ((grid, title, _, _),) = shown(monkeypatch, lambda: draw_codes(model, columns=3))
    assert grid.shape[:2] == (3, 3)
    assert title == "random codes"
    ((grid, _, _, columns),) = shown(monkeypatch, lambda: draw_traversal(model, "tilt", steps=3))
    assert grid.shape[:2] == (10, 3)
    assert columns == ["-1", "0", "1"]


def test_traversals_have_one_column_a_value(model, monkeypatch):
    ((grid, title, _, columns),) = shown(
        monkeypatch, lambda: draw_traversal(model, "tilt", steps=5, seed=1)
    )
    assert columns == ["-1", "-0.5", "0", "0.5", "1"]
    assert "tilt" in title
    images, _ = model.traverse("tilt", rows=3, steps=5, seed=1)
    assert np.array_equal(grid, images)
    ((_, _, _, columns),) = shown(monkeypatch, lambda: draw_traversal(model, "kind"))
    assert columns == ["0", "1", "2"]


def test_an_overview_has_the_codes_and_every_dial(model, monkeypatch):
    titles = [title for _, title, _, _ in shown(monkeypatch, lambda: draw_overview(model))]
    assert len(titles) == 2
    assert "kind" in titles[0]
    assert "tilt" in titles[1]


def test_panels_stand_side_by_side_on_one_line():
    a, b = Image.new("RGB", (10, 20), (1, 1, 1)), Image.new("RGB", (30, 5), (2, 2, 2))
    page = beside([a, b])
    assert page.size == (10 + 16 + 30, 20)
    assert page.getpixel((0, 0)) == (1, 1, 1)
    assert page.getpixel((26, 19)) == (2, 2, 2)
    assert page.getpixel((26, 0)) == PAPER


def test_a_picture_holds_its_command(tmp_path):
    path = tmp_path / "new" / "a.png"
    save_picture(Image.new("RGB", (4, 4)), path, "infogan sample runs/a --seed 3")
    with Image.open(path) as picture:
        assert picture.text["Comment"] == "infogan sample runs/a --seed 3"


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_other_formats_go_by_their_suffix(tmp_path, name):
    save_picture(Image.new("RGB", (4, 4)), tmp_path / name, "a command")
    with Image.open(tmp_path / name) as picture:
        assert picture.size == (4, 4)


@pytest.mark.parametrize("name", ["a.xyz", "a"])
def test_unknown_formats_are_refused_and_nothing_is_written(tmp_path, name):
    with pytest.raises(ValueError, match=re.escape(f"{name}: unknown kind of picture; use .png")):
        save_picture(Image.new("RGB", (4, 4)), tmp_path / "new" / name)
    assert not list(tmp_path.iterdir())


def test_images_are_saved_as_one_grid(tmp_path):
    save_grid(flat(50, 100, 150), tmp_path / "grid.png")
    with Image.open(tmp_path / "grid.png") as picture:
        shades = {colour[0] for _, colour in picture.getcolors()}
    assert {0, 50, 100, 150} <= shades
