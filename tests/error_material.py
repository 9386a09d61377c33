"""Things to stumble over: what tests/error_texts.txt is provoked with."""

import gzip
import io
import json
import os
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import parquet
from safetensors.torch import load_file, save_file
from scipy.io import savemat
from torch import nn

import infogan
from infogan.codes.label_assignment import assign
from infogan.codes.latent import Latent
from infogan.codes.names import Names, load_names
from infogan.commands.name import renamed
from infogan.data.array_layout import ArrayLayout
from infogan.data.factors_csv import read_factors
from infogan.data.folder import read_content
from infogan.data.open import open_images, open_labels
from infogan.data.picture import check_memory, take_bands
from infogan.data.preprocessing import Preprocessing
from infogan.data.rules import ImageRules
from infogan.data.shards import pack
from infogan.data.street_numbers import StreetNumbers
from infogan.data.strokes import Strokes
from infogan.errors import require_extra
from infogan.estimator import InfoGAN
from infogan.evaluation.code_descriptions import describe_code
from infogan.evaluation.results import read_report
from infogan.evaluation.runner import evaluate
from infogan.explorer.model_registry import ModelRegistry
from infogan.export.hub import push_to_hub, save_pretrained
from infogan.export.onnx import export_onnx
from infogan.files import read_json
from infogan.inference.inversion import edit, invert
from infogan.inference.trained_model import Model
from infogan.metrics.bootstrap import bootstrap
from infogan.metrics.clustering import accuracy
from infogan.metrics.coverage import coverage
from infogan.metrics.features import feature_extractor, strokenet
from infogan.metrics.fid import fid
from infogan.metrics.floor import floor
from infogan.metrics.kid import kid
from infogan.metrics.mig import mig
from infogan.metrics.morphometrics import morphometrics
from infogan.metrics.precision_recall import precision_recall
from infogan.metrics.samples import check, split
from infogan.metrics.sap import sap
from infogan.networks.build import ModelConfig
from infogan.pictures.moving import save_animation
from infogan.runs.conclusion import read_verdict
from infogan.runs.run import train
from infogan.runs.starting_point import StartingPoint
from infogan.selection.ranking import criterion
from infogan.storage.run_folder import RunFolder
from infogan.training.checkpoint import read_checkpoint
from infogan.training.config import TrainConfig
from infogan.training.config_file import from_dict
from infogan.training.labels import read_labelled
from infogan.training.presets import preset
from infogan.training.processes import Processes
from infogan.training.state import State

IDX = np.array([0x803, 6, 8, 8], ">u4").tobytes() + bytes(6 * 64)
GREY = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)


def make(folder, run):
    """Fill a folder; `run` is a finished run of tiny networks, with a checkpoint."""
    (folder / "empty").mkdir()
    (folder / "locked").mkdir()
    (folder / "run").symlink_to(run)
    arrays(folder)
    pictures(folder)
    idx(folder)
    known_sets(folder)
    texts(folder)
    labels_and_factors(folder)
    models(folder, run)
    runs(folder, run)


def arrays(folder):
    animals = np.array([np.zeros((8, 8)), np.zeros((9, 9))], dtype=object)
    np.save(folder / "sizes.npy", animals, allow_pickle=True)
    nans = np.zeros((6, 8, 8), np.float32)
    nans[4, 2, 2] = np.nan
    for name, array in {
        "nan": nans,
        "none": np.zeros((0, 8, 8), np.uint8),
        "oblong": np.zeros((6, 8, 12), np.uint8),
        "odd": np.zeros((6, 9, 9), np.uint8),
        "good": GREY,
        "flat": np.zeros((6, 64), np.uint8),
        "complex": np.zeros((6, 8, 8), complex),
        "bands": np.zeros((6, 8, 8, 4), np.uint8),
        "far": np.full((6, 8, 8), -400_000.0),
    }.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "torn.npy").write_bytes((folder / "good.npy").read_bytes()[:-9])
    (folder / "torn.npz").write_bytes(b"PK\x03\x04 no zip")
    np.savez(folder / "unnamed.npz", a=GREY, b=GREY)
    np.savez(folder / "labels.npz", images=GREY, labels=np.zeros(6))
    np.savez(folder / "classes.npz", images=GREY, labels=np.arange(5))
    for name, n in (("lying", 9), ("negative", -9)):
        header = io.BytesIO()
        kind = {"descr": "|u1", "fortran_order": False, "shape": (n, 8, 8)}
        np.lib.format.write_array_header_1_0(header, kind)
        with zipfile.ZipFile(folder / f"{name}.npz", "w") as archive:
            archive.writestr("images.npy", header.getvalue() + bytes(99))


