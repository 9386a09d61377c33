"""Whether a person looks on: at a terminal, or in a notebook."""

import os
import sys
import webbrowser


def is_watched(asked: bool | None = None) -> bool:
    """Whether to show progress on standard error: as asked for, else where somebody sees it."""
    return (sys.stderr.isatty() or _in_notebook()) if asked is None else asked


def _in_notebook() -> bool:
    """Whether a notebook's kernel runs this, and not only lies loaded."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def has_browser() -> bool:
    """Whether a page can be opened in a browser with windows on this machine."""
    windows = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, windows)):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
