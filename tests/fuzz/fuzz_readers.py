"""Feed every reader of untrusted bytes with files that are nearly right.

    python tests/fuzz/fuzz_readers.py --seconds 30 --seed 1

Valid files are changed at random: bits flipped, numbers made huge, pieces cut, doubled and moved
between files. A reader may succeed or raise UserError. Everything else is a finding: any other
exception, more than 512 MB of memory, more than 5 seconds. Exits with 1 where there are findings,
and writes their inputs to --keep.
"""

import argparse
import io
import json
import random
import resource
import shutil
import signal
import sys
import tarfile
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from infogan.codes.names import Names, load_names, save_names
from infogan.data.open import open_images
from infogan.errors import UserError
from infogan.evaluation.results import read_report
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig
from infogan.report.page import render
from infogan.report.record import read_record
from infogan.storage.model_folder import load_model, save_model
from infogan.storage.run_folder import RunFolder
from infogan.training.checkpoint import read_checkpoint
from infogan.training.config import TrainConfig
from infogan.training.state import State

MEMORY, SECONDS = 512 * 2**20, 5
NUMBERS = (0, 1, 2**7, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**63 - 1)
Read = Callable[[Path], object]
"""Reads a file of a folder in which all else is valid."""


def config() -> TrainConfig:
    """Of a run with tiny networks."""
    model = ModelConfig(
        codes="kind=cat:3,tilt=uni", noise=2, image_shape=(1, 8, 8), family="mlp", width=4,
        hidden=8, q_hidden=4,
    )  # fmt: skip
    return TrainConfig(model=model, device="cpu", precision="fp32")


def opened(path: Path) -> object:
    """The images of a data set, the first of them read."""
    source = open_images(str(path), split="train", size=8)
    return source.batch(np.arange(min(4, len(source))))


def reported(path: Path) -> object:
    """A run's page."""
    return render([read_record(path.parent)])


