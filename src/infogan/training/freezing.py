"""Which parts of the networks gather gradient at a step."""

from collections.abc import Mapping, Sequence

from torch import nn

from infogan.networks.parts import Part


def let_learn(parts: Mapping[Part, Sequence[nn.Parameter]], moves: tuple[Part, ...] | None) -> None:
    """Let only these parts of the judges gather gradient; None lets all.

    G always may: images that must not teach it are detached.
    """
    for part in ("trunk", "D", "Q", "pairs"):
        learns = moves is None or part in moves
        for parameter in parts[part]:
            parameter.requires_grad = learns
    if moves is not None and "norms" in moves:
        for parameter in parts["norms"]:
            parameter.requires_grad = True
