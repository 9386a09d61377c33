"""Targets of a run's files and of what is sent to its page."""

import asyncio
import json
import struct
import zlib
from importlib.util import find_spec
from pathlib import Path

from promise import Read, Target, new_file

from infogan.codes.names import Names, load_names, save_names
from infogan.commands.train import spelled_out
from infogan.evaluation.results import read_report
from infogan.inference.paths import read_points
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig
from infogan.report.page import render
from infogan.report.record import read_record
from infogan.runs.conclusion import read_verdict
from infogan.storage.model_folder import load_model, save_model
from infogan.storage.run_folder import RunFolder
from infogan.training.checkpoint import CHECKSUMS, NUMBERS
from infogan.training.config import TrainConfig
from infogan.training.config_file import from_dict
from infogan.training.state import State

SHAPE = (1, 8, 8)


def config() -> TrainConfig:
    """Of a run with tiny networks."""
    model = ModelConfig(
        codes="kind=cat:3,tilt=uni", noise=2, image_shape=SHAPE, family="mlp", width=4,
        hidden=8, q_hidden=4,
    )  # fmt: skip
    return TrainConfig(model=model, device="cpu", precision="fp32")


def of_a_run(folder: Path) -> list[Target]:
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
    point = new_file(folder.parent / "points" / "point.json", json.dumps({"z": z}).encode())
    header = ",".join([*model.latent.names, "noise_0", "noise_1"])
    table = new_file(folder.parent / "points" / "table.csv", f"{header}\n1,0.5,0.1,-0.1\n".encode())

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
        Target("checkpoint", checkpoint, State.create(config()).load),
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


def sealed(folder: Path) -> list[Target]:
    """What stands in the headers of safetensors, of which lengths and checksums are made right.

    Random changes alone would seldom get past these, which anybody can compute.
    """
    state = State.create(config())
    run, weights, checkpoint = folder / "run", "model.safetensors", "0.safetensors"
    of_a_run(run)
    numbers = json.loads(_opened(run / checkpoint_of(run))[0]["__metadata__"][NUMBERS])
    header, _ = _opened(run / weights)

    def with_header(path: Path) -> object:
        _, rest = _opened(run / weights)
        given = path.read_bytes()
        (folder / "given").mkdir(exist_ok=True)
        (folder / "given" / "model.json").write_bytes((run / "model.json").read_bytes())
        (folder / "given" / weights).write_bytes(struct.pack("<Q", len(given)) + given + rest)
        return load_model(folder / "given")

    def with_numbers(path: Path) -> object:
        header, rest = _opened(run / checkpoint_of(run))
        text, meta = path.read_text(errors="replace"), header["__metadata__"]
        sums = json.loads(meta[CHECKSUMS]) | {NUMBERS: zlib.crc32(text.encode())}
        header["__metadata__"] = {NUMBERS: text, CHECKSUMS: json.dumps(sums)}
        told = json.dumps(header).encode()
        made = new_file(folder / checkpoint, struct.pack("<Q", len(told)) + told + rest)
        state.load(made)
        return RunFolder(run).open_checkpoint(made)

    return [
        Target(
            "weights-header",
            new_file(folder / "header.json", json.dumps(header).encode()),
            with_header,
        ),
        Target(
            "checkpoint-numbers",
            new_file(folder / "numbers.json", json.dumps(numbers).encode()),
            with_numbers,
        ),
    ]


def checkpoint_of(run: Path) -> Path:
    """The newest, of a run that has one."""
    found = RunFolder(run).latest_checkpoint()
    assert found is not None
    return found.relative_to(run)


def _opened(path: Path) -> tuple[dict[str, dict[str, str]], bytes]:
    """A safetensors file's header, and what follows it."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def uploads(folder: Path, picture: bytes) -> list[Target]:
    """Bodies of requests to the page's server, where starlette is installed."""
    if find_spec("starlette") is None:
        return []
    from infogan.explorer.model_registry import ModelRegistry
    from infogan.explorer.server import create_app

    of_a_run(folder / "run")
    app = create_app(ModelRegistry([str(folder / "run")]), "127.0.0.1", 1)
    width = Model.blank(config().model).latent.dim

    def sent(address: str, method: str = "POST", kind: str = "application/octet-stream") -> Read:
        return lambda path: asyncio.run(answer(address, method, kind, path.read_bytes()))

    async def answer(address: str, method: str, kind: str, body: bytes) -> int:
        """The status; below 500, as that would be the server's mistake."""
        headers = [(b"host", b"127.0.0.1:1"), (b"content-type", kind.encode())]
        headers += [(b"origin", b"http://127.0.0.1:1"), (b"x-requested-with", b"infogan")]
        scope = {
            **{"type": "http", "http_version": "1.1", "method": method, "scheme": "http"},
            **{"path": address, "raw_path": address.encode(), "query_string": b"", "root_path": ""},
            **{"headers": headers, "client": ("127.0.0.1", 9), "server": ("127.0.0.1", 1)},
        }
        found = list[int]()

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                found.append(int(str(message["status"])))

        await app(scope, receive, send)  # type: ignore[arg-type]
        if found[0] >= 500 or found[0] in (403, 404, 405, 415, 421):
            raise RuntimeError(f"{address}: {found[0]}")
        return found[0]

    named = json.dumps({"code": "kind", "value": 1, "name": "tall"}).encode()
    api, names = "/api/models/0", "application/json"
    return [
        Target(
            "upload-latents",
            new_file(folder / "z", struct.pack(f"<{width}f", *width * [0.5])),
            sent(f"{api}/images"),
        ),
        Target("upload-images", new_file(folder / "images", bytes(64)), sent(f"{api}/codes")),
        Target("upload-picture", new_file(folder / "picture", picture), sent(f"{api}/picture")),
        Target(
            "upload-names", new_file(folder / "names", named), sent(f"{api}/names", "PUT", names)
        ),
    ]
