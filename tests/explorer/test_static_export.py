"""The page carried away: the same controls, no server, and as one file no network either."""

import functools
import http.server
import re
import threading

import numpy as np
import pytest

import infogan
from infogan.cli import main
from infogan.explorer.runtime import cache_folder, runtime_files
from infogan.explorer.server import page_files
from infogan.explorer.static_export import as_single_file, bundle, export_static

START = "#seed=5&set.kind=1&set.tilt=0.25"


@pytest.fixture(scope="module")
def runtime():
    """onnxruntime-web, where fetch.py or an earlier export has put it."""
    if not all((cache_folder() / name).is_file() for name in ("ort.wasm.bundle.min.mjs",)):
        pytest.skip("no onnxruntime-web in the cache: run fetch.py beside this file")
    return runtime_files()


@pytest.fixture(scope="module")
def folder(tiny_run, tiny_data, runtime, tmp_path_factory):
    out = tmp_path_factory.mktemp("web") / "page"
    return export_static(str(tiny_run), out, images=str(tiny_data))


@pytest.fixture(scope="module")
def single(folder, tmp_path_factory):
    """The same as one file, without exporting the model again."""
    page = page_files("backend-onnx.js")
    data = {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in page}
    out = tmp_path_factory.mktemp("single") / "page.html"
    out.write_text(as_single_file(page, data))
    return out


@pytest.fixture
def hosted(folder):
    """The folder on a plain web host."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def close(a, b):
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) <= 1


def exercise(page, run, image):
    """The same things that are asked of the served page."""
    model = infogan.load(run)
    expected = model.sample(1, seed=5, kind=1, tilt=0.25)[0]
    assert close(page.pixels(), expected.ravel().tolist())
    page.drawn_after(lambda: page.drag("tilt", -1))
    expected = model.sample(1, seed=5, kind=1, tilt=-1)[0]
    assert close(page.pixels(), expected.ravel().tolist())
    page.until("drawn.table > 0")
    page.page.click("#tab-map")
    page.until("drawn['map-canvas'] > 0")
    assert "40 images" in page.page.inner_text("#map-said")
    page.page.focus("#map-canvas")
    page.page.keyboard.press("ArrowRight")
    page.drawn_after(lambda: page.page.keyboard.press("Enter"), "found")
    index = int(re.search(r"Image (\d+)", page.page.inner_text("#map-said"))[1]) - 1
    assert page.pixels("#original") == image[index, 0].ravel().tolist()
    probs = model.encode(image[index : index + 1])["kind"]["probs"]
    assert f"{100 * probs.max():.1f} %" in page.page.inner_text("#reading")
    random = np.abs(model.sample(20, seed=3)[0].astype(float) - image[index]).mean(axis=(1, 2, 3))
    rebuilt = np.abs(np.array(page.pixels("#rebuilt")) - image[index].ravel()).mean()
    assert rebuilt < random.mean()
    page.page.fill("#name-tilt", "lean")
    page.page.press("#name-tilt", "Enter")
    page.until("document.querySelector('#command').textContent.includes('lean=')")


def test_the_folder_works_on_any_host(desk, hosted, tiny_run, tiny_images):
    page = desk().open(hosted + START)
    exercise(page, tiny_run, tiny_images)
    page.page.reload()
    page.until("document.getElementById('name-tilt')?.value === 'lean'")  # kept in the browser


def test_the_single_file_works_from_disk_with_the_network_off(desk, single, tiny_run, tiny_images):
    page = desk(offline=True)
    asked = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.open(single.as_uri() + START)
    exercise(page, tiny_run, tiny_images)
    assert not [url for url in asked if not url.startswith(("file:", "blob:", "data:"))]
    # Small enough to send by mail.
    assert single.stat().st_size < 25e6


def test_it_holds_no_path_of_this_machine(folder, single, tiny_run):
    for path in [*folder.iterdir(), single]:
        assert str(tiny_run.parent).encode() not in path.read_bytes(), path.name


def test_without_a_map_it_holds_no_real_image(tiny_run, runtime, tmp_path, monkeypatch):
    monkeypatch.setattr("infogan.explorer.static_export.export_onnx", lambda model, out: [])
    out = export_static(str(tiny_run), tmp_path / "bare", mapped=False)
    assert not (out / "map.bin").exists()


def test_modules_become_one_script_each_after_what_it_imports():
    files = {
        "main.js": b'import { twice } from "./a.js";\nimport { one as eins } from "./b.js";\n'
        b"export const answer = twice(eins);\n",
        "a.js": b'import { one } from "./b.js";\nexport function twice(x) { return x + one; }\n',
        "b.js": b"export const one = 1;\n",
    }
    script = bundle(files, "main.js")
    assert re.findall(r'^modules\["(.*)"\] =', script, re.MULTILINE) == ["b.js", "a.js", "main.js"]
    assert "const { one: eins } = modules" in script
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)


def test_a_wrong_archive_is_refused_and_nothing_is_written(tiny_run, tmp_path, capsys):
    wrong = tmp_path / "onnxruntime-web-1.30.0.tgz"
    wrong.write_bytes(b"not an archive")
    out = tmp_path / "page"
    arguments = ["export", str(tiny_run), "--format=web", "--no-map", f"--runtime={wrong}"]
    assert main([*arguments, f"--out={out}"]) == 2
    assert "not onnxruntime-web-1.30.0.tgz" in capsys.readouterr().err
    assert not out.exists()


def test_a_single_file_must_be_called_html(tiny_run, capsys):
    assert main(["export", str(tiny_run), "--format=web", "--single-file", "--out=x.zip"]) == 2
    assert "written as .html" in capsys.readouterr().err
