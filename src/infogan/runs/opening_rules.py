"""What is wrong with images before any time is spent on them."""

import numpy as np
from jaxtyping import UInt8

from infogan.runs.health import Finding


def nothing_to_learn(images: UInt8[np.ndarray, "n c h w"]) -> list[Finding]:
    """What some of the images tell before any time is spent: that there is nothing in them."""
    first = images[:1]
    if len(images) > 1 and (images != first).any():
        return []
    black = " and black" if not first.any() else ""
    told = f"all {len(images):,} images looked at are equal{black}"
    return [
        Finding(
            "nothing to learn",
            "warning",
            "images all equal",
            f"there is but one image{black}" if len(images) == 1 else told,
            "there is nothing in them that a code could tell apart: give other images, and look at "
            "how these were read (range, channels)",
        )
    ]
