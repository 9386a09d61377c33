"""A run's log: a line for every tick, told on the progress line, with what is wrong in words."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from typing import Any

from tqdm import tqdm

from infogan.runs.diagnostics import Diagnostics
from infogan.runs.finding import Finding, read_findings, worst_first
from infogan.runs.health import diagnose
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig
from infogan.training.loop import Tick

Board = AbstractContextManager[Any]
"""Of a TensorBoard writer, or of None."""
LOSSES = {"D": "d_loss", "G": "g_loss"}
"""What the progress line calls which."""
Progress = bool | Callable[[Tick, TrainConfig], None]
"""A progress line, none, or what is to be done with every tick instead of one."""


class RunLog:
    """Keeps the log, the progress line and the board of a run; `lines` is all that was kept."""

    def __init__(
        self,
        folder: RunFolder,
        config: TrainConfig,
        bar: "tqdm[Any]",
        board: Any,
        progress: Progress = False,
        known: Sequence[Finding] = (),
    ) -> None:
        self._folder, self._progress, self._known = folder, progress, known
        self.lines = folder.read_log()
        self._config, self._bar, self._board = config, bar, board

    def keep(self, tick: Tick, seen: Diagnostics | None, end: int) -> list[Finding]:
        """Write a tick, and what was seen of the model, down; returns what is wrong, worst first.

        `end` is the number of images after which the run will be over; where that is sooner than
        planned, the line has it in thousands as `ends_at`.
        """
        line = flat(tick) | ({} if seen is None else {"diagnostics": seen.as_dict()})
        findings = [*self._known, *diagnose([*self.lines, line], self._config)]
        findings = worst_first(findings)
        known = {each.subject for each in read_findings(self.lines)}
        if end < round(self._config.kimg * 1000):
            line["ends_at"] = end / 1000
        if findings:
            line["health"] = [asdict(each) for each in findings]
        self.lines.append(line)
        self._folder.append_to_log(line)
        images = round(tick.kimg * 1000)
        if callable(self._progress):
            self._progress(tick, self._config)
        if self._board is not None:
            for name, value in flat(tick).items():
                if name not in ("regrouped", "mixed"):
                    self._board.add_scalar(name, value, images)
        self._bar.total = end
        self._bar.update(images - self._bar.n)
        self._bar.set_postfix_str(
            " ".join([summary(tick.terms), *(f"! {each.brief}" for each in findings)])
        )
        tell_regrouped(self._bar, tick)
        for each in findings:
            if each.subject not in known and not self._bar.disable:
                self._bar.write(f"{tick.kimg:g} kimg, {each}", file=sys.stderr)
        return findings

    def say(self, text: str) -> None:
        """Tell what is done now, where progress is shown."""
        if not self._bar.disable:
            self._bar.write(text, file=sys.stderr)


@contextmanager
def open_run_log(
    folder: RunFolder,
    config: TrainConfig,
    images_seen: int,
    end: int,
    progress: Progress,
    board: Board,
    known: Sequence[Finding] = (),
) -> Iterator[RunLog]:
    """The log of a run that goes on after so many images; what was written later is dropped.

    `known` is what was wrong before it began.
    """
    folder.cut_log(images_seen)
    bar = tqdm(
        total=end,
        initial=images_seen,
        unit="img",
        unit_scale=True,
        desc=folder.path.name,
        disable=progress is not True,
        file=sys.stderr,
        dynamic_ncols=True,
    )
    with board as writer, bar:
        yield RunLog(folder, config, bar, writer, progress, known)


def tell_regrouped(bar: "tqdm[Any]", tick: Tick) -> None:
    """Say which categories were put right, where progress is shown."""
    for text in () if bar.disable else tick.regrouped:
        bar.write(f"{tick.kimg:g} kimg, {text}", file=sys.stderr)


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
    line |= {"regrouped": list(tick.regrouped)} if tick.regrouped else {}
    line |= {"mixed": list(tick.mixed)} if tick.mixed else {}
    return line | ({"rollbacks": tick.rollbacks} if tick.rollbacks else {})


def summary(terms: Mapping[str, Any]) -> str:
    """A tick's terms, or its line, in a few words: losses, and each code's bound in nats.

    A schedule need not have all of them: what it lacks is left out.
    """
    losses = [f"{side} {terms[key]:.2f}" for side, key in LOSSES.items() if key in terms]
    codes = [f"{name[3:]} {nats:.2f}" for name, nats in terms.items() if name.startswith("mi/")]
    told = [" ".join(losses), f"nats: {' '.join(codes[:6])}" if codes else ""]
    return " | ".join(filter(None, told))


def tutorial_line(tick: Tick, config: TrainConfig) -> str:
    """A tick as the Keras tutorial prints it: update, D on real and on generated images, G, Q.

    Q's loss is the cross-entropy: −E log Q(c|x), summed over the codes. A dash stands for what the
    schedule does not have.
    """
    told = {name: f"{value:.3f}" for name, value in tick.terms.items()}
    bounds = [
        (code.entropy, tick.terms.get(f"mi/{code.name}")) for code in config.model.latent.codes
    ]
    known = [entropy - bound for entropy, bound in bounds if bound is not None]
    q = f"{sum(known):.3f}" if known else "–"
    real, fake, g = (told.get(name, "–") for name in ("real_loss", "fake_loss", "g_loss"))
    update = round(tick.kimg * 1000 / config.real_batch)
    return f">{update}, d[{real},{fake}], g[{g}] q[{q}]"
