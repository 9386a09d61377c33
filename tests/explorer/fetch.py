"""Fetch what the page's tests need from npm: axe-core into .npm/, onnxruntime-web into the cache.

    python tests/explorer/fetch.py

Does nothing where both are there already. Needs npm, and is no part of the package.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from infogan.explorer.runtime import runtime_files

AXE = "axe-core@4.14.1"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
FOLDER = Path(__file__).parent / ".npm"


def main() -> int:
    """Fetch, check, and say what is missing."""
    npm = shutil.which("npm")
    if not npm:
        print("fetch.py: npm is not installed; tests that need it are skipped", file=sys.stderr)
        return 0
    runtime_files()
    target = FOLDER / "axe.min.js"
    if not target.is_file():
        with tempfile.TemporaryDirectory() as folder:
            command = [
                npm,
                "pack",
                AXE,
                "--silent",
                "--ignore-scripts",
                "--pack-destination",
                folder,
            ]
            subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
            archive = (Path(folder) / f"{AXE.replace('@', '-')}.tgz").read_bytes()
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            source = tar.extractfile("package/axe.min.js").read()
        if hashlib.sha256(source).hexdigest() != AXE_SHA256:
            raise SystemExit(f"fetch.py: {AXE} is not the one expected")
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / ".gitignore").write_text("*\n")
        target.write_bytes(source)
    return 0


if __name__ == "__main__":
    sys.exit(main())
