"""What the documentation must not do: have a reader's browser ask anybody else for anything."""

import re

from mkdocs.exceptions import PluginError

_FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=[\"']?(?:https?:)?//[^>]*>"
    r"|<link\b(?![^>]*\brel=[\"']?canonical)[^>]*\bhref=[\"']?(?:https?:)?//[^>]*>",
    re.IGNORECASE,
)


def on_post_page(output: str, page: object, config: object) -> str:
    """Refuse a page with a script, style, font or picture from elsewhere."""
    if found := _FETCHED.search(output):
        raise PluginError(f"{page}: fetches from elsewhere: {found[0]}")
    return output
