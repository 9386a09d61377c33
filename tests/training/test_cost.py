"""What an update costs, counted: the same on the busiest machine, and never more than it was.

`python tests/training/test_cost.py` writes the ceilings anew, for a change that is worth its price.
"""

import json
import math
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from infogan.data.source import ArraySource
from infogan.training.cost import Ceilings, Operator, _best, cost_of_update
from infogan.training.presets import PRESETS
from infogan.training.state import State

CEILINGS = Path(__file__).parent / "cost_ceilings.json"
GUARDED = ("fast", "mlp", "tutorial")


def counted(name, updates_before=0):
    """The counts of a preset's update, with fewer images and in single precision."""
    preset = PRESETS[name]
    model = replace(preset.config.model, image_shape=preset.shape)
    config = replace(preset.config, model=model, device="cpu", precision="fp32", batch_size=4)
    images = np.random.default_rng(0).integers(0, 256, (64, *preset.shape), dtype=np.uint8)
    state, source = State.create(config), ArraySource("noise", images)
    for _ in range(updates_before):
        cost_of_update(state, source)
    return cost_of_update(state, source).counts


@pytest.mark.parametrize("name", GUARDED)
def test_an_update_costs_no_more_than_it_did(name):
    ceilings = json.loads(CEILINGS.read_text())
    if ceilings["torch"] != torch.__version__.partition("+")[0]:
        pytest.skip(f"counted with torch {ceilings['torch']}: another one divides work otherwise")
    found = counted(name)
    grown = {what: n for what, n in found.items() if n > ceilings[name].get(what, 0)}
    assert not grown, f"{name}: {grown}, where {ceilings[name]} were enough"


def test_counts_are_the_same_every_time():
    assert counted("mlp") == counted("mlp") == counted("mlp", updates_before=1)


def test_one_pass_of_g_and_two_of_the_judges_make_a_default_update():
    found = counted("fast")
    assert (found["passes of G"], found["images through G"]) == (1, 4)
    # Real, changed and generated images at once; then the generated ones for G's sake.
    assert (found["passes of the trunk"], found["images through the trunk"]) == (2, 4 * 4)
    assert found["waits"] == 0


def test_an_operator_cannot_be_faster_than_its_flop_or_its_bytes():
    machine = Ceilings(flop_per_second=100.0, bytes_per_second=10.0)
    assert machine.floor(Operator(flop=500, bytes=10)) == 5.0
    assert machine.floor(Operator(flop=500, bytes=100)) == 10.0


def test_flop_and_bytes_of_a_dense_layer_are_counted():
    preset = PRESETS["mlp"]
    model = replace(preset.config.model, image_shape=preset.shape)
    config = replace(preset.config, model=model, device="cpu", batch_size=4)
    images = np.zeros((64, *preset.shape), np.uint8)
    state = State.create(config)
    operators = cost_of_update(state, ArraySource("none", images)).operators
    judge = state.discriminator

    def weights(*modules):
        return sum(p.numel() for m in modules for p in m.parameters() if p.dim() == 2)

    g, q = weights(state.generator), weights(judge.q_trunk, judge.q_head)
    d = weights(judge.trunk, judge.d_head)
    # Forward, of four images each: G twice (it has moved in between), D of real and of generated
    # images, D for G's sake, Q.
    assert operators["addmm"].flop == 4 * 2 * (2 * g + 3 * d + q)
    assert operators["addmm"].bytes > 4 * (2 * g + 2 * d + q)


def test_a_turn_longer_than_the_time_is_still_measured():
    assert 0 < _best(lambda: time.sleep(0.01), torch.device("cpu"), seconds=0.0) < math.inf


if __name__ == "__main__":
    made = {"torch": torch.__version__.partition("+")[0]} | {
        name: counted(name) for name in GUARDED
    }
    sys.exit(CEILINGS.write_text(json.dumps(made, indent=1) + "\n") and None)
