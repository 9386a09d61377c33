import numpy as np
import pytest

from infogan.data.strokes import HEIGHTS, SLANTS, THICKNESSES, WIDTHS, Strokes
from infogan.metrics.morphometrics import morphometrics

pytestmark = pytest.mark.filterwarnings("error")

SIZE = 40
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2


def draw(inside, samples=8):
    """A white shape on black, each pixel the average of many points."""
    offsets = (np.arange(samples) + 0.5) / samples - 0.5
    cover = np.mean([inside(X + dx, Y + dy) for dx in offsets for dy in offsets], axis=0)
    return np.rint(255 * cover).astype(np.uint8)[None, None]


def box(width, height, x=0.0, y=0.0):
    return draw(lambda u, v: (np.abs(u - x) < width / 2) & (np.abs(v - y) < height / 2))


def bar(degrees):
    """A long bar turned anticlockwise from horizontal."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return draw(lambda u, v: (np.abs(cos * u - sin * v) < 12) & (np.abs(sin * u + cos * v) < 2))


def coloured(mask, colour, background):
    ink = mask[:, 0, ..., None] / 255
    mixed = ink * np.array(colour) + (1 - ink) * np.array(background)
    return np.rint(mixed).astype(np.uint8).transpose(0, 3, 1, 2)


def one(images):
    return {name: float(value[0]) for name, value in morphometrics(images).items()}


def test_measures_of_a_box_are_those_of_geometry():
    measured = one(box(10, 20, x=3, y=-4))
    assert measured["area"] == pytest.approx(200, rel=1e-3)
    assert measured["position x"] == pytest.approx(3, abs=1e-3)
    assert measured["position y"] == pytest.approx(-4, abs=1e-3)
    assert measured["scale"] == pytest.approx(np.sqrt((10**2 + 20**2) / 12), rel=1e-3)
    assert measured["width"] == pytest.approx(0.96 * 10, abs=0.1)
    assert measured["height"] == pytest.approx(0.96 * 20, abs=0.1)
    assert measured["slant"] == pytest.approx(0, abs=1e-3)
    assert measured["orientation"] == pytest.approx(90, abs=1e-3)
    assert measured["length"] == pytest.approx(30, rel=0.02)
    assert measured["brightness"] == pytest.approx(200 / SIZE**2, rel=1e-3)
    assert measured["contrast"] == 1
    assert measured["sharpness"] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("thickness", [2, 3, 4])
def test_a_ring_is_a_stroke_of_known_length_and_thickness(thickness):
    measured = one(draw(lambda u, v: np.abs(np.hypot(u, v) - 12) < thickness / 2))
    assert measured["area"] == pytest.approx(2 * np.pi * 12 * thickness, rel=0.02)
    assert measured["length"] == pytest.approx(2 * np.pi * 12, rel=0.03)
    assert measured["thickness"] == pytest.approx(thickness, rel=0.03)
    assert measured["scale"] == pytest.approx(np.hypot(12, thickness / 2), rel=0.01)


@pytest.mark.parametrize("degrees", [-30, -10, 20])
def test_slant_is_the_angle_of_a_shear_and_width_ignores_it(degrees):
    shear = np.tan(np.radians(degrees))
    sheared = draw(lambda u, v: (np.abs(u + shear * v) < 4) & (np.abs(v) < 10))
    measured = one(sheared)
    assert measured["slant"] == pytest.approx(degrees, abs=0.5)
    assert measured["width"] == pytest.approx(0.96 * 8, abs=0.5)
    assert measured["height"] == pytest.approx(0.96 * 20, abs=0.1)


@pytest.mark.parametrize("degrees", [0.5, 30, 90, 135, 179.5])
def test_orientation_is_the_angle_of_the_long_axis_without_its_direction(degrees):
    assert one(bar(degrees))["orientation"] == pytest.approx(degrees, abs=0.5)
    assert one(bar(degrees + 180))["orientation"] == pytest.approx(degrees, abs=0.5)


def test_a_round_shape_has_no_orientation():
    assert np.isnan(one(draw(lambda u, v: np.hypot(u, v) < 9))["orientation"])
    assert np.isnan(one(box(12, 12))["orientation"])


def test_dark_on_light_measures_as_light_on_dark():
    images = Strokes().render(Strokes().sample_factors(40, np.random.default_rng(0)))
    white, black = morphometrics(images), morphometrics(255 - images)
    assert black.pop("brightness") == pytest.approx(1 - white.pop("brightness"), abs=1e-6)
    for name, value in white.items():
        assert black[name] == pytest.approx(value, rel=1e-4, abs=1e-4, nan_ok=True), name


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_blank_image_has_no_measures(level, channels):
    images = np.full((2, channels, SIZE, SIZE), level, np.uint8)
    images[1, :, 10:20, 5:25] = 255 - level if level != 128 else 0
    for name, value in morphometrics(images).items():
        assert np.isnan(value[0]), name
        if "hue" not in name:
            assert np.isfinite(value[1]), name


@pytest.mark.parametrize(
    ("colour", "hue"),
    [((200, 0, 0), 0), ((0, 200, 0), 120), ((0, 0, 200), 240), ((9, 90, 90), 180)],
)
def test_hue_and_saturation_are_the_inks(colour, hue):
    measured = one(coloured(box(8, 12), colour, background=(120, 120, 120)))
    assert (measured["hue"] - hue + 180) % 360 == pytest.approx(180, abs=0.1)
    assert measured["saturation"] == pytest.approx(1 - min(colour) / max(colour), abs=0.01)
    assert np.isnan(measured["background hue"])


def test_background_hue_is_the_borders():
    measured = one(coloured(box(8, 12), colour=(0, 200, 0), background=(200, 0, 0)))
    assert measured["hue"] == pytest.approx(120, abs=0.1)
    assert measured["background hue"] == pytest.approx(0, abs=0.1)


def test_grey_ink_has_saturation_zero_and_no_hue():
    measured = one(coloured(box(8, 12), colour=(200, 200, 200), background=(0, 0, 0)))
    assert measured["saturation"] == 0
    assert np.isnan(measured["hue"])


def test_an_object_before_a_wall_above_a_floor_is_the_ink():
    room = np.empty((1, 3, SIZE, SIZE), np.uint8)
    room[:, :, : SIZE // 2] = np.array([230, 230, 255])[:, None, None]
    room[:, :, SIZE // 2 :] = np.array([150, 0, 0])[:, None, None]
    room[:, :, 14:26, 8:16] = np.array([0, 180, 0])[:, None, None]
    measured = one(room)
    assert measured["hue"] == pytest.approx(120, abs=1)
    assert measured["position x"] == pytest.approx(11.5 - (SIZE - 1) / 2, abs=0.2)
    assert measured["height"] == pytest.approx(0.96 * 12, abs=0.3)


def test_brightness_contrast_and_sharpness_measure_one_thing_each():
    sharp = box(8, 20).astype(float)
    blurred = (sharp + np.roll(sharp, 1, axis=3) + np.roll(sharp, -1, axis=3)) / 3
    images = np.concatenate([sharp * 0.5, sharp * 0.5 + 100, sharp * 0.25, blurred * 0.5])
    measured = morphometrics(np.rint(images).astype(np.uint8))
    base, lighter, fainter, softer = range(4)
    brightness, contrast = measured["brightness"], measured["contrast"]
    assert brightness[lighter] - brightness[base] == pytest.approx(100 / 255, abs=1e-3)
    assert contrast[lighter] == pytest.approx(contrast[base])
    assert contrast[fainter] == pytest.approx(contrast[base] / 2, abs=0.01)
    sharpness = measured["sharpness"]
    assert sharpness[[lighter, fainter]] == pytest.approx(sharpness[base], abs=0.02)
    assert sharpness[softer] < 0.6 * sharpness[base]


def test_faint_noise_in_the_background_is_not_ink():
    clean = box(6, 20)
    noise = np.random.default_rng(0).integers(0, 20, clean.shape, dtype=np.uint8)
    noisy = np.where(clean > 0, clean, noise)
    before, after = one(clean), one(noisy)
    for name in ("area", "thickness", "width", "height", "scale", "slant"):
        assert after[name] == pytest.approx(before[name], rel=0.02, abs=0.1), name


def test_drawn_strokes_measure_what_they_were_drawn_with():
    source = Strokes()
    factors = source.sample_factors(600, np.random.default_rng(0))
    measured = morphometrics(source.render(factors))
    truth = {
        "slant": SLANTS[factors[:, 1]],
        "thickness": 28 * THICKNESSES[factors[:, 2]],
        "width": 28 * WIDTHS[factors[:, 3]],
        "height": 28 * HEIGHTS[factors[:, 4]],
    }
    for name, values in truth.items():
        correlations = {m: abs(np.corrcoef(values, measured[m])[0, 1]) for m in truth}
        assert correlations.pop(name) > 0.87
        assert max(correlations.values()) < 0.5
    assert np.abs(measured["thickness"] - truth["thickness"]).mean() < 0.25


def test_a_measure_depends_on_its_own_image_alone():
    source = Strokes()
    images = source.render(source.sample_factors(300, np.random.default_rng(0)))
    together = morphometrics(images)
    alone = morphometrics(images[280:281])
    for name, value in alone.items():
        assert together[name][280] == pytest.approx(value[0], rel=1e-5), name


def test_what_cannot_be_measured_is_refused_in_one_line():
    with pytest.raises(ValueError, match="there are no images; give at least one"):
        morphometrics(np.zeros((0, 1, 8, 8), np.uint8))
    with pytest.raises(ValueError, match=r"2 channels; give grey \(1\) or colour \(3\)"):
        morphometrics(np.zeros((1, 2, 8, 8), np.uint8))
