"""infogan name: say what the codes and their categories are called."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.writing import add_force_argument, check_new, print_next, print_written
from infogan.errors import UserError

if TYPE_CHECKING:
    from infogan.codes.names import Names
    from infogan.inference.trained_model import Model

HELP = """give categories and codes names, from a few labelled images or by hand

  infogan name runs/mnist --rename 3=eight --rename c1=digit --rename c3=slant
  infogan name runs/mnist --from labels.csv --images mnist
  infogan name runs/photos --from labels.csv --images photos/
  infogan name runs/mnist --undo
  infogan name runs/mnist

labels.csv has a line an image: its file in the folder (or its number in the data, from 0), a comma,
its label. Names are kept in names.json, and from then on `--set digit=eight` works. The last line
above only lists the names there are."""


def add_arguments(parser: ArgumentParser) -> None:
    """Names from labels, by hand, or those before."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--from", dest="labels", default="", help="a CSV file of labelled images")
    parser.add_argument(
        "--images", default="", help="where they are; the run's own data, or the file's folder"
    )
    parser.add_argument("--split", default="train", choices=["train", "test"], help="which part")
    parser.add_argument(
        "--rename",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="a category (by number or name) or a code; may be repeated. Empty takes a name away",
    )
    parser.add_argument("--code", default="", help="whose categories; the first that has some")
    parser.add_argument("--undo", action="store_true", help="go back to the names before these")
    parser.add_argument("--out", default="", help="also draw the named categories, as a picture")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Change the names, and list them."""
    from infogan.codes.names import load_names, save_names, undo_names
    from infogan.figures import check_picture, draw_codes, save_picture
    from infogan.storage.model_folder import load_model

    folder, out = Path(args.run), Path(args.out) if args.out else None
    if out:
        check_picture(out)
        check_new(out, force=args.force)
    model = load_model(folder)
    if args.undo + bool(args.rename) + bool(args.labels) > 1:
        raise UserError("--from, --rename and --undo: give one of them")
    if args.undo:
        undo_names(folder)
    elif args.labels:
        names, told, setting = _from_labels(args, model, load_names(folder))
        save_names(folder, names)
        print(told)
        print_next("infogan", "sample", args.run, "--set", setting)
    elif args.rename:
        save_names(folder, renamed(model, load_names(folder), args.rename, args.code))
    model = load_model(folder)
    if not args.labels:
        print(listing(model))
    if out:
        save_picture(draw_codes(model), out, f"infogan traverse {args.run}")
        print_written(out)


def renamed(model: "Model", names: "Names", renames: Sequence[str], code: str) -> "Names":
    """Names after `3=eight`, `eight=huit` or `c1=digit`; UserError for what is not there."""
    latent = model.latent
    code = code or (latent.leading.name if latent.leading else "")
    for rename in renames:
        old, equals, new = (part.strip() for part in rename.partition("="))
        if not equals or not old:
            raise UserError(f"--rename {rename}: write OLD=NEW, such as 3=eight or c1=digit")
        if old in latent.names:
            names = names.with_code(latent, old, new)
            code = new if code == old else code
            latent = type(names)({old: new}).renamed(latent)
        elif not code:
            raise UserError(f"--rename {rename}: no code has categories; {latent} are the codes")
        else:
            value = names.value(latent[code], old)
            names = names.with_value(latent, code, value, new)
    return names


def listing(model: "Model") -> str:
    """Every code, and what its categories are called."""
    lines = []
    for code in model.latent.codes:
        named = model.names.values.get(code.name, {})
        lines.append(f"{code.name:12} {code.spelling}")
        lines += [f"  {value:<10} {name}" for value, name in sorted(named.items())]
    return "\n".join(lines)


def _from_labels(args: Namespace, model: "Model", names: "Names") -> tuple["Names", str, str]:
    """Names that labelled images speak for, a table that says which are in doubt, one to set."""
    from infogan.codes.label_assignment import assign
    from infogan.codes.names import check_name
    from infogan.data.labels_csv import read_labelled_images

    path = Path(args.labels)
    leading = model.latent.leading
    code = args.code or (leading.name if leading else "")
    if not code or model.latent[code].continuous:
        raise UserError(f"{code or args.run}: has no categories to name")
    images, labels = read_labelled_images(
        path,
        args.images or _own_data(args.run, path),
        split=args.split,
        shape=model.config.shape,
        rules=model.config.preprocessing.rules,
    )
    labels = [check_name(label) for label in labels]
    findings = assign(model.encode(images)[code]["probs"], labels)
    for value in list(names.values.get(code, {})):
        names = names.with_value(model.latent, code, value, "")
    lines = [f"{code:>6}  {'name':16} labelled images in it"]
    for finding in findings:
        held = ", ".join(f"{count} {label}" for label, count in finding.held.items()) or "none"
        doubt = f"   ambiguous: {finding.doubt}" if finding.doubt else ""
        lines.append(f"{finding.value:6}  {finding.name or '–':16} {held}{doubt}")
        if finding.name:
            names = names.with_value(model.latent, code, finding.value, finding.name)
    given = {finding.name for finding in findings}
    if without := sorted(set(labels) - given):
        lines.append(f"no category for: {', '.join(without)}")
    doubtful = sum(bool(finding.doubt) for finding in findings)
    lines.append(f"{len(labels)} labelled images, {len(findings)} categories, {doubtful} ambiguous")
    return names, "\n".join(lines), f"{code}={findings[0].name or 0}"


def _own_data(run: str, labels: Path) -> str:
    """Where labelled images are when nobody says: beside their list, or in the run's data."""
    from infogan.data.labels_csv import read_labels_csv
    from infogan.storage.run_folder import RunFolder

    if labels.is_file() and labels.suffix != ".npz":
        if not all(name.isdecimal() for name in read_labels_csv(labels)):
            return str(labels.parent)
    elif labels.is_dir():
        return str(labels)
    return RunFolder(Path(run)).read_config().data
