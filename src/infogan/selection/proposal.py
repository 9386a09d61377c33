"""Which codes? Dials that follow what a set of images is closed under, beside some categories."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from tqdm import tqdm

from infogan.data.preprocessing import sample
from infogan.data.source import Source
from infogan.figures import below, draw_grid
from infogan.selection.closure import (
    LOOKS,
    TOLD,
    Closure,
    candidates,
    closures,
    explained,
    prepared,
)
from infogan.transforms.table import TRANSFORMATIONS, transform

CATEGORIES = 10
DIALS = 2
"""Dials at least, one of them free: something else may vary, too."""
HUES = 10
FEWEST = 100
"""Images below which a judge would learn them by heart."""
SAME = 0.6
"""R² from which a transformation does what others do already."""
SIZES = ("scale", "stretch")
SOLID = 0.4
"""R² from which what thickening does is enlarging. Of strokes it is at most 0.37 from 16 pixels a
side on, of clothes and sprites 0.46 and more; of emoji, 0.40, it is a matter of opinion."""
SHOWN, STEPS = 4, 7


@dataclass(frozen=True)
class Proposal:
    """The codes that a set of images asks for, and why.

    Attributes:
        codes: as `--codes` takes them.
        closures: of every transformation that was judged, in the table's order.
        circles: those whose whole circle was judged as well.
        reasons: of each, why a code is about it, or why none is.
        varying: what the images are closed under, and what is to be seen of it apart from the rest.
        unjudged: why nothing was judged, where nothing was.
    """

    codes: str
    closures: tuple[Closure, ...]
    circles: dict[str, Closure]
    reasons: dict[str, str]
    varying: tuple[str, ...]
    unjudged: str = ""

    def as_dict(self) -> dict[str, object]:
        """Plain data, for JSON."""
        return dataclasses.asdict(self)


def propose_codes(
    source: Source,
    *,
    categories: int = CATEGORIES,
    seed: int = 0,
    looks: Sequence[int] = LOOKS,
    progress: bool = True,
) -> Proposal:
    """Judge every transformation on a source's images, and propose codes.

    A dial is proposed for each transformation that the images are closed under, that shows in them,
    and that those before it do not do as well; for thickness, where there are strokes. What goes
    round in a circle has no ends, as a dial has: hue then gets categories, and turns get no code,
    but the first category ignores all of them. What could go round and does not is followed as far
    as it goes. The first category ignores pose, and in colour images colour and light too. Takes a
    minute or two; no label is read.
    `looks`: updates after which a judge is asked.
    """
    unjudged = why_unjudged(source)
    names = () if unjudged else candidates(source.shape[0])
    found, circles = dict[str, Closure](), dict[str, Closure]()
    with tqdm(total=len(names), unit="test", disable=not progress, leave=False) as bar:
        for closure in closures(source, names, seed, looks):
            bar.set_description(f"changed in {closure.name}, still like the others?")
            bar.update(closure.name not in found)
            (circles if closure.name in found else found)[closure.name] = closure
    chosen = np.random.default_rng(seed).choice(len(source), min(300, len(source)), replace=False)
    images = prepared(torch.from_numpy(source.batch(np.sort(chosen))))
    against, varying = dict[str, str](), list[str]()
    for name, closure in found.items():
        if (reason := _against(closure, images, varying, found)) is None:
            varying.append(name)
        else:
            against[name] = reason
    codes = {name: code_of(name, circles.get(name)) for name in varying}
    reasons = against | {
        name: f"code {code.partition('=')[0]}" if code else "goes round: c1 ignores all of it"
        for name, code in codes.items()
    }
    whole = [name for name, code in codes.items() if not code]
    own = [code for code in codes.values() if code]
    spelled = codes_of(own, source.shape[0], categories, whole)
    return Proposal(spelled, tuple(found.values()), circles, reasons, tuple(varying), unjudged)


def why_unjudged(source: Source) -> str:
    """Why these images cannot be judged: too few, or all of them the same; empty where they can."""
    if len(source) < FEWEST:
        return f"{len(source):,} images, and {FEWEST} are needed"
    some = sample(source)
    return "" if (some != some[:1]).any() else "all images looked at are the same"


def code_of(name: str, circle: Closure | None = None) -> str:
    """The code that is about a transformation; none, empty, for turns that go round.

    `circle` is what the judge of its whole circle found, where it has one.
    """
    known = TRANSFORMATIONS[name]
    if circle is not None and circle.closed:
        return f"hue=cat:{HUES}:ignore=pose" if name == "hue" else ""
    far = 0.0 if circle is None else circle.reach
    further = f"@{far:.2g}" if far > known.far else ""
    return f"{known.noun}=uni:follow={name}{further}"


def codes_of(own: Sequence[str], channels: int, categories: int, whole: Sequence[str] = ()) -> str:
    """One category, then the codes of what varies, and free dials: one, or two where none follows.

    The category ignores `whole` circles, too.
    """
    circles = [f"{name}@{TRANSFORMATIONS[name].circle:.3g}" for name in whole]
    ignored = ["pose", *(["colour", "light"] if channels > 1 else []), *circles]
    said = "" if ignored == ["pose"] else f":ignore={'+'.join(ignored)}"
    codes = [f"c1=cat:{categories}{said}", *own]
    free = max(1, DIALS - sum("follow=" in code for code in codes))
    return ",".join([*codes, *(f"c{len(codes) + i}=uni" for i in range(1, free + 1))])


def _against(
    closure: Closure, images: torch.Tensor, varying: Sequence[str], found: Mapping[str, Closure]
) -> str | None:
    """Why no code is about this transformation; None where one should be."""
    if not closure.visible:
        return f"does not show: it changes images by {closure.change:.3f} of 2 at most"
    if not closure.closed:
        return f"noticed from {closure.reach:.2g} {TRANSFORMATIONS[closure.name].unit} on"
    if closure.name == "shear" and "rotation" in varying and not found["stretch"].closed:
        return "cannot be: shears and turns together stretch, and stretching is told"
    if closure.name == "thickness" and (larger := explained(images, "thickness", SIZES)) >= SOLID:
        return f"no strokes: it makes things larger (R² {larger:.2f})"
    if (same := explained(images, closure.name, varying)) >= SAME:
        return f"does what {', '.join(varying)} do already (R² {same:.2f})"
    return None


def summary(proposal: Proposal) -> str:
    """What was found, in a sentence."""
    if not proposal.closures:
        return (
            f"not judged ({proposal.unjudged}): ten kinds and two free dials are a default, not a "
            "finding"
        )
    if not proposal.varying:
        return (
            "no change of whole images that was tested gives a dial for these; ten kinds and two "
            "free dials are a default, not a finding"
        )
    return (
        f"the images vary in {', '.join(proposal.varying)}: moved, they are still images of the set"
    )


def table(proposal: Proposal) -> str:
    """The judges' findings as text, and under them the codes."""
    lines = []
    if proposal.closures:
        columns = f"{'AUC':>5}  {'(95 %)':<11}{'reach':>6} of {'':5}{'unit':<12}"
        lines.append(f"{'changed in':<12}{columns}")
    for each in proposal.closures:
        unit = TRANSFORMATIONS[each.name].unit
        lines.append(
            f"{each.name:<12}{each.auc:5.2f}  {each.low:.2f}-{each.high:.2f}  {each.reach:6.2f} of "
            f"{each.far:<5g}{unit:<12}{proposal.reasons[each.name]}"
        )
    if proposal.closures:
        lines += [
            "AUC: how often a small network finds the changed one of two images, 0.5 by chance",
            f"reach: how far images are changed until it is {TOLD}; what goes all the way varies",
        ]
    lines += [f"found     {summary(proposal)}", f"proposed  {proposal.codes}"]
    return "\n".join(lines)


def draw_proposal(proposal: Proposal, source: Source) -> Image.Image:
    """A strip for each transformation: a few images from one end of its range to the other."""
    chosen = np.linspace(0, len(source) - 1, min(SHOWN, len(source))).astype(int)
    x = torch.from_numpy(source.batch(chosen)).float() / 127.5 - 1
    return below(
        [
            draw_grid(
                _moved(x, each),
                f"{each.name}: AUC {each.auc:.2f}, {proposal.reasons[each.name]}",
                column_labels=[f"{part * each.far:.2g}" for part in np.linspace(-1, 1, STEPS)],
            )
            for each in proposal.closures
        ]
    )


def _moved(x: torch.Tensor, closure: Closure) -> UInt8[np.ndarray, "rows steps c h w"]:
    steps = torch.linspace(-1, 1, STEPS)
    rows = [
        transform(one.expand(STEPS, -1, -1, -1), {closure.name: steps}, {closure.name: closure.far})
        for one in x
    ]
    bytes_ = ((torch.stack(rows) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    array: np.ndarray = bytes_.numpy()
    return array
