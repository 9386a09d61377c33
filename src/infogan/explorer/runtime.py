"""onnxruntime-web, which runs ONNX models in a browser: fetched once from npm, checked, cached."""

import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from infogan.errors import UserError
from infogan.files import write_bytes

VERSION = "1.30.0"
PACKAGE = f"onnxruntime-web@{VERSION}"
ARCHIVE = f"onnxruntime-web-{VERSION}.tgz"
NOTICE = f"onnxruntime-web {VERSION}, © Microsoft Corporation, MIT License\n"
FILES = {
    "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "ort-wasm-simd-threaded.wasm": (
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
    ),
}
"""What a page needs of it, with the SHA-256 of each."""


def runtime_files(archive: Path | None = None) -> dict[str, bytes]:
    """The runtime's files by name: from the cache, from an archive, or by `npm pack`.

    Raises UserError, with the remedy, where they are not to be had or not the ones expected.
    """
    folder = cache_folder()
    if archive is None and all((folder / name).is_file() for name in FILES):
        found = {name: (folder / name).read_bytes() for name in FILES}
        if _is_genuine(found):
            return found
    found = _unpack(archive) if archive else _fetch()
    for name, content in found.items():
        write_bytes(folder / name, content)
    return found


def cache_folder() -> Path:
    """Where the files are kept between exports."""
    import pooch

    return Path(pooch.os_cache("infogan")) / f"onnxruntime-web-{VERSION}"


def _fetch() -> dict[str, bytes]:
    npm = shutil.which("npm")
    remedy = f"fetch {ARCHIVE} where there is npm (npm pack {PACKAGE}), and give it by --runtime"
    if npm is None:
        raise UserError(f"the page needs onnxruntime-web, and npm is not installed; {remedy}")
    with tempfile.TemporaryDirectory(prefix="infogan-") as folder:
        try:
            pack = [npm, "pack", PACKAGE, "--silent", "--ignore-scripts"]
            subprocess.run(
                [*pack, "--pack-destination", folder],
                check=True,
                capture_output=True,
                cwd=folder,
                timeout=600,
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise UserError(
                f"npm could not fetch {PACKAGE} ({type(error).__name__}); {remedy}"
            ) from None
        return _unpack(Path(folder) / ARCHIVE)


def _unpack(archive: Path) -> dict[str, bytes]:
    try:
        content = archive.read_bytes()
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            members = {name: tar.extractfile(f"package/dist/{name}") for name in FILES}
            found = {name: member.read() for name, member in members.items() if member}
    except (OSError, tarfile.TarError, KeyError) as error:
        raise UserError(f"{archive}: not {ARCHIVE} ({type(error).__name__})") from None
    if not _is_genuine(found):
        raise UserError(f"{archive}: its files are not those of {PACKAGE}; fetch it again")
    return found


def _is_genuine(found: dict[str, bytes]) -> bool:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}
    return digests == FILES
