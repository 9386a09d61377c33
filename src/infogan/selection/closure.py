"""Which transformations is a set of images closed under? What it is closed under, varies in it.

Images moved by a transformation that is one of their own factors cannot be told from images left
alone: a sprite a little further left is one more sprite. A small judge is trained to tell them
apart; where it cannot, a dial that follows the transformation has something to find. No label is
read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import skip_init

from infogan.data.source import Source
from infogan.transforms.table import PLACE, TRANSFORMATIONS, Units, draw, transform

Images = Float[Tensor, "n c h w"]

SIDE = 32
"""Images are judged at this size at most."""
IMAGES, HELD_OUT = 20_000, 2000
LOOKS = (50, 100, 200, 400, 800)
"""Updates of the judge after which it is asked; it goes on only where it cannot tell them yet."""
BATCH, RATE, WIDTH = 64, 2e-3, 24
TOLD = 0.65
"""The AUC from which moved images count as told from the others."""
MOST = 0.7
"""The AUC over the whole range, above which a set is not closed whatever its reach."""
GIVEN_UP = 0.75
"""The AUC at which the judge need not get better: well above MOST, and it grows with updates."""
RESAMPLED = {"rotation": 0.02, "shift-x": 0.03, "shift-y": 0.03}
"""What happens to all images alike, so that interpolation does not betray the moved ones."""
STILL = 0.1
"""Those left alone are moved by up to this part of the range: their pixels have met the same."""
EDGE = 0.08
"""Part of the side cut away all round: there movements bring in what was never seen."""
PARTS = 5
"""Of the range, each with an AUC of its own."""
FAR_ENOUGH = 0.4
"""Reach, as a part of the range, from which a set counts as closed."""
VISIBLE = 0.03
"""Mean change of a grey value, of 2 in all, below which nothing is to be seen."""


@dataclass(frozen=True)
class Closure:
    """What one judge found.

    Attributes:
        name: of the transformation.
        auc: how well moved images are told from the others, from ½ (not at all) to 1.
        low: lower end of its 95 % interval, from the number of images.
        high: upper end.
        by_amount: the same for each fifth of the range.
        far: the end of the range, in the transformation's unit.
        reach: how far images can be moved before the AUC passes 0.65, in that unit.
        change: how much movement changes an image at most, in mean grey values of 2.
        updates: of the judge.
    """

    name: str
    auc: float
    low: float
    high: float
    by_amount: tuple[float, ...]
    far: float
    reach: float
    change: float
    updates: int

    @property
    def visible(self) -> bool:
        """Whether the transformation changes such images at all."""
        return self.change >= VISIBLE

    @property
    def closed(self) -> bool:
        """Whether moved images are still images of the set."""
        return self.visible and self.auc <= MOST and self.reach >= FAR_ENOUGH * self.far


def closures(
    source: Source, names: Sequence[str], seed: int = 0, looks: Sequence[int] = LOOKS
) -> Iterator[Closure]:
    """Judge each of these transformations on a source's images, one after the other.

    What the images are closed under may go round in a circle, as turns do: where it can, whole
    circles are judged as well, and come second.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(source), min(IMAGES, len(source)), replace=False)
    images = torch.from_numpy(np.concatenate([source.batch(i) for i in np.array_split(chosen, 64)]))
    held_out = min(HELD_OUT, len(images) // 3)
    for name in names:
        parts = images[held_out:], images[:held_out]
        found = judge(*parts, name, seed, looks)
        yield found
        circle = TRANSFORMATIONS[name].circle
        if found.closed and circle:
            yield judge(*parts, name, seed, looks, circle)


def candidates(channels: int) -> tuple[str, ...]:
    """The transformations that a dial could follow in such images."""
    return tuple(
        each.name for each in TRANSFORMATIONS.values() if each.dial and each.shows(channels)
    )


def judge(
    train: Tensor,
    test: Tensor,
    name: str,
    seed: int = 0,
    looks: Sequence[int] = LOOKS,
    far: float | None = None,
) -> Closure:
    """Train one judge on bytes (n, c, h, w), and ask it about others after so many updates.

    `far` is another end of the range than the table's.
    """
    rng = torch.Generator().manual_seed(seed)
    far = far or TRANSFORMATIONS[name].far
    moved, still = (views(prepared(test), name, far, rng, moved=m) for m in (True, False))
    network = _network(moved[0].shape[1:], rng)
    optimiser = torch.optim.Adam(network.parameters(), RATE)
    for update in range(1, looks[-1] + 1):
        chosen = torch.randint(len(train), (2, BATCH), generator=rng)
        sides = [
            views(prepared(train[own]), name, far, rng, moved=m)[0]
            for own, m in zip(chosen, (True, False), strict=True)
        ]
        logits = network(torch.cat(sides))[:, 0]
        loss = F.softplus(-logits[:BATCH]).mean() + F.softplus(logits[BATCH:]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if update in looks:
            with torch.no_grad():
                told = [network(side)[:, 0].numpy() for side in (moved[0], still[0])]
            if (auc := area(*told)) > GIVEN_UP:
                break
    amounts = moved[1].abs().numpy()
    parts = np.minimum((amounts * PARTS).astype(int), PARTS - 1)
    by_amount = tuple(area(told[0][parts == part], told[1]) for part in range(PARTS))
    low, high = interval(auc, len(moved[0]), len(still[0]))
    change = changed(prepared(test), name, far)
    return Closure(name, auc, low, high, by_amount, far, far * reached(by_amount), change, update)


def prepared(images: UInt8[Tensor, "n c h w"]) -> Float[Tensor, "n c side side"]:
    """Bytes as numbers in [−1, 1], at the size of judging."""
    x = images.float() / 127.5 - 1
    if x.shape[-1] > SIDE:
        x = F.interpolate(x, size=(SIDE, SIDE), mode="area")
    return x


def views(
    x: Images, name: str, far: float, rng: torch.Generator, *, moved: bool
) -> tuple[Float[Tensor, "n c inner inner"], Float[Tensor, " n"]]:
    """Images moved, or left nearly alone, without their edges; and by how much of the range."""
    ranges = RESAMPLED | {name: far}
    units: Units = draw(ranges, len(x), rng)
    if not moved:
        units[name] = units[name] * STILL
    edge = max(1, round(EDGE * x.shape[-1]))
    return transform(x, units, ranges)[..., edge:-edge, edge:-edge], units[name]


def explained(x: Images, name: str, by: Sequence[str]) -> float:
    """How much of what a transformation does to images others can do as well: R² of a small step.

    Growing a disc makes it thicker: a dial that follows thickness would say what one that follows
    size says already. Shifts among `by` are taken out of all the others first: whatever turns or
    scales a thing off the middle shifts it, too, and that is not what it is about.
    """
    shifts = [_step(x, each) for each in by if each in PLACE]
    others = [_without(_step(x, each), shifts) for each in by if each not in PLACE]
    own = _without(_step(x, name), shifts)
    missed = _without(own, others)
    return 1 - float(missed.square().sum() / own.square().sum().clamp_min(1e-9))


def _without(
    step: Float[Tensor, "n pixels"], ways: Sequence[Float[Tensor, "n pixels"]]
) -> Float[Tensor, "n pixels"]:
    """A step less what of it lies along these ways, image by image: least squares."""
    if not ways:
        return step
    known = torch.stack(list(ways), dim=2)
    gram = known.mT @ known + 1e-3 * torch.eye(len(ways))
    along: Tensor = known @ torch.linalg.solve(gram, known.mT @ step[:, :, None])
    return step - along[:, :, 0]


def _step(x: Images, name: str) -> Float[Tensor, "n pixels"]:
    """By how much a third of the range, one way and the other, changes each pixel."""
    far = TRANSFORMATIONS[name].far / 3
    ends = [transform(x, {name: torch.full((len(x),), end)}, {name: far}) for end in (-1.0, 1.0)]
    return (ends[1] - ends[0]).flatten(1)


def changed(x: Images, name: str, far: float) -> float:
    """Mean difference between images moved one way and the other, all the way or half of it.

    Half the way, since both ends of a whole circle are the same.
    """
    found = []
    for part in (1.0, 0.5):
        amounts = (torch.full((len(x),), sign * part) for sign in (-1.0, 1.0))
        one, other = (transform(x, {name: amount}, {name: far}) for amount in amounts)
        found.append(float((one - other).abs().mean()))
    return max(found)


def area(moved: np.ndarray, still: np.ndarray) -> float:
    """AUC: how often a moved image has the higher number; ties count half. NaN where none is."""
    from sklearn.metrics import roc_auc_score

    if not len(moved) or not len(still):
        return float("nan")
    truth = np.repeat([1, 0], [len(moved), len(still)])
    return float(roc_auc_score(truth, np.concatenate([moved, still])))


def interval(auc: float, n: int, m: int) -> tuple[float, float]:
    """95 % interval of an AUC from its value and the numbers of images (Hanley & McNeil 1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (n - 1) * (q1 - auc**2) + (m - 1) * (q2 - auc**2)
    half = 1.96 * (variance / (n * m)) ** 0.5
    return max(0.0, auc - half), min(1.0, auc + half)


def reached(by_amount: Sequence[float]) -> float:
    """Where the AUC passes TOLD, as a part of the range; parts stand for their middles."""
    middles = [(part + 0.5) / len(by_amount) for part in range(len(by_amount))]
    before, at = 0.5, 0.0
    for auc, middle in zip(by_amount, middles, strict=True):
        if auc > TOLD:
            return at + (middle - at) * (TOLD - before) / (auc - before)
        before, at = auc, middle
    return 1.0


def _network(shape: torch.Size, rng: torch.Generator) -> nn.Module:
    """Three convolutions and two dense layers: 60,000 weights for grey images of 28 pixels."""
    channels, side, _ = shape
    for _ in range(3):
        side = (side + 1) // 2
    layers: list[nn.Module] = []
    for inner, outer, size in ((channels, 1, 5), (WIDTH, 2, 3), (2 * WIDTH, 2, 3)):
        layers.append(skip_init(nn.Conv2d, inner, outer * WIDTH, size, 2, size // 2))
        layers.append(nn.LeakyReLU(0.1))
    hidden = skip_init(nn.Linear, 2 * WIDTH * side**2, 64)
    layers += [nn.Flatten(), hidden, nn.LeakyReLU(0.1), skip_init(nn.Linear, 64, 1)]
    network = nn.Sequential(*layers)
    for weight in network.parameters():
        if weight.dim() == 1:
            nn.init.zeros_(weight)
        else:
            nn.init.kaiming_uniform_(weight, 0.1, generator=rng)
    return network
