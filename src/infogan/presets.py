"""Complete named runs, each naming its source."""

from dataclasses import dataclass

from .config import LossConfig, OptimConfig, TrainConfig
from .model import ModelConfig


@dataclass(frozen=True)
class Preset:
    """A named config: what it is, and where it comes from."""

    summary: str
    source: str
    config: TrainConfig


PRESETS: dict[str, Preset] = {
    "fast": Preset(
        summary="the default: small networks, and consistency on real images",
        source="this project; measured in docs/experiments.md",
        config=TrainConfig(),
    ),
    "paper-mnist": Preset(
        summary="the paper's InfoGAN for MNIST, no more and no less",
        source="Chen et al. 2016, arXiv 1606.03657, appendix C.1",
        config=TrainConfig(
            data="mnist",
            # The original holds σ at 1 for MNIST.
            model=ModelConfig(
                codes="c1=cat:10,c2=uni:sigma=1,c3=uni:sigma=1",
                width=64,
                hidden=1024,
                norm="batch",
            ),
            loss=LossConfig(mi_categorical_q=1.0, mi_continuous=1.0, consistency=0.0),
            optim=OptimConfig(lr_g=1e-3, lr_d=2e-4, decay=0.0, ema_kimg=0.0),
            batch_size=128,
            kimg=640.0,
        ),
    ),
    "infogan-cr": Preset(
        summary="InfoGAN with the contrastive regulariser, for sprites",
        source="Lin et al. 2020, arXiv 1906.06034, and its code's settings for dSprites",
        config=TrainConfig(
            data="sprites",
            model=ModelConfig(
                codes="5*uni:sigma=1", noise=5, width=32, hidden=128, norm="spectral"
            ),
            # The regulariser joins after 288,000 of the original's 322,560 updates.
            loss=LossConfig(
                mi_continuous=0.05, consistency=0.0, contrastive=2.0, contrastive_from=0.893
            ),
            optim=OptimConfig(lr_g=1e-3, lr_d=2e-3, decay=0.0, ema_kimg=0.0),
            kimg=20_644.0,
        ),
    ),
}


def preset(name: str) -> TrainConfig:
    """The config of a preset; ValueError lists the names there are."""
    if name not in PRESETS:
        raise ValueError(f"unknown preset {name!r}: there are {', '.join(PRESETS)}")
    return PRESETS[name].config
