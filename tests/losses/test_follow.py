"""Dials that follow: the value of their losses in known situations, and whom they move."""

import math

import pytest
import torch

from infogan.codes.circular import points
from infogan.codes.latent import Latent
from infogan.losses.follow import follow_loss, independence_loss, prior_loss
from infogan.transforms.table import TRANSFORMATIONS, draw

N = 512
RANGES = {name: each.far for name, each in TRANSFORMATIONS.items()}
LATENT = Latent.parse("kind=cat:2,x=uni:follow=shift-x,y=norm:follow=shift-y,free=uni", noise=0)
"""Q's columns: two of the category, then mean and width of each dial."""
X, Y, FREE = 2, 4, 6


@pytest.fixture
def units():
    return draw(("rotation", "shift-x", "shift-y"), N, torch.Generator().manual_seed(1))


def moved(**by):
    """Q before and after, each dial's mean moving so."""
    before = torch.randn(N, LATENT.q_dim, generator=torch.Generator().manual_seed(2))
    after = torch.randn(N, LATENT.q_dim, generator=torch.Generator().manual_seed(3))
    for name, column in (("x", X), ("y", Y), ("free", FREE)):
        after[:, column] = before[:, column] + by.get(name, torch.zeros(N))
    return before, after


def test_dials_that_move_with_their_own_and_nothing_else_cost_nothing(units):
    q = moved(x=0.3 * units["shift-x"] + 2, y=5 * units["shift-y"], free=units["rotation"])
    assert follow_loss(LATENT, *q, units, RANGES).item() == pytest.approx(0, abs=0.02)


def test_each_way_of_not_following_costs(units):
    x, y = units["shift-x"], units["shift-y"]
    backwards = follow_loss(LATENT, *moved(x=-x, y=y), units, RANGES).item()
    still = follow_loss(LATENT, *moved(y=y), units, RANGES).item()
    mixed = follow_loss(LATENT, *moved(x=x + units["rotation"], y=y), units, RANGES).item()
    assert backwards == pytest.approx(2, abs=0.02)
    assert still == pytest.approx(1, abs=0.02)
    # Half of its variance is not its own: r = 1/√2.
    assert mixed == pytest.approx(1 - 0.5**0.5, abs=0.05)


def test_a_free_dial_may_not_move_with_what_another_follows(units):
    x, y = units["shift-x"], units["shift-y"]
    assert follow_loss(LATENT, *moved(x=x, y=y, free=x), units, RANGES).item() > 0.9
    assert (
        follow_loss(LATENT, *moved(x=x, y=y, free=units["rotation"]), units, RANGES).item() < 0.02
    )


def test_a_free_dial_ignores_what_it_is_told_to(units):
    latent = Latent.parse("kind=cat:2,a=uni:ignore=rotation", noise=0)
    before = torch.zeros(N, latent.q_dim)
    after = before.clone()
    after[:, 2] = units["rotation"]
    assert follow_loss(latent, before, after, units, RANGES).item() == pytest.approx(1, abs=1e-3)


def test_readings_spread_as_the_prior_cost_nothing():
    order = torch.randperm(N, generator=torch.Generator().manual_seed(0))
    q = torch.zeros(N, LATENT.q_dim)
    q[:, X], q[:, Y] = LATENT["x"].quantiles(N)[order], LATENT["y"].quantiles(N)
    assert prior_loss(LATENT, q).item() == pytest.approx(0, abs=1e-6)
    # All alike: each misses by the prior's own variance.
    assert prior_loss(LATENT, torch.zeros(N, LATENT.q_dim)).item() == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize("small", [1e-3, 1e-2])
def test_a_code_that_has_hardly_begun_is_hardly_pushed(units, small):
    # Without a floor shares, and their slopes all the more, would be as large however small it is.
    moving = moved(x=units["shift-x"], y=units["shift-y"], free=small * units["shift-x"])
    assert follow_loss(LATENT, *moving, units, RANGES).item() < 0.02
    q = torch.randn(N, LATENT.q_dim, generator=torch.Generator().manual_seed(4))
    q[:, 0], q[:, 1], q[:, FREE] = small * q[:, X], 0, small * q[:, Y]
    q.requires_grad_()
    told = independence_loss(LATENT, q)
    assert told.item() < 0.05
    (slope,) = torch.autograd.grad(told, q)
    assert slope[:, [0, 1, FREE]].norm() < 0.1


