"""A few labelled images that say which category is which, in the manner of ss-InfoGAN (1707.04487).

Off unless a file of labels is given: everything else in training is without labels.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from infogan.codes.latent import Latent
from infogan.codes.names import check_name
from infogan.data.labels_csv import read_labelled_images
from infogan.data.rules import ImageRules
from infogan.errors import UserError


@dataclass(frozen=True, eq=False)
class Labelled:
    """Real images of known category.

    Attributes:
        code: the code the labels are about, the first with categories.
        images: bytes.
        categories: of each image.
        names: what the categories are called; empty where the labels are their numbers.
    """

    code: str
    images: UInt8[Tensor, "n c h w"]
    categories: Int[Tensor, " n"]
    names: dict[int, str]

    def draw(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """n of the images as floats in [−1, 1], with their categories; some come twice."""
        chosen = torch.randint(len(self.images), (n,), generator=rng)
        return self.images[chosen].float().div_(127.5).sub_(1), self.categories[chosen]


def read_labelled(
    path: str | Path,
    data: str | Path,
    latent: Latent,
    shape: tuple[int, int, int],
    rules: ImageRules | None = None,
) -> Labelled:
    """Read labelled images of the training data: see `data.labels_csv.read_labelled_images`.

    Labels that are numbers below the number of categories are taken at their word ("3" is category
    3); others get the categories in alphabetical order. Raises UserError, naming the file, where
    there are more labels than categories, or an image is missing.
    """
    if (code := latent.leading) is None:
        raise UserError(f"labels: no code has categories; {latent} are the codes")
    images, labels = read_labelled_images(Path(path), data, split="train", shape=shape, rules=rules)
    kinds = sorted(set(labels))
    k = code.n_categories
    if len(kinds) > k:
        raise UserError(f"{path}: {len(kinds)} labels, but {code.name} has {k} categories")
    if all(kind.isdecimal() and int(kind) < k for kind in kinds):
        number, names = {kind: int(kind) for kind in kinds}, dict[int, str]()
    else:
        number = {kind: value for value, kind in enumerate(kinds)}
        names = {value: check_name(kind) for kind, value in number.items()}
    categories = torch.tensor([number[kind] for kind in labels])
    return Labelled(code.name, torch.from_numpy(images), categories, names)
