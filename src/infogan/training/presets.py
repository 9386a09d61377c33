"""Complete named runs, each naming its source; what a source leaves open is said beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from infogan.errors import UserError, did_you_mean
from infogan.networks.build import AUTO, ModelConfig, PairNorm
from infogan.training.config import TrainConfig
from infogan.training.loss_config import LossConfig
from infogan.training.optim_config import OptimConfig
from infogan.training.schedule import Schedule


@dataclass(frozen=True)
class Preset:
    """A named config: what it is, where it comes from, and the images it is for."""

    summary: str
    source: str
    config: TrainConfig
    shape: tuple[int, int, int] = (1, 28, 28)


CONSTANT = {"decay": 0.0, "ema_kimg": 0.0}
"""No source lets its rates fall or averages its weights."""
TENSORFLOW = {"epsilon": 1e-8, "epsilon_hat": True}
KERAS = {"epsilon": 1e-7, "epsilon_hat": True}
"""Adam's ε as these have it."""


def _published(
    updates: int, loss: Mapping[str, Any], optim: Mapping[str, Any], **config: Any
) -> TrainConfig:
    """A source's run: its own length, the mutual information alone beside the game, float32."""
    weights: dict[str, Any] = {"mi_categorical": 1.0, "mi_categorical_q": 1.0, "mi_continuous": 1.0}
    weights |= loss
    weights["mi_continuous_q"] = weights["mi_continuous"]
    made = TrainConfig(
        loss=LossConfig(**({"consistency": 0.0} | weights)),
        optim=OptimConfig(**(CONSTANT | dict(optim))),
        **({"precision": "fp32"} | config),
    )
    return replace(made, kimg=updates * made.real_batch / 1000)


BROWNLEE = "Brownlee 2019, machinelearningmastery.com; seeds 000 and 002, with the 2021 fix"


def _tutorial(codes: str, mi_continuous: float = 1.0) -> TrainConfig:
    """100 epochs as the tutorial counts them: 937 updates each, of 32 real images and 32 + 64 made.

    G makes D's images by `predict`, hence with its running averages. Losses are of logits, as Keras
    has them since TensorFlow 2, which the fix is for (before: clipped, `log_clip` 1e-7).
    """
    return _published(
        93_700,
        loss={"mi_continuous": mi_continuous},
        optim={"lr_g": 2e-4, "lr_d": 2e-4} | KERAS,
        data="mnist",
        sampling="replacement",
        model=ModelConfig(
            codes=codes,
            noise_prior="normal",
            family="tutorial",
            width=64,
            norm="keras",
            initial="keras",
        ),
        schedule=Schedule(
            steps="real > trunk+D, fake > trunk+D, fool+mi > G+Q+norms",
            half_batches=True,
            latents="anew",
            fakes="inference",
        ),
        batch_size=64,
        # Pictures and models every ten epochs.
        picture_kimg=299.84,
    )


def _paper(codes: str, updates: int = 50_000, **options: Any) -> TrainConfig:
    """The paper's recipe: its rates where it says nothing else, σ held at 1 as in its code.

    The code (openai/InfoGAN) is of MNIST alone. What it does whatever the data is taken for all:
    batches of 128, how weights are drawn, new codes and noise for G's step, 1e-8 in logarithms,
    TensorFlow's Adam. The paper gives no length for other data.
    """
    parts = {name: options.pop(name, {}) for name in ("model", "loss", "optim")}
    model = {"codes": codes, "noise": 128, "width": 64, "hidden": 1024, "norm": "batch"}
    return _published(
        updates,
        loss={"log_epsilon": 1e-8} | parts["loss"],
        optim={"lr_g": 1e-3, "lr_d": 2e-4} | TENSORFLOW | parts["optim"],
        model=ModelConfig(**(model | {"initial": "openai"} | parts["model"])),
        schedule=Schedule(steps="real+fake+mi > trunk+D+Q, fool+mi > G", latents="anew"),
        batch_size=128,
        **options,
    )


PERCEPTRON = ModelConfig(
    codes="c1=cat:10",
    noise=16,
    family="perceptron",
    hidden=128,
    norm="none",
    q_hidden=0,
    q_trunk="own",
    initial="xavier",
)


