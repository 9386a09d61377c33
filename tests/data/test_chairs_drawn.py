import numpy as np
import pytest

from infogan.data.chairs_drawn import KINDS, ROTATIONS, WIDTHS, ChairsDrawn, chair, draw
from infogan.data.open import open_images

KIND, ROTATION, WIDTH = range(3)


@pytest.fixture(scope="module")
def chairs():
    return open_images("chairs-drawn")


def kind(back, arms, base):
    return KINDS.index((back, arms, base))


def masks(chairs, factors):
    return chairs.render(np.array(factors))[:, 0] < 250


def test_grid_runs_through_every_combination(chairs):
    assert chairs.factor_names == ("kind", "rotation", "width")
    assert chairs.factor_sizes == (40, 60, 7)
    assert len(chairs) == 16_800
    assert chairs.shape == (1, 64, 64)
    assert chairs.factors(np.array([0, 8, 16_799])).tolist() == [[0, 0, 0], [0, 1, 1], [39, 59, 6]]


def test_rotation_goes_evenly_round_and_a_whole_turn_changes_nothing():
    assert np.allclose(np.diff(ROTATIONS), 6)
    assert ROTATIONS[0] == 0
    assert ROTATIONS[-1] == 354
    surface = chair("slats", True, "legs", 64)
    assert np.array_equal(draw(surface, 0, 1.0, 64), draw(surface, 360, 1.0, 64))
    # From 354° to 0° is a step like any other.
    angles = [draw(surface, angle, 1.0, 64).astype(float) for angle in (*ROTATIONS, 0)]
    steps = np.abs(np.diff(angles, axis=0)).mean(axis=(1, 2))
    assert steps.min() > 1
    assert steps[-1] < 1.5 * np.median(steps)


def test_at_90_degrees_the_back_is_on_the_left_and_at_270_on_the_right(chairs):
    quarter = len(ROTATIONS) // 4
    x = np.arange(64)
    for back in ("panel", "rungs", "round"):
        of = kind(back, False, "legs")
        shown = masks(chairs, [[of, turn * quarter, 3] for turn in range(4)])
        upper = [np.average(x, weights=mask[:26].sum(axis=0)) for mask in shown]
        assert upper[0] == pytest.approx(31.5, abs=1)
        assert upper[1] < 25
        assert upper[2] == pytest.approx(31.5, abs=1)
        assert upper[3] > 38


def test_opposite_rotations_have_mirrored_outlines(chairs):
    for of in range(0, 40, 3):
        for turn in (5, 17, 26):
            left, right = masks(chairs, [[of, turn, 3], [of, 60 - turn, 3]])
            assert (left == right[:, ::-1]).mean() > 0.98


def test_a_wider_chair_is_wider_and_no_taller(chairs):
    for of in range(0, 40, 7):
        shown = masks(chairs, [[of, 0, width] for width in range(7)])
        across = shown.any(axis=1).sum(axis=1)
        assert (np.diff(across) > 0).all()
        assert across[-1] / across[0] == pytest.approx(WIDTHS[-1] / WIDTHS[0], rel=0.1)
        rows = shown.any(axis=2).sum(axis=1)
        assert np.ptp(rows) <= 1


def test_from_the_side_width_hardly_shows(chairs):
    shown = masks(chairs, [[kind("panel", False, "block"), 15, width] for width in range(7)])
    across = shown.any(axis=1).sum(axis=1)
    assert np.ptp(across) <= 2


def test_kinds_have_what_their_names_say(chairs):
    def shown(*parts, turn=0):
        return masks(chairs, [[kind(*parts), turn, 3]])[0]

    panel, slats = shown("panel", False, "legs"), shown("slats", False, "legs")
    assert slats[10:28].sum() < 0.8 * panel[10:28].sum()
    low = shown("low", False, "legs")
    assert np.flatnonzero(low.any(axis=1))[0] > np.flatnonzero(panel.any(axis=1))[0] + 8
    armed = shown("panel", True, "legs")
    assert armed.any(axis=0).sum() > panel.any(axis=0).sum() + 4
    floor = slice(42, 48)
    assert shown("panel", False, "block")[floor].sum() > 2 * panel[floor].sum()
    assert shown("panel", False, "pedestal")[floor, 28:36].any()
    assert not panel[floor, 28:36].any()


def test_all_kinds_can_be_told_apart_and_lie_inside(chairs):
    for turn in (0, 8, 37):
        images = chairs.render(np.array([[of, turn, 6] for of in range(40)]))[:, 0].astype(float)
        flat = images.reshape(40, -1)
        gaps = np.abs(flat[:, None] - flat).mean(axis=2)[np.triu_indices(40, 1)]
        assert gaps.min() > 0.5
        edge = np.ones((64, 64), bool)
        edge[1:-1, 1:-1] = False
        assert (images[:, edge] == 255).all()


def test_light_stays_with_the_viewer(chairs):
    """A face of the block darkens and brightens again as it turns past the light."""
    turns = chairs.render(np.array([[kind("low", False, "block"), t, 3] for t in range(60)]))
    front = turns[:, 0, 44:47, 31:33].mean(axis=(1, 2))
    assert np.ptp(front) > 20
    whole = [t for t in range(15) if t not in (7, 8)]  # but when an edge is in the middle
    assert front[:15][whole] == pytest.approx(front[15:30][whole], abs=6)  # a square's quarters


def test_an_image_does_not_depend_on_what_was_rendered_before(chairs):
    indices = np.random.default_rng(0).integers(0, len(chairs), 70)
    batch = chairs.batch(indices)
    assert batch.dtype == np.uint8
    assert np.array_equal(batch[[3, 69]], ChairsDrawn().batch(indices[[3, 69]]))


def test_other_sizes_show_the_same_chair():
    indices = np.random.default_rng(1).integers(0, 16_800, 12)
    small, large = ChairsDrawn(32).batch(indices)[:, 0], ChairsDrawn(64).batch(indices)[:, 0]
    halved = large.reshape(12, 32, 2, 32, 2).mean(axis=(2, 4))
    assert np.abs(halved - small).mean() < 6
