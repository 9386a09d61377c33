"""Where an update's time goes, as `infogan train --profile` writes it."""

import json

import numpy as np

from infogan.cli import main


def test_a_run_begins_with_a_profile_of_an_update(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 1, 8, 8), dtype=np.uint8)
    np.save(tmp_path / "images.npy", images)
    run = tmp_path / "run"
    command = f"train --data {tmp_path / 'images.npy'} --out {run} --profile --quiet"
    options = "--preset fast --kimg 0.016 --batch_size 8 --device cpu --precision fp32"
    networks = "--model.width 4 --model.hidden 8 --noise 2"
    assert main([*command.split(), *options.split(), *networks.split()]) == 0
    found = json.loads((run / "profile.json").read_text())
    convolutions = found["operators"]["convolution"]
    assert convolutions["flop"] > 0
    assert convolutions["floor_seconds"] > 0
    assert 0 < found["floor_seconds"] < found["operators_seconds"]
    told = (run / "profile.txt").read_text()
    assert told.startswith("one update")
    rows = [line.split() for line in told.splitlines()[6:]]
    # What takes longest comes first.
    assert [float(row[2]) for row in rows] == sorted((float(row[2]) for row in rows), reverse=True)
    assert {row[0] for row in rows} <= found["operators"].keys()