def _kristiadi(updates: int, model: ModelConfig, optim: Mapping[str, Any]) -> TrainConfig:
    """Perceptrons without normalisation; Adam as it comes, and 1e-8 within all logarithms."""
    return _published(
        updates,
        loss={"log_epsilon": 1e-8},
        optim={"lr_g": 1e-3, "lr_d": 1e-3, "beta1": 0.9} | dict(optim),
        data="mnist",
        model=model,
        schedule=Schedule(steps="real+fake > trunk+D, fool > G, mi > G+Q"),
        batch_size=32,
    )


def _infogan_cr(
    updates: int, loss: Mapping[str, Any], pair_norm: PairNorm = "trunk", **options: Any
) -> TrainConfig:
    """InfoGAN-CR's code: the judge of pairs, then D and Q, then G twice."""
    return _published(
        updates,
        loss={"log_epsilon": 1e-8} | dict(loss),
        optim={"lr_g": 1e-3, "lr_d": 2e-3} | TENSORFLOW,
        model=ModelConfig(
            codes="5*uni:sigma=1",
            noise=5,
            family="sprites",
            width=32,
            hidden=128,
            norm="spectral-once",
            q_leak=0.2,
            pair_norm=pair_norm,
            initial="tensorflow",
        ),
        schedule=Schedule(
            steps="contrast > pairs, real+fake+mi > trunk+D+Q, 2*fool+mi+contrast > G"
        ),
        **options,
    )


