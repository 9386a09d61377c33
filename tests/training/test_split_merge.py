"""Which categories are put right: those that are certain, and no others."""

from dataclasses import replace

import pytest
import torch

from infogan.codes.discrete import Categorical
from infogan.training.split_merge import Look, _cut_anew, best_regrouping, in_units_of

CODE = Categorical(name="c1", k=4)
N = 200


def kinds(seed=0):
    """Images of four kinds as features, 2 apart in two directions, and their changed copies."""
    rng = torch.Generator().manual_seed(seed)
    kind = torch.arange(4 * N) // N
    centres = 2.0 * torch.tensor([[0, 0], [1, 0], [0, 1], [1, 1]])
    place = torch.cat([centres[kind], torch.zeros(len(kind), 6)], dim=1)
    noise = torch.randn(2, len(kind), 8, generator=rng)
    return kind, place + 0.3 * noise[0], place + 0.3 * noise[1]


def find(of, to, features, changed, place=None, code=CODE, anew=True):
    place = features[:, :0] if place is None else place
    rng = torch.Generator().manual_seed(1)
    return best_regrouping(code, of, to, features, changed, place, rng, anew)


def test_a_kind_with_two_categories_gives_one_to_the_two_that_share():
    kind, features, changed = kinds()
    # Kinds 2 and 3 share category 3; kind 1 is cut in two by a direction that means nothing.
    of = torch.where(kind == 2, 3, kind)
    of[(kind == 1) & (features[:, 5] > 0)] = 2
    to = torch.where(kind == 2, 3, kind)
    to[(kind == 1) & (changed[:, 5] > 0)] = 2
    found = find(of, to, features, changed)
    assert (found.merged, found.free) == (1, 2)
    assert found.split == 3
    assert found.crossing > 0.4
    assert found.torn < 0.02
    # Every kind now has a category of its own.
    pairs = set(zip(kind.tolist(), found.targets.tolist(), strict=True))
    agreed = [(found.targets[kind == k].bincount(minlength=4).max() / N) for k in range(4)]
    assert len({found.targets[kind == k].mode().values.item() for k in range(4)}) == 4, pairs
    assert min(agreed) > 0.97
    assert "categories 1 and 2" in str(found)
    assert "3 held two kinds" in str(found)


def test_two_places_are_not_two_kinds():
    kind, features, changed = kinds()
    of, to = torch.where(kind == 2, 3, kind), torch.where(kind == 2, 3, kind)
    of[(kind == 1) & (features[:, 5] > 0)] = 2
    to[(kind == 1) & (changed[:, 5] > 0)] = 2
    elsewhere, place = features[:, 4:5], (kind == 3).float()[:, None] + 0.2 * features[:, 4:5]
    assert find(of, to, features, changed, elsewhere).split == 3
    # 3 holds what a dial tells apart already: left and right.
    found = find(of, to, features, changed, place)
    assert found is None or found.split != 3


def across(seed=0, second=(0.5, 0.5), apart=0.6):
    """Categories 2 and 3 cut across kinds 2 and 3, by how they look instead of by what they are.

    Both kinds have two looks, `apart` in a fifth direction, which the categories tell apart;
    `second` is the share of the second look in kinds 2 and 3.
    """
    kind, features, changed = kinds(seed)
    place = torch.arange(4 * N) % N / N
    look = torch.where(kind == 2, place < second[0], place < second[1]) & (kind > 1)
    for each in (features, changed):
        each[:, 4] += apart * look
    of = torch.where(kind > 1, 2 + look.long(), kind)
    to = torch.where(kind > 1, 2 + (changed[:, 4] > apart / 2).long(), kind)
    return kind, of, to, features, changed


@pytest.mark.parametrize("seed", range(5))
def test_two_categories_that_cut_across_two_kinds_are_cut_anew(seed):
    kind, of, to, features, changed = across(seed)
    found = find(of, to, features, changed)
    assert {found.merged, found.free} == {2, 3}
    assert found.merged == found.split
    assert found.torn < 0.02 < 0.06 < found.crossing
    assert [found.targets[kind == k].mode().values.item() for k in (0, 1)] == [0, 1]
    assert {found.targets[kind == k].mode().values.item() for k in (2, 3)} == {2, 3}
    assert min(found.targets[kind == k].bincount().max() / N for k in range(4)) > 0.97
    assert str(found).startswith("c1: categories 2 and 3 hardly differed (")
    assert str(found).endswith(": both cut anew")
    assert find(of, to, features, changed, anew=False) is None


def test_a_kind_is_not_cut_because_the_category_beside_it_holds_two():
    kind, of, to, features, changed = across()
    # Category 3 has kind 3 alone, category 2 what is left of it and kind 2.
    of = torch.where(kind == 3, of, torch.where(kind == 2, 2, kind))
    to = torch.where(kind == 3, to, torch.where(kind == 2, 2, kind))
    assert find(of, to, features, changed) is None


