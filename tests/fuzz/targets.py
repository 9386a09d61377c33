"""Every reader of untrusted bytes, each with a valid file; and what a reader may do with one.

A reader may succeed or raise UserError with one line. Everything else is a finding: any other
exception, more than 512 MB of memory, more than 5 seconds of the processor.
"""

import gzip
import io
import json
import resource
import signal
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from infogan.codes.latent import Latent
from infogan.codes.names import Names, load_names, save_names
from infogan.commands.train import spelled_out
from infogan.data.factors_csv import read_factors
from infogan.data.folder import read_content
from infogan.data.labels_csv import read_labelled_images
from infogan.data.open import open_images
from infogan.data.rules import ImageRules
from infogan.errors import UserError
from infogan.evaluation.results import read_report
from infogan.inference.paths import read_points
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig
from infogan.report.page import render
from infogan.report.record import read_record
from infogan.runs.conclusion import read_verdict
from infogan.storage.model_folder import load_model, save_model
from infogan.storage.run_folder import RunFolder
from infogan.training.checkpoint import read_checkpoint
from infogan.training.config import TrainConfig
from infogan.training.config_file import from_dict
from infogan.training.state import State

MEMORY, SECONDS = 512 * 2**20, 5
SHAPE = (1, 8, 8)
Read = Callable[[Path], object]
"""Reads a file of a folder in which all else is valid."""


@dataclass(frozen=True)
class Target:
    """A reader, and a file that it reads."""

    name: str
    path: Path
    read: Read


def config() -> TrainConfig:
    """Of a run with tiny networks."""
    model = ModelConfig(
        codes="kind=cat:3,tilt=uni", noise=2, image_shape=SHAPE, family="mlp", width=4,
        hidden=8, q_hidden=4,
    )  # fmt: skip
    return TrainConfig(model=model, device="cpu", precision="fp32")


def targets(folder: Path) -> list[Target]:
    """Write the valid files into an empty folder."""
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
    return [
        *_pictures(folder / "pictures", images),
        *_arrays(folder / "arrays", images),
        *_tables(folder / "tables", images),
        *_run(folder / "run"),
    ]


def opened(path: Path) -> object:
    """The images of a data set, the first of them read."""
    source = open_images(str(path), split="train", size=8)
    return source.batch(np.arange(min(4, len(source))))


def _one(path: Path) -> object:
    """A picture as the explorer's page sends it: its bytes, without a name."""
    return read_content(path.read_bytes(), SHAPE, ImageRules())