PRESETS: dict[str, Preset] = {
    "auto": Preset(
        summary="the default: as fast, but codes and networks are chosen from the images",
        source="this project; measured in docs/experiments.md",
        config=TrainConfig(model=ModelConfig(codes=AUTO, family=AUTO)),
    ),
    "fast": Preset(
        summary="small networks for grey images, and consistency on real images",
        source="this project; measured in docs/experiments.md",
        config=TrainConfig(),
    ),
    "tutorial": Preset(
        summary="the Keras tutorial: ten categories, D in half batches, BatchNorm left trainable",
        source=BROWNLEE,
        config=_tutorial("c1=cat:10"),
    ),
    "tutorial-uniform": Preset(
        summary="its extension: two uniform codes, guessed by their mean squared error",
        source=f"{BROWNLEE}, «Extensions»",
        # With σ = 1, −log Q is half the squared error, but for a constant.
        config=_tutorial("c1=cat:10,c2=uni:sigma=1,c3=uni:sigma=1", mi_continuous=2.0),
    ),
    "tutorial-gaussian": Preset(
        summary="its extension: two Gaussian codes, with a mean and a standard deviation each",
        source=f"{BROWNLEE}, «Extensions»",
        config=_tutorial("c1=cat:10,c2=norm,c3=norm"),
    ),
    "noise100": Preset(
        summary="100 noise and ten categories; convolution, BatchNorm and pooling; five steps",
        source="theailearner.com, InfoGAN: introduction and implementation; seed 001",
        # Its step 3 shows D the real images again, «with labels»: real ones, as classes are never
        # read here. Batch, rates and widths are this project's choice.
        config=_published(
            60_000,
            loss={},
            optim={"lr_g": 2e-4, "lr_d": 2e-4},
            data="mnist",
            model=ModelConfig(
                codes="c1=cat:10",
                noise=100,
                noise_prior="normal",
                family="pooling",
                width=64,
                hidden=1024,
                norm="keras",
                q_hidden=0,
            ),
            schedule=Schedule(
                steps="2*real > trunk+D, fake > trunk+D, mi > trunk+Q, fool+mi > G",
                latents="anew",
                fakes="inference",
            ),
        ),
    ),
    "mlp": Preset(
        summary="two-layer perceptrons, Q a network of its own, G and Q moved for the information",
        source="Kristiadi 2017, InfoGAN in TensorFlow and PyTorch; seed 003 and its code",
        config=_kristiadi(1_000_000, PERCEPTRON, TENSORFLOW),
    ),
    "mlp-pytorch": Preset(
        summary="the same author's in PyTorch: a tenth of the length, a narrower G, normal noise",
        source="Kristiadi 2017, InfoGAN in TensorFlow and PyTorch; seed 003 and its PyTorch code",
        config=_kristiadi(100_000, replace(PERCEPTRON, noise_prior="normal", g_hidden=128), {}),
    ),
    "dcgan32": Preset(
        summary="DCGAN at 32×32, the information moving everything it passes through",
        source="Juliani 2016, Learning interpretable latent representations; seed 004",
        config=_published(
            500_000,
            loss={"adversarial": "kl"},
            optim={"lr_g": 2e-3, "lr_d": 2e-4, "lr_q": 2e-4} | TENSORFLOW,
            data="mnist-padded",
            model=ModelConfig(
                codes="c1=cat:10,c2=uni:sigma=1,c3=uni:sigma=1",
                noise=64,
                family="dcgan",
                width=32,
                hidden=1024,
                norm="slim",
                q_leak=0.0,
                q_means="tanh",
                initial="truncated",
            ),
            schedule=Schedule(steps="real+fake > trunk+D, fool > G, mi > G+trunk+Q"),
            size=32,
        ),
        shape=(1, 32, 32),
    ),
    "paper-mnist": Preset(
        summary="the paper's InfoGAN for MNIST, no more and no less",
        source="Chen et al. 2016, arXiv 1606.03657, appendix C.1",
        config=_paper(
            "c1=cat:10,c2=uni:sigma=1,c3=uni:sigma=1",
            updates=5000,
            data="mnist",
            # Its code has a leak of 0.01 where the paper says 0.1, and pixels in [0, 1].
            model={"noise": 62, "leak": 0.01, "q_leak": 0.01, "pixels": "sigmoid"},
        ),
    ),
    "paper-faces": Preset(
        summary="the paper's for rendered faces: five uniform codes",
        source="Chen et al. 2016, arXiv 1606.03657, appendix C.4 (azimuth)",
        config=_paper(
            "5*uni:sigma=1",
            data="faces",
            loss={"mi_continuous": 0.2},
            optim={"lr_g": 5e-4},
            size=32,
            channels=1,
        ),
        shape=(1, 32, 32),
    ),
    "paper-chairs": Preset(
        summary="the paper's for rendered chairs: three categories of twenty, one uniform code",
        source="Chen et al. 2016, arXiv 1606.03657, appendix C.5 (rotation)",
        config=_paper(
            "3*cat:20,uni:sigma=1",
            data="rendered_chairs",
            model={"family": "chairs"},
            loss={"mi_continuous": 10.0},
            size=64,
            channels=1,
        ),
        shape=(1, 64, 64),
    ),
    "paper-svhn": Preset(
        summary="the paper's for house numbers: four categories of ten, four uniform codes",
        source="Chen et al. 2016, arXiv 1606.03657, appendix C.2",
        config=_paper(
            "4*cat:10,4*uni:sigma=1",
            data="train_32x32.mat",
            model={"family": "photos", "noise": 124},
        ),
        shape=(3, 32, 32),
    ),
    "paper-celeba": Preset(
        summary="the paper's for celebrities' faces: ten categories of ten",
        source="Chen et al. 2016, arXiv 1606.03657, appendix C.3",
        config=_paper(
            "10*cat:10", data="img_align_celeba.zip", model={"family": "photos"}, size=32
        ),
        shape=(3, 32, 32),
    ),
    "infogan-cr": Preset(
        summary="InfoGAN with the contrastive regulariser, for sprites",
        source="Lin et al. 2020, arXiv 1906.06034, and its code's settings for dSprites",
        # The regulariser joins after 288,000 updates, without a gap.
        config=_infogan_cr(
            322_560,
            loss={"mi_continuous": 0.05, "contrastive": 2.0, "contrastive_from": 288_000 / 322_560},
            data="sprites",
        ),
        shape=(1, 64, 64),
    ),
    "infogan-cr-gap": Preset(
        summary="the same with a contrastive gap that starts at 1.9 and falls to 0, for scenes",
        source="Lin et al. 2020, arXiv 1906.06034, and its code's settings for 3D teapots",
        # Of 125,000 updates the regulariser joins after 50,000, and the gap goes after 85,000.
        config=_infogan_cr(
            125_000,
            loss={
                "mi_continuous": 0.2,
                "contrastive": 3.0,
                "contrastive_from": 0.4,
                "contrastive_gap": 1.9,
                "contrastive_gap_until": 0.68,
            },
            pair_norm="batch",
            data="scenes",
            size=64,
        ),
        shape=(3, 64, 64),
    ),
}


def preset(name: str) -> TrainConfig:
    """The config of a preset; UserError lists the names there are."""
    if name not in PRESETS:
        raise UserError(
            f"unknown preset {name!r}{did_you_mean(name, PRESETS)}: there are {', '.join(PRESETS)}"
        )
    return PRESETS[name].config
