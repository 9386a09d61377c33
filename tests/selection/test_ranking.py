"""Choosing without labels, among models of a toy world whose factors are known."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from infogan.codes.latent import Latent
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig, Verdict
from infogan.selection.candidates import Candidate
from infogan.selection.ranking import criterion, select, table
from infogan.training.config import TrainConfig
from infogan.transforms.ranges import Augmentation

KINDS = 4
CODES = f"kind=cat:{KINDS},a=uni:sigma=1,b=uni:sigma=1,c=uni:sigma=1"
DIALS = "a=uni:sigma=1,b=uni:sigma=1,c=uni:sigma=1"
ALIGNED = np.eye(3)
STILL = Augmentation(rotation=0.0, shear=0.0, scale=0.0, shift=0.0)
Categorise = Callable[[Tensor, Tensor], Tensor]
"""(kinds, bands) of images to categories."""
Arrange = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Categories and bands as drawn to those painted."""


@dataclass
class World:
    """Images of 8×8: three bands of two rows hold brightnesses, the last two rows a kind."""

    @staticmethod
    def paint(kinds: Tensor, bands: Tensor) -> Tensor:
        rows = (0.5 * bands).repeat_interleave(2, dim=1)[:, :, None].expand(-1, -1, 8)
        marks = 2 * nn.functional.one_hot(kinds, KINDS).float() - 1
        bottom = marks.repeat_interleave(2, dim=1)[:, None, :].expand(-1, 2, -1)
        return torch.cat([rows, bottom], dim=1)[:, None]

    @staticmethod
    def look(x: Tensor) -> tuple[Tensor, Tensor]:
        bands = 2 * x[:, 0, :6].reshape(-1, 3, 16).mean(dim=2)
        return x[:, 0, 6:].reshape(-1, 2, KINDS, 2).mean(dim=(1, 3)).argmax(dim=1), bands


class Painter(nn.Module):
    """G: kinds under names of its own, and dials that mix the bands."""

    def __init__(self, names: Tensor, mixing: Tensor, categories: int, arrange: Arrange) -> None:
        super().__init__()
        self.names, self.mixing, self.categories = names, mixing, categories
        self.arrange = arrange

    def forward(self, z: Tensor) -> Tensor:
        kinds = z[:, :KINDS].argmax(dim=1) if self.categories else torch.zeros(len(z)).long()
        dials = z[:, self.categories : self.categories + 3]
        return World.paint(*self.arrange(self.names[kinds], dials @ self.mixing.T))


class Reader(nn.Module):
    """Q: undoes the painter's naming and mixing, then says what `categorise` makes of it."""

    def __init__(
        self, names: Tensor, mixing: Tensor, categories: int, categorise: Categorise
    ) -> None:
        super().__init__()
        self.names, self.mixing, self.categories = names, mixing, categories
        self.categorise = categorise

    def forward(self, x: Tensor) -> Verdict:
        kinds, bands = World.look(x)
        category = self.categorise(self.names.argsort()[kinds], bands)
        logits = 3.0 * nn.functional.one_hot(category, KINDS)
        q = torch.cat([logits[:, : self.categories], bands @ self.mixing], dim=1)
        return Verdict(torch.zeros(len(x)), q)


MakeCandidate = Callable[..., Candidate]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 real images of the toy world."""
    generator = torch.Generator().manual_seed(0)
    kinds = torch.randint(KINDS, (400,), generator=generator)
    bands = 2 * torch.rand(400, 3, generator=generator) - 1
    path = tmp_path_factory.mktemp("world") / "world.npy"
    np.save(path, ((World.paint(kinds, bands) + 1) * 127.5).round().byte().numpy())
    return path


@pytest.fixture
def make(world: Path) -> MakeCandidate:
    def candidate(
        name: str,
        *,
        codes: str = CODES,
        names: Sequence[int] = range(KINDS),
        mixing: np.ndarray = ALIGNED,
        categorise: Categorise = lambda kinds, bands: kinds,
        arrange: Arrange = lambda kinds, bands: (kinds, bands),
    ) -> Candidate:
        config = ModelConfig(codes=codes, noise=0, image_shape=(1, 8, 8))
        how = (torch.tensor(names), torch.tensor(mixing).float(), config.latent.dim - 3)
        model = Model(config, Painter(*how, arrange), Reader(*how, categorise))
        run = TrainConfig(data=str(world), model=config, augmentation=STILL)
        return Candidate(name, Path(name), run, model)

    return candidate


def quadrant(_kinds: Tensor, bands: Tensor) -> Tensor:
    """Another partition, as good as any, but nobody else's: by the signs of two bands."""
    return 2 * (bands[:, 0] > 0).long() + (bands[:, 1] > 0).long()


