"""Closure: judges on images whose factors are known, and the codes that are proposed for them."""

import numpy as np
import pytest
import torch

from infogan.codes.latent import Latent
from infogan.data.open import open_images
from infogan.data.source import ArraySource
from infogan.selection import proposal
from infogan.selection.closure import (
    Closure,
    area,
    closures,
    explained,
    interval,
    judge,
    prepared,
    reached,
)
from infogan.selection.proposal import Proposal, code_of, codes_of, propose_codes, table
from infogan.transforms.table import POSE, TRANSFORMATIONS

SIDE, N = 20, 1500


def discs(seed, *, across=0.0, size=0.0):
    """Bright discs on black, bytes (n, 1, side, side): their place across, or size, varies."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    middle = across * rng.uniform(-1, 1, (N, 1, 1))
    radius = 3 * np.exp(size * rng.uniform(-1, 1, (N, 1, 1)))
    edge = np.clip(radius - np.hypot(x - middle, y) + 0.5, 0, 1)
    return torch.from_numpy((255 * edge).astype(np.uint8)[:, None])


@pytest.fixture(scope="module")
def moving():
    return discs(0, across=6.0, size=0.3), discs(1, across=6.0, size=0.3)


def test_discs_that_lie_anywhere_across_are_closed_under_shift_x_alone(moving):
    across, down = (judge(*moving, name, looks=(150,)) for name in ("shift-x", "shift-y"))
    assert across.closed
    assert across.low < across.auc < across.high < 0.75
    assert not down.closed
    assert down.auc > 0.8
    # The further they are moved, the better they are told.
    assert down.by_amount[0] < down.by_amount[2] < down.by_amount[-1] + 1e-6
    assert down.reach < across.reach / 2


def test_discs_of_any_size_are_harder_told_when_scaled_than_when_shifted():
    sized = discs(0, size=0.9), discs(1, size=0.9)
    scaled, shifted = (judge(*sized, name, looks=(150,)) for name in ("scale", "shift-x"))
    assert scaled.reach > 2 * shifted.reach
    assert scaled.auc < 0.8 < shifted.auc


def test_what_cannot_be_seen_is_no_factor(moving):
    turned = judge(*moving, "hue", looks=(10,))
    assert turned.change == 0
    assert not turned.visible
    assert not turned.closed


def test_a_judge_gives_the_same_twice_and_leaves_the_callers_randomness_alone(moving):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first, again = (judge(*moving, "scale", seed=5, looks=(20,)) for _ in "ab")
    assert first == again
    assert torch.equal(torch.get_rng_state(), before)


def test_thicker_discs_are_larger_discs(moving):
    x = prepared(moving[0][:100])
    assert explained(x, "thickness", ["scale", "shift-x", "shift-y"]) > 0.8
    assert explained(x, "shift-y", ["shift-x", "scale"]) < 0.2
    assert explained(x, "shift-y", []) == 0


def test_what_shifts_things_by_the_way_is_not_a_shift(moving):
    # A disc off the middle moves when the image is scaled; what is left of it is growth.
    x = prepared(moving[0][:100])
    assert explained(x, "scale", ["shift-x", "shift-y"]) == 0


def test_the_area_is_the_share_of_pairs_in_order():
    assert area(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 1
    assert area(np.array([1.0, 1.0]), np.array([1.0])) == 0.5
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.5, 1, 300), rng.normal(size=200)
    assert area(a, b) == pytest.approx((a[:, None] > b).mean())
    low, high = interval(0.7, 300, 200)
    # Hanley and McNeil's standard error of these is 0.0243.
    assert (high - low) / 2 == pytest.approx(1.96 * 0.0236, abs=0.003)


def test_reach_is_where_the_area_passes_065():
    assert reached([0.5, 0.55, 0.6, 0.6, 0.64]) == 1
    assert reached([0.5, 0.8, 1, 1, 1]) == pytest.approx(0.2)  # halfway from 0.1 to 0.3
    assert reached([0.8, 1, 1, 1, 1]) == pytest.approx(0.05)


def test_codes_are_proposed_for_what_varies(moving):
    found = propose_codes(ArraySource("discs", moving[0].numpy()), looks=(60, 100), progress=False)
    assert found.varying[0] == "shift-x"
    assert "shift-y" not in found.varying
    assert found.codes.startswith("c1=cat:10,x=uni:follow=shift-x,")
    text = table(found)
    assert "code x" in text
    assert text.endswith(f"proposed  {found.codes}")
    assert isinstance(found, Proposal)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("varying", [(), ("shear",), ("hue",), ("shift-x", "scale", "light")])
@pytest.mark.parametrize("goes_round", [False, True])
def test_proposed_codes_can_be_read_and_have_two_dials(channels, varying, goes_round):
    circle = circle_of("hue", auc=0.5, reach=1.0) if goes_round else None
    own = [code_of(name, circle if name == "hue" else None) for name in varying]
    latent = Latent.parse(codes_of(own, channels, 7))
    assert latent.leading.n_categories == 7
    assert len(latent.continuous) >= 2
    assert any(not code.followed for code in latent.continuous)
    assert set(latent.followed) == set(varying) - ({"hue"} if goes_round else set())


@pytest.fixture
def all_alike(monkeypatch):
    """Judges that tell no thickened image from the others, and notice all other changes."""

    def never_told(_, names, *__):
        for name in names:
            told, far = (0.5, 0.5) if name == "thickness" else (0.9, 0.0)
            yield Closure(name, told, told, told, (told,) * 5, 0.5, far, change=0.2, updates=1)

    monkeypatch.setattr(proposal, "closures", never_told)


def test_a_dial_follows_the_thickness_of_strokes_and_not_of_solid_things(all_alike):
    pens = open_images("strokes", size=28)
    drawn = ArraySource("pens", pens.batch(np.arange(0, len(pens), 100)))
    assert propose_codes(drawn, progress=False).varying == ("thickness",)
    solid = propose_codes(ArraySource("discs", discs(0, size=0.1).numpy()), progress=False)
    assert solid.varying == ()
    assert solid.codes == "c1=cat:10,c2=uni,c3=uni"
    assert "no strokes: it makes things larger" in table(solid)


def circle_of(name, *, auc, reach):
    far = TRANSFORMATIONS[name].circle
    return Closure(name, auc, auc, auc, (auc,) * 5, far, reach, change=0.5, updates=1)


def test_turns_that_go_round_get_no_code_and_those_that_do_not_a_dial_as_far_as_they_go():
    assert code_of("rotation", circle_of("rotation", auc=0.5, reach=np.pi)) == ""
    assert code_of("rotation") == "turn=uni:follow=rotation"
    assert (
        code_of("rotation", circle_of("rotation", auc=0.8, reach=0.712))
        == "turn=uni:follow=rotation@0.71"
    )
    assert (
        code_of("rotation", circle_of("rotation", auc=0.9, reach=0.2)) == "turn=uni:follow=rotation"
    )


def test_a_category_ignores_turns_that_go_round_wholly():
    kind = Latent.parse(codes_of([], 1, 10, ["rotation"]))["c1"]
    assert kind.ignored["rotation"] == pytest.approx(np.pi, abs=0.01)
    assert set(kind.ignored) == set(POSE)


def test_whole_circles_are_judged_where_a_set_is_closed_under_a_part():
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:20, :20] - 9.5
    angle = rng.uniform(-np.pi, np.pi, (1500, 1, 1))
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    # Half-bars in any direction, their edges soft.
    soft = [np.clip(each / 2, 0, 1) for each in (along, 8 - along, 3 - np.abs(across))]
    bars = (255 * np.prod(soft, axis=0)).astype(np.uint8)
    found = list(closures(ArraySource("bars", bars[:, None]), ["rotation"], looks=(150,)))
    assert [each.far for each in found] == [0.4, pytest.approx(np.pi)]
    assert all(each.closed for each in found)
