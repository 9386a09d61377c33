"""Device, precision and memory order: chosen, or forced."""

import pytest
import torch
from torch.nn import functional as F

from infogan.training import device, state
from infogan.training.device import (
    Placement,
    choose_device,
    choose_memory_format,
    choose_precision,
)
from infogan.training.state import State
from infogan.training.step import update


@pytest.fixture
def machine(monkeypatch):
    """Pretends to be a machine with some accelerators and instructions."""

    def pretend(cuda=False, mps=False, cpu=(), right=True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: dict.fromkeys(cpu, True))
        monkeypatch.setattr(device, "bf16_is_right", lambda: right)
        monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)

    return pretend


def test_an_accelerator_is_taken_where_there_is_one(machine):
    machine()
    assert choose_device("auto") == "cpu"
    machine(mps=True)
    assert choose_device("auto") == "mps"
    machine(cuda=True, mps=True)
    assert choose_device("auto") == "cuda"
    assert choose_device("cpu") == "cpu"


def test_a_missing_accelerator_is_named(machine):
    machine()
    with pytest.raises(ValueError, match="device cuda: this machine has none"):
        choose_device("cuda")


@pytest.mark.parametrize(
    ("cpu", "expected"), [((), "fp32"), (("avx512_bf16",), "bf16"), (("amx_bf16",), "bf16")]
)
def test_bf16_where_the_processor_has_it(machine, cpu, expected):
    machine(cpu=cpu)
    assert choose_precision("auto", "cpu") == expected
    assert choose_precision("fp32", "cpu") == "fp32"
    assert choose_precision("bf16", "cpu") == "bf16"


def test_bf16_is_not_chosen_where_it_is_wrong(machine):
    machine(cpu=("avx512_bf16",), right=False)
    assert choose_precision("auto", "cpu") == "fp32"
    assert choose_precision("bf16", "cpu") == "bf16"  # asked for
    machine(cuda=True, right=False)
    assert choose_precision("auto", "cuda") == "bf16"  # what was tried is the processor


@pytest.mark.parametrize(
    ("isa", "expected"),
    [("AVX2", "fp32"), ("avx512_core", "fp32"), ("AVX512_CORE_AMX", "bf16"), ("", "bf16")],
)
def test_bf16_is_not_chosen_where_convolutions_are_kept_from_it(
    machine, monkeypatch, isa, expected
):
    machine(cpu=("avx512_bf16", "amx_bf16"))
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", isa)
    assert choose_precision("auto", "cpu") == expected


def test_a_wrong_gradient_is_found_and_rounding_is_not(monkeypatch):
    order, before = torch.contiguous_format, torch.get_rng_state()
    probe = device.PROBES[4]  # a kernel as large as the image
    good = F.conv2d

    def first_pixel_alone(x, w, **options):
        """What PyTorch's issue 163347 reports: 1 for a sum of four ones."""
        return good(x[..., :1, :1], w[..., :1, :1], **options)

    # In float32 for bfloat16, so that the processor at hand does not matter.
    monkeypatch.setattr(
        device.F, "conv2d", lambda x, w, **o: good(x.float(), w.float(), **o).to(x.dtype)
    )
    assert device.probe_error(probe, order) < 0.01
    monkeypatch.setattr(
        device.F,
        "conv2d",
        lambda x, w, **o: (first_pixel_alone if x.dtype == torch.bfloat16 else good)(x, w, **o),
    )
    assert device.probe_error(probe, order) > 0.5
    assert torch.equal(torch.get_rng_state(), before)  # a run's randomness is its own


def test_bf16_on_other_devices(machine, monkeypatch):
    machine(cuda=True, cpu=("amx_bf16",))
    assert choose_precision("auto", "cuda") == "bf16"
    assert choose_precision("auto", "mps") == "fp32"
    monkeypatch.delattr(device.torch.cpu, "get_capabilities")
    assert choose_precision("auto", "cpu") == "fp32"


def test_memory_format():
    assert choose_memory_format("auto") is torch.channels_last
    assert choose_memory_format("channels_last") is torch.channels_last
    assert choose_memory_format("contiguous") is torch.contiguous_format


def test_one_of_several_accelerators_is_taken_by_its_number(machine, monkeypatch):
    machine(cuda=True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("cuda:1") == "cuda:1"
    with pytest.raises(ValueError, match="device cuda:2: this machine has 2, counted from cuda:0"):
        choose_device("cuda:2")
    machine()
    with pytest.raises(ValueError, match="device cuda:1: this machine has none"):
        choose_device("cuda:1")


@pytest.mark.parametrize("name", ["cuda:1", "cuda", "cpu"])
def test_networks_are_put_there(machine, monkeypatch, tiny_config, name):
    machine(cuda=True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    asked = []
    monkeypatch.setattr(torch.nn.Module, "to", lambda _, device: asked.append(str(device)))
    monkeypatch.setattr(state, "make_optimisers", lambda *_: {})
    current = []
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: current.append(str(device)))
    made = State.create(tiny_config(device=name))
    assert asked == [name] * 2
    assert str(made.placement.device) == name
    # What is synchronised without a name is the current one.
    assert current == ([name] if name == "cuda:1" else [])


def test_within_autocast_layers_compute_in_the_precision_that_was_chosen():
    layer, x = torch.nn.Linear(3, 3), torch.rand(2, 3)
    for precision, computed in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        with Placement(torch.device("cpu"), precision).autocast():
            assert layer(x).dtype == computed
    assert layer(x).dtype == layer.weight.dtype == torch.float32


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_images_answers_and_weights_are_in_float32_whatever_the_precision(tiny_config, precision):
    made, computed = State.create(tiny_config(precision=precision)), set()
    for network in (made.generator, made.discriminator):
        for layer in network.modules():
            if isinstance(layer, torch.nn.Linear):
                layer.register_forward_hook(lambda _, __, made: computed.add(made.dtype))
    z = made.latent.sample(8, made.rng)
    images = made.generate(z)
    assert computed == {{"fp32": torch.float32, "bf16": torch.bfloat16}[precision]}
    told = update(made, images.detach())
    assert computed == {{"fp32": torch.float32, "bf16": torch.bfloat16}[precision]}
    assert images.dtype == torch.float32
    assert {value.dtype for value in told.values()} == {torch.float32}
    assert {p.dtype for p in made.generator.parameters()} == {torch.float32}


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "cuda1", ""])
def test_what_is_no_device_is_refused(tiny_config, device):
    with pytest.raises(ValueError, match=r"device: .* it takes auto, cpu, mps, cuda, cuda:1"):
        tiny_config(device=device)
