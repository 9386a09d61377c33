"""Named runs: complete, valid, and what their source says, down to every layer's shape."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from infogan.data.source import ArraySource
from infogan.data.variants import VARIANTS
from infogan.inference.trained_model import Model
from infogan.losses.log_bounds import LogBounds
from infogan.networks.build import Discriminator, PairJudge, build_generator
from infogan.networks.norm import BATCH_NORMS
from infogan.networks.parts import parts
from infogan.storage.model_folder import load_model, save_model
from infogan.training import draws
from infogan.training import step as one_update
from infogan.training.config import TrainConfig
from infogan.training.loop import fit
from infogan.training.presets import PRESETS, preset
from infogan.training.state import State


def test_fast_is_the_default():
    assert preset("fast") == TrainConfig()


def test_unknown_presets_list_the_known():
    with pytest.raises(ValueError, match="unknown preset 'slow': there are auto, fast, tutorial, "):
        preset("slow")


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_says_what_it_is_and_where_it_comes_from(name):
    assert len(PRESETS[name].summary) > 20
    assert len(PRESETS[name].source) > 20
    config = preset(name)
    assert isinstance(config, TrainConfig)
    assert config.size in (None, PRESETS[name].shape[1])


def small(name: str, **options: object) -> TrainConfig:
    """A preset's recipe on tiny networks and images."""
    config = preset(name)
    model = replace(config.model, image_shape=(1, 8, 8), width=4, hidden=8)
    model = replace(model, q_hidden=min(8, model.q_hidden), noise=5)
    options = {"batch_size": 8, "device": "cpu", "precision": "fp32"} | options
    return replace(config, model=model, size=None, channels=None, **options)


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_trains(name, tiny_source):
    config = small(name, kimg=0.012)
    state = State.create(config)
    *_, tick = fit(state, tiny_source)
    assert all(np.isfinite(value) for value in tick.terms.values())
    assert {f"mi/{code.name}" for code in config.model.latent.codes} <= set(tick.terms)
    # The tutorial's four losses, by which all presets are compared.
    assert {"real_loss", "fake_loss", "g_loss", "d_loss"} <= set(tick.terms)


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "auto"])
def test_every_presets_model_is_saved_and_loaded(name, tmp_path):
    model = Model.blank(small(name).model)
    save_model(tmp_path / "model", model.config, model.generator, model.discriminator)
    again = load_model(tmp_path / "model")
    z = model.latent.sample(3, torch.Generator().manual_seed(0))
    assert again.config == model.config
    assert np.array_equal(again.generate(z), model.generate(z))


# Layers, from the sources' own texts and tables


def dense(inputs: int, outputs: int, bias: bool = True) -> int:
    return inputs * outputs + bias * outputs


def conv(kernel: int, inputs: int, outputs: int, bias: bool = True) -> int:
    return kernel * kernel * inputs * outputs + bias * outputs


def norm(channels: int) -> int:
    return 2 * channels


TUTORIAL_G = (
    conv(4, 512, 128) + norm(128) + conv(4, 128, 64) + norm(64) + conv(4, 64, 1) + norm(25_088)
)
TUTORIAL_D = (
    conv(4, 1, 64) + conv(4, 64, 128) + norm(128) + conv(4, 128, 256) + norm(256) + dense(12_544, 1)
)
TUTORIAL_Q = dense(12_544, 128) + norm(128)
PHOTOS_G = (
    norm(1792) + conv(4, 448, 256) + norm(256) + conv(4, 256, 128) + conv(4, 128, 64)
) + conv(4, 64, 3)
PHOTOS_D = (
    conv(4, 3, 64) + conv(4, 64, 128) + norm(128) + conv(4, 128, 256) + norm(256) + dense(4096, 1)
)
PHOTOS_Q = dense(4096, 128) + norm(128)
SPRITES_G = [
    *(dense(10, 128), norm(128), dense(128, 1024), norm(1024)),
    *(conv(4, 64, 64), norm(64), conv(4, 64, 32), norm(32), conv(4, 32, 32), norm(32)),
]
SPRITES_TRUNK = conv(4, 32, 32) + conv(4, 32, 64) + conv(4, 64, 64) + dense(1024, 128)
SPRITES_HEADS = dense(128, 1) + dense(128, 128) + dense(128, 5)