def pictures(folder):
    Image.fromarray(GREY[0]).save(folder / "one.png")
    (folder / "broken").mkdir()
    for i in range(3):
        (folder / "broken" / f"{i}.png").write_bytes(b"no picture")
    (folder / "wide.png").write_bytes(png(60_000, 60_000))
    (folder / "packed.png").write_bytes(png(12_000, 12_000))
    with zipfile.ZipFile(folder / "hidden.zip", "w") as archive:
        archive.writestr("a/.hidden", b"")
    (folder / "torn.zip").write_bytes(b"PK\x03\x04 no zip")
    (folder / "torn.tar").write_bytes(bytes(257) + b"ustar" + b"?" * 700)
    (folder / "mixed").mkdir()
    Image.fromarray(GREY[0]).save(folder / "mixed" / "a.png")
    (folder / "chairs" / "one" / "renders").mkdir(parents=True)


def png(width, height):
    """Hardly more than the header of a picture."""
    content = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    for kind, part in ((b"IHDR", header), (b"IDAT", b""), (b"IEND", b"")):
        sum_ = struct.pack(">I", zlib.crc32(kind + part))
        content += struct.pack(">I", len(part)) + kind + part + sum_
    return content


def idx(folder):
    (folder / "cut.gz").write_bytes(gzip.compress(IDX)[:-12])
    (folder / "short").write_bytes(IDX[:-10])
    (folder / "head").write_bytes(IDX[:9])
    (folder / "other").write_bytes(b"\x00\x00\x0d\x03" + IDX[4:])
    bomb = np.array([0x803, 60_000, 1000, 1000], ">u4").tobytes()
    (folder / "bomb.gz").write_bytes(gzip.compress(bomb))
    for name in ("idx/t10k-images-idx3-ubyte", *(f"two/{a}-train-images-idx3-ubyte" for a in "ab")):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(IDX)


def known_sets(folder):
    """Files of sets that are known by their layout, each wrong in one way."""
    classes = np.stack([np.zeros(6, int), np.arange(6), *4 * [np.zeros(6, int)]], axis=1)
    for name, imgs, latents in (
        ("float", GREY * 1.0, classes),
        ("some", GREY, classes[:5]),
        ("order", GREY, classes[::-1]),
    ):
        np.savez(folder / f"sprites-{name}.npz", imgs=imgs, latents_classes=latents)
    rooms = np.zeros((6, 8, 8, 3), np.uint8)
    for name, images, labels in (
        ("float", rooms * 1.0, classes),
        ("grey", rooms[..., :1], classes),
        ("some", rooms, classes[:5]),
        ("order", rooms, classes[::-1] ** 2 % 5),
    ):
        np.savez(folder / f"rooms-{name}.npz", images=images, labels=labels)
    digits = np.zeros((32, 32, 3, 2), np.uint8)
    for name, x, y in (("grey", digits[:, :, :1], [1, 1]), ("eleven", digits, [1, 11])):
        savemat(folder / f"{name}.mat", {"X": x, "y": np.array(y, np.uint8)[:, None]})
    savemat(folder / "none.mat", {"Z": digits})
    (folder / "new.mat").write_bytes(b"MATLAB 7.3 MAT-file")
    (folder / "torn.mat").write_bytes((folder / "grey.mat").read_bytes()[:200])
    (folder / "svhn").mkdir()
    shutil.copyfile(folder / "eleven.mat", folder / "svhn" / "test_32x32.mat")
    (folder / "torn.h5").write_bytes(b"\x89HDF no file")
    for name, arrays in {
        "other": {"a": classes},
        "group": {"images/a": rooms, "labels": classes},
        "link": {"images": h5py.SoftLink("/labels"), "labels": classes},
    }.items():
        with h5py.File(folder / f"{name}.h5", "w") as file:
            for key, array in arrays.items():
                file[key] = array
    (folder / "unread.parquet").write_bytes(b"PAR1 no table PAR1")
    parquet.write_table(pa.table({"label": [0, 1]}), folder / "numbers.parquet")
    (folder / "celeba" / "img_align_celeba").mkdir(parents=True)
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        archive.writestr("a.txt", "")
    for name in ("", "-index", "-tar", "-image", "-labels", "-folder"):
        shards(folder / f"shards{name}")
    (folder / "shards-folder" / "00000.tar").unlink()
    (folder / "shards-folder" / "00000.tar").mkdir()
    (folder / "shards" / "shards.json").write_text('{"version": 2}')
    np.save(folder / "shards-index" / "index.npy", np.zeros((5, 3), int))
    np.save(folder / "shards-labels" / "labels.npy", np.zeros(6))
    (folder / "shards-tar" / "00000.tar").write_bytes(b"?")
    (folder / "shards-image" / "00000.tar").write_bytes(b"?" * 10240)


