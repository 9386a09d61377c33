"""What categories keep when an image changes a little; no label is read."""

from collections.abc import Iterable

import numpy as np
import torch

from infogan.inference.trained_model import Images, Model, to_float, to_uint8
from infogan.metrics.information import table_information
from infogan.transforms.ranges import Augmentation, augment


def stability(model: Model, batches: Iterable[Images], ranges: Augmentation) -> float:
    """How well the categories of images hold when the images change a little, from 0 to 1.

    The mutual information between the categories of an image and those of its augmented copy, over
    the log of the number of categories; of several codes, the sums. 1: all categories are used
    evenly, Q is sure, and no change matters; 0: categories say nothing of the image, or one takes
    all. The model needs a code with categories. Source: 1807.06653, eq. 3.
    """
    codes = [code for code in model.latent.codes if not code.continuous]
    joint = [np.zeros((len(code.shares), len(code.shares))) for code in codes]
    generator = torch.Generator().manual_seed(0)
    for images in batches:
        seen = model.encode(images)
        again = model.encode(to_uint8(augment(to_float(images), ranges, generator)))
        for code, table in zip(codes, joint, strict=True):
            table += seen[code.name]["probs"].T.astype(float) @ again[code.name]["probs"]
    most = sum(float(np.log(len(table))) for table in joint)
    return sum(map(table_information, joint)) / most