# Input width, G's parameters, D's and Q's together.
COUNTS = {
    "tutorial": (72, dense(72, 25_088) + TUTORIAL_G, TUTORIAL_D + TUTORIAL_Q + dense(128, 10)),
    "tutorial-uniform": (
        *(74, dense(74, 25_088) + TUTORIAL_G),
        TUTORIAL_D + TUTORIAL_Q + dense(128, 12),
    ),
    # A mean and a deviation for each Gaussian code.
    "tutorial-gaussian": (
        *(74, dense(74, 25_088) + TUTORIAL_G),
        TUTORIAL_D + TUTORIAL_Q + dense(128, 14),
    ),
    "noise100": (
        110,
        dense(110, 6272) + norm(6272) + conv(4, 128, 64) + norm(64) + conv(4, 64, 1),
        conv(5, 1, 64)
        + conv(5, 64, 128)
        + norm(128)
        + dense(6272, 1024)
        + norm(1024)
        # «Shares all the weights except the output layer.»
        + dense(1024, 1)
        + dense(1024, 10),
    ),
    "mlp": (
        *(26, dense(26, 256) + dense(256, 784)),
        dense(784, 128) + dense(128, 1) + dense(784, 128) + dense(128, 10),
    ),
    "mlp-pytorch": (
        *(26, dense(26, 128) + dense(128, 784)),
        dense(784, 128) + dense(128, 1) + dense(784, 128) + dense(128, 10),
    ),
    "dcgan32": (
        76,
        # slim's batch normalisation: shifts and no scales, 9 variables in all (its tvars[0:9]).
        dense(76, 4096, bias=False)
        + 4096
        + conv(3, 256, 128, bias=False)
        + 128
        + conv(3, 32, 64, bias=False)
        + 64
        + conv(3, 16, 32, bias=False)
        + 32
        + conv(32, 8, 1, bias=False),
        conv(3, 1, 32, bias=False)
        + conv(3, 128, 64, bias=False)
        + 64
        + conv(3, 256, 128, bias=False)
        + 128
        + dense(8192, 1024)
        + dense(1024, 1)
        # A bias before the shift says nothing; slim leaves it out.
        + dense(1024, 128, bias=False)
        + 128
        + dense(128, 12),
    ),
    "paper-mnist": (
        74,
        # Before a normalisation a bias says nothing, and this family has none there.
        dense(74, 1024, bias=False)
        + norm(1024)
        + dense(1024, 6272, bias=False)
        + norm(6272)
        + conv(4, 128, 64, bias=False)
        + norm(64)
        + conv(4, 64, 1),
        conv(4, 1, 64)
        + conv(4, 64, 128)
        + norm(128)
        + dense(6272, 1024)
        + norm(1024)
        + dense(1024, 1)
        + dense(1024, 128)
        + norm(128)
        + dense(128, 12),
    ),
    "paper-faces": (
        133,
        dense(133, 1024, bias=False)
        + norm(1024)
        + dense(1024, 8192, bias=False)
        + norm(8192)
        + conv(4, 128, 64, bias=False)
        + norm(64)
        + conv(4, 64, 1),
        conv(4, 1, 64)
        + conv(4, 64, 128)
        + norm(128)
        + dense(8192, 1024)
        + norm(1024)
        + dense(1024, 1)
        + dense(1024, 128)
        + norm(128)
        + dense(128, 5),
    ),
    "paper-chairs": (
        189,
        dense(189, 1024)
        + norm(1024)
        + dense(1024, 16_384)
        + norm(16_384)
        + 2 * (conv(4, 256, 256) + norm(256))
        + conv(4, 256, 128)
        + norm(128)
        + conv(4, 128, 64)
        + norm(64)
        + conv(4, 64, 1),
        conv(4, 1, 64)
        + conv(4, 64, 128)
        + norm(128)
        + conv(4, 128, 256)
        + norm(256)
        + 2 * (conv(4, 256, 256) + norm(256))
        + dense(16_384, 1024)
        + norm(1024)
        + dense(1024, 1)
        + dense(1024, 128)
        + norm(128)
        + dense(128, 61),
    ),
    "paper-svhn": (168, dense(168, 1792) + PHOTOS_G, PHOTOS_D + PHOTOS_Q + dense(128, 44)),
    "paper-celeba": (228, dense(228, 1792) + PHOTOS_G, PHOTOS_D + PHOTOS_Q + dense(128, 100)),
    "infogan-cr": (
        *(10, sum(SPRITES_G) + conv(4, 32, 1)),
        conv(4, 1, 32) + SPRITES_TRUNK + SPRITES_HEADS,
    ),
    "infogan-cr-gap": (
        *(10, sum(SPRITES_G) + conv(4, 32, 3)),
        conv(4, 3, 32) + SPRITES_TRUNK + SPRITES_HEADS,
    ),
}