def shards(folder):
    folder.mkdir()
    pack(GREY[:, None], folder)


def texts(folder):
    """Configs and tables."""
    for name, text in {
        "unknown.yaml": "speed: 3\n",
        "nested.yaml": "model:\n  depth: 3\n",
        "type.yaml": "kimg: much\n",
        "syntax.yaml": "model: [\n",
        "list.yaml": "- 1\n",
        "loss.yaml": "loss: 3\n",
        "alias.yaml": "kimg: &a 1\nsave_minutes: *a\n",
        "seed.yaml": "seed: 1.5\n",
        "device.yaml": "device: 5\n",
        "deep.yaml": "[" * 5000,
        "long.yaml": "#" * 2**20 + "\n",
        "point.json": '{"z": [1, 2]}',
        "endless.json": '{"z": [1, 2, 3, 4, 5, 6, 7, 1e999]}',
        "untold.json": "{}",
        "point.csv": "kind,tilt\n1,0\n",
        "words.csv": "kind,tilt,noise_0,noise_1,noise_2,noise_3\n1,0,a,0,0,0\n",
        "pixels-many.csv": "\n".join(["1," * 69 + "1"] * 3),
        "pixels-header.csv": ",".join(["label", *(f"pixel{i}" for i in range(64))]) + "\n",
        "pixels-word.csv": "\n".join(["1," * 64 + "1", "1," * 63 + "a,1"]),
        "pixels-short.csv": "\n".join(["1," * 64 + "1", "1,2"]),
    }.items():
        (folder / name).write_text(text)


def labels_and_factors(folder):
    for name, text in {
        "labels-one.csv": "0,a\n1,a\n",
        "labels-bad.csv": "index,label\n99,two\n",
        "labels-none.csv": "\n",
        "labels-lines.csv": "0,a\n1\n",
        "labels-twice.csv": "0,a\n0,b\n",
        "labels-tags.csv": "0,<b>\n",
        "labels-files.csv": "a.png,a\n",
        "labels-many.csv": "\n".join(f"{i},{'abcdef'[i]}" for i in range(6)),
        "factors-bad.csv": "size,hue\n1,2\n",
        "factors-none.csv": "file,size\n",
        "factors-names.csv": "file\na.png\n",
        "factors-columns.csv": "file,size,size\na.png,1,2\n",
        "factors-cells.csv": "file,size\na.png,1,2\n",
        "factors-twice.csv": "file,size\na.png,1\na.png,2\n",
        "factors-others.csv": "file,size\nz.png,1\ny.png,2\n",
    }.items():
        (folder / name).write_text(text)
    (folder / "wide.csv").write_text(f'0,"{"a" * 200_000}"\n')
    (folder / "endless.csv").write_bytes(b"")
    os.truncate(folder / "endless.csv", 65 * 2**20)
    (folder / "latin.csv").write_bytes(b"file,size\na.png,\xe9\n")


