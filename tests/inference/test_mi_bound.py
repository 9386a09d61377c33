"""The bound image by image: its mean is what training logs, whatever the batches."""

import numpy as np
import pytest
import torch

from infogan.inference import mi_bound as module
from infogan.inference.mi_bound import information
from infogan.inference.trained_model import Model, to_float
from infogan.losses.mutual_information import mi_bound


@pytest.mark.parametrize(
    "codes", ["kind=cat:3,tilt=uni,on=bern", "kind=cat:3:prior=learned,size=norm"]
)
def test_its_mean_is_the_bound_of_the_loss(tiny_config, codes, monkeypatch):
    model = Model.blank(tiny_config({"codes": codes}).model)
    z = model.latent.sample(50, torch.Generator().manual_seed(0))
    found = information(model, z)
    with torch.inference_mode():
        q = model.discriminator(to_float(model.generate(z))).q
        expected = mi_bound(model.latent, z, q)
    assert tuple(found) == tuple(model.latent.names)
    for name, nats in found.items():
        assert nats.shape == (50,)
        assert nats.mean() == pytest.approx(float(expected[name]), abs=1e-5)
    monkeypatch.setattr(module, "at_once", lambda side: 7)
    for name, nats in information(model, z).items():
        np.testing.assert_allclose(nats, found[name], atol=1e-5)
