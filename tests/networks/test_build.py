"""D, Q and G assembled from a config."""

import json
from dataclasses import asdict
from typing import get_args

import pytest
import torch

from infogan.networks.build import Discriminator, Family, ModelConfig, build_generator

NORMS = ("batch", "layer", "spectral", "none")


def config(**options: object) -> ModelConfig:
    tiny = {"codes": "cat:3,uni", "noise": 4, "image_shape": (1, 8, 8), "width": 4, "hidden": 16}
    return ModelConfig(**(tiny | {"q_hidden": 8} | options))


def count(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("family", ["conv", "mlp"])
@pytest.mark.parametrize("q_trunk", ["shared", "own"])
def test_verdict_has_a_logit_and_qs_parameters_for_each_image(family, norm, q_trunk):
    made = config(family=family, norm=norm, q_trunk=q_trunk, image_shape=(3, 12, 12))
    images = build_generator(made)(torch.randn(5, made.latent.dim))
    assert images.shape == (5, 3, 12, 12)
    verdict = Discriminator(made)(images)
    assert verdict.d_logits.shape == (5,)
    assert verdict.q.shape == (5, 3 + 2)


@pytest.mark.parametrize("size", [8, 12, 28, 40])
@pytest.mark.parametrize("family", get_args(Family))
def test_every_family_takes_every_size(family, size):
    if family == "dcgan" and size % 8:
        with pytest.raises(ValueError, match="needs a side that is a multiple of 8"):
            config(family=family, image_shape=(3, size, size))
        return
    made = config(family=family, norm="batch", q_hidden=0, image_shape=(3, size, size))
    images = build_generator(made)(torch.randn(3, made.latent.dim))
    assert images.shape == (3, 3, size, size)
    assert -1 <= images.min() < images.max() <= 1
    verdict = Discriminator(made)(images)
    assert (verdict.d_logits.shape, verdict.q.shape) == ((3,), (3, 3 + 2))


def test_families_are_known_and_their_widths_whole():
    made = config()
    object.__setattr__(made, "family", "resnet")  # as a newer version's file might have it
    with pytest.raises(ValueError, match=r"model\.family: 'resnet' is none of conv, mlp"):
        made.__post_init__()
    with pytest.raises(ValueError, match="must be a multiple of 4 in family dcgan"):
        config(family="dcgan", width=6)


def test_own_trunk_doubles_the_trunk_and_nothing_else():
    shared, own = Discriminator(config()), Discriminator(config(q_trunk="own"))
    assert count(own) == count(shared) + count(shared.trunk)


def test_q_is_left_free_of_spectral_normalisation():
    judge = Discriminator(config(norm="spectral"))
    assert any("parametrizations" in name for name, _ in judge.trunk.named_parameters())
    assert any("parametrizations" in name for name, _ in judge.d_head.named_parameters())
    assert not any("parametrizations" in name for name, _ in judge.q_head.named_parameters())


@pytest.mark.parametrize("q_trunk", ["shared", "own"])
def test_q_detached_keeps_qs_gradient_out_of_a_shared_trunk(q_trunk):
    judge = Discriminator(config(q_trunk=q_trunk))
    x = torch.randn(6, 1, 8, 8)
    assert torch.equal(judge(x).q, judge(x, q_detached=True).q)  # the same answers
    judge(x, q_detached=True).q.square().sum().backward()
    reached = {name for name, p in judge.named_parameters() if p.grad is not None}
    expected = ("q_head", "q_trunk") if q_trunk == "own" else ("q_head",)
    assert reached == {n for n, _ in judge.named_parameters() if n.startswith(expected)}


@pytest.mark.parametrize("q_trunk", ["shared", "own"])
def test_who_is_not_asked_is_not_computed(q_trunk):
    judge, x = Discriminator(config(q_trunk=q_trunk)), torch.randn(6, 1, 8, 8)
    both = judge(x)
    met = set()
    for name, module in judge.named_children():
        module.register_forward_hook(lambda *_, name=name: met.add(name))
    d = judge(x, ask_q=False)
    assert (torch.equal(d.d_logits, both.d_logits), len(d.q)) == (True, 0)
    assert met == {"trunk", "d_head"}
    met.clear()
    q = judge(x, ask_d=False)
    assert (torch.equal(q.q, both.q), len(q.d_logits)) == (True, 0)
    assert met == {"q_trunk" if q_trunk == "own" else "trunk", "q_head"}


def test_verdicts_are_in_full_precision_under_autocast():
    judge = Discriminator(config())
    with torch.autocast("cpu", torch.bfloat16):
        verdict = judge(torch.randn(4, 1, 8, 8))
    assert verdict.d_logits.dtype == verdict.q.dtype == torch.float32


def test_the_default_is_the_papers_codes():
    latent = ModelConfig().latent
    assert str(latent) == "c1=cat:10,c2=uni,c3=uni"
    assert latent.dim == 74  # the paper's input: 62 noise, ten categories, two dials


@pytest.mark.parametrize(
    "shape", [(2, 8, 8), (1, 8, 12), (1, 4, 4), (1, 30, 30), (3, 132, 132), (8, 8, 1)]
)
def test_shapes_no_network_takes_are_refused(shape):
    with pytest.raises(ValueError, match=r"image shape .* multiple of 4 from 8 to 128"):
        config(image_shape=shape)


def test_a_config_survives_json():
    made = config(image_shape=(3, 16, 16), norm="batch")
    assert ModelConfig.from_dict(json.loads(json.dumps(asdict(made)))) == made
    assert ModelConfig.from_dict(asdict(ModelConfig())) == ModelConfig()
    with pytest.raises(TypeError, match="depth"):
        ModelConfig.from_dict({"depth": 3})


@pytest.mark.parametrize("name", ["width", "hidden"])
def test_widths_start_at_1(name):
    with pytest.raises(ValueError, match=f"model.{name}: 0 must lie in 1 to"):
        config(**{name: 0})
