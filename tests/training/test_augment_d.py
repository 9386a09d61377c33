"""Few images: D is shown changed ones, real and generated alike; Q reads them as they are."""

import pytest
import torch

from infogan.errors import UserError
from infogan.training.draws import Draws
from infogan.training.scene import Scene
from infogan.training.state import State
from infogan.training.step import step_loss


@pytest.fixture
def shown(tiny_config, monkeypatch):
    """Judges a batch in the D step and in the G step: what each of D and Q was shown, and G's."""

    def make(part, **options):
        config = tiny_config(loss={"augment_d": part, **options})
        state = State.create(config)
        real = torch.rand(256, 1, 8, 8, generator=torch.Generator().manual_seed(3)) * 2 - 1
        seen = {"D": [], "Q": []}

        def judge(discriminator, views, q_detached, ask_d, ask_q, *how):
            seen["D"] += [views[name] for name in ask_d]
            seen["Q"] += [views[name] for name in ask_q]
            return kept(discriminator, views, q_detached, ask_d, ask_q, *how)

        from infogan.training import scene

        kept = scene.judge
        monkeypatch.setattr(scene, "judge", judge)
        draws, batches = Draws(state, real), []
        for step in config.schedule.parsed:
            batches.append(draws.batch(step))
            total = step_loss(Scene(state, step, draws, batches[-1], {}))
        slopes = torch.autograd.grad(total, list(state.generator.parameters()))
        return seen, batches, slopes

    return make


def is_among(images, others):
    return any(x.shape == images.shape and torch.equal(x, images) for x in others)


def test_d_never_meets_an_image_as_it_is_and_q_does(shown):
    seen, batches, slopes = shown(1.0, consistency=0.0)
    assert len(seen["D"]) == 3  # real and fake in D's step, fake in G's
    for batch in batches:
        assert not is_among(batch.real, seen["D"])
        assert not is_among(batch.fake, seen["D"])
        assert is_among(batch.fake, seen["Q"])
    assert all(slope.isfinite().all() for slope in slopes)
    assert any(slope.any() for slope in slopes)


def test_real_and_generated_images_are_changed_as_often(shown):
    seen, batches, _ = shown(0.5, consistency=0.0)
    real, fake = seen["D"][:2]
    same = [
        ((images - own).abs() < 1e-4).flatten(1).all(dim=1).sum()
        for images, own in ((real, batches[0].real), (fake, batches[0].fake))
    ]
    # Of 256 each, half: four standard deviations are 32.
    assert all(abs(int(n) - 128) <= 32 for n in same)


def test_nothing_is_changed_for_d_unless_asked_for(shown):
    seen, batches, _ = shown(0.0, consistency=0.0)
    assert is_among(batches[0].real, seen["D"])
    assert is_among(batches[0].fake, seen["D"])


def test_it_is_a_part(tiny_config):
    with pytest.raises(UserError, match=r"loss.augment_d"):
        tiny_config(loss={"augment_d": 1.5})
