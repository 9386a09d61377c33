from functools import cache

import numpy as np
import pytest

from infogan.data.scenes import Scenes
from infogan.data.sprites import Sprites
from infogan.data.strokes import Strokes
from infogan.evaluation.code_descriptions import describe_code

SIZE = 24
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
SOURCES = {"strokes": Strokes, "sprites": lambda: Sprites(32), "scenes": lambda: Scenes(32)}
ELLIPSE = 1


@cache
def source_of(name):
    return SOURCES[name]()


def oracle(name, factor, *, rows=8, seed=0, steps=None, **fixed):
    """Traversals of a perfect generator: one factor runs, each row has its own others."""
    source = source_of(name)
    which = source.factor_names.index(factor)
    others = source.sample_factors(rows, np.random.default_rng(seed))
    for other, value in fixed.items():
        others[:, source.factor_names.index(other)] = value
    if steps is None:
        steps = np.unique(np.linspace(0, source.factor_sizes[which] - 1, 10).round().astype(int))
    factors = np.repeat(others[:, None], len(steps), axis=1)
    factors[:, :, which] = steps
    images = source.render(factors.reshape(-1, factors.shape[-1]))
    return images.reshape(rows, len(steps), *source.shape), np.array(steps, float)


def blobs(rows, seed=0):
    """Ellipses of various sizes, shapes and places, 0 to 1."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-3, 3, (2, rows, 1, 1))
    a, b = rng.uniform(3, 7, (2, rows, 1, 1))
    inside = 1 - np.hypot((X - x) / a, (Y - y) / b)
    return np.clip(0.5 + 4 * inside, 0, 1)


def traverse(picture, steps=8):
    """Traversals of `picture(blobs, t)`, t from 0 to 1; grey or with colours last."""
    values = np.linspace(0, 1, steps)
    images = np.stack([picture(blobs(8), t) for t in values], axis=1)
    images = images[..., None] if images.ndim == 4 else images
    return np.rint(255 * images.clip(0, 1)).astype(np.uint8).transpose(0, 1, 4, 2, 3), values


def colour_of(turn):
    """A saturated colour, by its place on the colour circle."""
    return 0.5 + 0.4 * np.cos(2 * np.pi * (turn - np.array([0, 1 / 3, 2 / 3])))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("source", "factor", "name"),
    [
        ("strokes", "slant", "slant"),
        ("strokes", "thickness", "thickness"),
        ("strokes", "width", "width"),
        ("strokes", "height", "height"),
        ("sprites", "scale", "scale"),
        ("sprites", "x", "position x"),
        ("sprites", "y", "position y"),
        ("scenes", "object_hue", "hue"),
        ("scenes", "floor_hue", "background hue"),
    ],
)
def test_an_oracle_is_named_by_its_factor(source, factor, name, seed):
    images, values = oracle(source, factor, seed=seed)
    found = describe_code(images, values, kind="continuous")
    assert found.name == name
    assert found.text.startswith(f"{name}, ρ = ")
    (change,) = [change for change in found.changes if change.measure == name]
    assert change.rho > 0.95
    assert change.effect > 2
    assert name not in found.unchanged


def test_orientation_is_followed_through_more_than_a_half_turn():
    images, values = oracle("sprites", "orientation", shape=ELLIPSE)
    found = describe_code(images, values, kind="continuous")
    assert found.name == "orientation"
    assert {"position x", "position y", "area", "scale"} <= set(found.unchanged)


def test_shapes_without_a_long_axis_do_not_hide_the_others_turning():
    images, values = oracle("sprites", "orientation", shape=np.arange(8) % 2)
    assert describe_code(images, values, kind="continuous").name == "orientation"


@pytest.mark.parametrize(("pencil", "name"), [("shear", "slant"), ("turn", "orientation")])
def test_a_shear_is_told_from_a_rotation(pencil, name):
    heights = np.random.default_rng(0).uniform(6, 9, 8)[:, None, None]

    def picture(_, t):
        angle = 0.7 * (t - 0.5)
        x = X + np.tan(angle) * Y if pencil == "shear" else np.cos(angle) * X + np.sin(angle) * Y
        y = Y if pencil == "shear" else np.cos(angle) * Y - np.sin(angle) * X
        return np.clip(3.5 - np.abs(x), 0, 1) * np.clip(heights - np.abs(y) + 0.5, 0, 1)

    assert describe_code(*traverse(picture), kind="continuous").name == name


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("brightness", lambda blob, t: 0.5 * blob + 0.4 * t),
        ("brightness", lambda blob, t: (0.2 + 0.7 * blob) * (0.3 + 0.7 * t)),
        ("contrast", lambda blob, t: 0.5 + (0.1 + 0.3 * t) * (2 * blob - 1)),
        ("hue", lambda blob, t: 0.2 + blob[..., None] * (colour_of(0.8 * t) - 0.2)),
        ("hue", lambda blob, t: blob[..., None] * colour_of(0.85 + 0.3 * t)),
        ("background hue", lambda blob, t: 1 + (1 - blob[..., None]) * (colour_of(0.7 * t) - 1)),
        ("saturation", lambda blob, t: blob[..., None] * (0.5 + t * (colour_of(0.3) - 0.5))),
    ],
)
def test_tones_and_colours_are_named(name, picture):
    assert describe_code(*traverse(picture), kind="continuous").name == name


def test_blur_is_named_sharpness():
    def soften(blob, t):
        for _ in range(round(6 * t)):
            blob = (np.roll(blob, 1, axis=2) + 2 * blob + np.roll(blob, -1, axis=2)) / 4
            blob = (np.roll(blob, 1, axis=1) + 2 * blob + np.roll(blob, -1, axis=1)) / 4
        return blob

    found = describe_code(*traverse(soften, steps=7), kind="continuous")
    assert found.name == "sharpness"
    assert found.text == "sharpness, ρ = -1.00"


def test_running_a_code_backwards_turns_the_signs():
    images, values = oracle("strokes", "slant")
    forwards = describe_code(images, values, kind="continuous")
    backwards = describe_code(images, -values, kind="continuous")
    assert backwards.name == forwards.name == "slant"
    for there, back in zip(forwards.changes, backwards.changes, strict=True):
        assert there.measure == back.measure
        assert back.rho == pytest.approx(-there.rho)
        assert back.effect == pytest.approx(-there.effect)
        assert back.eta2 == pytest.approx(there.eta2)


def test_what_a_knob_leaves_alone_is_listed():
    found = describe_code(*oracle("strokes", "thickness"), kind="continuous")
    assert {"slant", "orientation", "position x"} <= set(found.unchanged)
    assert not {"area", "brightness", "width"} & set(found.unchanged)


@pytest.mark.parametrize("seed", range(20))
def test_images_independent_of_the_code_get_no_name(seed):
    rng = np.random.default_rng(seed)
    strokes = source_of("strokes")
    drawn = strokes.render(strokes.sample_factors(80, rng)).reshape(8, 10, 1, 28, 28)
    for images in (drawn, rng.integers(0, 256, (8, 10, 3, 16, 16), dtype=np.uint8)):
        found = describe_code(images, np.linspace(-1, 1, 10), kind="continuous")
        assert found.name is None
        assert found.text == "no measure follows it"
        found = describe_code(images, np.arange(10.0), kind="categorical")
        assert found.text == "10 categories; no measure tells them apart"


def test_three_rows_of_three_steps_are_too_few_to_rule_out_chance():
    strokes = source_of("strokes")
    for seed in range(20):
        drawn = strokes.render(strokes.sample_factors(9, np.random.default_rng(seed)))
        images = drawn.reshape(3, 3, 1, 28, 28)
        assert describe_code(images, np.arange(3.0), kind="continuous").name is None


@pytest.mark.parametrize("seed", range(20))
def test_a_code_that_does_nothing_gets_no_name(seed):
    strokes = source_of("strokes")
    rows = strokes.render(strokes.sample_factors(8, np.random.default_rng(seed)))
    images = np.repeat(rows[:, None], 10, axis=1)
    images[:, :, 0, 0, 0] = np.arange(10)  # nor does a change that nobody can see
    for kind in ("continuous", "categorical"):
        found = describe_code(images, np.linspace(-1, 1, 10), kind=kind)
        assert (found.name, found.text) == (None, "does nothing")
        assert found.difference < 0.1


def test_a_change_that_is_small_among_real_images_gets_no_name():
    images, values = oracle("sprites", "y", steps=[14, 15, 16])
    source = source_of("sprites")
    real = source.render(source.sample_factors(300, np.random.default_rng(0)))
    assert describe_code(images, values, kind="continuous").name == "position y"
    among_real = describe_code(images, values, kind="continuous", reference=real)
    assert among_real.name is None
    (change,) = [change for change in among_real.changes if change.measure == "position y"]
    assert change.rho > 0.95
    assert change.effect == pytest.approx(2 / 31 * np.sqrt(12), rel=0.15)  # of a uniform factor


def test_a_change_there_and_back_gets_no_name_but_is_seen():
    images, _ = oracle("sprites", "x")
    there_and_back = np.concatenate([images, images[:, ::-1]], axis=1)
    found = describe_code(there_and_back, np.arange(20.0), kind="continuous")
    assert found.name is None
    assert "position x" not in found.unchanged
    (change,) = [change for change in found.changes if change.measure == "position x"]
    assert change.eta2 > 0.95
    assert abs(change.rho) < 0.1


def test_blank_rows_are_left_out():
    images, values = oracle("strokes", "slant")
    images[0] = 0
    assert describe_code(images, values, kind="continuous").name == "slant"
    nothing = describe_code(np.zeros_like(images), values, kind="continuous")
    assert (nothing.name, nothing.text, nothing.changes) == (None, "does nothing", ())


def test_categories_are_described_by_what_tells_them_apart_and_never_named():
    images, values = oracle("strokes", "glyph", rows=10)
    found = describe_code(images, values, kind="categorical")
    assert found.name is None
    assert found.text.startswith("10 categories; position y (η² = 0.9")
    assert found.text.endswith("tell them apart")
    shares = {change.measure: change.eta2 for change in found.changes}
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert shares["thickness"] < 0.1
    assert found.difference > 10


def test_eta_squared_is_the_share_of_variance_between_categories():
    levels = np.array([[40, 140], [60, 180], [80, 160]])  # one box: its brightness alone varies
    images = np.zeros((3, 2, 1, 16, 16), np.uint8)
    images[:, :, 0, 4:12, 4:12] = levels[:, :, None, None]
    found = describe_code(images, np.arange(2.0), kind="categorical")
    between = ((levels.mean(axis=0) - levels.mean()) ** 2).mean()
    shares = {change.measure: change.eta2 for change in found.changes}
    assert shares["brightness"] == pytest.approx(between / levels.var(), abs=1e-4)
    assert found.difference == pytest.approx(np.abs(levels[:, 1] - levels[:, 0]).mean() / 4)


@pytest.mark.parametrize(
    ("rows", "values", "kind", "message"),
    [
        (2, [0, 1, 2], "continuous", "2 rows; give at least 3"),
        (4, [0, 1], "continuous", "2 values for 2 steps of a continuous code; .* at least 3"),
        (4, [0, 1, 1], "categorical", "one value a step, all different"),
    ],
)
def test_too_little_to_go_by_is_refused_in_one_line(rows, values, kind, message):
    images = np.zeros((rows, len(values), 1, 8, 8), np.uint8)
    with pytest.raises(ValueError, match=message):
        describe_code(images, np.array(values, float), kind=kind)