# Within each threshold by a little, and beyond it: what crosses between the two, and between the
# halves of 2, of 3 and of another category.
NEAR = [
    ((0.061, 0.05, 0.5, 0.5), True),
    ((0.059, 0.05, 0.5, 0.5), False),
    ((0.080, 0.119, 0.5, 0.5), True),
    ((0.080, 0.121, 0.5, 0.5), False),
    ((0.110, 0.139, 0.5, 0.5), True),
    ((0.110, 0.141, 0.5, 0.5), False),
    ((0.080, 0.089, 0.5, 0.06), True),
    ((0.080, 0.091, 0.5, 0.06), False),
    ((0.080, 0.5, 0.05, 0.5), True),  # the other one of the two may be the one that is halved
]


@pytest.mark.parametrize(("shares", "cut"), NEAR)
def test_where_two_categories_are_cut_anew(shares, cut):
    crossing, *torn = shares
    kind, of, _, features, changed = across()
    between = torch.zeros(4, 4)
    between[2, 3] = between[3, 2] = crossing
    halves = {k: (torn[k - 2], (kind[of == k] == 3).nonzero()[:, 0]) for k in (2, 3)}
    halves[1] = (torn[2], torch.arange(N // 2))
    look = Look(CODE, of, of.bincount(minlength=4), between, halves)
    assert (_cut_anew(look, features, changed) is not None) == cut


@pytest.mark.parametrize("second", [(0.3, 0.7), (0.7, 0.3)])
def test_names_stay_where_most_images_are(second):
    kind, *seen = across(second=second)
    found = find(*seen)
    stay = second[0] < 0.5
    assert found.targets[kind == 2].mode().values == (2 if stay else 3)
    assert found.targets[kind == 3].mode().values == (3 if stay else 2)
    # Uneven as the two kinds are in each category, hardly an image goes to the wrong one.
    assert min(found.targets[kind == k].bincount().max() / N for k in (2, 3)) > 0.97


def test_where_another_category_parts_better_nothing_is_cut_anew():
    kind, of, to, features, changed = across(apart=0.8)
    for each in (features, changed):
        each[kind == 3, 0] -= 1.0
    assert find(of, to, features, changed).split in (2, 3)
    for each in (features, changed):
        each[:, 6] += 2.0 * ((kind == 1) & (torch.arange(4 * N) % 2 == 0))
    assert find(of, to, features, changed) is None


@pytest.mark.parametrize("seed", range(5))
def test_categories_that_are_kinds_are_left_alone(seed):
    kind, features, changed = kinds(seed)
    assert find(kind, kind, features, changed) is None
    # Nor do a few images that cross over speak against two of them.
    to = torch.where(
        torch.rand(4 * N, generator=torch.Generator().manual_seed(seed)) < 0.1, 0, kind
    )
    assert find(kind, to, features, changed) is None


def test_an_even_cloud_has_no_halves_worth_a_category():
    _, features, changed = kinds()
    of = (features[:, 4] > 0).long() + 2 * (features[:, 5] > 0).long()
    to = (changed[:, 4] > 0).long() + 2 * (changed[:, 5] > 0).long()
    blob = 0.3 * torch.randn(2, 4 * N, 8, generator=torch.Generator().manual_seed(0))
    assert find(of, to, blob[0], blob[1]) is None


def test_an_empty_category_takes_half_of_one_where_kinds_may_be_uneven():
    kind, features, changed = kinds()
    # Kinds 2 and 3 share category 3, and no image has 2.
    of = torch.where(kind == 2, 3, kind)
    assert find(of, of, features, changed) is None
    found = find(of, of, features, changed, code=replace(CODE, prior="learned"))
    assert (found.merged, found.free, found.split) == (None, 2, 3)
    assert str(found).startswith("c1: hardly an image had category 2, and 3 held two kinds (")
    assert len({found.targets[kind == k].mode().values.item() for k in range(4)}) == 4
    assert torch.equal(found.targets[kind < 2], kind[kind < 2])


def test_a_rare_kind_is_not_an_empty_category():
    kind, features, changed = kinds()
    of, learned = torch.where(kind == 2, 3, kind), replace(CODE, prior="learned")
    of[:12] = 2  # 12 of 800 images, where an even share is 200
    assert find(of, of, features, changed, code=learned) is None
    of[6:12] = 0
    assert find(of, of, features, changed, code=learned).free == 2


def test_an_empty_category_is_no_reason_to_cut_a_kind():
    kind, features, changed = kinds()
    three = kind != 3
    of, learned = kind[three], replace(CODE, prior="learned")
    assert find(of, of, features[three], changed[three], code=learned) is None


def test_unused_categories_and_few_images_say_nothing():
    kind, features, changed = kinds()
    assert find(kind[:12], kind[:12], features[:12], changed[:12]) is None
    assert find(kind * 0, kind * 0, features, changed) is None


def test_in_units_of_a_change_what_is_ignored_is_near():
    rng = torch.Generator().manual_seed(0)
    change = torch.randn(5000, 3, generator=rng) * torch.tensor([10.0, 1.0, 1.0])
    turn, _ = torch.linalg.qr(torch.randn(3, 3, generator=rng))
    change = change @ turn
    scaled = change @ in_units_of(change)
    lengths = torch.linalg.svdvals(scaled) / 5000**0.5
    # 10 : 1 : 1 before; what is added to all keeps small ones from growing without end.
    assert lengths.max() / lengths.min() < 2.2
    assert in_units_of(torch.zeros(5, 3)).isfinite().all()
