"""Models on disk: the same model comes back, or one line says what is wrong with the files."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from infogan.files import write_json
from infogan.inference.trained_model import Model
from infogan.storage.model_folder import FORMAT_VERSION, load_model, save_model

KEY = "generator.layers.0.weight"


@pytest.fixture
def folder(tiny_config, tmp_path):
    """A model folder that may be damaged."""
    torch.manual_seed(0)
    model = Model.blank(tiny_config().model)
    save_model(tmp_path / "model", model.config, model.generator, model.discriminator)
    return tmp_path / "model"


def change(folder, **values):
    """Change the description of a model."""
    path = folder / "model.json"
    description = json.loads(path.read_text())
    for key, value in values.items():
        (description if key == "format_version" else description["model"])[key] = value
    path.write_text(json.dumps(description))


@pytest.mark.parametrize("norm", ["batch", "layer", "spectral", "none"])
@pytest.mark.parametrize("family", ["conv", "mlp"])
def test_the_same_images_and_codes_come_back(tiny_config, tmp_path, norm, family):
    torch.manual_seed(0)
    model = Model.blank(tiny_config({"norm": norm, "family": family, "q_trunk": "own"}).model)
    save_model(tmp_path, model.config, model.generator, model.discriminator)
    loaded = load_model(tmp_path)
    assert loaded.config == model.config
    images, _ = model.sample(5, seed=1)
    assert np.array_equal(loaded.sample(5, seed=1)[0], images)
    before, after = model.encode(images), loaded.encode(images)
    for code, fields in before.items():
        for field, values in fields.items():
            assert np.array_equal(after[code][field], values)


def test_a_folder_holds_json_and_safetensors_alone(tiny_config, tmp_path):
    model = Model.blank(tiny_config().model)
    for _ in range(2):  # once more over an older model
        save_model(tmp_path / "new" / "model", model.config, model.generator, model.discriminator)
    names = sorted(path.name for path in (tmp_path / "new" / "model").iterdir())
    assert names == ["model.json", "model.safetensors"]
    description = json.loads((tmp_path / "new" / "model" / "model.json").read_text())
    assert description["format_version"] == FORMAT_VERSION
    assert description["model"]["codes"] == "kind=cat:3,tilt=uni"


def refuse(folder, *words):
    """Loading must fail with one line that has these words."""
    with pytest.raises(ValueError, match=r".") as caught:
        load_model(folder)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message


def test_what_is_no_model_folder(folder, tmp_path):
    refuse(tmp_path / "nowhere", "nowhere", "holds no model.json", "infogan train --out")
    (folder / "model.json").unlink()
    refuse(folder, str(folder), "holds no model.json")


def test_missing_weights(folder):
    (folder / "model.safetensors").unlink()
    refuse(folder, "model.safetensors", "is missing; train or copy it again")


@pytest.mark.parametrize("length", [0, 5, 400, -1])
def test_truncated_weights(folder, length):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:length])
    refuse(folder, "model.safetensors", "cannot be read")


def test_a_missing_tensor_is_named(folder):
    tensors = load_file(folder / "model.safetensors")
    del tensors[KEY]
    save_file(tensors, folder / "model.safetensors")
    refuse(folder, "model.safetensors", KEY, "is missing, expected of shape (16, 8)")


@pytest.mark.parametrize("key", ["generator.layers.9.weight", "judge.weight"])
def test_a_tensor_too_many_is_named(folder, key):
    tensors = load_file(folder / "model.safetensors")
    save_file(tensors | {key: torch.zeros(3)}, folder / "model.safetensors")
    refuse(folder, "model.safetensors", f"holds {key}")


def test_what_looks_like_a_pickle_is_never_opened(folder, tmp_path):
    """A pickle that would write a file when loaded stands in for the weights."""
    marker = tmp_path / "ran"
    code = f"cpathlib\nPath\n(S'{marker}'\ntR.".encode()
    for content in (code, b"PK\x03\x04" + code):
        (folder / "model.safetensors").write_bytes(content)
        refuse(folder, "model.safetensors", "cannot be read")
    assert not marker.exists()


def test_a_misshapen_tensor_is_named_with_both_shapes(folder):
    change(folder, noise=9)
    refuse(folder, "model.safetensors", KEY, "has shape (16, 8), expected (16, 13)")


def test_a_newer_format_is_not_guessed_at(folder):
    change(folder, format_version=FORMAT_VERSION + 1, depth=7)
    refuse(folder, "model.json", f"format version {FORMAT_VERSION + 1}", "install a newer infogan")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", ["not a model's description"]),
        (b"[1]", ["not a model's description"]),
        (b"\xff\xfe", ["not a model's description"]),
        (b"{}", ["format version None"]),
        (b'{"format_version": "1"}', ["format version 1"]),
        (b'{"format_version": 1}', ["model: expected settings by name, found nothing"]),
        (b'{"format_version": 1, "model": 3}', ["model: expected settings", "found int 3"]),
        (b'{"format_version": 1, "model": ["codes"]}', ["model: expected", 'found list ["codes"]']),
        (b'{"format_version": 1, "model": {"codes": "cat:3"}}', ["model.image_shape: expected"]),
    ],
)
def test_malformed_descriptions(folder, content, words):
    (folder / "model.json").write_bytes(content)
    refuse(folder, "model.json", *words)


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("depth", 3, "model.depth: expected one of codes, noise"),
        ("codes", 3, "model.codes: expected str, found int 3"),
        ("noise", "62", 'model.noise: expected int, found str "62"'),
        ("width", True, "model.width: expected int, found bool true"),
        ("image_shape", "1x8x8", "model.image_shape: expected channels, height and width"),
        ("image_shape", [1, 8.5, 8], "model.image_shape: expected channels, height and width"),
        ("codes", "cat:1", "at least 2 categories"),
        ("codes", "what?", "cannot read 'what?'"),
        ("image_shape", [1, 9, 9], "multiple of 4"),
        ("image_shape", None, "image_shape"),
        ("width", 0, "width"),
    ],
)
def test_wrong_values_name_the_file(folder, key, value, word):
    change(folder, **{key: value})
    refuse(folder, "model.json", word)


# Older formats

MODELS = Path(__file__).parents[1] / "models"
VERSIONS = sorted(MODELS.glob("v*"))


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_models_of_every_format_so_far_are_still_read(folder):
    """Folders as their versions wrote them, with what those versions drew and read."""
    model = load_model(folder)
    with np.load(folder / "expected.npz") as expected:
        codes = {name: expected[f"set_{name}"] for name in model.latent.names}
        images, _ = model.sample(6, seed=3, **codes)
        # Other processors round otherwise.
        assert np.abs(images.astype(int) - expected["images"]).max() <= 1
        for code, fields in model.encode(expected["images"]).items():
            for field, values in fields.items():
                np.testing.assert_allclose(values, expected[f"{code}_{field}"], atol=1e-4)


def test_there_is_a_folder_of_each_format():
    versions = {
        json.loads((each / "model.json").read_text())["format_version"] for each in VERSIONS
    }
    assert versions == set(range(1, FORMAT_VERSION + 1))


def test_json_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]
