"""Several processes of one run: the first reads and writes its folder, the others follow it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from infogan.errors import UserError
from infogan.inference.trained_model import Model
from infogan.runs.beginning import new_state, open_source
from infogan.runs.stop_signal import stop_signal
from infogan.storage.averaged_model import averaged_model
from infogan.training.config import TrainConfig
from infogan.training.loop import fit
from infogan.training.processes import Processes
from infogan.training.state import Diverged, State


def lead(state: State) -> None:
    """Let the other processes train from this state on; they wait in `follow`."""
    state.processes.shared(state.config)
    state.share()


def dismiss(processes: Processes) -> None:
    """Let them go: the training is over, stopped or given up."""
    processes.shared(None)


@contextmanager
def dismissing(processes: Processes) -> Iterator[None]:
    """Let them go as well where a run cannot begin."""
    try:
        yield
    except (UserError, OSError):
        dismiss(processes)
        raise


def follow(processes: Processes) -> Model:
    """What every process but the first does: its part of each batch, as it is told.

    It reads the images, and nothing of the run's folder. Raises UserError where the first process
    gave up before it began.
    """
    state: State | None = None
    while (config := processes.shared(None)) is not None:
        assert isinstance(config, TrainConfig), "lead tells nothing else"
        state = new_state(config, processes=processes)
        source = open_source(config, config.model)
        state.share()
        with stop_signal() as stopped, suppress(Diverged):
            for _ in fit(state, source, lambda stopped=stopped: bool(stopped)):
                pass
    if state is None:
        raise UserError("the first process of this training gave up before it began")
    return averaged_model(state)
