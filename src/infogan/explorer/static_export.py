"""The page exported: the same front end, with the model in the browser and no server.

As a folder it goes on any web host; as a single file it opens from disk with the network off.
"""

import base64
import gzip
import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import Any

from infogan.explorer.model_registry import ModelRegistry
from infogan.explorer.runtime import NOTICE, runtime_files
from infogan.explorer.server import page_files
from infogan.export.onnx import export_onnx
from infogan.files import filling_folder, write_bytes

SINGLE = "page.html"
MAP_IMAGES = 600
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORTED = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.MULTILINE)
UNSERVED = (
    '<p id="unserved" role="alert">This page does not start from the disk: browsers want it from a '
    "server. In its folder, type <code>python -m http.server</code> and open "
    "<code>http://localhost:8000</code>. One file that opens anywhere: "
    "<code>infogan export RUN --out page.html</code>.</p>"
)
"""Seen, after a moment, unless the page's script is there to take it away."""
ICON = '<link rel="icon" href="icon.svg">'
STYLE = '<link rel="stylesheet" href="style.css">'
SCRIPT = '<script type="module" src="main.js"></script>'


def export_static(
    run: str,
    out: Path,
    *,
    single_file: bool = False,
    images: str = "",
    mapped: bool = True,
    runtime: Path | None = None,
) -> Path:
    """Write the page of a run's model; returns the folder, or the file with `single_file`.

    With `mapped` the page holds 600 real images for its map, of `images` or the run's own data.
    Raises UserError where the model, the images or onnxruntime-web are not to be had; then
    nothing is written.
    """
    data = runtime_files(runtime) | model_files(run, images, mapped)
    page = page_files("backend-onnx.js")
    if single_file:
        write_bytes(out, as_single_file(page, data).encode())
        return out
    page["index.html"] = _in_folder(page["index.html"].decode()).encode()
    with filling_folder(out) as folder:
        for name, content in (page | data | {"NOTICE.txt": NOTICE.encode()}).items():
            write_bytes(folder / name, content)
    return out


def model_files(run: str, images: str = "", mapped: bool = True) -> dict[str, bytes]:
    """What the page's back end loads: the graphs, what is told of the model, and the map."""
    registry = ModelRegistry([run], images)
    (description, *_) = registry.models()
    for code in description["codes"]:
        code["output"] = code["name"]  # as the encoder's outputs are called, whatever comes later
    description |= {"mapped": mapped, "run": Path(run).resolve().name}
    files: dict[str, bytes] = {"words.json": _json(registry.words(0))}
    if mapped:
        page_map = registry.map(0, MAP_IMAGES)
        layout = page_map.as_dict() | {"data": Path(page_map.data).name}
        files |= {"map.json": _json(layout), "map.bin": page_map.images.tobytes()}
    with tempfile.TemporaryDirectory(prefix="infogan-") as folder:
        for path in export_onnx(registry.entries[0].model, Path(folder) / "onnx"):
            if path.suffix == ".onnx":
                files[path.name] = path.read_bytes()
    return files | {"models.json": _json([description])}


def as_single_file(page: dict[str, bytes], data: dict[str, bytes]) -> str:
    """One HTML of everything: style and script inline, all else gzipped and in base64."""
    style, script = page["style.css"].decode(), bundle(page, "main.js")
    policy = _policy(f"'{_digest(script)}'", f"'{_digest(style)}'", "data:")
    icon = "data:image/svg+xml;base64," + base64.b64encode(page["icon.svg"]).decode()
    inline = (
        "".join(
            f'<script type="text/plain" id="data-{name}">{_packed(content)}</script>\n'
            for name, content in data.items()
        )
        + f'<script type="module">{script}</script>'
    )
    html = page["index.html"].decode()
    html = html.replace(ICON, f'{policy}\n<link rel="icon" href="{icon}">')
    html = html.replace(STYLE, f"<style>{style}</style>").replace(f"{SCRIPT}\n", "")
    return html.replace("</body>", f"{inline}\n<!-- With {NOTICE.strip()} -->\n</body>")


def bundle(files: dict[str, bytes], entry: str) -> str:
    """Modules as one script: each a block of its own, after those that it imports."""
    done: dict[str, str] = {}

    def add(name: str) -> None:
        if name in done:
            return
        source = files[name].decode()
        for _, needed in IMPORT.findall(source):
            add(needed)
        exported = ", ".join(EXPORTED.findall(source))
        taken = IMPORT.sub(_taken, source)
        plain = re.sub(r"^export ", "", taken, flags=re.MULTILINE)
        done[name] = f'{{\n{plain}\nmodules["{name}"] = {{ {exported} }};\n}}\n'

    add(entry)
    return "const modules = {};\n" + "".join(done.values())


def _taken(match: re.Match[str]) -> str:
    names = match[1].replace(" as ", ": ")
    return f'const {{{names}}} = modules["{match[2]}"];\n'


def _in_folder(html: str) -> str:
    policy = _policy("'self'", "'self'")
    html = html.replace(ICON, f"{policy}\n{ICON}")
    return html.replace("<main>", f"{UNSERVED}\n<main>")


def _policy(script: str, style: str, image: str = "") -> str:
    """No network but the page's own files; scripts none but its own, and the runtime's."""
    rules = (
        f"default-src 'none'; script-src {script} blob: 'wasm-unsafe-eval'; style-src {style}; "
        f"img-src 'self' blob: {image}; connect-src 'self' blob: data:; base-uri 'none'; "
        "form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">'


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _packed(content: bytes) -> str:
    # The same bytes each time: no time of day in the header.
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()
