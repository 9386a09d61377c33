"""What the pages need beyond the core: the extra `explore`."""

from importlib.util import find_spec


def check_installed() -> None:
    """Raise ValueError, naming the extra, unless pages can be served."""
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise ValueError(
            f"the page needs {' and '.join(missing)}: "
            "pip install -c constraints.txt 'infogan[explore]'"
        )
