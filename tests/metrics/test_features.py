"""Feature networks: the project's own, any other, and weights that are not what they should be."""

import gzip
import shutil

import numpy as np
import pytest
import torch
from torch import nn

from infogan.errors import UserError
from infogan.metrics.features import WEIGHTS, feature_extractor, strokenet
from infogan.metrics.fid import fid


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, 1, 28, 28), dtype=np.uint8)


def test_features_do_not_depend_on_the_batch(images) -> None:
    extractor = strokenet()
    whole, split = extractor(images), extractor(images, batch=2)
    assert whole.shape == (7, 128)
    assert split == pytest.approx(whole, abs=1e-5)


def test_grey_images_may_come_in_colour(images) -> None:
    extractor = strokenet()
    colour = np.repeat(images, 3, axis=1)
    assert extractor(colour) == pytest.approx(extractor(images), abs=1e-5)


def test_other_sizes_are_brought_to_28(images) -> None:
    # Enlarged pixel by pixel: brought back, the same picture up to the filter's blur.
    extractor = strokenet()
    smooth = np.kron(images[:, :, ::7, ::7], np.ones((7, 7))).astype(np.uint8)
    large = np.kron(smooth, np.ones((4, 4))).astype(np.uint8)
    near, far = extractor(smooth), extractor(images)
    assert np.abs(extractor(large) - near).mean() < 0.2 * np.abs(far - near).mean()


def test_protocol_name_carries_hash_and_format() -> None:
    name = strokenet().name
    assert name.startswith("strokenet (not Inception, sha256 ")
    assert "28×28 grey" in name


def test_changed_weights_are_refused(tmp_path) -> None:
    copy = tmp_path / WEIGHTS.name
    shutil.copy(WEIGHTS, copy)
    shutil.copy(WEIGHTS.with_suffix(".json"), tmp_path)
    strokenet(copy)
    data = bytearray(copy.read_bytes())
    data[-1] ^= 1
    copy.write_bytes(data)
    with pytest.raises(ValueError, match="sha256"):
        strokenet(copy)


def test_missing_weights_say_how_to_make_them(tmp_path) -> None:
    with pytest.raises(UserError, match="train_feature_network"):
        strokenet(tmp_path / "none.safetensors")


def test_weights_are_small() -> None:
    assert WEIGHTS.stat().st_size < 500_000


def test_any_module_will_do(images) -> None:
    extractor = feature_extractor(nn.Sequential(nn.Flatten(), nn.Dropout(0.5)), "pixels")
    assert extractor(images) == pytest.approx(images.reshape(7, -1) / 255)
    assert extractor.name.startswith("pixels (sha256 ")


def test_other_weights_have_another_name() -> None:
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    assert feature_extractor(first, "line").name != feature_extractor(second, "line").name
    second.load_state_dict(first.state_dict())
    assert feature_extractor(first, "line").name == feature_extractor(second, "line").name


@pytest.mark.parametrize("network", [nn.Identity(), nn.Flatten(0)], ids=["maps", "flat"])
def test_maps_in_place_of_features_are_refused(images, network) -> None:
    with pytest.raises(ValueError, match="expected \\(images, features\\)"):
        feature_extractor(network, "maps")(images)


def test_no_images(images) -> None:
    with pytest.raises(ValueError, match="no images"):
        strokenet()(images[:0])


def test_it_reads_digits_and_tells_them_from_their_negatives(mnist_dir) -> None:
    with gzip.open(mnist_dir / "t10k-images-idx3-ubyte.gz") as file:
        digits = np.frombuffer(file.read(16 + 2000 * 784), np.uint8, offset=16)
    with gzip.open(mnist_dir / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(8 + 2000), np.uint8, offset=8)
    digits = digits.reshape(2000, 1, 28, 28)
    extractor = strokenet()
    features = extractor(digits)
    with torch.no_grad():
        guesses = extractor.network.head(torch.from_numpy(features)).argmax(dim=1).numpy()
    assert np.mean(guesses == labels) > 0.97
    floor = fid(features[:1000], features[1000:]).value
    assert fid(features[:1000], extractor(255 - digits[1000:])).value > 20 * floor