def count(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("name", list(COUNTS))
def test_parameters_are_as_many_as_the_source_has(name):
    model = replace(preset(name).model, image_shape=PRESETS[name].shape)
    inputs, g, d = COUNTS[name]
    assert model.latent.dim == inputs
    generator = build_generator(model)
    assert count(generator) == g
    assert count(Discriminator(model)) == d
    images = generator(torch.zeros(2, inputs))
    assert images.shape == (2, *PRESETS[name].shape)
    assert images.abs().max() <= 1


def test_every_published_preset_is_counted():
    assert set(COUNTS) == set(PRESETS) - {"auto", "fast"}


def weights(module: torch.nn.Module) -> list[tuple[int, ...]]:
    """Shapes of the weights of all layers in turn, normalisations left out."""
    return [tuple(p.shape) for p in module.parameters() if p.dim() > 1]


def test_the_tutorials_layers():
    model = replace(preset("tutorial").model, image_shape=(1, 28, 28))
    assert weights(build_generator(model)) == [
        *[(25_088, 72), (128, 512, 4, 4)],
        *[(128, 64, 4, 4), (64, 1, 4, 4)],  # transposed: inputs first
    ]
    judge = Discriminator(model)
    assert weights(judge.trunk) == [(64, 1, 4, 4), (128, 64, 4, 4), (256, 128, 4, 4)]
    assert weights(judge.d_head) == [(1, 12_544)]
    assert weights(judge.q_head) == [(128, 12_544), (10, 128)]
    # 28 → 14 → 7, and 7 stays 7 at stride 1 although the kernel is even.
    assert judge.trunk(torch.zeros(1, 1, 28, 28)).shape == (1, 256 * 7 * 7)


# The spread of the weights of convolutions, transposed ones, dense layers; of D's and Q's own.
TRUNCATED = 0.02 * 0.8796  # of a normal distribution cut off at two deviations
SPREADS = {
    "tutorial": (0.02, 0.02, 0.02, "glorot"),
    "dcgan32": (TRUNCATED, None, TRUNCATED, TRUNCATED),
    "paper-mnist": (TRUNCATED, 0.02, 0.02, 0.02),
    # Xavier's as seed 003 has it: 1 / sqrt(inputs / 2).
    "mlp": (None, None, "xavier", "xavier"),
}


@pytest.mark.parametrize("name", list(SPREADS))
def test_weights_start_as_the_source_draws_them(name):
    model = replace(preset(name).model, image_shape=PRESETS[name].shape)
    conv, transposed, dense, heads = SPREADS[name]
    for module in (build_generator(model), Discriminator(model)):
        for key, layer in module.named_modules():
            if not isinstance(layer, torch.nn.Linear | torch.nn.Conv2d | torch.nn.ConvTranspose2d):
                continue
            w, b = layer.weight, layer.bias
            assert b is None or not b.any(), key
            spread = heads if "head" in key else dense
            if isinstance(layer, torch.nn.Conv2d):
                spread = conv
            elif isinstance(layer, torch.nn.ConvTranspose2d):
                spread = transposed
            if spread == "glorot":
                limit = math.sqrt(6 / sum(w.shape))
                assert 0.9 * limit < w.abs().max() <= limit, key
                spread = limit / math.sqrt(3)
            elif spread == "xavier":
                spread = (w.shape[1] / 2) ** -0.5
            elif spread == TRUNCATED:
                assert w.abs().max() <= 0.04, key
            if w.numel() > 1000:
                assert w.std().item() == pytest.approx(spread, rel=0.1), key


def test_the_tutorials_q_starts_where_its_text_prints_it():
    # «>1, d[0.924,0.758], g[0.448] q[2.909]»; 2.70 to 2.82 in the four lines after it.
    config, starts = preset("tutorial"), []
    for seed in range(4):
        torch.manual_seed(seed)
        model = replace(config.model, image_shape=(1, 28, 28))
        z = model.latent.sample(64, torch.Generator().manual_seed(seed))
        with torch.no_grad():
            q = Discriminator(model)(build_generator(model)(z), ask_d=False).q
        starts.append(torch.nn.functional.cross_entropy(q, z[:, :10]).item())
    assert 2.45 < np.mean(starts) < 3.1  # with all weights from N(0, 0.02) it is 2.32


def test_the_tutorial_is_keras():
    config = preset("tutorial")
    # Since TensorFlow 2, which the fix is for, Keras computes a sigmoid's loss of its logits.
    assert config.loss.log_bounds == LogBounds()
    assert (config.optim.epsilon, config.optim.epsilon_hat) == (1e-7, True)
    assert config.sampling == "replacement"  # ix = randint(0, dataset.shape[0], n_samples)


def test_dcgan32_normalises_as_slim_does():
    model = replace(preset("dcgan32").model, image_shape=(1, 32, 32))
    generator, judge = build_generator(model), Discriminator(model)
    assert len(list(generator.parameters())) == 9
    for module in (generator, judge):
        norms = [m for m in module.modules() if isinstance(m, BATCH_NORMS)]
        assert len(norms) in (3, 4)
        for norm in norms:
            assert [name for name, _ in norm.named_parameters()] == ["bias"]
            assert norm.eps == 1e-3
            assert "weight" not in norm.state_dict()
    # Sampling: by the last batch of training, but for its variance, times n / (n − 1).
    z = torch.randn(512, model.latent.dim)
    with torch.no_grad():
        in_training, alone = generator(z), generator.eval()(z[:1])
    torch.testing.assert_close(alone, in_training[:1], atol=0.02, rtol=0)


def test_dcgan32s_q_has_a_relu_and_means_through_tanh():
    model = replace(preset("dcgan32").model, image_shape=(1, 32, 32))
    judge = Discriminator(model)
    q_head = judge.q_head
    with torch.no_grad():
        q_head[0][3].weight.mul_(1000)
        features = torch.randn(64, judge.trunk.features)
        hidden, q = q_head[0][:3](features), q_head(features)
    assert hidden.min() == 0
    categories, means = q[:, :10], q[:, 10:]
    assert means.abs().max() <= 1 < categories.abs().max()
    assert (means.abs() > 0.9).any()


def test_dcgan32_pads_28_to_32():
    config = preset("dcgan32")
    assert config.data == "mnist-padded"
    padded = VARIANTS[config.data](
        "mnist-padded", ArraySource("x", np.full((2, 1, 28, 28), 9, "u1"))
    )
    image = padded.batch(np.array([1]))[0, 0]
    assert image.shape == (32, 32)
    assert np.all(image[2:30, 2:30] == 9)
    assert image.sum() == 9 * 28 * 28  # black, which is −1, around it


def test_paper_mnist_is_the_authors_code():
    config = preset("paper-mnist")
    model = replace(config.model, image_shape=(1, 28, 28))
    generator, judge = build_generator(model), Discriminator(model)
    leaks = [m.negative_slope for m in judge.modules() if isinstance(m, torch.nn.LeakyReLU)]
    assert leaks == [0.01] * 4
    # MeanBernoulli pixels: a sigmoid in [0, 1], which D and Q see.
    raw = []
    generator.up.register_forward_hook(lambda *args: raw.append(args[-1]))
    images = generator(torch.randn(8, model.latent.dim))
    torch.testing.assert_close(images, 2 * raw[0].sigmoid() - 1)
    seen = []
    judge.trunk.convolutions[1].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    judge(images)
    torch.testing.assert_close(seen[0], (images + 1) / 2)
    scales = [m.weight for m in generator.modules() if isinstance(m, BATCH_NORMS)]
    assert torch.cat(scales).std().item() == pytest.approx(0.02, rel=0.1)
    assert torch.cat(scales).mean().item() == pytest.approx(1, abs=0.002)
    assert config.loss.log_bounds == LogBounds(epsilon=1e-8)


def test_paper_mnist_draws_anew_for_gs_step(monkeypatch):
    d_step, g_step = batches_seen("paper-mnist", monkeypatch)
    assert len(d_step[3]) == len(g_step[3]) == 8
    assert not torch.equal(d_step[3], g_step[3])


def test_infogan_cr_has_spectral_normalisation_in_d_q_and_the_judge_of_pairs():
    model = replace(preset("infogan-cr").model, image_shape=(1, 64, 64))
    judge, pairs = Discriminator(model), PairJudge(model)
    bound = [m for m in judge.modules() if torch.nn.utils.parametrize.is_parametrized(m)]
    assert len(bound) == 5 + 1 + 2
    assert [m for m in pairs.modules() if torch.nn.utils.parametrize.is_parametrized(m)][4:]
    assert not torch.nn.utils.parametrize.is_parametrized(pairs.head)
    assert [m.negative_slope for m in judge.q_head if isinstance(m, torch.nn.LeakyReLU)] == [0.2]


def test_the_teapots_judge_of_pairs_has_batch_normalisation_instead():
    model = replace(preset("infogan-cr-gap").model, image_shape=(3, 64, 64))
    trunk = PairJudge(model).trunk
    kinds = [type(m).__name__ for m in trunk.modules() if not list(m.children())]
    layers = [kind for kind in kinds if kind not in ("ToUnit", "ToVectors", "Identity")]
    assert layers == [
        *("Conv2d", "LeakyReLU"),
        *3 * ("Conv2d", "LeakyReLU", "BatchNorm2d"),
        *("Linear", "LeakyReLU", "BatchNorm1d"),
    ]
    assert Discriminator(model).trunk.convolutions[1].parametrizations  # D keeps the other


def test_infogan_crs_power_iteration_moves_on_once_an_update(tiny_images):
    state = State.create(small("infogan-cr"))
    assert len(state.spectral) == 8 + 5  # D, Q and the judge of pairs
    before = [norm.u.clone() for norm, _ in state.spectral]
    real = torch.from_numpy(tiny_images[: state.config.real_batch]).float() / 127.5 - 1
    state.discriminator(real)
    state.discriminator(real)
    assert all(torch.equal(norm.u, u) for (norm, _), u in zip(state.spectral, before, strict=True))
    one_update.update(state, real)
    for (norm, weight), u in zip(state.spectral, before, strict=True):
        rows = weight.detach().flatten(1)
        v = torch.nn.functional.normalize(rows.T @ u, dim=0)
        torch.testing.assert_close(norm.u, torch.nn.functional.normalize(rows @ v, dim=0))


def test_the_halves_of_a_pair_are_batches_of_their_own(tiny_images):
    config = small("infogan-cr")
    state = State.create(replace(config, loss=replace(config.loss, contrastive_from=0.0)))
    sizes = []
    state.generator.register_forward_hook(lambda _, args, __: sizes.append(len(args[0])))
    real = torch.from_numpy(tiny_images[: config.real_batch]).float() / 127.5 - 1
    one_update.update(state, real)
    assert set(sizes) == {config.batch_size}


# Steps


D, ALL_D = {"trunk", "D"}, {"trunk", "D", "Q"}
MOVED = {
    "auto": [ALL_D, {"G"}],
    "fast": [ALL_D, {"G"}],
    "paper-mnist": [ALL_D, {"G"}],
    "paper-chairs": [ALL_D, {"G"}],
    # D on real, D on generated images; the composite: G, Q's layers, D's BatchNorm and no more.
    "tutorial": [D, D, {"G", "Q", "norms"}],
    # Real images twice, generated ones, Q on its own with the layers it shares, then G.
    "noise100": [D, D, D, {"trunk", "Q"}, {"G"}],
    # The solvers of D and G, then Q's over θ_G + θ_Q.
    "mlp": [D, {"G"}, {"G", "Q"}],
    # «We also update all variables using the Q-network losses»; D's own head has no part in them.
    "dcgan32": [D, {"G"}, {"G", "trunk", "Q"}],
    # The judge of pairs, then D and Q, then G twice.
    "infogan-cr-gap": [{"pairs"}, ALL_D, {"G"}, {"G"}],
}


class Recorder:
    """An optimiser that notes which parameters each of its steps changes."""

    def __init__(self, optim, parameters, seen):
        self.optim, self.parameters, self.seen = optim, parameters, seen
        self.param_groups = optim.param_groups

    def zero_grad(self, **options):
        self.optim.zero_grad(**options)

    def step(self):
        before = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.optim.step()
        changed = {name for name, p in self.parameters.items() if not torch.equal(before[name], p)}
        self.seen.append(changed)


@pytest.mark.parametrize("name", list(MOVED))
def test_each_step_moves_exactly_what_its_source_says(name, tiny_images):
    config = small(name)
    config = replace(config, loss=replace(config.loss, contrastive_from=0.0))
    state, seen = State.create(config), []
    named = {f"G.{key}": p for key, p in state.generator.named_parameters()}
    named |= {f"judges.{key}": p for key, p in state.discriminator.named_parameters()}
    if state.pair_judge is not None:
        named |= {f"pairs.{key}": p for key, p in state.pair_judge.named_parameters()}
    for key, optim in state.optims.items():
        state.optims[key] = Recorder(optim, named, seen)
    real = torch.from_numpy(tiny_images[: config.real_batch]).float() / 127.5 - 1
    one_update.update(state, real)
    names = {id(p): key for key, p in named.items()}
    expected = [
        {names[id(p)] for part in moved for p in state.parts[part]} for moved in MOVED[name]
    ]
    assert [sorted(step) for step in seen] == [sorted(step) for step in expected]
    assert all(p.requires_grad for p in named.values())


def test_parts_are_disjoint_but_for_the_norms():
    model = small("tutorial").model
    of = parts(build_generator(model), Discriminator(model), None)
    norms = {id(p) for p in of.pop("norms")}
    every = [id(p) for part in of.values() for p in part]
    assert len(every) == len(set(every))
    assert len(norms) == 2 * 2  # scale and shift of the trunk's two
    assert norms < {id(p) for p in of["trunk"]}


def batches_seen(name, monkeypatch):
    """How many real and generated images, and whether by running averages, in each step."""
    config, seen = small(name), []
    original = one_update.step_loss

    def watched(scene):
        batch = scene.batch
        seen.append((str(scene.step), len(batch.real), len(batch.fake), batch.z.clone()))
        return original(scene)

    monkeypatch.setattr(one_update, "step_loss", watched)
    state = State.create(config)
    one_update.update(state, torch.rand(config.real_batch, 1, 8, 8))
    return seen


def test_the_tutorial_shows_d_half_batches_and_draws_anew_for_each(monkeypatch):
    real, fake, composite = batches_seen("tutorial", monkeypatch)
    assert real[:2] == ("real > trunk+D", 4)
    assert fake[:3] == ("fake > trunk+D", 4, 4)
    assert composite[0] == "fool+mi > G+Q+norms"
    assert composite[2] == 8
    assert not torch.equal(fake[3], composite[3][:4])


def test_the_perceptrons_see_the_same_codes_in_all_steps(monkeypatch):
    steps = batches_seen("mlp", monkeypatch)
    assert [step[2] for step in steps] == [8, 8, 8]
    assert all(torch.equal(step[3], steps[0][3]) for step in steps)


def test_lengths_rates_and_batches_are_the_sources():
    expected = {  # updates, real images each, rates of the optimisers in turn, β₁
        "tutorial": (93_700, 32, [2e-4, 2e-4], 0.5),
        "noise100": (60_000, 64, [2e-4, 2e-4, 2e-4], 0.5),
        "mlp": (1_000_000, 32, [1e-3, 1e-3, 1e-3], 0.9),
        "mlp-pytorch": (100_000, 32, [1e-3, 1e-3, 1e-3], 0.9),
        "dcgan32": (500_000, 64, [2e-4, 2e-3, 2e-4], 0.5),
        "paper-mnist": (5000, 128, [2e-4, 1e-3], 0.5),
        "paper-faces": (50_000, 128, [2e-4, 5e-4], 0.5),
        "paper-svhn": (50_000, 128, [2e-4, 1e-3], 0.5),
        "infogan-cr": (322_560, 64, [2e-3, 2e-3, 1e-3], 0.5),
    }
    for name, (updates, real, rates, beta1) in expected.items():
        config = preset(name)
        assert (config.updates, config.real_batch) == (updates, real), name
        assert [config.learning_rate(o) for o in config.schedule.optimisers] == rates, name
        assert (config.optim.beta1, config.optim.decay, config.optim.ema_kimg) == (beta1, 0, 0)
    # Pictures and models every 9,370 updates.
    assert preset("tutorial").picture_kimg * 1000 / 32 == 9370


@pytest.mark.parametrize("name", ["mlp", "mlp-pytorch"])
def test_the_perceptrons_take_logarithms_of_probabilities_plus_1e_8(name, tiny_images):
    config = small(name)
    assert config.loss.log_bounds == LogBounds(epsilon=1e-8)
    state = State.create(config)
    # D is certain, and wrong: by the sources' formulas −log(1e-8) each, not 100.
    head = state.discriminator.d_head
    with torch.no_grad():
        head.weight.zero_()
        head.bias.fill_(-100.0)
    real = torch.from_numpy(tiny_images[: config.real_batch]).float() / 127.5 - 1
    terms = one_update.update(state, real)
    assert terms["real_loss"].item() == pytest.approx(8 * math.log(10), rel=1e-6)


def test_the_two_versions_of_the_perceptrons_differ_as_their_codes_do():
    tensorflow, pytorch = preset("mlp"), preset("mlp-pytorch")
    assert (tensorflow.model.noise_prior, pytorch.model.noise_prior) == ("uniform", "normal")
    assert (tensorflow.optim.epsilon_hat, pytorch.optim.epsilon_hat) == (True, False)
    same = {"kimg": 0, "model": tensorflow.model, "optim": tensorflow.optim}
    same["kimg"] = tensorflow.kimg
    assert replace(pytorch, **same) == tensorflow


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in ("auto", "fast")])
def test_published_presets_compute_in_single_precision(name):
    assert preset(name).precision == "fp32"


