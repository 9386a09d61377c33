"""Which numbers are black and white: one table, the same for arrays and for files."""

import numpy as np
import pytest
from PIL import Image

from infogan.data.array_layout import ArrayLayout
from infogan.data.open import open_images
from infogan.data.rules import ImageRules
from infogan.data.value_range import extent_of, usual_range

RAMP = np.linspace(0, 1, 64).reshape(1, 8, 8)


def whole(white, dtype):
    return np.rint(RAMP * white).astype(dtype)


TABLE = {
    "bytes": (whole(255, np.uint8), (0, 255)),
    "dark bytes": (whole(90, np.uint8), (0, 255)),
    "a mask in bytes": (whole(1, np.uint8), (0, 1)),
    "a mask of truth": (RAMP > 0.5, (0, 1)),
    "all black": (np.zeros((1, 8, 8), np.uint8), (0, 255)),
    "8 bits in 16": (whole(250, np.uint16), (0, 255)),
    "8 bits in 64": (whole(255, np.int64), (0, 255)),
    "10 bits": (whole(1000, np.uint16), (0, 1023)),
    "12 bits in 16": (whole(4095, np.uint16), (0, 4095)),
    "12 bits, signed type": (whole(4000, np.int16), (0, 4095)),
    "14 bits": (whole(16383, np.int32), (0, 16383)),
    "16 bits": (whole(65535, np.uint16), (0, 65535)),
    "16 bits in 32": (whole(60000, np.int32), (0, 65535)),
    "unit": (RAMP, (0, 1)),
    "dark unit": (RAMP * 0.3, (0, 1)),
    "unit above 1": (RAMP * 1.000001, (0, 1)),
    "unit below 0": (RAMP * 1.001 - 0.001, (0, 1)),
    "signed unit": (RAMP * 2 - 1, (-1, 1)),
    "signed unit overshooting": (RAMP * 2.02 - 1.01, (-1, 1)),
    "bytes as floats": (RAMP * 255, (0, 255)),
    "bytes as floats overshooting": (RAMP * 262 - 4, (0, 255)),
    "12 bits as floats": (RAMP * 4095.5, (0, 4095)),
    "scikit-learn's digits": (whole(16, float), (0, 16)),
    "those in bytes": (whole(16, np.uint8), (0, 16)),
    "4 bits": (whole(15, np.int64), (0, 15)),
}
ASKED = {
    "CT": np.rint(RAMP * 4000 - 1000),
    "signed bytes": np.rint(RAMP * 255 - 128).astype(np.int8),
    "standardised": RAMP * 7 - 3,
    "32 bits": whole(1_000_000, np.int32),
    "per cent": RAMP * 100,
    "dark 16 bits, or 11": whole(1500, np.uint16),
    "neither unit nor signed": RAMP * 1.2 - 0.2,
    "half above 1": RAMP * 1.4,
}


@pytest.mark.parametrize(("values", "expected"), TABLE.values(), ids=TABLE)
def test_one_rule_for_arrays(values, expected):
    assert usual_range(extent_of(values), "x") == expected
    low, high = expected
    white = np.rint((values[0].astype(float) - low) / (high - low) * 255).clip(0, 255)
    assert np.abs(open_images(values).batch(np.array([0]))[0, 0] - white).max() <= 1
    layout = ArrayLayout.learn(values)  # the estimator's
    assert np.abs(layout.to_images(values)[0, 0] - white).max() <= 1


@pytest.mark.parametrize("values", ASKED.values(), ids=ASKED)
def test_what_cannot_be_told_is_asked_for(values):
    with pytest.raises(ValueError, match=r"cannot be told; name them, such as --range=") as caught:
        open_images(values)
    assert "\n" not in str(caught.value)
    low, high = float(values.min()), float(values.max())
    source = open_images(values, rules=ImageRules(range=(low, high), range_given=True))
    assert (source.batch(np.array([0])).min(), source.batch(np.array([0])).max()) == (0, 255)


@pytest.mark.parametrize(
    "name", ["12 bits in 16", "16 bits", "10 bits", "16 bits in 32", "unit", "signed unit"]
)
def test_files_of_wide_values_follow_the_same_rule(tmp_path, name):
    values, (low, high) = TABLE[name]
    picture = values[0].astype(np.float32) if values.dtype.kind == "f" else values[0]
    suffix = "png" if picture.dtype == np.uint16 else "tif"
    big = np.kron(picture, np.ones((4, 4), picture.dtype))
    Image.fromarray(big).save(tmp_path / f"a.{suffix}")
    expected = np.kron(np.rint((picture - low) / (high - low) * 255), np.ones((4, 4)))
    image = open_images(tmp_path, size=32).batch(np.array([0]))[0, 0]
    assert np.abs(image - expected).max() <= 1


def test_the_brightest_of_all_files_decides(tmp_path):
    for i, top in enumerate((300, 4000, 700)):
        Image.fromarray(np.full((32, 32), top, np.uint16)).save(tmp_path / f"{i}.png")
    source = open_images(tmp_path)
    assert source.batch(np.arange(3))[:, 0, 0, 0].tolist() == [19, 249, 44]
    assert source.report.black_white == "black 0, white 4095 (12 bits)"


def test_a_range_given_holds_for_8_bit_files_too(tmp_path):
    Image.new("L", (32, 32), 8).save(tmp_path / "a.png")
    Image.new("L", (32, 32), 20).save(tmp_path / "b.png")
    with pytest.warns(UserWarning, match="all images are dark.*--range"):
        dark = open_images(tmp_path)
    assert dark.batch(np.arange(2))[:, 0, 0, 0].tolist() == [8, 20]
    lit = open_images(tmp_path, rules=ImageRules(range=(0, 16), range_given=True))
    assert lit.batch(np.arange(2))[:, 0, 0, 0].tolist() == [128, 255]


@pytest.mark.parametrize("text", ["", "1", "3,1", "0,0", "a,b", "0,inf", "nan,1", "1,2,3"])
def test_ranges_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match=r"range .*: give auto"):
        ImageRules.parse(range=text)


@pytest.mark.parametrize(
    "options",
    [{"fit": "x"}, {"ground": "no colour"}, {"bands": "0"}, {"bands": "1,2"}, {"pages": "2"}],
)
def test_other_rules_that_are_none_are_refused_by_name(options):
    (name,) = options
    with pytest.raises(ValueError, match=f"^{name} "):
        ImageRules.parse(**options)


def test_rules_are_kept_and_given_ones_go_before():
    kept = ImageRules.parse(range="0,4095", fit="pad", ground="black", bands="3,2,1")
    assert ImageRules.from_dict(kept.as_dict()) == kept
    assert ImageRules().over(kept) == kept
    assert ImageRules.parse(fit="crop", range="0,1").over(kept) == ImageRules(
        (0, 1), True, "crop", "#000000", (3, 2, 1)
    )
