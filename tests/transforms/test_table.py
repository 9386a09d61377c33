"""Transformations: that each does what its name says, by its amount, to each image by itself."""

import colorsys
import math

import pytest
import torch

from infogan.errors import UserError
from infogan.transforms.table import GROUPS, TRANSFORMATIONS, draw, names_of, transform

SIDE = 33
FAR = {name: each.far for name, each in TRANSFORMATIONS.items()}
BY_ITSELF = [name for name in TRANSFORMATIONS if name != "texture"]
"""What changes an image whatever the others of its batch are."""


def bar(colour=(0.8, -0.2, -0.6), ground=-1.0):
    """An upright bar, right of the middle and above it, on a plain ground."""
    x = torch.full((1, 3, SIDE, SIDE), ground)
    x[0, :, 6:19, 19:24] = torch.tensor(colour)[:, None, None]
    return x


def changed(x, name, *amounts):
    amounts = torch.tensor(amounts)
    far = float(amounts.abs().max()) or 1.0
    return transform(x.expand(len(amounts), -1, -1, -1), {name: amounts / far}, {name: far})


def ink(x):
    return (x - x[:, :, :1, :1]).abs().sum(dim=1)


def centre(x):
    """Middle of the ink, (n,) across and (n,) down, in pixels from the image's middle."""
    weight, steps = ink(x), torch.arange(SIDE) - SIDE // 2
    total = weight.sum(dim=(1, 2))
    return (weight.sum(1) * steps).sum(1) / total, (weight.sum(2) * steps).sum(1) / total


@pytest.mark.parametrize("name", [*TRANSFORMATIONS])
def test_an_amount_of_0_changes_nothing_to_speak_of(name):
    x = bar()
    nothing = -1.0 if name == "flip" else 0.0
    same = transform(
        x, {name: torch.tensor([nothing])}, {name: 1.0 if name == "flip" else FAR[name]}
    )
    # Thickness comes back from a finer grid, and blurs edges by a fraction of a pixel.
    limit = 0.2 if name == "thickness" else 1e-4
    assert (same - x).abs().mean() < limit * 0.2 + 1e-5


@pytest.mark.parametrize("name", BY_ITSELF)
def test_each_changes_the_image_keeps_its_range_and_has_gradients(name):
    x = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) - 0.5
    out = transform(x, {name: torch.tensor([0.9])}, FAR)
    assert out.shape == x.shape
    assert out.abs().max() <= 1 + 1e-5
    assert (out - x).abs().mean() > 1e-3
    x = bar().requires_grad_()
    (slope,) = torch.autograd.grad(transform(x, {name: torch.tensor([0.9])}, FAR).sum(), x)
    assert slope.isfinite().all()


@pytest.mark.parametrize("name", BY_ITSELF)
def test_each_image_is_changed_by_its_own_amount(name):
    x = bar().expand(3, -1, -1, -1)
    amounts = torch.tensor([-0.8, 0.1, 0.9])
    together = transform(x, {name: amounts}, FAR)
    alone = [transform(x[:1], {name: amounts[i : i + 1]}, FAR) for i in range(3)]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-4, rtol=0)


def test_shifts_go_right_and_down_in_half_sides():
    x, y = centre(bar())
    across, same = centre(changed(bar(), "shift-x", 0.25, -0.25))
    torch.testing.assert_close(across - x, torch.tensor([4.1, -4.1]), atol=0.3, rtol=0)
    torch.testing.assert_close(same, y.expand(2), atol=0.1, rtol=0)
    _, down = centre(changed(bar(), "shift-y", 0.25, -0.25))
    torch.testing.assert_close(down - y, torch.tensor([4.1, -4.1]), atol=0.3, rtol=0)


def test_turning_is_clockwise():
    x, y = centre(bar())
    angle = torch.atan2(y, x)
    turned_x, turned_y = centre(changed(bar(), "rotation", 0.3, -0.3))
    turned = torch.atan2(turned_y, turned_x) - angle
    torch.testing.assert_close(turned, torch.tensor([0.3, -0.3]), atol=0.03, rtol=0)


def test_shear_leans_the_top_to_the_right():
    x, _ = centre(bar())  # above the middle
    right, left = centre(changed(bar(), "shear", 0.4, -0.4))[0] - x
    assert right > 1
    assert left < -1


