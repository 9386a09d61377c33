"""Thickness is dilation of an enlarged image, however it is computed."""

import pytest
import torch
from torch.nn import functional as F

from infogan.transforms.stroke import FINER, thicken

PLUS = torch.tensor([[0.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
SQUARE = torch.ones(3, 3)


def by_definition(image, steps):
    """Enlarged, then the largest of five neighbours, of nine, of five, …; and averaged again."""
    sign = 1 if steps > 0 else -1
    fine = sign * F.interpolate(image[None], scale_factor=FINER, mode="bilinear")
    for level in range(abs(steps)):
        wide = F.pad(fine, (1, 1, 1, 1), mode="replicate")
        near = (PLUS, SQUARE)[level % 2].bool()
        height, width = fine.shape[2:]
        shifted = [
            wide[..., y : y + height, x : x + width]
            for y in range(3)
            for x in range(3)
            if near[y, x]
        ]
        fine = torch.stack(shifted).amax(dim=0)
    return F.avg_pool2d(sign * fine, FINER)[0]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("ground", [-1.0, 1.0])
def test_thickness_is_dilation_of_an_enlarged_image(channels, ground):
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(19, channels, 9, 9, generator=rng) * 2 - 1
    images[:, :, [0, -1]] = images[:, :, :, [0, -1]] = ground
    steps = torch.arange(19) % 7 - 3
    made = thicken(images, steps / FINER)
    # A dark figure on a light ground grows where the light is eroded.
    signed = -steps if ground > 0 else steps
    expected = [by_definition(image, int(n)) for image, n in zip(images, signed, strict=True)]
    torch.testing.assert_close(made, torch.stack(expected), rtol=0, atol=1e-6)
