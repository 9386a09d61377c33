"""What a closing look finds wrong with a run that is over: rules like those of `runs.health`."""

from collections.abc import Iterator, Mapping, Sequence

from infogan.codes.latent import Latent
from infogan.errors import listed
from infogan.evaluation.closing_look import ClosingLook, Shortcut
from infogan.runs.finding import Finding
from infogan.runs.log_windows import Line
from infogan.training.config import TrainConfig
from infogan.training.presets import PRESETS

ALIKE = 0.7
"""Cosine of the changes of two dials from which they do the same."""
MOSTLY, ONLY = 0.5, 0.8
"""How far a measure tells the categories, from 0 (chance) to 1, for being most of them, or all."""
UNSETTLED = 0.15
"""Share of real images whose category is unsure, or still changed, that makes a run too short."""
YOUNG = 0.5
"""The same from which it is too early to speak of what else is wrong."""
LONG = 256.0
"""Thousands of images after which a run that is still unsettled needs more than time."""
PLAIN_EARLY = ("code ignored", "images unlike", "divergence", "too short")
"""What is said of such a run all the same."""
UNLIKE = 0.6
"""Precision, as a part of that of real images, below which generated ones are not like them."""
GRAINY, SMOOTH = 1.4, 0.6
"""Roughness of generated images, in that of real ones, beyond which they are unlike them."""
REBUILT = 0.3
"""Variance of real images that their reconstruction must explain to be the picture."""


def shortcut_in_words(found: Shortcut | None, k: int) -> str:
    """That one measure tells a code's categories, in words; empty where none does."""
    if found is None or k < 2:
        return ""
    share = (found.accuracy - 1 / k) / (1 - 1 / k)
    extent = "only" if share >= ONLY else "mostly"
    return f"{extent} {found.measure}" if share >= MOSTLY else ""


def shortcuts(name: str, look: ClosingLook, latent: Latent) -> Iterator[Finding]:
    """Categories that are nothing but the brightness of an image, its background, its place."""
    found = look.shortcuts[name]
    if told := shortcut_in_words(found, latent[name].n_categories):
        colours = found.measure in ("brightness", "background", "colour", "hue", "background hue")
        yield Finding(
            "shortcut",
            "warning",
            f"{name}: {told}",
            f"the categories of {name} are {told}: that alone, and nothing of the shape, tells "
            f"{found.accuracy:.0%} of them",
            "where that is not what you look for, change the images so that it does not differ "
            + (
                "(grey instead of colour, a plain background, the same light)"
                if colours
                else "(cropped, centred or turned alike)"
            )
            + ", or let augmentation change it",
        )


def twins(look: ClosingLook, nothing: Mapping[str, float]) -> Iterator[tuple[str, str, float]]:
    """Two dials that are not called the same, and still do the same to images."""
    names = look.names
    for each in look.alike:
        pair = {each.first, each.second}
        same_name = names.get(each.first) is not None and (
            names.get(each.first) == names.get(each.second)
        )
        if abs(each.cosine) >= ALIKE and not (pair & nothing.keys() or same_name):
            yield each.first, each.second, each.cosine


def doubled_dials(
    latent: Latent, look: ClosingLook, nothing: Mapping[str, float]
) -> Iterator[Finding]:
    """Dials that do the same: one of them is wasted."""
    remedy = "leave one of them out, or start with another seed (--seeds 3 --select)"
    same: dict[str, list[str]] = {}
    for code in latent.continuous:
        if code.name not in nothing and (name := look.names.get(code.name)):
            same.setdefault(name, []).append(code.name)
    for name, dials in same.items():
        if len(dials) > 1:
            told = listed(dials)
            message = f"{told} do the same: each of them is {name}"
            yield Finding("dials alike", "warning", f"{told} alike", message, remedy)
    for first, second, cosine in twins(look, nothing):
        yield Finding(
            "dials alike",
            "warning",
            f"{first} and {second} alike",
            f"{first} and {second} change images in nearly the same way (cosine {cosine:.2f})",
            remedy,
        )


