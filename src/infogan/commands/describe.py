"""infogan describe: what a run or a preset is made of."""

from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.writing import add_force_argument, check_new, check_writable
from infogan.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

    from infogan.networks.summary import Layer, Network
    from infogan.storage.run_folder import RunFolder
    from infogan.training.config import TrainConfig

HELP = "show the layers of a run or a preset, and draw how its networks share them"


def add_arguments(parser: ArgumentParser) -> None:
    """What to describe, and where the picture goes."""
    parser.add_argument("run", help="a run's folder, or a preset's name (see `infogan presets`)")
    parser.add_argument("--out", help="the picture; RUN/networks.png, or PRESET.png when not given")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Print the table of layers, write the picture."""
    from infogan.figures import check_picture, save_picture
    from infogan.networks.summary import networks, table

    name, config, folder = _find(args.run)
    own = folder.networks_file if folder else None
    out = Path(args.out or own or f"{name}.png")
    check_picture(out)
    if out != own:  # the run's own picture is as new as the run
        check_new(out, force=args.force)
    check_writable(out)
    found = networks(config.model)
    print(f"{name}: {config.model.latent} + {config.model.noise} {config.model.noise_prior} noise")
    print(table(found))
    print("one update:")
    for i, step in enumerate(config.schedule.parsed, start=1):
        print(f"  {i}. {step}")
    save_picture(picture(name, config, found), out, f"infogan describe {args.run}")
    print(f"picture   {out}")


def picture(name: str, config: "TrainConfig", networks: "list[Network]") -> "Image":
    """Codes and noise → G → images, with the real ones → trunk → D and Q."""
    from infogan.networks.summary import inputs
    from infogan.pictures.diagram import Box, draw_networks

    latent = config.model.latent
    says = {"Discriminator": ("says: real or generated",), "Recognition, Q": ("says: which codes",)}
    boxes = [
        Box(
            f"{network.title}: {network.parameters:,} parameters",
            (*map(_line, network.layers), *says.get(network.title, ())),
            network.part,
        )
        for network in networks
    ]
    images = Box("Images", ("x".join(map(str, config.model.shape)), "real, or from G"))
    codes = Box(f"Codes and noise: {latent.dim} numbers", tuple(inputs(latent)))
    g, trunk, d, *q_trunk, q = boxes
    columns = [[codes], [g], [images], [trunk, *q_trunk], [d, q]]
    split = [(2, 4), (3, 5), (4, 6)] if q_trunk else [(3, 4), (3, 5)]
    links = [(0, 1), (1, 2), (2, 3), *split]
    return draw_networks(name, columns, links, [str(step) for step in config.schedule.parsed])


def _line(layer: "Layer") -> str:
    # Pillow's own font has neither × nor →.
    return f"{layer.words.replace('×', 'x')}: {'x'.join(map(str, layer.shape))}"


def _find(what: str) -> "tuple[str, TrainConfig, RunFolder | None]":
    """The name, the config with its image shape, and the folder where it is a run's."""
    from dataclasses import replace

    from infogan.storage.run_folder import RunFolder
    from infogan.training.presets import PRESETS

    folder = RunFolder(Path(what))
    if folder.path.is_dir() and (folder.is_run or what not in PRESETS):
        return folder.path.name, folder.read_config(), folder
    if what not in PRESETS:
        raise UserError(f"{what}: neither a run's folder nor a preset ({', '.join(PRESETS)})")
    preset = PRESETS[what]
    model = replace(preset.config.model, image_shape=preset.shape)
    return what, replace(preset.config, model=model), None
