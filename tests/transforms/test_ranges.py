"""Small changes that change nothing: what they do to an image, and how far they go."""

import numpy as np
import pytest
import torch

from infogan.transforms.ranges import Augmentation, augment

STILL = Augmentation(rotation=0.0, shear=0.0, scale=0.0, shift=0.0)


@pytest.fixture
def blobs():
    """Eight colour images, 20×20: a bright blob off the centre on a dark background."""
    y, x = np.mgrid[:20, :20]
    blob = 2 * np.exp(-((x - 12) ** 2 + (y - 8) ** 2) / 8) - 1
    return torch.tensor(blob).float().expand(8, 3, 20, 20).contiguous()


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def centroids(x: torch.Tensor) -> torch.Tensor:
    """Brightness-weighted mean position (n, 2) as (x, y), in pixels from the centre."""
    weight = (x[:, 0] + 1) / (x[:, 0] + 1).sum(dim=(1, 2), keepdim=True)
    steps = torch.arange(x.shape[-1]) - (x.shape[-1] - 1) / 2
    return torch.stack([(weight.sum(dim=1) * steps).sum(1), (weight.sum(dim=2) * steps).sum(1)], 1)


def test_nothing_moves_where_the_ranges_are_0(blobs):
    torch.testing.assert_close(augment(blobs, STILL, rng()), blobs, atol=1e-5, rtol=0)


def test_shape_and_range_are_kept_and_images_change_each_in_its_way(blobs):
    out = augment(blobs, Augmentation(), rng())
    assert out.shape == blobs.shape
    assert out.abs().max() <= 1 + 1e-5
    changes = (out - blobs).abs().mean(dim=(1, 2, 3))
    assert (changes > 1e-3).all()
    assert changes.unique().numel() == 8
    torch.testing.assert_close(out[:, 0], out[:, 1])  # colours move together


def test_the_generator_decides(blobs):
    a, b, c = (augment(blobs, Augmentation(), rng(seed)) for seed in (3, 3, 4))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


@pytest.mark.parametrize("shade", [-1.0, 0.25, 1.0])
def test_the_background_stays(shade):
    flat = torch.full((6, 1, 12, 12), shade)
    ranges = Augmentation(rotation=0.5, shear=0.5, scale=0.3, shift=0.5)
    torch.testing.assert_close(augment(flat, ranges, rng()), flat, atol=1e-5, rtol=0)


def test_shift_is_in_half_sides(blobs):
    out = augment(blobs, Augmentation(rotation=0.0, shear=0.0, scale=0.0, shift=0.2), rng())
    moved = centroids(out) - centroids(blobs)
    assert (moved.abs() < 0.2 * 10 + 0.2).all()  # a fifth of half of 20 pixels
    assert (moved.abs().amax(dim=0) > 0.5).all()


def test_rotation_is_about_the_centre_and_in_radians(blobs):
    out = augment(blobs, Augmentation(rotation=0.3, shear=0.0, scale=0.0, shift=0.0), rng())
    before, after = centroids(blobs), centroids(out)
    torch.testing.assert_close(after.norm(dim=1), before.norm(dim=1), atol=0.2, rtol=0)
    turn = torch.atan2(after[:, 1], after[:, 0]) - torch.atan2(before[:, 1], before[:, 0])
    assert turn.abs().max() < 0.33
    assert turn.abs().max() > 0.1


def test_scale_moves_outwards_and_inwards_by_its_share(blobs):
    out = augment(blobs, Augmentation(rotation=0.0, shear=0.0, scale=0.2, shift=0.0), rng())
    share = centroids(out) / centroids(blobs)
    assert (share > 1 / 1.2 - 0.03).all()
    assert (share < 1 / 0.8 + 0.03).all()
    assert share.max() > 1.02
    assert share.min() < 0.98


def test_shear_keeps_rows_in_place(blobs):
    out = augment(blobs, Augmentation(rotation=0.0, shear=0.4, scale=0.0, shift=0.0), rng())
    moved = centroids(out) - centroids(blobs)
    assert moved[:, 1].abs().max() < 0.1
    assert moved[:, 0].abs().max() > 0.2
