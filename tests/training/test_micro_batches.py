"""A few images at a time, and the same update: gradients, terms and weights."""

from dataclasses import replace

import pytest
import torch
from processes_worker import VARIANTS, config, difference, images, trained

from infogan.data.source import ArraySource
from infogan.errors import UserError
from infogan.training.loop import fit
from infogan.training.processes import ALONE
from infogan.training.state import State
from infogan.training.step import update

WITHOUT_BATCH_NORM = [name for name in VARIANTS if not name.startswith("BatchNorm")]


def gradients(options: dict, micro_batch: int) -> dict[str, torch.Tensor]:
    """Of one update at rates of 0, so that every step is taken at the same weights."""
    made = replace(config(options), micro_batch=micro_batch, labels="")
    state = State.create(made)
    for optimiser in state.optims.values():
        for group in optimiser.param_groups:
            group["lr"] = 0.0
    pixels = torch.from_numpy(images(1)[: made.real_batch])
    update(state, pixels.float() / 127.5 - 1)
    return {
        f"{name}.{key}": parameter.grad
        for name in ("generator", "discriminator", "pair_judge")
        if (module := getattr(state, name)) is not None
        for key, parameter in module.named_parameters()
        if parameter.grad is not None
    }


@pytest.fixture
def in_float64(monkeypatch):
    """Double precision: every processor rounds float32 in its own way."""
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("variant", WITHOUT_BATCH_NORM)
def test_the_gradient_is_that_of_the_whole_batch(variant):
    whole, parts = (gradients(VARIANTS[variant], most) for most in (0, 3))
    assert whole.keys() == parts.keys()
    largest = max(float(gradient.abs().max()) for gradient in whole.values())
    assert largest > 0
    for name, gradient in whole.items():
        assert float((parts[name] - gradient).abs().max()) < 1e-12 * largest, name


def test_less_is_kept_for_the_gradient():
    """What layers save of a pass until its gradient is asked for."""

    def saved(micro_batch: int) -> int:
        state = State.create(
            replace(
                config(VARIANTS["hinge, equivariance, R1, labels, micro-batches"]),
                micro_batch=micro_batch,
                labels="",
                batch_size=64,
            )
        )
        kept = set()

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            kept.add((tensor.untyped_storage().data_ptr(), tensor.untyped_storage().nbytes()))
            return tensor

        real = torch.from_numpy(images(1)).float()[:32].repeat(2, 1, 1, 1) / 127.5 - 1
        images_made = state.generator(state.latent.sample(64, state.rng))
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            said = state.discriminator(torch.cat([real, images_made]))
        assert said.d_logits.requires_grad
        return sum(size for _, size in kept)

    assert saved(8) < saved(0) / 2


def test_a_run_goes_on_to_the_same_weights(tmp_path):
    options = {"micro_batch": 3}
    whole, _, _ = trained(options, ALONE)
    first = State.create(config(options))
    source = ArraySource("", images(1))
    for _ in fit(first, source, lambda: first.images_seen >= 160):
        pass
    first.save(tmp_path / "checkpoint")
    second = State.create(config(options))
    second.load(tmp_path / "checkpoint")
    for _ in fit(second, source):
        pass
    assert difference(whole, second)[0] == 0


@pytest.mark.parametrize("model", [{"norm": "batch"}, {"norm": "spectral"}])
def test_layers_that_see_who_passes_together_are_refused(model):
    made = replace(config({"model": model}), micro_batch=4)
    with pytest.raises(UserError, match=r"micro_batch 4: .*leave micro_batch at 0"):
        State.create(made)
