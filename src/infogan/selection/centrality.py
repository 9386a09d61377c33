"""ModelCentrality: which model do the others' encoders, and its own, understand best?"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from tqdm import tqdm

from infogan.inference.trained_model import Images, Model
from infogan.metrics.factor_vae import FactorVAE, factor_vae

BATCH = 32
VARIANCE_IMAGES = 1000
ENCODED_AT_ONCE = 250


@dataclass(frozen=True, eq=False)
class Centrality:
    """FactorVAE scores of every model's encoder on every other model's images."""

    results: dict[tuple[int, int], FactorVAE]
    """By encoder and generator, which always differ."""
    runs: int

    @property
    def protocol(self) -> str:
        """How each of the scores came about."""
        first = next(iter(self.results.values())).protocol
        return f"{first.rpartition(',')[0]}; the generator's dials are the factors"

    def pairs(self, rng: np.random.Generator | None = None) -> Float[np.ndarray, "runs runs"]:
        """(A_ij + A_ji) / 2; with `rng` of votes drawn anew from those there were."""
        scores = np.zeros((self.runs, self.runs))
        for place, result in self.results.items():
            votes, total = result.votes, result.votes.sum()
            winners = votes.argmax(axis=0)
            if rng is not None:
                votes = rng.multinomial(total, votes.ravel() / total).reshape(votes.shape)
            scores[place] = votes[winners, np.arange(len(winners))].sum() / total
        return (scores + scores.T) / 2


def cross_encode(
    models: Sequence[Model], *, votes: int = 200, seed: int = 0, progress: bool = False
) -> Centrality:
    """Score A_ij: encoder i on images of generator j in which one continuous code is held.

    A model's centrality is the mean over the others of (A_ij + A_ji) / 2. Each score is FactorVAE
    under protocol B, with batches of 32 and `votes` votes. Raises UserError where the models
    have fewer than two continuous codes. Source: Lin et al. (1906.06034), section 4.
    """
    results = {}
    bar = tqdm(total=len(models) * (len(models) - 1), desc="centrality", disable=not progress)
    with bar:
        for j, generator in enumerate(models):
            source = GeneratedFactors(generator)
            for i, encoder in enumerate(models):
                if i != j:
                    results[i, j] = factor_vae(
                        source,
                        dial_encoder(encoder),
                        # The same draws for every encoder, so that the images are made once.
                        rng=np.random.default_rng(seed),
                        protocol="B",
                        batch=BATCH,
                        train=votes,
                        variance_images=VARIANCE_IMAGES,
                    )
                    bar.update()
    return Centrality(results, len(models))


class GeneratedFactors:
    """A generator as a source of images whose factors are known: its continuous codes.

    The same factors give the same images, noise and categories included, and are kept: memory is
    that of the images asked for.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.dials = list(model.latent.with_ends)
        self._made: dict[bytes, Images] = {}

    @property
    def factor_sizes(self) -> tuple[int, ...]:
        """A dial takes any value in its range; all that counts is that it is more than one."""
        return (2,) * len(self.dials)

    def sample_factors(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n k"]:
        """Values of the dials, each from its prior."""
        generator = torch.Generator().manual_seed(int(rng.integers(2**32)))
        return torch.cat([dial.sample(n, generator) for dial in self.dials], dim=1).numpy()

    def render(self, factors: Float[np.ndarray, "n k"]) -> Images:
        """Images with these dials, everything else at random."""
        key = factors.tobytes()
        if key not in self._made:
            generator = torch.Generator().manual_seed(zlib.crc32(key))
            z = self.model.latent.sample(len(factors), generator)
            for dial, values in zip(self.dials, factors.T, strict=True):
                z = self.model.latent.set_code(z, dial.name, torch.from_numpy(values.copy()))
            self._made[key] = self.model.generate(z)
        return self._made[key]


def dial_encoder(model: Model) -> Callable[[Images], Float[np.ndarray, "n d"]]:
    """Images to Q's means of the continuous codes, in bounded memory."""
    names = [code.name for code in model.latent.with_ends]

    def encode(images: Images) -> Float[np.ndarray, "n d"]:
        starts = range(0, len(images), ENCODED_AT_ONCE)
        encoded = model.encode_all(images[i : i + ENCODED_AT_ONCE] for i in starts)
        return np.stack([encoded[name]["mean"] for name in names], axis=1)

    return encode
