"""A dial that goes round: its density, what it tells, and a model that has one."""

import math

import numpy as np
import onnxruntime
import pytest
import torch

from infogan.codes.circular import MOST_CONCENTRATED, resultant
from infogan.codes.latent import Latent
from infogan.errors import UserError
from infogan.evaluation.code_descriptions import describe_code
from infogan.export.onnx import export_onnx
from infogan.inference.trained_model import to_uint8
from infogan.losses.mutual_information import mi_bound
from infogan.networks.build import ModelConfig, build_generator
from infogan.runs.run import train

LATENT = Latent.parse("turn=circ", noise=0)
TURN = LATENT["turn"]


@pytest.mark.parametrize("kappa", [0.0, 0.5, 3.0, 40.0])
def test_q_is_a_density_over_half_turns(kappa):
    values = torch.linspace(-1, 1, 20001)[:-1, None]
    q = kappa * torch.tensor([[0.6, -0.8]]).expand(len(values), -1)
    density = TURN.log_likelihood(values, q).exp()
    assert float(density.mean() * 2) == pytest.approx(1, abs=1e-4)
    assert density.max() >= density.mean()


def test_the_bound_is_0_without_an_idea_and_grows_with_concentration():
    values = TURN.sample(4000, torch.Generator().manual_seed(0))
    angle = math.pi * values
    right = torch.cat([angle.cos(), angle.sin()], dim=1)
    nats = [float(mi_bound(LATENT, values, k * right)["turn"]) for k in (0, 1, 5, 50)]
    assert nats[0] == pytest.approx(0, abs=1e-5)
    assert nats == sorted(nats)
    wrong = float(mi_bound(LATENT, values, -5 * right)["turn"])
    assert wrong < -5


def test_a_lucky_guess_does_not_earn_without_bound():
    q = torch.tensor([[1e9, 0.0]], requires_grad=True)
    nats = TURN.log_likelihood(torch.zeros(1, 1), q).sum()
    assert nats < 4
    (slope,) = torch.autograd.grad(nats, q)
    assert slope.isfinite().all()
    nothing = torch.zeros(1, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(TURN.log_likelihood(torch.zeros(1, 1), nothing).sum(), nothing)
    assert slope.isfinite().all()


def test_values_are_read_back_and_the_deviation_is_that_of_the_circle():
    values = torch.tensor([-0.99, -0.5, 0.0, 0.3, 0.99])
    q = 4 * torch.stack([(math.pi * values).cos(), (math.pi * values).sin()], dim=1)
    torch.testing.assert_close(TURN.estimate(q), values)
    posterior = TURN.posterior(q)
    torch.testing.assert_close(posterior["mean"], values)
    around = torch.linspace(-1, 1, 4001)[:-1]
    weight = TURN.log_likelihood(around[:, None], 4 * torch.tensor([[1.0, 0.0]]).expand(4000, 2))
    length = float((weight.exp() * (math.pi * around).cos()).sum() / weight.exp().sum())
    assert float(posterior["std"][0]) == pytest.approx(math.sqrt(-2 * math.log(length)) / math.pi)


def test_the_mean_cosine_is_the_quotient_of_bessel_functions():
    kappa = torch.linspace(0, MOST_CONCENTRATED, 3000)
    exact = torch.special.i1e(kappa) / torch.special.i0e(kappa)
    torch.testing.assert_close(resultant(kappa), exact, atol=3e-5, rtol=0)


def test_it_is_shown_once_round():
    values = TURN.traversal(8)
    assert len(values) == 8
    assert values[0] == -1
    assert max(values) == 0.75


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ("turn=circ:follow=shear", "does not go round"),
        ("turn=circ:sigma=1", "cannot read"),
        ("turn=circ:3", "cannot read"),
        ("turn=circ:follow=rotation:ignore=pose", "ignores and follows"),
    ],
)
def test_what_a_circle_cannot_be(codes, words):
    with pytest.raises(UserError, match=words):
        Latent.parse(codes)


def test_its_spelling_is_read_again_and_it_follows_the_whole_circle():
    latent = Latent.parse("a=circ:follow=rotation,b=circ:follow=hue@0.5,c=circ")
    assert latent["a"].followed == {"rotation": math.pi}
    assert latent["b"].followed == {"hue": 0.5}
    assert latent["c"].followed == {}
    assert Latent.parse(str(latent)) == latent


def test_one_and_minus_one_are_the_same_image():
    config = ModelConfig(
        codes="kind=cat:3,turn=circ,tilt=uni,hue=circ", noise=2, image_shape=(1, 8, 8)
    )
    generator = build_generator(config).eval()
    z = config.latent.sample(5, torch.Generator().manual_seed(0))
    made = [
        generator(config.latent.set_code(z, name, torch.full((5,), end)))
        for name in ("turn", "hue", "tilt")
        for end in (-1.0, 1.0)
    ]
    torch.testing.assert_close(made[0], made[1])
    torch.testing.assert_close(made[2], made[3])
    assert not torch.allclose(made[4], made[5])
    assert not torch.allclose(made[0], made[2])


def test_a_run_with_a_circle_is_drawn_read_and_exported(tiny_config, tiny_data, tmp_path):
    codes = "kind=cat:2,turn=circ:follow=rotation,free=circ"
    config = tiny_config({"codes": codes, "family": "conv"}, data=str(tiny_data))
    model = train(config=config, out=tmp_path / "run", progress=False)
    assert (tmp_path / "run" / "overview.png").is_file()
    images, values = model.sample(6, turn=0.5, seed=0)
    assert (values["turn"] == 0.5).all()
    read = model.encode(images)["turn"]
    assert read["mean"].shape == read["std"].shape == (6,)
    assert np.abs(read["mean"]).max() <= 1
    export_onnx(model, tmp_path / "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "onnx" / "generator.onnx")
    z = model.latent.sample(3, torch.Generator().manual_seed(0))
    (made,) = session.run(None, {"z": z.numpy()})
    np.testing.assert_allclose(made, model.generator(z).detach().numpy(), atol=1e-4)
    session = onnxruntime.InferenceSession(tmp_path / "onnx" / "encoder.onnx")
    (mean,) = session.run(["turn_mean"], {"images": made})
    again = model.encode(to_uint8(torch.from_numpy(made)))["turn"]
    assert np.abs(np.exp(1j * np.pi * (mean - again["mean"])) - 1).max() < 0.1


def test_that_a_bar_turns_is_told_in_words():
    """By half a turn while the code goes once round."""
    steps = np.array(TURN.traversal(9))
    y, x = np.mgrid[-12:12, -12:12] + 0.5
    angle = np.pi * steps[:, None, None] / 2
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    bars = ((np.abs(along) < 9) & (np.abs(across) < 2)).astype(np.uint8) * 255
    rows = np.repeat(bars[None, :, None], 5, axis=0)
    found = describe_code(rows, steps, kind="continuous")
    assert found.difference > 10
    assert "orientation" in {change.measure for change in found.changes[:3]}