def _new(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _picture(image: np.ndarray, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind)
    return buffer.getvalue()


def _pictures(folder: Path, images: np.ndarray) -> list[Target]:
    found, png = list[Target](), _picture(images[0], "PNG")
    for kind in ("png", "gif", "bmp", "tiff", "jpeg", "webp", "ppm"):
        path = _new(folder / f"0.{kind}", _picture(images[1], kind.upper()))
        found.append(Target(kind, path, _one))
    inside = _new(folder / "folder" / "0.png", png)
    found.append(Target("folder", inside, lambda path: opened(path.parent)))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/0.png", png)
    found.append(Target("zip", _new(folder / "a.zip", packed.getvalue()), opened))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in (("0.png", png), ("0.cls", b"3")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    found.append(Target("tar", _new(folder / "a.tar", packed.getvalue()), opened))
    return found


def _arrays(folder: Path, images: np.ndarray) -> list[Target]:
    npy, npz, mat = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(npy, images)
    np.savez_compressed(npz, images=images, labels=np.arange(6) % 3)
    svhn = np.zeros((32, 32, 3, 2), np.uint8)
    savemat(mat, {"X": svhn, "y": np.ones((2, 1), np.uint8)}, do_compression=True)
    idx = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in images.shape)
    idx += images.tobytes()

    def labelled(path: Path) -> object:
        return read_labelled_images(path, path, split="train", shape=SHAPE)

    return [
        Target("npy", _new(folder / "a.npy", npy.getvalue()), opened),
        Target("npz", _new(folder / "a.npz", npz.getvalue()), opened),
        Target("npz-labels", _new(folder / "b.npz", npz.getvalue()), labelled),
        Target("idx", _new(folder / "train-images-idx3-ubyte", idx), opened),
        Target("idx-gz", _new(folder / "a-idx3-ubyte.gz", gzip.compress(idx)), opened),
        Target("mat", _new(folder / "train_32x32.mat", mat.getvalue()), opened),
        *(_parquet(folder / "a.parquet", images) if find_spec("pyarrow") else []),
    ]


def _parquet(path: Path, images: np.ndarray) -> list[Target]:
    import pyarrow as pa
    from pyarrow import parquet

    rows = [{"bytes": _picture(image, "PNG"), "path": None} for image in images[:2]]
    parquet.write_table(pa.table({"image": rows, "label": [0, 1]}), path)
    return [Target("parquet", path, opened)]


def _tables(folder: Path, images: np.ndarray) -> list[Target]:
    rows = [",".join(map(str, [i, *image.reshape(-1)])) for i, image in enumerate(images)]
    numbers = _new(folder / "images.npy", b"")
    np.save(numbers, images)

    def labelled(path: Path) -> object:
        return read_labelled_images(path, numbers, split="train", shape=SHAPE)

    return [
        Target("csv", _new(folder / "a.csv", "\n".join(rows).encode()), opened),
        Target("labels", _new(folder / "labels.csv", b"index,label\n0,two\n3,one\n"), labelled),
        Target(
            "factors",
            _new(folder / "factors.csv", b"file,size,hue\n0.png,1,red\n1.png,2.5,?\n"),
            read_factors,
        ),
        Target(
            "codes",
            _new(folder / "codes.txt", b"kind=cat:3,tilt=uni:-1:1@p,swing=norm,on=bern"),
            lambda path: Latent.parse(path.read_text(errors="replace"), 4),
        ),
    ]


def _run(folder: Path) -> list[Target]:
    """The files of a run, and those that others make of its model."""
    run, model = RunFolder(folder), Model.blank(config().model)
    run.write_config(config())
    run.append_to_log({"kimg": 1.0, "seconds": 1.0, "images_per_second": 3.0, "d_loss": 0.5})
    run.save_checkpoint(State.create(config()))
    save_model(folder, model.config, model.generator, model.discriminator)
    save_names(folder, Names({"kind": "size"}, {"size": {1: "big"}}))
    _json(run.evaluation_file, _evaluation())
    _json(run.words_file, {"words": {"kind": "small to big"}, "categories": {}, "pictures": {}})
    finding = dict.fromkeys(("kind", "severity", "brief", "message", "remedy"), "note")
    verdict = {"summary": "good", "worth_using": True, "longer": None, "findings": [finding]}
    _json(run.verdict_file, verdict | {"measured": {}})
    checkpoint = run.latest_checkpoint()
    assert checkpoint is not None
    z = [0.0] * model.latent.dim
    point = _new(folder.parent / "points" / "point.json", json.dumps({"z": z}).encode())
    header = ",".join([*model.latent.names, "noise_0", "noise_1"])
    table = _new(folder.parent / "points" / "table.csv", f"{header}\n1,0.5,0.1,-0.1\n".encode())

    def reported(path: Path) -> object:
        return render([read_record(path.parent)])

    def points(path: Path) -> object:
        return read_points(model, [str(path), "1"])

    return [
        Target("config", run.config_file, lambda path: RunFolder(path.parent).read_config()),
        Target("config-reported", run.config_file, reported),
        Target("config-given", run.config_file, _given),
        Target("log", run.log_file, reported),
        Target("evaluation", run.evaluation_file, read_report),
        Target("evaluation-reported", run.evaluation_file, reported),
        Target("words", run.words_file, reported),
        Target("verdict", run.verdict_file, lambda path: read_verdict(RunFolder(path.parent))),
        Target("verdict-reported", run.verdict_file, reported),
        Target("names", folder / "names.json", lambda path: load_names(path.parent)),
        Target("names-given", folder / "names.json", lambda path: load_model(path.parent)),
        Target("model", folder / "model.json", lambda path: load_model(path.parent)),
        Target("weights", folder / "model.safetensors", lambda path: load_model(path.parent)),
        Target("checkpoint", checkpoint, read_checkpoint),
        Target(
            "checkpoint-opened",
            checkpoint,
            lambda path: RunFolder(path.parents[1]).open_checkpoint(path),
        ),
        Target("point", point, points),
        Target("points", table, points),
    ]


def _given(path: Path) -> object:
    """A config as `train --config` takes it."""
    (found,) = [arg for arg in spelled_out(["--config", str(path)]) if arg != "--config"]
    return from_dict(json.loads(found), str(path))


def _json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))


def _evaluation() -> dict[str, object]:
    measured = {"name": "accuracy", "value": 0.5, "protocol": "p", "n": 3, "interval": None}
    return {
        **{"format_version": 1, "model": "m", "data": "d", "fingerprint": "f", "split": "test"},
        **{"images": 3, "effort": "quick", "seed": 0, "command": "c", "seconds": 1.0},
        **{"versions": {}, "measurements": [measured]},
    }


class TooLong(BaseException):
    """More than SECONDS without an answer."""


def bound_memory() -> None:
    """Allow so much more from here on; Python tells what is beyond it as a MemoryError."""
    warnings.simplefilter("ignore")
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def outcome(target: Target) -> str:
    """Nothing where the reader kept its promises, else what it did."""

    def late(*_: object) -> None:
        raise TooLong

    # Of the processor's time: how busy a machine is otherwise must find nothing.
    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        target.read(target.path)
    except UserError as error:
        return "an error of several lines" if "\n" in str(error) else ""
    except TooLong:
        return f"more than {SECONDS} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return ""
