"""What sets categories apart, in words: drawn so that the answer is known."""

import numpy as np
import pytest

from infogan.evaluation.category_words import category_words
from infogan.evaluation.code_descriptions import describe_code
from infogan.metrics.morphometrics import holes, morphometrics

Y, X = np.mgrid[:24, :24] - 11.5
RING = np.abs(np.hypot(X, Y) - 6) < 1.5
DISC = np.hypot(X, Y) < 5
ROWS = 40


def words(*drawn):
    """Of each category; one is drawn by a function of a random number from 0 to 1."""
    rng = np.random.default_rng(0)
    images = np.stack([draw(u) for draw in drawn for u in rng.random(ROWS)])
    images = (255 * np.clip(images, 0, 1)).astype(np.uint8)
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    category = np.repeat(np.arange(len(drawn)), ROWS)
    return category_words(morphometrics(images), holes(images), category, len(drawn))


def disc(radius):
    return lambda u: (np.hypot(X, Y) < radius + 0.3 * u) * 0.9


def test_holes_are_counted():
    above, below = np.hypot(X, Y + 5), np.hypot(X, Y - 4)
    eight = ((above < 4) & (above > 2)) | ((below < 5) & (below > 2.5))
    pierced = DISC & ~((X == 0.5) & (Y == 0.5))  # one pixel is a speck
    gap = RING & ~((X > 0) & (np.abs(Y) < 1))
    images = np.stack([DISC, RING, eight, pierced, gap, np.zeros_like(RING)])
    images = (200 * images).astype(np.uint8)[:, None]
    assert holes(images).tolist() == [0, 1, 2, 0, 0, 0]
    assert holes(255 - images).tolist() == [0, 1, 2, 0, 0, 0]  # dark ink on white as well


def test_a_hole_sets_a_ring_apart():
    ring, *others = words(lambda u: RING * (0.7 + 0.3 * u), disc(6), disc(7), disc(8))
    assert ring.startswith("a hole")
    assert not any("hole" in each for each in others)


def test_amounts_are_told_both_ways_and_once():
    small, middle, large = words(disc(3), disc(5), disc(8))
    assert "smaller" in small or "narrower" in small or "covers less" in small
    assert "larger" in large or "wider" in large or "covers more" in large
    # A disc that grows gets wider, taller and brighter: one of these says it.
    assert len(large.split(", ")) <= 2
    assert "leans" not in small + middle + large


@pytest.mark.parametrize(
    ("draw", "word"),
    [
        (lambda u: DISC * (0.95 + 0.05 * u), "brighter"),
        (lambda u: np.roll(DISC, 4, axis=1) * (0.4 + 0.1 * u), "further right"),
        (lambda u: np.roll(DISC, -4, axis=0) * (0.4 + 0.1 * u), "further up"),
        (lambda u: (np.hypot(X + 0.5 * Y, Y) < 5) * (0.4 + 0.1 * u), "rising to the right"),
        (lambda u: (np.hypot(X, 3 * Y) < 8) * (0.4 + 0.1 * u), "lying"),
    ],
)
def test_what_differs_is_what_is_told(draw, word):
    usual = [lambda u: DISC * (0.4 + 0.1 * u)] * 3
    assert word in words(draw, *usual)[0]


def test_colours_have_their_names():
    def coloured(rgb, ground=(0, 0, 0)):
        ink = DISC[..., None]
        return lambda u: ink * (np.array(rgb) * (0.6 + 0.4 * u)) + ~ink * np.array(ground)

    red, green, blue = (coloured(rgb) for rgb in ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    assert [each.split(", ")[0] for each in words(red, green, blue)] == ["red", "green", "blue"]
    on_yellow = coloured((0, 0, 1), (0.8, 0.8, 0))
    assert "on yellow" in words(on_yellow, blue, blue)[0]


def test_categories_that_are_alike_have_nothing_told():
    rng = np.random.default_rng(1)

    def noisy(u):
        return DISC * u + 0.1 * rng.random(DISC.shape)

    assert words(noisy, noisy, noisy) == ("", "", "")


def test_a_description_has_the_words_of_each_category():
    rng = np.random.default_rng(0)
    shapes = np.stack([RING, DISC])[None] * rng.uniform(0.5, 1, (20, 1, 1, 1))
    images = (255 * shapes).astype(np.uint8)[:, :, None]
    found = describe_code(images, np.arange(2.0), kind="categorical")
    assert len(found.categories) == 2
    assert found.categories[0].startswith("a hole")
    assert found.categories[1].startswith("no hole")
    dial = np.repeat(images, 2, axis=1)
    assert describe_code(dial, np.arange(4.0), kind="continuous").categories == ()
