"""The same command in several processes: started by torchrun, or said how to."""

import os
import shlex
import sys
from collections.abc import Sequence
from socket import gethostname

from infogan.errors import UserError

OWN = ("--devices", "--num-nodes", "--num_nodes")
PORT = 29500
FRESH_STORE = "TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1"
"""Without it torchrun starts again with the addresses of processes that are no more."""


def launch(typed: Sequence[str], devices: int, num_nodes: int) -> int:
    """Become torchrun with so many processes of the command that was typed.

    For several machines say, instead, what to type on each. Raises UserError.
    """
    from infogan.runs.side_by_side import cores

    for name, number in (("--devices", devices), ("--num-nodes", num_nodes)):
        if number < 1:
            raise UserError(f"{name} {number}: at least 1 is needed")
    command = torchrun(typed, devices, num_nodes)
    if num_nodes > 1:
        print(f"type on each of the {num_nodes} machines, the data being at the same place on all:")
        print(f"{FRESH_STORE} {shlex.join(['torchrun', *command])}")
        return 0
    # As many threads as there are cores for each, which torchrun would make one.
    threads = max(1, cores() // devices)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "torch.distributed.run", *command])


def torchrun(typed: Sequence[str], devices: int, num_nodes: int) -> list[str]:
    """The arguments of torchrun."""
    meeting = ["--standalone"]
    if num_nodes > 1:
        meeting = ["--nnodes", str(num_nodes), "--rdzv-backend", "c10d"]
        meeting += ["--rdzv-endpoint", f"{gethostname()}:{PORT}", "--rdzv-id", "infogan"]
    return [*meeting, "--nproc-per-node", str(devices), "-m", "infogan", *without(typed, OWN)]


def without(typed: Sequence[str], names: Sequence[str]) -> list[str]:
    """Arguments less some options and their values."""
    kept, skip = list[str](), False
    for arg in typed:
        if not skip and arg.partition("=")[0] not in names:
            kept.append(arg)
        skip = not skip and arg in names
    return kept
