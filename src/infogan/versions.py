"""The version of infogan, and of all else that a figure may depend on."""

import platform

__version__ = "0.1.0"


def versions() -> dict[str, str]:
    """By name: infogan, Python, and the packages that compute."""
    # Here, since it takes longer to import than all else that `import infogan` brings.
    from importlib.metadata import version

    packages = ("torch", "numpy", "scipy", "scikit-learn")
    own = {"infogan": __version__, "python": platform.python_version()}
    return own | {package: version(package) for package in packages}
