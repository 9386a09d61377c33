import io
import zipfile

import numpy as np
import pytest

from infogan.data.open import open_images, open_labels

GREY = np.random.default_rng(1).integers(0, 256, (5, 8, 8), dtype=np.uint8)
COLOUR = np.random.default_rng(2).integers(0, 256, (5, 3, 8, 8), dtype=np.uint8)
ALL = np.arange(5)


def saved(path, array):
    np.save(path, array)
    return path


@pytest.mark.parametrize("wrap", [lambda path, array: array, saved], ids=["array", "npy"])
def test_layouts(tmp_path, wrap):
    for layout, expected in [
        (GREY, GREY[:, None]),
        (GREY[..., None], GREY[:, None]),
        (GREY[:, None], GREY[:, None]),
        (COLOUR, COLOUR),
        (COLOUR.transpose(0, 2, 3, 1), COLOUR),
    ]:
        source = open_images(wrap(tmp_path / "a.npy", layout))
        assert source.shape == expected.shape[1:]
        assert np.array_equal(source.batch(ALL), expected)


RAMP = np.linspace(0, 1, 64).reshape(1, 8, 8)
RAMP_BYTES = np.rint(RAMP * 255)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (RAMP, RAMP_BYTES),
        (RAMP.astype(np.float16), RAMP_BYTES),
        (RAMP * 2 - 1, RAMP_BYTES),
        (RAMP * 255, RAMP_BYTES),
        (RAMP_BYTES.astype(np.int64), RAMP_BYTES),
        (RAMP > 0.5, 255 * (RAMP > 0.5)),
        ((RAMP > 0.5).astype(np.uint8), 255 * (RAMP > 0.5)),
        (RAMP * 0, RAMP * 0),
    ],
    ids=["unit", "half", "signed", "bytes-as-float", "int", "bool", "binary-uint8", "black"],
)
def test_ranges(values, expected):
    batch = open_images(values).batch(np.array([0]))
    assert batch.dtype == np.uint8
    assert np.abs(batch[0, 0].astype(float) - expected[0]).max() <= 1
    assert batch.max() == expected.max()
    assert batch.min() == expected.min()


def test_range_is_decided_over_all_images_not_by_the_first_ones():
    images = np.zeros((3000, 8, 8), np.uint8)
    images[:, 0, 0] = 1
    images[2999, 0, 0] = 200
    batch = open_images(images).batch(np.array([0, 2999]))
    assert (batch[0].max(), batch[1].max()) == (1, 200)


def test_a_npy_of_bytes_is_not_read_into_memory(tmp_path):
    source = open_images(saved(tmp_path / "a.npy", GREY))
    assert isinstance(source.images.base, np.memmap)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_first_image_that_is_not_finite_is_named(bad):
    images = np.zeros((2000, 8, 8), np.float32)
    images[1500:, 3, 3] = bad
    with pytest.raises(ValueError, match="image 1500 holds NaN or infinity"):
        open_images(images)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 64)), "none of"),
        (np.zeros((4, 8, 8, 4)), "none of"),
        (np.zeros((2, 4, 8, 8, 3)), "none of"),
        (np.full((4, 8, 8), -3.0), "values from -3 to -3"),
        (np.full((4, 8, 8), 400_000, np.int32), "values from 400000 to 400000"),
        (np.zeros((4, 8, 8), complex), "complex128"),
        (np.full((4, 8, 8), "a"), "<U1"),
        (np.zeros((0, 8, 8)), "no images"),
        (np.zeros((10**15, 0, 8)), "no images"),
        (np.zeros((10**15, 8, 8, 0)), "no images"),
        (np.zeros((4, 8, 12)), "must be square.*--size 8"),
        (np.zeros((4, 30, 30)), "multiple of 4.*--size 32"),
        (np.zeros((1, 200, 200)), "--size 128"),
        (np.array([np.zeros((8, 8)), np.zeros((9, 9))], object), "several sizes"),
    ],
)
def test_what_cannot_be_images_is_refused_in_one_line(array, message):
    with pytest.raises(ValueError, match=message) as caught:
        open_images(array)
    assert "\n" not in str(caught.value)


def test_npz_keys_follow_the_split(tmp_path):
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=GREY, y_train=ALL, x_test=GREY[:2], y_test=ALL[:2, None] + 7)
    assert np.array_equal(open_images(path).batch(ALL)[:, 0], GREY)
    assert len(open_images(path, split="test")) == 2
    assert np.array_equal(open_labels(path, split="train"), ALL)
    assert np.array_equal(open_labels(path), [7, 8])


def test_npz_with_one_array_or_with_images_and_labels(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, GREY)
    assert len(open_images(path)) == 5
    assert open_labels(path) is None
    np.savez_compressed(path, images=GREY, labels=ALL.astype(np.uint8))
    for split in ("train", "test"):
        assert len(open_images(path, split=split)) == 5
        assert np.array_equal(open_labels(path, split=split), ALL)
    np.savez(path, cats=GREY, dogs=GREY)
    with pytest.raises(ValueError, match=r"its arrays: cats, dogs\); name one images or x_train"):
        open_images(path)


def test_npy_has_no_labels(tmp_path):
    assert open_labels(saved(tmp_path / "a.npy", GREY)) is None


def test_labels_of_an_npz_are_not_read_with_its_images(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, images=GREY, labels=np.array([{"not": "loadable"}] * 5, object))
    assert len(open_images(path)) == 5
    with pytest.raises(ValueError, match="pickled objects"):
        open_labels(path)


@pytest.mark.parametrize("labels", [np.zeros((5, 10), int), np.zeros(5), np.array(list("abcde"))])
def test_labels_must_be_one_integer_an_image(tmp_path, labels):
    np.savez(tmp_path / "a.npz", images=GREY, labels=labels)
    with pytest.raises(ValueError, match="must be integers, one for each image"):
        open_labels(tmp_path / "a.npz")


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_pickled_images_of_several_sizes_are_refused(tmp_path, suffix):
    ragged = np.empty(2, object)
    ragged[:] = [np.zeros((8, 8)), np.zeros((9, 9))]
    path = tmp_path / f"a{suffix}"
    np.save(path, ragged) if suffix == ".npy" else np.savez(path, images=ragged)
    with pytest.raises(ValueError, match=r"never loaded.*several sizes"):
        open_images(path)


@pytest.mark.parametrize("keep", [0, 4, 60, 300])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_truncated_files_are_refused_in_one_line(tmp_path, suffix, keep):
    content = io.BytesIO()
    np.save(content, GREY) if suffix == ".npy" else np.savez(content, images=GREY)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content.getvalue()[:keep])
    with pytest.raises(ValueError, match=f"not a readable {suffix}") as caught:
        open_images(path)
    assert "\n" not in str(caught.value)


def test_damage_inside_an_npz_is_found(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, images=GREY)
    with zipfile.ZipFile(path) as file:
        start = file.getinfo("images.npy").header_offset + 80
    content = bytearray(path.read_bytes())
    content[start : start + 40] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"not a readable \.npz"):
        open_images(path)
