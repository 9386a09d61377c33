"""ONNX: the graphs give PyTorch's answers for any batch, and their description is enough."""

import json
import shutil

import numpy as np
import pytest
import torch

from infogan.cli import main
from infogan.codes.names import Names
from infogan.export import onnx as exporter
from infogan.inference.trained_model import Model, to_float, to_uint8
from infogan.storage.model_folder import save_model

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

CODES = "kind=cat:3,tilt=uni,size=norm:sigma=0.5,on=bern"


@pytest.fixture(scope="module")
def model(tiny_config):
    """A convolutional model with every kind of code, and statistics that are not the defaults."""
    torch.manual_seed(0)
    config = tiny_config({"codes": CODES, "family": "conv", "image_shape": (3, 8, 8)}).model
    model = Model.blank(config)
    model.generator.train()(config.latent.sample(64, torch.Generator().manual_seed(1)))
    model.generator.eval()
    model.names = Names(values={"kind": {1: "round"}})
    return model


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    """The folder of graphs."""
    out = tmp_path_factory.mktemp("exported") / "new" / "onnx"
    exporter.export_onnx(model, out)
    return out


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("n", [1, 2, 7, 300])
def test_graphs_give_what_pytorch_gives(model, exported, n):
    z = model.latent.sample(n, torch.Generator().manual_seed(n))
    (images,) = session(exported / "generator.onnx").run(["images"], {"z": z.numpy()})
    assert np.abs(to_uint8(torch.from_numpy(images)).astype(int) - model.generate(z)).max() <= 1
    posterior = model.encode(model.generate(z))
    encoder = session(exported / "encoder.onnx")
    for code, fields in posterior.items():
        for field, expected in fields.items():
            if field != "value":
                pixels = to_float(model.generate(z)).numpy()
                (found,) = encoder.run([f"{code}_{field}"], {"images": pixels})
                np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_kernel_as_large_as_the_image_is_exported_as_the_convolution_it_is(tiny_config, tmp_path):
    config = tiny_config({"family": "dcgan", "norm": "slim", "image_shape": (1, 8, 8)}).model
    torch.manual_seed(0)
    model = Model.blank(config)
    exporter.export_onnx(model, tmp_path / "onnx")
    z = model.latent.sample(5, torch.Generator().manual_seed(1))
    (images,) = session(tmp_path / "onnx" / "generator.onnx").run(["images"], {"z": z.numpy()})
    with torch.inference_mode():
        np.testing.assert_allclose(images, model.generator(z).numpy(), atol=1e-5)


def test_the_description_is_enough_to_set_a_code(model, exported):
    """A stranger's program: `onnx.json`, numpy and onnxruntime alone."""
    described = json.loads((exported / "onnx.json").read_text())
    width = described["graphs"]["generator"]["inputs"]["z"][1]
    z = np.zeros((1, width), np.float32)
    for code in described["codes"]:
        first, end = code["columns"]
        if end - first > 1:
            z[0, first + code["labels"].index("round")] = 1
        else:
            z[0, first] = code["values"][-1]
    (images,) = session(exported / described["graphs"]["generator"]["file"]).run(None, {"z": z})
    expected = torch.zeros(1, model.latent.dim)
    for name, value in {"kind": 1.0, "tilt": 1.0, "size": 2.0, "on": 1.0}.items():
        expected = model.latent.set_code(expected, name, torch.tensor([value]))
    assert (
        np.abs(to_uint8(torch.from_numpy(images)).astype(int) - model.generate(expected)).max() < 2
    )
    assert described["noise"] == {"columns": [6, 10], "prior": "uniform"}
    assert described["images"]["shape"] == [3, 8, 8]


def test_the_description_agrees_with_the_graphs(exported):
    described = json.loads((exported / "onnx.json").read_text())
    for graph in described["graphs"].values():
        ours = session(exported / graph["file"])
        assert [each.name for each in ours.get_inputs()] == list(graph["inputs"])
        assert [each.name for each in ours.get_outputs()] == list(graph["outputs"])
        assert graph["largest_difference"] <= 1e-4
        for each in (*ours.get_inputs(), *ours.get_outputs()):
            sizes = (graph["inputs"] | graph["outputs"])[each.name]
            assert each.shape[1:] == sizes[1:]
            assert isinstance(each.shape[0], str)  # any batch
    outputs = described["graphs"]["encoder"]["outputs"]
    assert outputs["kind_probs"] == ["n", 3]
    assert outputs["tilt_std"] == ["n"]
    posteriors = [name for code in described["codes"] for name in code["posterior"]]
    assert posteriors == list(outputs)


def test_a_folder_holds_graphs_and_json_alone(exported):
    names = sorted(path.name for path in exported.iterdir())
    assert names == ["encoder.onnx", "generator.onnx", "onnx.json"]
    assert list(exported.parent.iterdir()) == [exported]


def test_another_models_graph_is_refused_and_nothing_written(
    model, exported, tmp_path, monkeypatch
):
    other = Model.blank(model.config)
    monkeypatch.setattr(
        exporter,
        "_write_graph",
        lambda _module, _x, path, *_: shutil.copy(exported / path.name, path),
    )
    with pytest.raises(ValueError, match=r"generator\.onnx: differs from PyTorch by .*e-0"):
        exporter.export_onnx(other, tmp_path / "onnx")
    assert list(tmp_path.iterdir()) == []
    # The same road without a difference, and one part alone.
    assert exporter.export_onnx(model, tmp_path / "onnx", ("encoder",))
    assert sorted(path.name for path in (tmp_path / "onnx").iterdir()) == [
        "encoder.onnx",
        "onnx.json",
    ]


def test_the_command(model, exported, tmp_path, monkeypatch, capsys):
    save_model(tmp_path / "run", model.config, model.generator, model.discriminator)
    monkeypatch.setattr(
        exporter,
        "_write_graph",
        lambda _module, _x, path, *_: shutil.copy(exported / path.name, path),
    )
    monkeypatch.chdir(tmp_path)
    assert main(["export", "run"]) == 0
    printed = capsys.readouterr().out.splitlines()
    files = ("generator.onnx", "encoder.onnx", "onnx.json")
    assert printed[:3] == [f"written   run/onnx/{name}" for name in files]
    assert "0.0001" in printed[3]
    assert main(["export", "run", "--out", "run/model.json"]) == 2
    assert "run/model.json: is a file" in capsys.readouterr().err
    monkeypatch.setattr("infogan.errors.find_spec", lambda name: None)
    assert main(["export", "run", "--out", "new"]) == 2
    assert "pip install -c constraints.txt 'infogan[onnx]'" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
