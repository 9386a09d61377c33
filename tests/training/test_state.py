"""The state of a run: what is averaged, what is saved, and what a checkpoint must hold."""

import json
import struct
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from infogan.training.checkpoint import DamagedCheckpoint
from infogan.training.loop import fit
from infogan.training.state import State

NORMS = ("batch", "layer", "spectral", "none")


def trained(config, source, updates=10**9):
    """A state after some updates, or all of its run."""
    state = State.create(config)
    end = updates * config.batch_size
    if updates:
        list(fit(state, source, should_stop=lambda: state.images_seen >= end))
    return state


# Starting


def test_a_seed_is_a_start(tiny_config, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        torch.rand(7)  # the global generator has no part in it
        State.create(tiny_config(seed=seed)).save(tmp_path / f"{name}.safetensors")
    a, b, c = (load_file(tmp_path / f"{name}.safetensors") for name in "abc")
    assert all(torch.equal(a[key], b[key]) for key in a)
    for part in ("generator", "discriminator", "rng"):
        assert any(not torch.equal(a[key], c[key]) for key in a if key.startswith(part))


def test_the_global_generator_is_left_as_it_was(tiny_config, tiny_source):
    before = torch.get_rng_state()
    trained(tiny_config(), tiny_source)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("memory_format", "expected"),
    [("channels_last", torch.channels_last), ("contiguous", torch.contiguous_format)],
)
def test_memory_format_is_that_of_the_convolutions(tiny_config, memory_format, expected):
    config = tiny_config({"family": "conv", "width": 8}, memory_format=memory_format)
    weight = next(p for p in State.create(config).discriminator.parameters() if p.dim() == 4)
    other = next(
        p
        for p in State.create(config).generator.parameters()
        if p.dim() == 4 and min(p.shape[:2]) > 1
    )
    assert weight.is_contiguous(memory_format=expected)
    assert other.is_contiguous(memory_format=expected)