def make(folder: Path) -> list[tuple[Path, Read]]:
    """Valid files, each with what reads it."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, 8, 8), np.uint8)
    data = folder / "data"
    for name in ("png", "zip", "tar", "npy", "npz", "idx", "csv"):
        (data / name).mkdir(parents=True)
    buffer = io.BytesIO()
    Image.fromarray(images[0]).save(buffer, "PNG")
    png, found = buffer.getvalue(), list[tuple[Path, Read]]()

    def add(name: str, content: bytes, read: Read = opened) -> None:
        (data / name).write_bytes(content)
        found.append((data / name, read))

    add("png/0.png", png, lambda path: opened(path.parent))
    for suffix in ("gif", "bmp", "tiff", "jpeg", "webp"):
        buffer = io.BytesIO()
        Image.fromarray(images[1]).save(buffer, suffix.upper())
        (data / suffix).mkdir()
        add(f"{suffix}/0.{suffix}", buffer.getvalue(), lambda path: opened(path.parent))
    np.save(data / "npy" / "a.npy", images)
    np.savez_compressed(data / "npz" / "a.npz", images=images)
    for name in ("npy/a.npy", "npz/a.npz"):
        found.append((data / name, opened))
    idx = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in images.shape)
    add("idx/train-images-idx3-ubyte", idx + images.tobytes())
    rows = [",".join(map(str, [i, *image.reshape(-1)])) for i, image in enumerate(images)]
    add("csv/a.csv", "\n".join(rows).encode())
    with zipfile.ZipFile(data / "zip" / "a.zip", "w") as archive:
        archive.writestr("0.png", png)
    with tarfile.open(data / "tar" / "a.tar", "w") as tar:
        member = tarfile.TarInfo("0.png")
        member.size = len(png)
        tar.addfile(member, io.BytesIO(png))
    found += [(data / name, opened) for name in ("zip/a.zip", "tar/a.tar")]
    return found + make_run(folder / "run")


def make_run(folder: Path) -> list[tuple[Path, Read]]:
    """The files of a run."""
    run = RunFolder(folder)
    run.write_config(config())
    model = Model.blank(config().model)
    save_model(folder, model.config, model.generator, model.discriminator)
    save_names(folder, Names({"kind": "size"}, {"size": {1: "big"}}))
    run.append_to_log({"kimg": 1.0, "seconds": 1.0, "images_per_second": 3.0, "d_loss": 0.5})
    run.save_checkpoint(State.create(config()))
    measured = {"name": "accuracy", "value": 0.5, "protocol": "p", "n": 3, "interval": None}
    evaluation = {
        **{"format_version": 1, "model": "m", "data": "d", "fingerprint": "f", "split": "test"},
        **{"images": 3, "effort": "quick", "seed": 0, "command": "c", "seconds": 1.0},
        **{"versions": {}, "measurements": [measured]},
    }
    run.evaluation_file.write_text(json.dumps(evaluation))
    checkpoint = run.latest_checkpoint()
    assert checkpoint is not None
    return [
        (run.config_file, lambda path: RunFolder(path.parent).read_config()),
        (run.config_file, reported),
        (run.log_file, reported),
        (run.evaluation_file, reported),
        (run.evaluation_file, read_report),
        (folder / "names.json", lambda path: load_names(path.parent)),
        (folder / "names.json", lambda path: load_model(path.parent)),
        (folder / "model.json", lambda path: load_model(path.parent)),
        (folder / "model.safetensors", lambda path: load_model(path.parent)),
        (checkpoint, read_checkpoint),
        (checkpoint, lambda path: RunFolder(path.parents[1]).open_checkpoint(path)),
    ]


def mutated(content: bytes, other: bytes, rng: random.Random) -> bytes:
    """Nearly the same."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(changed) + 1)
        kind = rng.randrange(7)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            width, order = rng.choice((1, 2, 4, 8)), rng.choice(("big", "little"))
            number = rng.choice(NUMBERS) % 256**width
            changed[at : at + width] = number.to_bytes(width, order)  # type: ignore[arg-type]
        elif kind == 2:
            del changed[at : at + rng.choice((1, 4, 64))]
        elif kind == 3:
            changed[at:at] = changed[at : at + rng.choice((1, 8, 256))]
        elif kind == 4:
            start = rng.randrange(len(other) + 1)
            changed[at:at] = other[start : start + rng.choice((1, 8, 64))]
        elif kind == 5:
            words = (b"-1", b"1e308", b"NaN", b"null", b"[[[[[[", b"{", b'"', b"*a", b"&a", b"\0")
            changed[at:at] = rng.choice(words) * rng.choice((1, 1, 500))
        elif rng.random() < 0.2:
            del changed[at:]
    return bytes(changed)


class TooLong(BaseException):
    """More than SECONDS without an answer."""


def outcome(read: Read, path: Path) -> str:
    """Nothing where the reader kept its promises, else what it did."""

    def late(*_: object) -> None:
        raise TooLong

    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        read(path)
    except UserError as error:
        return "an error of several lines" if "\n" in str(error) else ""
    except TooLong:
        return f"more than {SECONDS} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    finally:
        signal.alarm(0)
    return ""


def fuzz(seconds: float, seed: int, keep: Path | None) -> tuple[Counter[str], Counter[str]]:
    """Inputs tried, and findings, by the name of the file."""
    rng, tried, findings = random.Random(seed), Counter[str](), Counter[str]()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="infogan-fuzz-") as name:
        targets = make(Path(name))
        for path, read in targets:
            assert not (said := outcome(read, path)), (path, said)
        contents = [path.read_bytes() for path, _ in targets]
        # What is allowed from here on; Python tells it as a MemoryError.
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            i = rng.randrange(len(targets))
            path, read = targets[i]
            path.write_bytes(mutated(contents[i], rng.choice(contents), rng))
            said = outcome(read, path)
            tried[path.name] += 1
            if said:
                print(f"{path.name}: {said}", file=sys.stderr)
                findings[f"{path.name}: {said}"] += 1
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, keep / f"{tried.total()}-{path.name}")
            path.write_bytes(contents[i])
    return tried, findings


def cli() -> int:
    """Fuzz, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    tried, findings = fuzz(args.seconds, args.seed, args.keep)
    print(f"{tried.total():,} inputs, {len(findings)} kinds of findings")
    print(json.dumps({"tried": tried, "findings": findings}, indent=2))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(cli())
