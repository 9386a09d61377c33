"""What depends on PyTorch's threads and on Python's: as docs/howto/train.md promises."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from infogan import InfoGAN
from infogan.training.loop import fit
from infogan.training.state import State


@pytest.fixture
def threads():
    """Sets how many PyTorch has, until the test is over."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def equal(ones, others):
    return all(torch.equal(one, other) for one, other in zip(ones, others, strict=True))


def weights(networks):
    return [*networks.generator.parameters(), *networks.discriminator.parameters()]


def test_what_is_drawn_is_the_same_with_any_number(threads, tiny_config):
    drawn = []
    for count in (1, 2):
        threads(count)
        drawn.append(weights(State.create(tiny_config())))
    assert equal(*drawn)


def test_as_many_threads_give_the_same_weights(threads, tiny_config, tiny_source):
    threads(2)
    trained = []
    for _ in range(2):
        state = State.create(tiny_config({"family": "conv", "width": 16}, kimg=0.016))
        list(fit(state, tiny_source))
        trained.append(weights(state))
    assert equal(*trained)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fits_in_several_threads_agree_and_leave_the_callers_generator_alone(
    tiny_config, tiny_images
):
    def trained(seed=0):
        gan = InfoGAN(preset=tiny_config(kimg=0.024), random_state=seed)
        return weights(gan.fit(tiny_images[:, 0]).model_)

    before, alone = torch.get_rng_state(), trained()
    with ThreadPoolExecutor(3) as pool:
        beside = list(pool.map(trained, (0, 0, 1)))
    assert equal(alone, beside[0])
    assert equal(alone, beside[1])
    assert not equal(alone, beside[2])
    assert torch.equal(torch.get_rng_state(), before)
