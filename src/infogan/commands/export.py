"""infogan export: carry a trained model to other programs."""

import shlex
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.writing import (
    add_force_argument,
    check_new,
    check_new_folder,
    check_writable,
    print_written,
)
from infogan.errors import UserError

HELP = "write a trained model in a format other programs run, such as ONNX"


def add_arguments(parser: ArgumentParser) -> None:
    """Which format, which networks, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument(
        "--format",
        default=None,
        choices=["onnx", "web"],
        help="onnx: generator.onnx and encoder.onnx, for any batch size, and onnx.json, which "
        "says what goes in and comes out. web: the page of `infogan explore` without a server, as "
        "one file where --out ends in .html. By default onnx, or web for such an --out",
    )
    parser.add_argument(
        "--part",
        default="both",
        choices=["both", "generator", "encoder"],
        help="which network: the generator draws images, the encoder reads codes off them",
    )
    parser.add_argument(
        "--single-file", action="store_true", help="web: one HTML that opens from disk, offline"
    )
    parser.add_argument("--images", default="", help="web: images for its map; the run's own data")
    parser.add_argument("--no-map", action="store_true", help="web: put no real images into it")
    parser.add_argument(
        "--runtime", default="", help="web: onnxruntime-web's .tgz, where npm cannot fetch it"
    )
    parser.add_argument(
        "--out", default="", help="a folder; RUN/FORMAT by default (RUN/page.html: --single-file)"
    )
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Export, check, and say how far the exported graphs are from PyTorch."""
    named_html = Path(args.out).suffix.lower() in (".html", ".htm")
    args.single_file = args.single_file or named_html
    if args.format == "onnx" and args.single_file:
        raise UserError(f"--format onnx writes a folder, and no page; leave out {_page(args)}")
    if args.format == "web" or args.single_file:
        export_page(args)
        return
    from infogan.export.onnx import DESCRIPTION, GRAPHS, TOLERANCE, export_onnx
    from infogan.storage.model_folder import load_model

    out = Path(args.out) if args.out else Path(args.run) / "onnx"
    parts = tuple(part for part in GRAPHS if args.part in (part, "both"))
    check_writable(out)
    if args.out:
        names = [*(f"{part}.onnx" for part in parts), DESCRIPTION]
        check_new(*(out / name for name in names), force=args.force)
    for path in export_onnx(load_model(args.run), out, parts):
        print_written(path)
    print(f"equal to PyTorch within {TOLERANCE:g}, as run by onnxruntime in batches of 1, 3 and 64")


def export_page(args: Namespace) -> None:
    """Write the page as static files, or as one file, and say how to open it."""
    from infogan.explorer.static_export import MAP_IMAGES, SINGLE, export_static

    default = Path(args.run) / (SINGLE if args.single_file else "web")
    out = Path(args.out) if args.out else default
    if args.single_file and out.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--out {out}: a single file is written as .html")
    check_writable(out)
    if args.out and args.single_file:
        check_new(out, force=args.force)
    elif args.out:
        check_new_folder(out, force=args.force)
    export_static(
        args.run,
        out,
        single_file=args.single_file,
        images=args.images,
        mapped=not args.no_map,
        runtime=Path(args.runtime) if args.runtime else None,
    )
    files = [out] if args.single_file else sorted(out.iterdir())
    print(f"page      {out}, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")
    if not args.no_map:
        print(
            f"          holds up to {MAP_IMAGES} real images for its map; --no-map leaves them out"
        )
    if args.single_file:
        print("next      open it in a browser, or send it to a friend; it needs no network")
    else:
        serve = shlex.join(["python", "-m", "http.server", "-d", str(out)])
        print(f"next      put it on any web host, or: {serve}")
        print("          (it does not start from the disk; --out page.html is one file that does)")


def _page(args: Namespace) -> str:
    return f"--out {args.out}" if Path(args.out).suffix else "--single-file"