def unlike(look: ClosingLook) -> Iterator[Finding]:
    """Generated images that are not like real ones, and real ones that G cannot draw."""
    reasons = []
    if look.precision is not None and look.floor and look.precision < UNLIKE * look.floor:
        reasons.append(
            f"{look.precision:.0%} of them lie among real ones, where of other real images "
            f"{look.floor:.0%} do"
        )
    grainy = look.grain is not None and look.grain > GRAINY
    blurred = look.grain is not None and look.grain < SMOOTH
    if grainy or blurred:
        reasons.append(f"they are {look.grain:.1f} times as rough")
    if reasons:
        how = " (grainy)" if grainy else " (blurred)" if blurred else ""
        yield Finding(
            "images unlike",
            "warning",
            f"images are unlike the real ones{how}",
            f"generated images are unlike the real ones: {'; '.join(reasons)}",
            "train longer (--kimg), take wider networks (--model.width), or hold D back "
            "(--loss.r1 0.5)",
        )
    if look.rebuilt is not None and look.rebuilt < REBUILT:
        yield Finding(
            "not rebuilt",
            "warning",
            "a reconstruction is not the picture",
            f"real images cannot be drawn again: a reconstruction explains "
            f"{max(0.0, look.rebuilt):.0%} of their variance, so infogan project and edit show "
            "something else",
            "train longer (--kimg), or give more noise (--noise) and wider networks",
        )


def _unsettled(lines: Sequence[Line], look: ClosingLook) -> tuple[float, str]:
    """The share of real images that Q is not sure of, or still changed its mind about."""
    if look.unsure:
        name, unsure = max(look.unsure.items(), key=lambda item: item[1])
        told = f"Q is unsure which category of {name} {unsure:.0%} of the real images are"
    else:
        unsure, told = 0.0, ""
    looks = [line["unsettled"] for line in lines if "unsettled" in line]
    if not looks and not look.unsure:
        return 1.0, "Q was not looked at twice, so that nothing is known of how steady it is"
    changed = looks[-1] if looks else 0.0
    if changed > unsure:
        what = "had another category, or an unsure one," if look.unsure else "were read differently"
        return changed, f"{changed:.0%} of the real images {what} at the last two looks"
    return unsure, told


def longer_run(lines: Sequence[Line], config: TrainConfig, look: ClosingLook) -> float | None:
    """How long the run should have been where it was too short."""
    kimg, source = lines[-1]["kimg"] if lines else config.kimg, _published_length(config)
    if _unsettled(lines, look)[0] <= UNSETTLED or kimg >= (source or LONG):
        return None
    return source or (LONG if kimg <= LONG / 2 else 2 * LONG)


def _published_length(config: TrainConfig) -> float | None:
    """The thousands of images of the published system that a config is of, if it is of one."""
    if config.loss.consistency:
        return None
    own = config.schedule, config.loss, config.optim, config.model.family
    for each in (preset.config for preset in PRESETS.values()):
        if own == (each.schedule, each.loss, each.optim, each.model.family):
            return each.kimg
    return None


def speaks_too_early(finding: Finding, lines: Sequence[Line], look: ClosingLook) -> bool:
    """Whether a finding is only what every run looks like that has hardly begun."""
    young = _unsettled(lines, look)[0] > YOUNG
    return young and finding.severity == "warning" and finding.kind not in PLAIN_EARLY


def too_short(lines: Sequence[Line], look: ClosingLook, remedy: str) -> Finding:
    """The finding about a run that must go on."""
    kimg = lines[-1]["kimg"] if lines else 0.0
    _, told = _unsettled(lines, look)
    message = f"the run was too short ({kimg:g} thousand images): {told}"
    return Finding("too short", "warning", "too short", message, remedy)


def still_unsettled(lines: Sequence[Line], look: ClosingLook) -> Iterator[Finding]:
    """A long run that Q is not sure about: more time alone will not help."""
    share, told = _unsettled(lines, look)
    if share > UNSETTLED:
        yield Finding(
            "unsettled",
            "warning",
            f"{share:.0%} of the images unsettled",
            f"{told}, although the run was long",
            "ask for another number of categories (infogan suggest compares), or start with "
            "another seed (--seeds 3 --select)",
        )
