"""What is wrong with images before any time is spent on them."""

import warnings

import numpy as np
from jaxtyping import UInt8

from infogan.data.preprocessing import sample
from infogan.data.source import Source
from infogan.runs.finding import Finding


def opening_findings(source: Source, batch_size: int) -> list[Finding]:
    """What the images tell before any time is spent: that they are equal, or too few."""
    return nothing_to_learn(sample(source)) or too_few(len(source), batch_size)


def warned_of(findings: list[Finding]) -> list[Finding]:
    """The same, once the user has been told."""
    for each in findings:
        warnings.warn(f"{each.message}; {each.remedy}", stacklevel=4)
    return findings


def nothing_to_learn(images: UInt8[np.ndarray, "n c h w"]) -> list[Finding]:
    """That some of the images are all equal, or that there is but one."""
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


def too_few(n_images: int, batch_size: int) -> list[Finding]:
    """That a batch has more images than there are: D would know each by heart."""
    if n_images >= batch_size:
        return []
    return [
        Finding(
            "too few images",
            "warning",
            "too few images",
            f"there are but {n_images:,} images, fewer than the {batch_size:,} of a batch",
            "they would be learned by heart, with nothing for the codes to tell apart: give some "
            "hundreds or more",
        )
    ]
