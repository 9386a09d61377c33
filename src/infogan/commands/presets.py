"""infogan presets: the published systems, and this project's own, as configs that run."""

from jsonargparse import ArgumentParser, Namespace

from infogan.errors import UserError

HELP = "list the named configs with their sources, or show one"


def add_arguments(parser: ArgumentParser) -> None:
    """What to do, and with which."""
    parser.add_argument(
        "action",
        nargs="?",
        default="list",
        help="list, the default; or show NAME",
    )
    parser.add_argument(
        "name", nargs="?", help="the preset to show, as YAML that `infogan train --config` reads"
    )


def run(args: Namespace) -> None:
    """Print the list, or one config."""
    if args.action not in ("list", "show"):
        raise UserError(f"presets {args.action}: say: infogan presets show {args.action}")
    if args.action == "show":
        if args.name is None:
            raise UserError("presets show: needs a name, such as tutorial")
        print(_yaml(args.name), end="")
        return
    print(_list())


def _list() -> str:
    """Each preset in three lines: what it is, what it learns on and how long, and its source."""
    from infogan.training.presets import PRESETS

    blocks = []
    for name, preset in PRESETS.items():
        config = preset.config
        channels, size, _ = preset.shape
        colour = "colour" if channels == 3 else "grey"
        noise = f"{config.model.noise} {config.model.noise_prior} noise"
        length = f"{config.updates:,} updates of {config.real_batch} real images"
        blocks.append(
            f"{name}: {preset.summary}\n"
            f"    {config.data}, {size}×{size} {colour}; {config.model.codes} + {noise}; {length}\n"
            f"    {preset.source}"
        )
    blocks.append("infogan presets show NAME; infogan train --preset NAME --data D --out RUN")
    return "\n".join(blocks)


def _yaml(name: str) -> str:
    import json
    from dataclasses import asdict

    import yaml

    from infogan.training.presets import PRESETS, preset

    # Through JSON, so that tuples become plain lists.
    plain = json.loads(json.dumps(asdict(preset(name))))
    about = f"# {name}: {PRESETS[name].summary}\n# {PRESETS[name].source}\n"
    return about + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
