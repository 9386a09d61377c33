"""What the documentation must not do, and the one page of it that is made when it is built."""

import logging
import re
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from infogan.errors import UserError
from infogan.explorer.static_export import export_static

LIVE = "gallery/live-digits.html"
_FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=[\"']?(?:https?:)?//[^>]*>"
    r"|<link\b(?![^>]*\brel=[\"']?canonical)[^>]*\bhref=[\"']?(?:https?:)?//[^>]*>",
    re.IGNORECASE,
)


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the live page of the model that comes with the package, which is not kept in the tree."""
    files.append(File.generated(config, LIVE, content=_live_page()))


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Refuse a page that has a reader's browser ask anybody else for anything."""
    if found := _FETCHED.search(output):
        raise PluginError(f"{page}: fetches from elsewhere: {found[0]}")
    return output


def _live_page() -> str:
    """The exported page of `infogan demo`'s model; where it cannot be made, a line that says so."""
    with as_file(files("infogan") / "demo") as run, tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "page.html"
        try:
            export_static(str(run), out, single_file=True)
        except UserError as error:
            logging.getLogger("mkdocs.hooks").info("no live page: %s", error)
            return f"<!doctype html><title>infogan</title><p>Not built here: {error}"
        return out.read_text()