def test_paper_mnist_is_the_papers():
    config = preset("paper-mnist")
    assert config.data == "mnist"
    # Ten categories, two dials on [-1, 1], 62 noise: the 74 inputs of table 1.
    latent = config.model.latent
    assert [code.spelling for code in latent.codes] == ["cat:10", "uni:sigma=1", "uni:sigma=1"]
    assert config.model.noise_prior == "uniform"
    assert config.model.q_trunk == "shared"
    # One λ of 1 for all, for G as for Q; nothing but L_I beside the game; every step at full rate.
    assert config.mi_weights_g == config.mi_weights_q == {"c1": 1.0, "c2": 1.0, "c3": 1.0}
    loss = config.loss
    assert loss.adversarial == "bce"
    assert (loss.consistency, loss.r1 or 0, loss.contrastive) == (0, 0, 0)


def test_the_papers_other_codes_and_weights():
    assert (
        str(preset("paper-chairs").model.latent) == "c1=cat:20,c2=cat:20,c3=cat:20,c4=uni:sigma=1"
    )
    chairs = preset("paper-chairs").mi_weights_g
    assert chairs == {"c1": 1.0, "c2": 1.0, "c3": 1.0, "c4": 10.0}
    assert set(preset("paper-faces").mi_weights_g.values()) == {0.2}


def test_the_gap_falls_in_the_middle_of_the_run(monkeypatch, tiny_source):
    config, gaps = small("infogan-cr-gap", kimg=0.08), []
    original = draws.contrastive_pairs

    def watched(latent, n, rng, gap):
        gaps.append(gap)
        return original(latent, n, rng, gap)

    monkeypatch.setattr(draws, "contrastive_pairs", watched)
    list(fit(State.create(config), tiny_source))
    # Of ten updates four come before the regulariser, and the gap is there for the next three.
    assert gaps == [1.9, 1.9, 1.9, 0.0, 0.0, 0.0]


def test_any_prior_may_replace_the_categorical_one():
    for codes in ("c1=norm", "c1=bern,c2=uni"):
        config = small("mlp")
        state = State.create(replace(config, model=replace(config.model, codes=codes)))
        source = ArraySource("noise", np.full((9, 1, 8, 8), 128, np.uint8))
        (tick,) = fit(state, source, should_stop=lambda: True)
        assert np.isfinite(tick.terms["mi/c1"])
