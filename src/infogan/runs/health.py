"""What is going wrong in a run, in words, with a remedy: told from the lines of its log alone."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

from infogan.codes.latent import Latent
from infogan.codes.prior import Prior
from infogan.errors import listed
from infogan.losses.adversarial import ADVERSARIAL
from infogan.runs.category_rules import (
    big_categories,
    blurred_categories,
    dead_categories,
    mixed_categories,
    restless_categories,
)
from infogan.runs.finding import Finding, worst_first
from infogan.runs.log_windows import LOOKS, TICKS, Line, is_grown, last_looks, recent_terms
from infogan.training.config import TrainConfig

OVERPOWERED = 0.1
"""D's loss as a part of that at chance, below which it overpowers G."""
COLLAPSED = 0.3
"""Spread of generated images within a category, as a part of the real ones'."""
IGNORED = 0.1
"""Part of a code with categories that Q can tell, below which G ignores it."""
IGNORED_DIAL = 0.35
"""The same of a dial, R². A Gaussian that sees nothing has −0.18 nats of a uniform dial, R² 0, and
one of 0 nats has 0.3 already: such a dial's two halves are hardly told apart."""
NOISELESS = 0.01
"""Share of the pixels' variance that the noise must have."""
STILL = 0.001
"""Share of the watched images that may be unsettled when nothing changes any more."""


def diagnose(lines: Sequence[Line], config: TrainConfig) -> list[Finding]:
    """All that is wrong at the last of these lines, the worst first."""
    if not lines:
        return []
    found = [finding for rule in RULES for finding in rule(lines, config)]
    return worst_first(found)


def diagnose_end(lines: Sequence[Line], config: TrainConfig) -> list[Finding]:
    """All that is wrong with a run that is over: its last look counts by itself."""
    if not lines:
        return []
    last = [lines[-1]] * max(LOOKS, TICKS)
    seen = [finding for rule in BY_LOOKS for finding in rule(last, config)]
    known = {finding.kind for finding in seen}
    return worst_first([*(f for f in diagnose(lines, config) if f.kind not in known), *seen])


def diverged(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """NaN or infinity; the training loop has gone back already."""
    if times := int(lines[-1].get("rollbacks", 0)):
        yield Finding(
            "divergence",
            "warning",
            f"NaN ×{times}",
            f"a loss or a weight became NaN or infinite, {times} of at most 3 times; the run went "
            f"back to its last good state and takes steps {2**times} times smaller",
            "lower optim.lr_g and optim.lr_d, or set precision to fp32",
        )


def overpowering(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """D's loss near 0 for long: it has nothing more to teach G."""
    recent = recent_terms(lines, config, "d_loss")
    chance = float(ADVERSARIAL[config.loss.adversarial].discriminator(*torch.zeros(2, 1)))
    if chance > 0 and recent and max(recent) < OVERPOWERED * chance:
        yield Finding(
            "discriminator overpowering",
            "failure",
            "D overpowers G",
            f"the discriminator tells nearly all images apart: its loss was below "
            f"{max(recent):.2g} for the last {len(recent)} ticks, {chance:.2g} is chance",
            "lower optim.lr_d, raise optim.lr_g, or add --loss.r1 1",
        )


def collapsed(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """Images generated with one code hardly vary, where the real ones do."""
    spreads = [look["spread"] for look in last_looks(lines, config)]
    within = " within a category" if config.model.latent.discrete else ""
    if spreads and max(spreads) < COLLAPSED:
        yield Finding(
            "generator collapse",
            "failure",
            "G collapsed",
            f"images generated{within} vary {spreads[-1]:.2f} times as much as real ones",
            "lower optim.lr_g, raise the batch size, or start with another seed "
            "(--on-failure restart does so)",
        )


def ignored_codes(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """Codes whose bound stays near what a Q gets that sees nothing."""
    if not is_grown(lines[-1], config):
        return
    ignored = {}
    for code in config.model.latent.codes:
        recent = recent_terms(lines, config, f"mi/{code.name}")
        if recent and all(carries_nothing(code, nats) for nats in recent):
            ignored[code.name] = statistics.mean(recent)
    yield from ignored_by_bound(ignored, config.model.latent, config)


def carries_nothing(code: Prior, nats: float) -> bool:
    """Whether a bound L_I of so many nats says that G all but ignores a code."""
    return code.share_known(nats) < (IGNORED_DIAL if code.continuous else IGNORED)


def ignored_by_bound(
    bounds: Mapping[str, float], latent: Latent, config: TrainConfig
) -> Iterator[Finding]:
    """The finding about codes that G ignores, by the bound of each, called as in `latent`."""
    if not bounds:
        return
    name, nats = next(iter(bounds.items()))
    names, code = listed(list(bounds)), latent[name]
    own, weight = list(config.mi_weights_g.items())[latent.names.index(name)]
    more = f"""raise its weight, {weight:g}: --loss.mi_weights '{{"{own}": {2 * weight or 1:g}}}'"""
    # What a dial follows Q learns from real images: with more weight G would have a say in it.
    remedy = "train longer (--kimg), let it follow further" if code.followed else more
    yield Finding(
        "code ignored",
        "warning",
        f"{names} ignored",
        f"the generator ignores {names} (bound of {name}: {nats:.2f} nats, H(c) "
        f"{code.entropy:.2f}): Q tells {code.share_known(nats):.0%} of it",
        f"{remedy}, or leave it out",
    )


def ignored_noise(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """The codes alone decide the image."""
    shares = [look["noise"] for look in last_looks(lines, config) if look["noise"] is not None]
    if shares and max(shares) < NOISELESS:
        yield Finding(
            "noise ignored",
            "warning",
            "noise ignored",
            f"the noise makes {shares[-1]:.1%} of the variance of generated images: each setting "
            "of the codes gives one image",
            "lower loss.mi_continuous and loss.mi_categorical, or raise the batch size; with "
            "images that the codes describe in full it is as it should be",
        )


def finished(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """Nothing changes any more, although the learning rates have not begun to fall."""
    looks = [line["unsettled"] for line in lines if "unsettled" in line][-TICKS:]
    falling = lines[-1]["kimg"] > (1 - config.optim.decay) * config.kimg
    if len(looks) == TICKS and max(looks) <= STILL and not falling and not config.early_stop:
        yield Finding(
            "nothing changes",
            "note",
            "settled",
            "no real image has changed its category at the last "
            f"{TICKS} looks: training has come to an end early",
            "stop here with Ctrl-C or next time give --early_stop true; if the result is poor, the "
            "learning rates are too low",
        )


Rule = Callable[[Sequence[Line], TrainConfig], Iterator[Finding]]
BY_LOOKS: tuple[Rule, ...] = (
    collapsed,
    dead_categories,
    blurred_categories,
    big_categories,
    restless_categories,
    ignored_noise,
)
RULES: tuple[Rule, ...] = (
    diverged,
    overpowering,
    *BY_LOOKS,
    mixed_categories,
    ignored_codes,
    finished,
)
