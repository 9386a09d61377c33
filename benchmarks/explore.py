"""How long a slider takes to a new image: on the served page, and on the one carried away.

    python benchmarks/explore.py runs/mnist --out benchmarks/results/explore.json

Needs Chromium (given by --chromium) and playwright. The slider is moved by its own input event, and
timed until the new image is on its canvas; of that, "image" is the time from asking the model to
the painted canvas. The carried-away file is opened with the network off. Last, the model alone in
the browser: an image at a time, and 64.
"""

import argparse
import json
import os
import statistics
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import torch
from playwright.sync_api import Page, sync_playwright

from infogan.explorer.access_control import LOOPBACK
from infogan.explorer.model_registry import ModelRegistry
from infogan.explorer.server import create_app
from infogan.explorer.serving import address, listen, serving
from infogan.explorer.static_export import export_static
from infogan.versions import versions

MOVES = 200
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
FIRST = """() => new Promise((done) => {
  const look = () => (window.firstImage ? done(window.firstImage) : setTimeout(look, 5));
  look();
})"""
REMEMBER = "addEventListener('drawn', () => { window.firstImage ??= performance.now(); }, true)"
SLIDE = """async (moves) => {
  const slider = document.querySelector('input[type=range][id^=set]');
  const image = document.getElementById('image');
  const times = [];
  for (let i = 0; i < moves; i++) {
    await new Promise((next) => setTimeout(next, 40));
    slider.value = (i % 2 ? 1 : -1) * ((i % 90) / 90);
    const began = performance.now();
    const drawn = new Promise((done) => image.addEventListener('drawn', done, { once: true }));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    const { detail } = await drawn;
    times.push([performance.now() - began, detail]);
  }
  return times;
}"""

DRAW = """async () => {
  const { backend } = await import('./backend.js');
  const [{ codes, noise }] = await backend.models();
  const width = codes.reduce((sum, code) => sum + code.width, noise.width);
  const median = async (n, times) => {
    const z = new Float32Array(n * width).fill(0.1), took = [];
    for (let i = 0; i < times; i++) {
      const began = performance.now();
      await backend.draw(0, z);
      took.push((performance.now() - began) / n);
    }
    return took.sort((a, b) => a - b)[times / 2];
  };
  return { one_ms: await median(1, 200), of_64_ms: await median(64, 20) };
}"""


def measure(page: Page, address: str) -> dict[str, float]:
    """Open the page, wait for its first image, and move a slider."""
    page.add_init_script(REMEMBER)
    page.goto(address)
    first = page.evaluate(FIRST)
    page.wait_for_timeout(6000)  # words and thumbnails are done by then
    moves = page.evaluate(SLIDE, MOVES)
    times = sorted(total for total, _ in moves)
    return {
        "first_image_ms": round(first, 1),
        "slider_median_ms": round(statistics.median(times), 2),
        "slider_95th_ms": round(times[int(0.95 * len(times))], 2),
        "image_median_ms": round(statistics.median(image for _, image in moves), 2),
        "moves": MOVES,
    }


def measure_model(page: Page, folder: Path) -> dict[str, float]:
    """Milliseconds an image in the browser, of a folder that any web host would serve."""
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer((LOOPBACK, 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page.add_init_script(REMEMBER)
        page.goto(f"http://{LOOPBACK}:{server.server_port}/")
        page.evaluate(FIRST)
        page.wait_for_timeout(6000)
        found = page.evaluate(DRAW)
        server.shutdown()
    return {name: round(value, 2) for name, value in found.items()}


class QuietHandler(SimpleHTTPRequestHandler):
    """Files of a folder, without a line for each."""

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    """Measure both pages of one run and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    args = parser.parse_args()
    torch.set_num_threads(1)
    listener = listen(LOOPBACK, 0)
    app = create_app(ModelRegistry([args.run]), LOOPBACK, listener.getsockname()[1])
    found = {}
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path=args.chromium, args=CHROMIUM_FLAGS)
        with serving(app, listener):
            found["served"] = measure(browser.new_page(), address(LOOPBACK, listener))
        single = export_static(args.run, Path(folder) / "page.html", single_file=True, mapped=False)
        context = browser.new_context(offline=True)
        found["single_file"] = measure(context.new_page(), single.as_uri())
        found["single_file"]["megabytes"] = round(single.stat().st_size / 1e6, 1)
        site = export_static(args.run, Path(folder) / "site", single_file=False, mapped=False)
        found["model_in_browser"] = measure_model(browser.new_page(), site)
        machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "chromium": browser.version}
        browser.close()
    args.out.write_text(json.dumps(found | machine | {"versions": versions()}, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
