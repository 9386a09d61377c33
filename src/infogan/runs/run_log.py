"""A run's log: a line for every tick, told on the progress line, with what is wrong in words."""

import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from infogan.files import write_text
from infogan.runs.diagnostics import Diagnostics
from infogan.runs.health import Finding, diagnose, read_findings
from infogan.training.config import TrainConfig
from infogan.training.loop import Tick

Board = AbstractContextManager[Any]
"""Of a TensorBoard writer, or of None."""
Progress = bool | Literal["tutorial"]
"""A progress line, none, or a line for every tick as the Keras tutorial prints it."""


class RunLog:
    """Keeps log.jsonl, the progress line and the board of a run; `lines` is all that was kept."""

    def __init__(
        self, out: Path, config: TrainConfig, bar: "tqdm[Any]", board: Any, tutorial: bool = False
    ) -> None:
        self._tutorial = tutorial
        self.lines = list(read_log(out))
        self._file = (out / "log.jsonl").open("a")
        self._config, self._bar, self._board = config, bar, board

    def keep(self, tick: Tick, seen: Diagnostics | None, end: int) -> list[Finding]:
        """Write a tick, and what was seen of the model, down; returns what is wrong, worst first.

        `end` is the number of images after which the run will be over; where that is sooner than
        planned, the line has it in thousands as `ends_at`.
        """
        line = flat(tick) | ({} if seen is None else {"diagnostics": seen.as_dict()})
        findings = diagnose([*self.lines, line], self._config)
        known = {(each.kind, each.brief) for each in read_findings(self.lines)}
        if end < round(self._config.kimg * 1000):
            line["ends_at"] = end / 1000
        if findings:
            line["health"] = [each.as_dict() for each in findings]
        self.lines.append(line)
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        images = round(tick.kimg * 1000)
        if self._tutorial:
            print(tutorial_line(tick, self._config), flush=True)
        if self._board is not None:
            for name, value in flat(tick).items():
                self._board.add_scalar(name, value, images)
        self._bar.total = end
        self._bar.update(images - self._bar.n)
        self._bar.set_postfix_str(
            " ".join([summary(tick), *(f"! {each.brief}" for each in findings)])
        )
        for each in findings:
            if (each.kind, each.brief) not in known and not self._bar.disable:
                self._bar.write(f"{tick.kimg:g} kimg, {each}", file=sys.stderr)
        return findings

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def open_run_log(
    out: Path, config: TrainConfig, images_seen: int, end: int, progress: Progress, board: Board
) -> Iterator[RunLog]:
    """The log of a run that goes on after so many images; what was written later is dropped."""
    forget_after(out / "log.jsonl", images_seen)
    bar = tqdm(
        total=end,
        initial=images_seen,
        unit="img",
        unit_scale=True,
        desc=out.name,
        disable=progress is not True,
        file=sys.stderr,
        dynamic_ncols=True,
    )
    with board as writer, bar:
        log = RunLog(out, config, bar, writer, progress == "tutorial")
        try:
            yield log
        finally:
            log.close()


def read_log(out: Path) -> Iterator[dict[str, Any]]:
    """Every tick of a run: its terms by name, now and then `diagnostics`, `health` when poor."""
    path = out / "log.jsonl"
    if path.is_file():
        for text in path.read_text().splitlines():
            line = json.loads(text)
            if "probe" in line:  # as version 0.1 called it
                line["diagnostics"] = line.pop("probe")
            yield line


def read_health(out: Path) -> list[Finding]:
    """What was wrong with a run at its last tick; empty for a healthy one."""
    return read_findings(list(read_log(out)))


def forget_after(log: Path, images_seen: int) -> None:
    """Drop the lines of a log that lie beyond the checkpoint training goes on from."""
    if log.is_file():
        # A last line without an end was cut short by a crash.
        lines = [line for line in log.read_text().splitlines(keepends=True) if line[-1] == "\n"]
        kept = [line for line in lines if round(json.loads(line)["kimg"] * 1000) <= images_seen]
        write_text(log, "".join(kept))


def flat(tick: Tick) -> dict[str, Any]:
    """A tick as its line in the log."""
    line: dict[str, Any] = {
        "kimg": tick.kimg,
        "seconds": round(tick.seconds, 3),
        "images_per_second": round(tick.images_per_second, 1),
    }
    line |= {name: round(value, 6) for name, value in tick.terms.items()}
    if tick.unsettled is not None:
        line["unsettled"] = round(tick.unsettled, 4)
    return line | ({"rollbacks": tick.rollbacks} if tick.rollbacks else {})


def summary(tick: Tick) -> str:
    """A tick in a few words, for the progress line: losses, and each code's bound in nats."""
    losses = [f"{side} {tick.terms[f'{side.lower()}_loss']:.2f}" for side in ("D", "G")]
    codes = [
        f"{name[3:]} {value:.2f}" for name, value in tick.terms.items() if name.startswith("mi/")
    ]
    return " ".join(losses) + " | nats: " + " ".join(codes[:6])


def tutorial_line(tick: Tick, config: TrainConfig) -> str:
    """A tick as the Keras tutorial prints it: update, D on real and on generated images, G, Q.

    Q's loss is the cross-entropy: −E log Q(c|x), summed over the codes.
    """
    terms, codes = tick.terms, config.model.latent.codes
    update = round(tick.kimg * 1000 / config.real_batch)
    q = sum(code.entropy - terms[f"mi/{code.name}"] for code in codes)
    d = f"{terms['real_loss']:.3f},{terms['fake_loss']:.3f}"
    return f">{update}, d[{d}], g[{terms['g_loss']:.3f}] q[{q:.3f}]"