@pytest.mark.parametrize(("precision", "seen"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_precision_is_that_of_the_products_not_of_the_weights(
    tiny_config, tiny_source, precision, seen
):
    state = State.create(tiny_config(precision=precision))
    found = []
    layer = next(m for m in state.discriminator.modules() if isinstance(m, torch.nn.Linear))
    layer.register_forward_hook(lambda *hooked: found.append(hooked[2].dtype))
    list(fit(state, tiny_source, should_stop=lambda: bool(found)))
    assert set(found) == {seen}
    assert {p.dtype for p in state.discriminator.parameters()} == {torch.float32}
    assert {p.dtype for p in state.ema_generator.parameters()} == {torch.float32}


# The moving average


def test_average_has_its_half_life(tiny_config):
    # Batch 8 and a half-life of 40 images: each update keeps 2^(−8/40) of the old average.
    state = State.create(tiny_config(optim={"ema_kimg": 0.04}))
    state.images_seen = 10_000  # beyond the start, where the memory is shorter
    for module in (state.ema_generator, state.ema_discriminator):
        for tensor in [*module.parameters(), *module.buffers()]:
            tensor.data.fill_(1)
    for module in (state.generator, state.discriminator):
        for tensor in [*module.parameters(), *module.buffers()]:
            tensor.data.zero_()
    for _ in range(5):
        state.average()
    for parameter in [*state.ema_generator.parameters(), *state.ema_discriminator.parameters()]:
        torch.testing.assert_close(parameter, torch.full_like(parameter, 0.5))


def test_average_follows_statistics_too(tiny_config):
    state = State.create(tiny_config({"norm": "batch"}, optim={"ema_kimg": 0.008}))
    state.images_seen = 10_000
    running = [dict(m.named_buffers()) for m in (state.generator, state.ema_generator)]
    name = next(name for name in running[1] if name.endswith("running_mean"))
    counter = name.replace("running_mean", "num_batches_tracked")
    running[0][name].fill_(4)
    running[0][counter].fill_(7)
    state.average()  # half of the way, as the half-life is one batch
    torch.testing.assert_close(running[1][name], torch.full_like(running[1][name], 2.0))
    assert running[1][counter].item() == 7


@pytest.mark.parametrize("ema_kimg", [0.0, 1.0])
def test_average_is_the_present_where_there_is_no_past(tiny_config, ema_kimg):
    state = State.create(tiny_config(optim={"ema_kimg": ema_kimg}))
    for parameter in state.generator.parameters():
        parameter.data.fill_(3)
    state.average()  # no image has been seen: whatever the half-life, nothing is kept
    assert all((p == 3).all() for p in state.ema_generator.parameters())


def test_early_memory_is_short(tiny_config):
    # After 160 images the half-life is 160 / 20 = 8 images, one batch: half is kept.
    state = State.create(tiny_config(optim={"ema_kimg": 100.0}))
    state.images_seen = 160
    for average, current in zip(
        state.ema_generator.parameters(), state.generator.parameters(), strict=True
    ):
        average.data.fill_(1)
        current.data.zero_()
    state.average()
    for parameter in state.ema_generator.parameters():
        torch.testing.assert_close(parameter, torch.full_like(parameter, 0.5))


# Checkpoints


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("updates", [0, 3])
def test_a_checkpoint_brings_everything_back(tiny_config, tiny_source, tmp_path, norm, updates):
    config = tiny_config({"norm": norm, "family": "conv"})
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    trained(config, tiny_source, updates).save(first)
    state = State.create(replace(config, seed=9))  # other weights, to be overwritten
    state.load(first)
    assert state.images_seen == 8 * updates
    state.save(second)
    before, after = load_file(first), load_file(second)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)
    for part in ("generator", "discriminator", "ema_generator", "ema_discriminator", "rng"):
        assert any(key.startswith(part) for key in before)
    steps = [key for key in before if key.startswith("optim") and key.endswith("step")]
    assert {before[key].item() for key in steps} == {updates}
    moments = [key for key in before if key.startswith("optim") and key.endswith("exp_avg")]
    assert all(before[key].any() for key in moments) == (updates > 0)


def test_nothing_half_written_stays_and_no_pickle(tiny_config, tmp_path):
    path = tmp_path / "000000000.safetensors"
    State.create(tiny_config()).save(path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    length = struct.unpack("<Q", path.read_bytes()[:8])[0]
    header = json.loads(path.read_bytes()[8 : 8 + length])  # safetensors: JSON, then numbers
    assert json.loads(header["__metadata__"]["infogan"])["images_seen"] == 0


def test_a_failed_save_leaves_the_old_checkpoint(tiny_config, tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    state = State.create(tiny_config())
    state.save(path)
    before = path.read_bytes()

    def full_disk(_):
        raise OSError("No space left on device")

    monkeypatch.setattr("infogan.files.os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        state.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def checkpoint(tiny_config, tiny_source, tmp_path):
    """A checkpoint after one update."""
    path = tmp_path / "one.safetensors"
    trained(tiny_config(), tiny_source, 1).save(path)
    return path


def rewrite(path, change):
    """Change the tensors of a checkpoint, which has no checksums then, as in version 0.1."""
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, {"infogan": header(path)})


def header(path):
    """The numbers of a checkpoint, as they stand in it."""
    with safe_open(path, "pt") as file:
        return file.metadata()["infogan"]


def test_truncated_checkpoints_are_named(tiny_config, checkpoint):
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"one\.safetensors: not a checkpoint, or a truncated one"):
        State.create(tiny_config()).load(checkpoint)


def test_other_safetensors_are_no_checkpoint(tiny_config, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file({"a": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match=r"weights\.safetensors: not a checkpoint"):
        State.create(tiny_config()).load(path)


def test_missing_extra_and_misshapen_tensors_are_named(tiny_config, checkpoint):
    rewrite(checkpoint, lambda tensors: tensors.pop("generator.layers.0.weight"))
    with pytest.raises(ValueError, match=r"one\.safetensors: generator\.layers\.0\.weight is miss"):
        State.create(tiny_config()).load(checkpoint)
    rewrite(
        checkpoint,
        lambda tensors: tensors.update({"generator.layers.0.weight": torch.zeros(16, 99)}),
    )
    with pytest.raises(ValueError, match=r"layers\.0\.weight has shape \(16, 99\), expected \(16,"):
        State.create(tiny_config()).load(checkpoint)


def test_another_configs_checkpoint_is_refused(tiny_config, checkpoint):
    for model in ({"hidden": 17}, {"norm": "batch"}, {"codes": "cat:4"}, {"q_trunk": "own"}):
        with pytest.raises(ValueError, match=r"one\.safetensors: "):
            State.create(tiny_config(model)).load(checkpoint)


NO_NUMBERS = [
    *({"images_seen": each} for each in (-1, 1.5, True, "8", None, 10**400)),
    *({"seconds": each} for each in (-1, "8", float("nan"), float("inf"), [1])),
    {"rollbacks": {}},
    *({"convergence": each} for each in (None, 3, {}, {"answers": 3}, {"looks": 1, "calm": 1})),
    *({"convergence": {"looks": 1, "calm": 1, "converged_at": each}} for each in (-1, "x", None)),
    {"convergence": {"looks": 1, "calm": 1, "converged_at": 0, "answers": 3}},
]


@pytest.mark.parametrize("change", NO_NUMBERS)
def test_numbers_that_no_state_has_are_refused(tiny_config, checkpoint, change):
    """With a whole header and right checksums, which anybody can compute."""
    numbers = json.dumps(json.loads(header(checkpoint)) | change)
    save_file(load_file(checkpoint), checkpoint, {"infogan": numbers})
    state = State.create(tiny_config())
    with pytest.raises(DamagedCheckpoint, match=r"one\.safetensors: not a checkpoint") as raised:
        state.load(checkpoint)
    assert len(str(raised.value)) < 300 + len(str(checkpoint))
    assert state.images_seen == 0


def test_randomness_that_no_generator_has_is_refused(tiny_config, checkpoint):
    rewrite(checkpoint, lambda tensors: tensors["rng"].fill_(255))
    state = State.create(tiny_config())
    before = state.generator.state_dict()["layers.0.weight"].clone()
    with pytest.raises(DamagedCheckpoint, match="rng is of no generator"):
        state.load(checkpoint)
    assert torch.equal(state.generator.state_dict()["layers.0.weight"], before)
