"""One headless Chromium for all tests of the page, and the page itself, served."""

import os
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from infogan.explorer.access_control import LOOPBACK
from infogan.explorer.model_registry import ModelRegistry
from infogan.explorer.server import create_app
from infogan.explorer.serving import address, listen, serving

FLAGS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 60.0
WATCH = (
    "window.drawn = {}; addEventListener('drawn', (event) => {"
    " const id = event.target.id; drawn[id] = (drawn[id] ?? 0) + 1; }, true);"
)


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, driven by playwright."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium here: apt-get install chromium, or set CHROMIUM to its path")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


class Desk:
    """A browser page with what the tests ask of it again and again."""

    def __init__(self, page):
        self.page = page
        self.faults = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self._note(message))
        page.add_init_script(WATCH)

    def _note(self, message):
        # A failed request is told by the browser too; the tests look at what the page makes of it.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def open(self, url):
        self.page.goto(url)
        self.until("document.documentElement.dataset.ready === 'yes' && drawn.image > 0")
        return self

    def until(self, condition):
        """Wait for a condition in the page; its policy forbids playwright's own way of waiting."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.page.evaluate(f"() => Boolean({condition})"):
                return
            self.page.wait_for_timeout(15)
        raise AssertionError(f"not within {PATIENCE} s: {condition}; {self.faults}")

    def pixels(self, selector="#image"):
        """The first channel of a canvas, row by row."""
        return self.page.evaluate(
            "(s) => { const c = document.querySelector(s); return [...c.getContext('2d')"
            ".getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0); }",
            selector,
        )

    def drawn_after(self, act, target="image"):
        """Do something, and wait until a canvas has been drawn anew."""
        before = self.page.evaluate("(t) => drawn[t] ?? 0", target)
        act()
        self.until(f"(drawn['{target}'] ?? 0) > {before}")

    def shows(self, pixels, selector="#image", within=1):
        """Whether a canvas shows these pixels, each within so many levels of grey."""
        pairs = zip(self.pixels(selector), pixels, strict=True)
        return max(abs(one - other) for one, other in pairs) <= within

    def comes_to_show(self, pixels, selector="#image", within=1):
        """Whether it ends up so; it may be drawn more than once until then."""
        end = time.monotonic() + PATIENCE
        while not self.shows(pixels, selector, within) and time.monotonic() < end:
            self.page.wait_for_timeout(15)
        return self.shows(pixels, selector, within)

    def frames(self, n):
        """Let the browser show n frames: what moves has moved by then."""
        self.page.evaluate(
            "(n) => new Promise((done) => { const next = () =>"
            " (n-- > 0 ? requestAnimationFrame(next) : done()); next(); })",
            n,
        )

    def drag(self, code, value):
        """Move a slider to a value and let it go."""
        self.page.evaluate(
            "([id, value]) => { const s = document.getElementById(id); s.value = value;"
            "for (const kind of ['input', 'change'])"
            " s.dispatchEvent(new Event(kind, { bubbles: true })); }",
            [f"set-{code}", value],
        )

    def value(self, selector):
        return self.page.eval_on_selector(selector, "(e) => e.value")

    @property
    def hash(self):
        return self.page.evaluate("() => location.hash")


@pytest.fixture
def desk(chromium):
    """Makes pages; afterwards none of them may have met an error in its script or policy."""
    with ExitStack() as stack:
        desks = []

        def make(**options):
            context = chromium.new_context(
                **({"viewport": {"width": 1280, "height": 860}} | options)
            )
            stack.callback(context.close)
            desks.append(Desk(context.new_page()))
            return desks[-1]

        yield make
        for each in desks:
            assert each.faults == []


@pytest.fixture(scope="session")
def served(tiny_run, tiny_data):
    """The address of a page of the tiny run."""
    with open_server([tiny_run], tiny_data) as page:
        yield page


def open_server(runs, images="", port=0):
    """A context in which a page is served; gives its address."""
    stack = ExitStack()
    listener = listen(LOOPBACK, port)
    registry = ModelRegistry([str(run) for run in runs], str(images))
    app = create_app(registry, LOOPBACK, listener.getsockname()[1])
    page = address(LOOPBACK, listener)

    class Served:
        def __enter__(self):
            stack.enter_context(serving(app, listener))
            return page

        def __exit__(self, *_):
            stack.close()

    return Served()


@pytest.fixture
def own_run(tiny_run, tmp_path):
    """A copy of the tiny run that may be changed."""
    return shutil.copytree(tiny_run, tmp_path / "own")


@pytest.fixture
def serve():
    """Serves other runs than the tiny one."""
    return open_server


@pytest.fixture(scope="session")
def axe():
    """axe-core's source, put here by fetch.py."""
    path = Path(__file__).parent / ".npm" / "axe.min.js"
    if not path.is_file():
        pytest.skip(
            f"no axe-core: run {Path(__file__).with_name('fetch.py').name} beside this file"
        )
    return path.read_text()
