"""What every trunk is: the layers that D and Q share, and how many numbers they give."""

from torch import nn


class Trunk(nn.Module):
    """Images (n, c, size, size) → features (n, `features`)."""

    features: int
