"""Ways through the generator's inputs, from point to point, for moving pictures.

Dials go straight, and categories fade into each other. Noise with a uniform prior goes straight as
well: nowhere in its cube is less likely than elsewhere. Noise with a normal prior takes the arc
(slerp; White, 1609.04468): its draws lie near a sphere, whose middle a straight line would cross.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from infogan.codes.circular import wrapped
from infogan.codes.latent import Latent
from infogan.errors import UserError
from infogan.files import read_json
from infogan.inference.trained_model import Model, Values, latents

FRAMES = 24
"""From one point to the next."""


def closed_path(
    latent: Latent, points: Float[Tensor, "n dim"], frames: int = FRAMES
) -> Float[Tensor, "m dim"]:
    """A way through n points and back to the first, `frames` from each to the next.

    It slows down at the points: t² (3 − 2t).
    """
    t = torch.arange(frames) / frames
    eased = t * t * (3 - 2 * t)
    following = points.roll(-1, dims=0)
    legs = [
        between(latent, start, end, eased) for start, end in zip(points, following, strict=True)
    ]
    return torch.cat(legs)


def between(
    latent: Latent, a: Float[Tensor, " dim"], b: Float[Tensor, " dim"], t: Float[Tensor, " steps"]
) -> Float[Tensor, "steps dim"]:
    """The inputs at the shares t of the way from a to b; round a circle, of the shorter one."""
    t, way_on = t[:, None], b - a
    circles = list(latent.circles)
    way_on[circles] = wrapped(way_on[circles])
    way = a + t * way_on
    way[:, circles] = wrapped(way[:, circles])
    if latent.noise_prior == "normal":
        noise = slice(latent.code_dim, None)
        way[:, noise] = slerp(a[noise], b[noise], t)
    return way


def slerp(
    a: Float[Tensor, " dim"], b: Float[Tensor, " dim"], t: Float[Tensor, "steps 1"]
) -> Float[Tensor, "steps dim"]:
    """The arc from a to b; straight where they point the same or the opposite way."""
    scale = (a.norm() * b.norm()).clamp_min(1e-12)
    cosine = (a @ b / scale).clamp(-1, 1)
    angle = cosine.arccos()
    if angle.sin() < 1e-3 or scale < 1e-6:
        return a + t * (b - a)
    arc: Tensor = (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
    return arc


def read_points(model: Model, given: Sequence[str]) -> Float[Tensor, "n dim"]:
    """Points as a user names them: seeds, JSON as the explorer saves it, tables of `project`.

    Raises UserError for what is none of these, of another model, or a single point.
    """
    points = [point for each in given for point in _read(model, each)]
    if len(points) < 2:
        raise UserError(f"a way needs two points or more, not {len(points)}; name another")
    return torch.stack(points)


def _read(model: Model, given: str) -> Iterator[Tensor]:
    path = Path(given)
    if given.isdecimal():
        yield from latents(model.latent, 1, int(given), {})
    elif not path.is_file():
        raise UserError(f"{given}: neither a seed nor a file")
    elif path.suffix == ".json":
        yield _of_json(model, path)
    elif path.suffix == ".csv":
        yield from _of_table(model, path)
    else:
        raise UserError(
            f"{path}: not a point; give a seed, a .json of infogan explore, or a .csv of infogan "
            "project"
        )


def _of_json(model: Model, path: Path) -> Tensor:
    """What the explorer saves: all of the input in `z`; without it, `codes` and `seed`."""
    try:
        content = read_json(path, "a point", "save it again")
        if "z" in content:
            return _checked(model, [float(number) for number in content["z"]], path)
        codes: Mapping[str, Values] = dict(content["codes"])
        seed = int(content["seed"])
    except UserError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{path}: not a point as infogan explore saves it ({error})") from None
    return latents(model.latent, 1, seed, model.numbers(codes))[0]


def _of_table(model: Model, path: Path) -> Iterator[Tensor]:
    """What `infogan project` writes: a point a row."""
    latent = model.latent
    noise = [f"noise_{i}" for i in range(latent.noise)]
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = csv.DictReader(file)
        if missing := [name for name in (*latent.names, *noise) if name not in _header(rows)]:
            raise UserError(f"{path}: has no column {missing[0]}; is it another model's?")
        for row in rows:
            try:
                values = [float(row[name]) for name in noise]
            except (TypeError, ValueError) as error:
                raise UserError(f"{path}: line {rows.line_num}: {error}") from None
            codes = model.numbers({name: row[name] or "" for name in latent.names})
            z = torch.zeros(1, latent.dim)
            for name, value in codes.items():
                latent[name].check(float(value))
                z = latent.set_code(z, name, torch.tensor([float(value)]))
            yield _checked(model, [*z[0, : latent.code_dim].tolist(), *values], path)


def _header(rows: "csv.DictReader[str]") -> Sequence[str]:
    return rows.fieldnames or ()


def _checked(model: Model, numbers: list[float], path: Path) -> Tensor:
    if len(numbers) != model.latent.dim:
        raise UserError(
            f"{path}: a point of {len(numbers)} numbers, the model's have {model.latent.dim}; is "
            "it another model's?"
        )
    if not np.isfinite(numbers).all():
        raise UserError(f"{path}: a number of it is not finite")
    return torch.tensor(numbers)
