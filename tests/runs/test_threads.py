"""What does not depend on the number of PyTorch's threads."""

import pytest
import torch

from infogan.training.state import State


@pytest.fixture
def threads():
    """Sets how many there are, until the test is over."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_what_is_drawn_is_the_same_with_any_number(threads, tiny_config):
    drawn = []
    for count in (1, 2):
        threads(count)
        state = State.create(tiny_config())
        drawn.append([*state.generator.parameters(), *state.discriminator.parameters()])
    assert all(torch.equal(one, two) for one, two in zip(*drawn, strict=True))
