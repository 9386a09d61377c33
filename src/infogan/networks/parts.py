"""The parts of the networks that a step may move, and the parameters of each."""

from typing import Literal, get_args

from torch import nn

from infogan.networks.build import Discriminator, PairJudge
from infogan.networks.norm import BATCH_NORMS

Part = Literal["G", "trunk", "D", "Q", "norms", "pairs"]
PARTS: tuple[Part, ...] = get_args(Part)


def parts(
    generator: nn.Module, discriminator: Discriminator, pair_judge: PairJudge | None
) -> dict[Part, list[nn.Parameter]]:
    """The parameters of each part that a schedule may move; all but `norms` are disjoint."""
    norms = [m for m in discriminator.trunk.modules() if isinstance(m, BATCH_NORMS)]
    of: dict[Part, list[nn.Module | None]] = {
        "G": [generator],
        "trunk": [discriminator.trunk],
        "D": [discriminator.d_head],
        "Q": [discriminator.q_head, discriminator.q_trunk],
        "norms": [*norms],
        "pairs": [pair_judge],
    }
    return {
        part: [p for module in modules if module is not None for p in module.parameters()]
        for part, modules in of.items()
    }
