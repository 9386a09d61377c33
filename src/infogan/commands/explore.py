"""infogan explore: a page where one turns the controls."""

import secrets
from collections.abc import Sequence

from jsonargparse import ArgumentParser, Namespace

HELP = "open a page in the browser where one turns the controls of a trained model"

EXPLAINED = """The page shows a live image and a live grid of any two codes, random walks and
interpolations (saved as GIF), the codes of an image you drop on it with its reconstruction, and a
map of real images; every view is a link. Several runs can be compared side by side.

  infogan explore runs/digits --open
  infogan explore runs/a runs/b --port 9000
  infogan explore runs/photos --images more-photos/
  infogan explore runs/digits --host 0.0.0.0     # from other machines: needs the token it prints
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Which runs, which images for the map, and where to serve."""
    parser.description = f"{HELP}\n\n{EXPLAINED}"
    parser.add_argument("runs", nargs="+", help="a run's folder, or several to compare")
    parser.add_argument("--images", default="", help="images for the map; the run's own by default")
    parser.add_argument("--port", type=int, default=8080, help="0 takes any that is free")
    parser.add_argument(
        "--host", default="127.0.0.1", help="other than this machine: needs a token"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def run(args: Namespace) -> None:
    """Serve until Ctrl-C."""
    explore(args.runs, args.images, host=args.host, port=args.port, opens=args.open)


def explore(runs: Sequence[str], images: str, *, host: str, port: int, opens: bool) -> None:
    """Serve the page of some runs until Ctrl-C. Raises UserError."""
    from infogan.errors import require_extra

    require_extra("explore", "the page", "starlette", "uvicorn")
    from infogan.explorer.access_control import is_loopback
    from infogan.explorer.model_registry import ModelRegistry
    from infogan.explorer.server import create_app
    from infogan.explorer.serving import address, listen, serve

    registry = ModelRegistry(runs, images)
    token = "" if is_loopback(host) else secrets.token_urlsafe(16)
    listener = listen(host, port)
    page = address(host, listener, token)
    print(f"page      {page}\nstop      Ctrl-C", flush=True)
    if token:
        print("          whoever has this address can use the page; anybody else is refused")
    if opens:
        import webbrowser

        webbrowser.open(page)
    serve(create_app(registry, host, listener.getsockname()[1], token), listener)