def test_codes_that_tell_nothing_of_a_followed_one_are_independent():
    q = torch.randn(N, LATENT.q_dim, generator=torch.Generator().manual_seed(4))
    assert independence_loss(LATENT, q).item() < 0.2


def test_what_a_small_batch_tells_by_chance_costs_nothing_on_the_whole():
    draws = torch.Generator().manual_seed(5)
    costs = [
        independence_loss(LATENT, torch.randn(64, LATENT.q_dim, generator=draws)).item()
        for _ in range(400)
    ]
    # A batch's own squares would be 0.24 on average.
    assert abs(sum(costs) / len(costs)) < 0.03


@pytest.mark.parametrize("told", ["position", "middle or edge"])
def test_a_category_that_is_a_followed_dial_is_found(told):
    q = torch.randn(N, LATENT.q_dim, generator=torch.Generator().manual_seed(4))
    sign = q[:, X] if told == "position" else q[:, X].square() - 1
    q[:, 0], q[:, 1] = 9 * sign, -9 * sign
    assert independence_loss(LATENT, q).item() > 0.5


def test_a_category_that_is_small_cells_of_place_or_bands_of_size_is_found():
    # A chequered board: its parity has next to nothing of x, y, their squares, cubes and product.
    draws = torch.Generator().manual_seed(4)
    q = torch.randn(N, LATENT.q_dim, generator=draws)
    q[:, [X, Y]] = math.sqrt(12) * (torch.rand(N, 2, generator=draws) - 0.5)
    cell = (q[:, X] / 1.2).round() + (q[:, Y] / 1.2).round()
    parity = torch.where(cell % 2 == 0, 9.0, -9.0)
    q[:, 0], q[:, 1] = parity, -parity
    assert independence_loss(LATENT, q).item() > 0.3
    sizes = q.clone()
    sizes[:, 0] = torch.where((q[:, X] / 0.6).round() % 2 == 0, 9.0, -9.0)
    sizes[:, 1] = -sizes[:, 0]
    size = Latent.parse("kind=cat:2,size=uni:follow=scale,b=norm:follow=hue,free=uni", noise=0)
    assert independence_loss(size, sizes).item() > 0.15
    elsewhere = Latent.parse("kind=cat:2,a=uni:follow=shear,b=norm:follow=hue,free=uni", noise=0)
    assert independence_loss(elsewhere, q).item() < 0.1  # kinds may differ in slant
    assert independence_loss(elsewhere, sizes).item() < 0.05


def test_one_image_alone_stands_near_nobody():
    q = torch.randn(1, LATENT.q_dim, requires_grad=True)
    (slope,) = torch.autograd.grad(independence_loss(LATENT, q), q)
    assert slope.isfinite().all()


def test_dials_that_are_one_are_found():
    q = torch.randn(N, LATENT.q_dim, generator=torch.Generator().manual_seed(4))
    q[:, Y] = q[:, X]
    assert independence_loss(LATENT, q).item() > 0.9


def test_nothing_to_follow_nothing_to_pay():
    latent = Latent.parse("kind=cat:2,free=uni", noise=0)
    q = torch.randn(N, latent.q_dim)
    assert prior_loss(latent, q) == independence_loss(latent, q) == 0


def test_only_means_and_categories_are_moved(units):
    q = torch.randn(N, LATENT.q_dim, requires_grad=True)
    changed = torch.randn(N, LATENT.q_dim)
    total = follow_loss(LATENT, q, changed, units, RANGES) + independence_loss(LATENT, q)
    (slope,) = torch.autograd.grad(total + prior_loss(LATENT, q), q)
    widths = [3, 5, 7]
    assert slope[:, widths].abs().max() == 0
    assert slope[:, [0, X, Y, FREE]].abs().max(dim=0).values.gt(0).all()


TURNING = Latent.parse("kind=cat:3,turn=circ:follow=rotation,tilt=uni:follow=shear", noise=0)
WHOLE = {"rotation": math.pi, "shear": 0.4}


def turned(half_turns, tilt=0.0, kind=None):
    """Q's output: κ = 2 towards so many half turns."""
    n = len(half_turns)
    q = torch.zeros(n, TURNING.q_dim)
    q[:, :3] = 0 if kind is None else kind
    q[:, 3:5] = 2 * points(half_turns)
    q[:, 5] = tilt
    return q


