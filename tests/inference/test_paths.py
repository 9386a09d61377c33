"""Ways from point to point: which line they take, and that they arrive."""

import torch

from infogan.codes.latent import Latent
from infogan.inference.paths import FRAMES, between, closed_path, slerp


def latent(noise_prior):
    return Latent.parse("kind=cat:2,tilt=uni", 2, noise_prior)


A = torch.tensor([1.0, 0.0, -0.5, 1.0, 0.0])
B = torch.tensor([0.0, 1.0, 0.5, 0.0, 1.0])
HALF = torch.tensor([0.5])


def test_uniform_noise_goes_straight():
    torch.testing.assert_close(
        between(latent("uniform"), A, B, HALF), torch.tensor([[0.5, 0.5, 0, 0.5, 0.5]])
    )


def test_normal_noise_takes_the_arc_and_codes_go_straight():
    arc = 0.5**0.5
    torch.testing.assert_close(
        between(latent("normal"), A, B, HALF), torch.tensor([[0.5, 0.5, 0, arc, arc]])
    )


def test_the_arc_keeps_the_length_of_normal_noise():
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 62, generator=rng)
    way = slerp(a, b, torch.linspace(0, 1, 9)[:, None])
    torch.testing.assert_close(way[0], a)
    torch.testing.assert_close(way[-1], b)
    low, high = sorted([float(a.norm()), float(b.norm())])
    assert low - 0.1 <= float(way.norm(dim=1).min())
    assert float(way.norm(dim=1).max()) <= high + 0.1
    assert float((0.5 * (a + b)).norm()) < 0.8 * low  # as the straight line would not


def test_where_there_is_no_arc_the_way_is_straight():
    a = torch.tensor([1.0, 2.0])
    for b in (a, -a, torch.zeros(2)):
        torch.testing.assert_close(slerp(a, b, HALF[:, None])[0], (a + b) / 2)


def test_a_way_comes_by_every_point_and_closes():
    points = torch.stack([A, B, 0.5 * (A + B)])
    way = closed_path(latent("uniform"), points)
    assert len(way) == 3 * FRAMES
    torch.testing.assert_close(way[::FRAMES], points)
    steps = way.roll(-1, dims=0).sub(way).norm(dim=1)
    assert steps.max() < 0.1 * float((A - B).norm())  # no jump, the end to the beginning neither
    assert steps[0] < steps[FRAMES // 2]  # slow at the points


def test_round_a_circle_the_shorter_way_is_taken_and_it_stays_on_it():
    latent = Latent.parse("kind=cat:2,turn=circ,tilt=uni", 0)
    a, b = torch.tensor([1.0, 0.0, 0.9, 0.9]), torch.tensor([1.0, 0.0, -0.9, -0.9])
    way = between(latent, a, b, torch.tensor([0.0, 0.25, 0.75, 1.0]))
    torch.testing.assert_close(way[:, 2], torch.tensor([0.9, 0.95, -0.95, -0.9]))
    torch.testing.assert_close(way[:, 3], torch.tensor([0.9, 0.45, -0.45, -0.9]))
    back = between(latent, b, a, torch.tensor([0.25]))
    torch.testing.assert_close(back[0, 2], torch.tensor(-0.95))