def test_scale_is_of_both_sides_and_stretch_of_one_against_the_other():
    def sides(x):
        shown = ink(x) > 1
        return shown.any(1).sum(1), shown.any(2).sum(1)

    (wide, small), (high, low) = sides(changed(bar(), "scale", 0.3, -0.3))
    assert wide >= 6 > 5 > small
    assert high >= 16 > 13 > 11 >= low
    (wide, narrow), (low, high) = sides(changed(bar(), "stretch", 0.3, -0.3))
    assert wide >= 6 > 5 > narrow
    assert low <= 11 < 13 < 16 <= high


@pytest.mark.parametrize("ground", [-1.0, 1.0])
def test_thickness_is_of_the_figure_be_it_light_or_dark(ground):
    amount = ink(bar((-ground,) * 3, ground)).sum()
    thick, thin = ink(changed(bar((-ground,) * 3, ground), "thickness", 1.0, -1.0)).sum(dim=(1, 2))
    # A bar of 13 by 5 pixels becomes 15 by 7, or 11 by 3.
    assert thick / amount == pytest.approx(105 / 65, rel=0.08)
    assert thin / amount == pytest.approx(33 / 65, rel=0.12)


def test_hue_goes_round_as_the_standard_library_has_it():
    colour = torch.tensor([0.8, -0.2, -0.6])
    out = changed(bar(), "hue", 0.5)[0, :, 12, 21]
    h, s, v = colorsys.rgb_to_hsv(*((colour + 1) / 2).tolist())
    expected = torch.tensor(colorsys.hsv_to_rgb((h + 0.25) % 1, s, v)) * 2 - 1
    torch.testing.assert_close(out, expected, atol=1e-4, rtol=0)


def test_colour_leaves_grey_alone():
    x = bar((0.5, 0.5, 0.5))
    torch.testing.assert_close(changed(x, "hue", 0.7), x, atol=1e-5, rtol=0)
    torch.testing.assert_close(changed(x, "saturation", 0.7), x, atol=1e-5, rtol=0)
    one = x[:, :1]
    assert torch.equal(changed(one, "hue", 0.7), one)


def test_light_goes_towards_white_and_black():
    x = torch.linspace(-1, 1, SIDE).expand(1, 1, SIDE, SIDE)
    lighter, darker = changed(x, "light", 0.5, -0.5)
    torch.testing.assert_close(1 - lighter, (1 - x[0]) * math.exp(-0.5))
    torch.testing.assert_close(darker + 1, (x[0] + 1) * math.exp(-0.5))


def test_texture_takes_the_strengths_of_the_next_image_and_keeps_where_things_are():
    rng = torch.Generator().manual_seed(0)
    stripes = torch.where(torch.arange(32) % 8 < 4, 0.3, -0.3)[:, None].expand(3, -1, 32)
    figure = torch.rand(3, 32, 32, generator=rng) / 20 - 0.5
    figure[:, 6:26, 12:17] += 0.8
    batch = torch.stack([figure, stripes]).requires_grad_()
    out = transform(batch, {"texture": torch.tensor([0.5, -0.5])}, FAR)
    torch.testing.assert_close(out[1], batch[1])
    before, of_stripes, after = (torch.fft.rfft2(x).abs()[:, 4, 0] for x in (*batch, out[0]))
    torch.testing.assert_close(after, (before + of_stripes) / 2, rtol=0.02, atol=0)
    assert (of_stripes > 10 * before).all()
    brightest = out[0].mean(dim=(0, 1)).argmax()  # of all columns
    assert 12 <= brightest < 17
    (slope,) = torch.autograd.grad(out.sum(), batch)
    assert slope.isfinite().all()


def test_texture_of_a_single_image_is_its_own():
    torch.testing.assert_close(changed(bar(), "texture", 0.9), bar())


def test_names_and_groups():
    assert names_of("colour+flip") == ("flip", "hue", "saturation")
    assert "flip" not in names_of("pose")
    assert names_of("none") == ()
    assert set(GROUPS) >= {"pose", "colour", "light"}
    with pytest.raises(UserError, match="no transformation 'posture': there are pose"):
        names_of("pose+posture")


def test_draws_are_even_seeded_and_independent():
    first, again = (draw(("hue", "shear"), 4000, torch.Generator().manual_seed(5)) for _ in "ab")
    assert torch.equal(first["hue"], again["hue"])
    assert first["hue"].abs().max() <= 1
    assert first["hue"].mean().abs() < 0.05
    assert torch.corrcoef(torch.stack([first["hue"], first["shear"]]))[0, 1].abs() < 0.05