def test_a_circle_turns_by_the_whole_amount_also_across_its_seam():
    rng = torch.Generator().manual_seed(0)
    start, turn, shear = 2 * torch.rand(3, 512, generator=rng) - 1
    units = {"rotation": turn, "shear": shear}

    def loss(half_turns):
        after = turned(start + half_turns, tilt=shear)
        return follow_loss(TURNING, turned(start), after, units, WHOLE).item()

    assert loss(turn) == pytest.approx(0, abs=0.01)
    assert loss(turn + 2) == pytest.approx(0, abs=0.01)
    assert loss(-turn) == pytest.approx(1, abs=0.15)
    assert loss(turn + 1) == pytest.approx(2, abs=0.01)
    assert loss(turn / 2) > 0.2
    # How far images were turned is what counts, not the part of a range.
    half = {"rotation": math.pi / 2, "shear": 0.4}
    after = turned(start + turn / 2, tilt=shear)
    found = follow_loss(TURNING, turned(start), after, units, half).item()
    assert found == pytest.approx(0, abs=0.01)


def test_a_circle_is_read_evenly_and_others_do_not_tell_where_on_it():
    even = torch.linspace(-1, 1, 65)[:-1][torch.randperm(64, generator=torch.manual_seed(0))]
    tilt = torch.linspace(-1, 1, 64)
    spread, crowded = (prior_loss(TURNING, turned(at, tilt)) for at in (even, even * 0.3))
    assert crowded > spread + 0.9
    assert spread < 0.01
    halves = torch.nn.functional.one_hot((even > 0).long(), 3) * 20.0
    apart = torch.nn.functional.one_hot((tilt > 0).long(), 3) * 0.0
    told, untold = (
        independence_loss(TURNING, turned(even, tilt * 0, kind)) for kind in (halves, apart)
    )
    assert told > untold + 0.2


def test_a_free_circle_pays_for_what_another_dial_follows():
    latent = Latent.parse("turn=circ,tilt=uni:follow=shear", noise=0)
    shear = 2 * torch.rand(256, generator=torch.Generator().manual_seed(0)) - 1
    units = {"shear": shear}

    start = 2 * torch.rand(256, generator=torch.Generator().manual_seed(1)) - 1

    def loss(moves):
        before, after = torch.zeros(2, 256, latent.q_dim)
        before[:, :2], after[:, :2] = points(start), points(start + moves)
        after[:, 2] = shear
        return follow_loss(latent, before, after, units, RANGES).item()

    assert loss(shear / 2) > 0.5
    assert loss(torch.zeros(256)) < 0.02


def test_where_a_circle_is_read_is_not_paid_for_being_sure():
    """64 even readings: chance would cost κ² / n."""
    latent = Latent.parse("turn=circ:follow=rotation", noise=0)
    rng = torch.Generator().manual_seed(0)
    costs = [
        prior_loss(latent, 100 * points(2 * torch.rand(64, generator=rng) - 1)).item()
        for _ in range(400)
    ]
    assert abs(sum(costs) / len(costs)) < 0.2 * 100**2 / 64


def test_a_single_image_has_a_place_on_a_circle_too():
    latent = Latent.parse("kind=cat:3,turn=circ:follow=rotation", noise=0)
    assert prior_loss(latent, torch.ones(1, 5)).isfinite()


def test_a_circle_whose_readings_all_point_one_way_is_turned_apart():
    """As at first: what little co-turns must grow, and what all share must go."""
    rng = torch.Generator().manual_seed(0)
    start, turn = 2 * torch.rand(2, 512, generator=rng) - 1
    share = torch.tensor([0.01, 1.0], requires_grad=True)  # of what co-turns, of the same for all
    before, after = (torch.zeros(512, TURNING.q_dim) for _ in "ab")
    before[:, 3:5] = share[0] * points(start) + share[1] * torch.tensor([0.6, 0.8])
    after[:, 3:5] = share[0] * points(start + turn) + share[1] * torch.tensor([0.6, 0.8])
    after[:, 5] = shear = 2 * torch.rand(512, generator=rng) - 1
    units = {"rotation": turn, "shear": shear}
    assert follow_loss(TURNING, before, after, units, WHOLE) < 0.05
    (slope,) = torch.autograd.grad(prior_loss(TURNING, before), share)
    assert slope[1] * share[1] > 1
    assert slope[0] < 0