def models(folder, run):
    """Models that were damaged or tampered with, one way each."""
    plain = json.loads((run / "model.json").read_text())
    weights = load_file(run / "model.safetensors")
    first = sorted(weights)[0]

    def model(name, description, tensors=weights):
        (folder / name).mkdir()
        (folder / name / "model.json").write_text(description)
        save_file(tensors, folder / name / "model.safetensors")

    def described(**fields):
        return json.dumps(plain | {"model": plain["model"] | fields})

    wide = {"width": 10**9, "hidden": 10**9}
    model("nan", json.dumps(plain), weights | {first: weights[first] * float("nan")})
    model("wide", described(**wide))
    model("newer", json.dumps(plain | {"format_version": 9}))
    model("list", "[1, 2]")
    model("deep", "[" * 100_000)
    model("misnamed", json.dumps(plain), {f"x.{key}": each for key, each in weights.items()})
    model("misshapen", json.dumps(plain), weights | {first: weights[first][None]})
    model("double", json.dumps(plain), weights | {first: weights[first].double()})
    model("more", json.dumps(plain), weights | {"x": weights[first].clone()})
    model("bare", json.dumps({"format_version": 1}))
    model("shapeless", described(image_shape=8))
    model("unknown", described(colour=3))
    model("typed", described(width="4"))
    model("uncoded", described(codes="dog"))
    model("named", json.dumps(plain))
    (folder / "named" / "names.json").write_text('{"format_version": 1, "codes": {"kind": "2nd"}}')
    model("doubly", json.dumps(plain))
    twice = {"format_version": 1, "codes": {}, "values": {"kind": {"0": "a", "1": "A"}}}
    (folder / "doubly" / "names.json").write_text(json.dumps(twice))
    model("misspelt", json.dumps(plain))
    (folder / "misspelt" / "names.json").write_text('{"format_version": 1, "codes": 3}')
    model("weightless", json.dumps(plain))
    (folder / "weightless" / "model.safetensors").unlink()
    model("torn", json.dumps(plain))
    content = (folder / "torn" / "model.safetensors").read_bytes()
    (folder / "torn" / "model.safetensors").write_bytes(content[:-100])


def runs(folder, run):
    """Runs that were damaged, one way each."""
    kept = ("config.yaml", "log.jsonl", "model.json", "model.safetensors", "checkpoints")
    for name in (
        "log",
        "config",
        "checkpoint",
        "uncheckpointed",
        "verdict",
        "evaluation",
        "half",
        "words",
    ):
        (folder / f"{name}-run").mkdir()
        for each in kept:
            copy = shutil.copytree if (run / each).is_dir() else shutil.copyfile
            copy(run / each, folder / f"{name}-run" / each)
    (folder / "log-run" / "log.jsonl").write_text("{\n")
    (folder / "config-run" / "config.yaml").write_text("kimg: 3\n")
    for path in (folder / "checkpoint-run" / "checkpoints").iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    shutil.rmtree(folder / "uncheckpointed-run" / "checkpoints")
    (folder / "verdict-run" / "verdict.json").write_text("[]")
    (folder / "evaluation-run" / "evaluation.json").write_text("[]")
    (folder / "words-run" / "codes.json").write_text('{"words": 3}')


def known(run):
    """What the expressions in tests/error_texts.txt speak of, by its name."""
    model = infogan.load(run)
    small = ModelConfig("tilt=uni", 2, image_shape=(1, 8, 8), family="mlp", hidden=4, q_hidden=4)
    objects = {
        "GREY": GREY,
        "Path": Path,
        "dials": Model.blank(small),
        "labelled": TrainConfig(labels="labels-one.csv"),
        "model": model,
        "nn": nn,
        "np": np,
        "registry": ModelRegistry([str(run)]),
    }
    return objects | {each.__name__: each for each in CALLED}


CALLED = (
    accuracy,
    ArrayLayout,
    assign,
    bootstrap,
    check,
    check_memory,
    coverage,
    criterion,
    describe_code,
    edit,
    evaluate,
    export_onnx,
    feature_extractor,
    fid,
    floor,
    from_dict,
    ImageRules,
    InfoGAN,
    invert,
    kid,
    Latent,
    load_names,
    mig,
    ModelConfig,
    morphometrics,
    Names,
    open_images,
    open_labels,
    pack,
    precision_recall,
    Preprocessing,
    preset,
    Processes,
    push_to_hub,
    read_checkpoint,
    read_content,
    read_factors,
    read_json,
    read_labelled,
    read_report,
    read_verdict,
    renamed,
    require_extra,
    RunFolder,
    sap,
    save_animation,
    save_pretrained,
    split,
    StartingPoint,
    State,
    StreetNumbers,
    strokenet,
    Strokes,
    take_bands,
    train,
    TrainConfig,
)