def by_quadrant(categories: Tensor, bands: Tensor) -> tuple[Tensor, Tensor]:
    """Paint so that `quadrant` reads the categories back; the kinds follow the third band."""
    signs = 2 * torch.stack([categories // 2, categories % 2], dim=1) - 1
    kinds = (KINDS / 2 * (bands[:, 2] + 1)).long().clamp(0, KINDS - 1)
    return kinds, torch.cat([bands[:, :2].abs() * signs, bands[:, 2:]], dim=1)


def wrong_where(band: int) -> Categorise:
    """Errs on a tenth of the images: those where a band is at its brightest."""
    return lambda kinds, bands: (kinds + (bands[:, band] > 0.8).long()) % KINDS


def order(candidates: Sequence[Candidate], **options: object) -> list[str]:
    return [each.name for each in select(candidates, **options).standings]


def test_the_run_nobody_agrees_with_is_last(make: MakeCandidate) -> None:
    """Three alike under permuted names, and one that found something else."""
    agreeing = [make("a"), make("b", names=[2, 0, 3, 1]), make("c", names=[3, 2, 1, 0])]
    wrong = make("wrong", categorise=quadrant, arrange=by_quadrant)
    selection = select([wrong, *agreeing])
    assert selection.by == "consensus"
    assert selection.standings[-1].name == "wrong"
    by_name = {each.name: each for each in selection.standings}
    # Each of the three agrees wholly with two, and with the fourth by chance.
    for name in "abc":
        assert by_name[name].consensus == pytest.approx(2 / 3, abs=0.03)
        assert by_name[name].usage == pytest.approx(np.log(KINDS), abs=0.01)
    assert all(each.gate == "" for each in selection.standings)
    assert selection.confidence.word == "a toss-up"
    assert selection.confidence.probability == pytest.approx(1 / 3)
    assert selection.confidence.lead == pytest.approx(0)


def test_a_clear_winner_is_sure_whoever_is_left_out(make: MakeCandidate) -> None:
    noisy = [make(f"noisy {band}", categorise=wrong_where(band)) for band in range(3)]
    selection = select([*noisy, make("right")])
    assert selection.chosen == "right"
    assert selection.confidence.word == "sure"
    assert selection.confidence.probability == 1
    assert (selection.confidence.kept, selection.confidence.left_out) == (3, 3)
    assert 0 < selection.confidence.low < selection.confidence.lead < selection.confidence.high
    text = table(selection)
    assert "chosen  right, by consensus: sure" in text
    assert "first in 100% of the resamples" in text
    assert json.loads(json.dumps(selection.as_dict()))["pairs"][0][0] == 1


def test_a_choice_that_hangs_on_one_other_run_is_not_sure(make: MakeCandidate) -> None:
    """Two and two: leave one out, and the other two win."""
    shared = wrong_where(0)
    pair = [make("left"), make("right", names=[1, 0, 2, 3])]
    other = [make("p", categorise=shared), make("q", categorise=shared, names=[3, 0, 1, 2])]
    selection = select([*pair, *other])
    assert selection.confidence.word == "a toss-up"
    assert selection.confidence.kept < selection.confidence.left_out


def test_collapsed_runs_stand_last_however_well_they_agree(make: MakeCandidate) -> None:
    collapsed = [make(f"one {i}", categorise=lambda k, b: torch.zeros_like(k)) for i in range(3)]
    selection = select([*collapsed, make("a"), make("b", categorise=wrong_where(0))])
    assert [each.name for each in selection.standings[:2]] == ["a", "b"]
    assert [each.gate for each in selection.standings[:2]] == ["", ""]
    assert selection.standings[2].gate == "uses 0.00 of 1.39 nats of its categories"
    assert "fails the gate" in table(selection)


def test_a_generator_that_ignores_its_codes_fails_the_gate(make: MakeCandidate) -> None:
    deaf = [make(name, categorise=quadrant) for name in ("d", "e", "f")]
    selection = select([*deaf, make("a")])
    assert selection.chosen == "a"
    assert all("its generator obeys" in each.gate for each in selection.standings[1:])


def test_nothing_is_sure_where_no_run_passes(make: MakeCandidate) -> None:
    deaf = [make(name, categorise=quadrant) for name in ("d", "e")]
    selection = select([*deaf, make("f", categorise=wrong_where(0), names=[0] * KINDS)])
    assert selection.confidence.word == "a toss-up"
    assert any("no run passes the gate" in note for note in selection.notes)


def test_two_runs_are_ranked_by_consistency(make: MakeCandidate) -> None:
    """A partition by fine brightness does not survive a small change; the kinds do."""
    steady, shaky = make("steady"), make("shaky", categorise=wrong_where(0))
    moved = replace(STILL, shift=0.12)
    runs = [
        replace(each, config=replace(each.config, augmentation=moved)) for each in (shaky, steady)
    ]
    selection = select(runs)
    assert (selection.by, selection.chosen) == ("consistency", "steady")
    assert selection.standings[0].consensus == selection.standings[1].consensus
    assert "two runs always agree equally" in table(selection)
    assert "shift 0.12" in selection.protocol["consistency"]


def test_runs_are_shown_the_same_copies(make: MakeCandidate) -> None:
    """A run trained to bear no change is not asked less than the other, nor the other more."""
    mild = make("mild")
    bold = replace(mild, config=replace(mild.config, augmentation=Augmentation()), name="bold")
    selection = select([mild, bold])
    assert [each.consistency for each in selection.standings] == [1, 1]
    assert selection.confidence.word == "a toss-up"


@pytest.mark.parametrize("by", ["centrality", "udr"])
def test_aligned_dials_stand_before_mixtures(make: MakeCandidate, by: str) -> None:
    shuffled = ALIGNED[[2, 0, 1]] * [1, -1, 1]
    aligned = [make("x"), make("y", mixing=shuffled), make("z", mixing=-ALIGNED)]
    # Two that turn all dials into mixtures, and not into the same ones.
    mirror = ALIGNED - 2 / 3
    waves = np.array([[2, 2, 2], [8**0.5, -(2**0.5), -(2**0.5)], [0, 6**0.5, -(6**0.5)]]) / 12**0.5
    mixed = [make("u", mixing=mirror), make("v", mixing=waves)]
    selection = select([*mixed, *aligned], by=by, votes=60)
    assert {each.name for each in selection.standings[:3]} == set("xyz")
    # The aligned ones know each other's dials wholly, the mixtures know nobody's.
    pairs = np.array(selection.pairs)
    assert pairs[:3, :3][~np.eye(3, dtype=bool)].min() > 0.9
    assert pairs[:3, 3:].max() < 0.9
    if by == "centrality":
        assert "32 images a vote, 60 votes" in selection.protocol["centrality"]


def test_dials_alone_are_ranked_by_centrality(make: MakeCandidate) -> None:
    runs = [make(name, codes=DIALS) for name in "xyz"]
    selection = select(runs, votes=30)
    assert selection.by == "centrality"
    assert selection.standings[0].centrality == 1
    assert selection.standings[0].consensus is None
    assert "consensus" not in table(selection)


def test_dead_dials_fail_the_gate(make: MakeCandidate) -> None:
    alive = [make(name, codes=DIALS) for name in "xyz"]
    dead = make("dead", codes=DIALS, mixing=0.01 * np.eye(3))
    assert select([dead, *alive], by="udr").standings[-1].gate == "no dial moves on real images"


@pytest.mark.parametrize(
    ("codes", "runs", "by", "expected"),
    [
        ("cat:3,uni,uni", 5, "auto", "consensus"),
        ("cat:3,uni,uni", 2, "auto", "consistency"),
        ("2*bern", 3, "auto", "consensus"),
        ("3*uni", 3, "auto", "centrality"),
        ("norm", 3, "auto", "udr"),
        ("cat:3,uni,uni", 3, "centrality", "centrality"),
    ],
)
def test_what_ranks_follows_from_the_codes(codes: str, runs: int, by: str, expected: str) -> None:
    assert criterion(by, Latent.parse(codes), runs)[0] == expected


@pytest.mark.parametrize(
    ("codes", "runs", "by", "message"),
    [
        ("3*uni", 2, "auto", "two runs always agree equally"),
        ("cat:3", 2, "consensus", "two runs always agree equally"),
        ("cat:3,uni", 3, "centrality", "do not allow ranking by centrality"),
        ("3*uni", 3, "consistency", "do not allow ranking by consistency"),
        # Circles of two runs agree up to a turn.
        ("cat:3,uni,circ", 3, "centrality", "do not allow ranking by centrality"),
        ("cat:3,circ", 3, "udr", "do not allow ranking by udr"),
    ],
)
def test_what_cannot_rank_is_refused(codes: str, runs: int, by: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        criterion(by, Latent.parse(codes), runs)


def test_unlike_runs_are_named(make: MakeCandidate, world: Path) -> None:
    with pytest.raises(ValueError, match=r"a has codes kind=cat:4.* but b has codes a=uni"):
        select([make("a"), make("c"), make("b", codes=DIALS)])
    other = make("b")
    other = replace(other, config=replace(other.config, data="elsewhere"))
    with pytest.raises(ValueError, match="b has seen elsewhere: name the images with --data"):
        select([make("a"), other])
    assert select([make("a"), other], str(world)).data == str(world)
    larger = make("b")
    larger.model.config = replace(larger.model.config, image_shape=(1, 12, 12))
    with pytest.raises(ValueError, match=r"a has images of \(1, 8, 8\) but b has images of"):
        select([make("a"), larger])


def test_how_sigma_is_found_makes_no_difference(make: MakeCandidate) -> None:
    learned = make("b")
    learned.model.config = replace(learned.model.config, codes=CODES.replace("sigma=1", "sigma=2"))
    assert set(order([make("a"), learned, make("c")])) == {"a", "b", "c"}
