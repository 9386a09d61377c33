"""The page in a real browser: every control changes what it should, and only that."""

import io
import json
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageSequence

import infogan
from infogan.cli import main

START = "#seed=5&set.kind=1&set.tilt=0.25"


def expected(run, seed, **codes):
    """The image that `infogan sample --n 1` draws."""
    return infogan.load(run).sample(1, seed=seed, **codes)[0][0, 0].ravel().tolist()


def test_the_image_is_the_one_that_the_command_beside_it_draws(
    desk, served, tiny_run, tmp_path, monkeypatch
):
    page = desk().open(served + START)
    assert page.shows(expected(tiny_run, 5, kind=1, tilt=0.25))
    command = page.page.inner_text("#command").split()
    assert command[:2] == ["infogan", "sample"]
    monkeypatch.chdir(tmp_path)
    assert main(command[1:]) == 0
    assert (tmp_path / "image.png").is_file()
    assert "--seed 5" in page.page.inner_text("#command")


def test_a_slider_changes_its_code_and_nothing_else(desk, served, tiny_run):
    page = desk().open(served + START)
    page.drawn_after(lambda: page.drag("tilt", -0.8))
    assert page.shows(expected(tiny_run, 5, kind=1, tilt=-0.8))
    assert "set.kind=1" in page.hash
    assert "seed=5" in page.hash
    assert "set.tilt=-0.8" in page.hash


def test_a_chip_changes_its_code_and_nothing_else(desk, served, tiny_run):
    page = desk().open(served + START)
    page.drawn_after(lambda: page.page.click("label:has(#set-kind-2)"))
    assert page.shows(expected(tiny_run, 5, kind=2, tilt=0.25))


def test_other_noise_keeps_the_codes_and_other_codes_keep_the_noise(desk, served, tiny_run):
    page = desk().open(served + START)
    page.drawn_after(lambda: page.page.click("#other-noise"))
    seed = int(re.search(r"seed=(\d+)", page.hash)[1])
    assert seed != 5
    assert page.shows(expected(tiny_run, seed, kind=1, tilt=0.25))
    page.drawn_after(lambda: page.page.click("#other-codes"))
    tilt, kind = (re.search(rf"set\.{name}=([-\d.]+)", page.hash)[1] for name in ("tilt", "kind"))
    assert f"seed={seed}" in page.hash
    assert page.shows(expected(tiny_run, seed, kind=int(kind), tilt=float(tilt)))


def test_the_grid_shows_any_two_codes_and_its_cells_can_be_taken(desk, served, tiny_run):
    page = desk().open(served + START)
    page.until("drawn.table > 0")
    assert page.page.locator("#table tbody tr").count() == 3
    assert page.page.locator("#table tbody tr").first.locator("td").count() == 9
    cell = "#table tbody tr:nth-child(3) td:nth-of-type(1) canvas"
    corner = expected(tiny_run, 5, kind=2, tilt=-1)
    assert page.shows(corner, cell)
    page.drawn_after(lambda: page.page.click(cell))
    assert page.shows(corner)
    page.drawn_after(lambda: page.page.select_option("#rows", "tilt"), "table")
    assert page.value("#columns") == "kind"  # they have changed places
    assert page.page.locator("#table tbody tr").count() == 9


def test_back_and_forward_go_through_what_was_shown(desk, served):
    page = desk().open(served + START)
    first = page.pixels()
    page.drawn_after(lambda: page.page.click("label:has(#set-kind-2)"))
    second = page.pixels()
    assert second != first
    page.page.go_back()
    assert page.comes_to_show(first)
    assert page.page.is_checked("#set-kind-1")
    page.page.go_forward()
    assert page.comes_to_show(second)
    # A link opens on the same.
    other = desk().open(page.page.url)
    assert other.pixels() == second


@pytest.mark.parametrize(
    "nonsense",
    ["#model=9&seed=-1&set.kind=7&set.tilt=x", "#seed=1e99&view=<b>&rows=x&noise=!!&keys=1,2;x",
     "#%%%", "#set.tilt=Infinity&beside=-3&keys=" + "9," * 3000],
)  # fmt: skip
def test_nonsense_in_the_address_is_passed_over(desk, served, nonsense):
    page = desk().open(served + nonsense)
    assert len(page.pixels()) == 64
    assert page.page.is_hidden("#trouble")


def test_stale_requests_are_dropped_and_none_pile_up(desk, served, tiny_run):
    page = desk().open(served + START)
    page.until("drawn.table > 0")
    single = []

    def note(request):
        if request.url.endswith("/images") and len(request.post_data_buffer) == 4 * 8:
            single.append(request)  # one row: the image itself

    page.page.on("request", note)
    before = page.page.evaluate("() => drawn.image")
    page.page.evaluate(
        "() => { const s = document.getElementById('set-tilt');"
        "for (let i = 0; i < 100; i++) { s.value = i / 100;"
        " s.dispatchEvent(new Event('input', { bubbles: true })); } }"
    )
    page.until(f"drawn.image >= {before + 2}")
    assert len(single) == 2  # the first, and the newest
    assert page.shows(expected(tiny_run, 5, kind=1, tilt=0.99))


def test_two_models_are_shown_side_by_side(desk, served, tiny_run):
    page = desk().open(served + START)
    page.drawn_after(lambda: page.page.select_option("#beside", "2"))
    assert page.page.is_visible("#other-image")
    assert page.pixels("#other-image") != page.pixels("#image")
    page.until("drawn['other-table'] > 0")
    page.drawn_after(lambda: page.page.select_option("#model", "2"))
    assert "model=2" in page.hash
    assert page.page.is_hidden("#other-image")  # not beside itself


def test_motion_plays_pauses_and_is_saved(desk, served):
    page = desk().open(served + START + "&view=motion")
    page.until("drawn.film > 0")
    still = page.pixels("#film")
    page.page.click("#play")
    page.until("drawn.film > 5")
    assert page.pixels("#film") != still
    page.page.click("#play")
    page.until("document.getElementById('play').ariaPressed === 'false'")
    count = page.page.evaluate("() => drawn.film")
    page.frames(60)  # played on, it would have drawn many; two were asked for before at most
    assert page.page.evaluate("() => drawn.film") <= count + 2
    page.page.click("#add-key")
    page.drawn_after(lambda: page.page.click("label:has(#set-kind-0)"))
    page.page.click("#add-key")
    page.until("document.querySelectorAll('#keys canvas').length === 2")
    assert page.value("#course") == "keys"
    with page.page.expect_download() as download:
        page.page.click("#save-gif")
    gif = Image.open(download.value.path())
    frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(gif)]
    assert len(frames) == 48  # two legs of 24
    assert gif.info["loop"] == 0
    image = np.array(page.pixels()).reshape(8, 8)  # the second image, where the second leg begins
    zoom = frames[0].shape[0] // 8
    np.testing.assert_allclose(frames[24][::zoom, ::zoom], image, atol=1)
    assert not np.array_equal(frames[0], frames[24])


def test_an_image_of_ones_own_is_kept_with_its_noise(desk, served, tiny_images):
    page = desk().open(served + START + "&view=picture")
    give = {"name": "x.png", "mimeType": "image/png", "buffer": png(tiny_images[1, 0])}
    page.drawn_after(lambda: page.page.set_input_files("#file", give), "found")
    page.page.click("#tab-motion")
    page.page.click("#add-key")
    page.until("document.querySelectorAll('#keys canvas').length === 1")
    # The image on the left is kept, not that of the seed; a link leads to it.
    assert page.comes_to_show(page.pixels(), "#keys canvas")
    again = desk().open(page.page.url)
    again.until("document.querySelectorAll('#keys canvas').length === 1")
    assert again.comes_to_show(page.pixels(), "#keys canvas", within=3)


def test_what_is_carried_away_agrees_with_what_is_shown(desk, served, tiny_run):
    page = desk(permissions=["clipboard-read", "clipboard-write"]).open(served + START)
    with page.page.expect_download() as download:
        page.page.click("#save-png")
    picture = np.asarray(Image.open(download.value.path()).convert("L"))
    zoom = picture.shape[0] // 8
    assert zoom > 1
    assert picture[::zoom, ::zoom].ravel().tolist() == page.pixels()
    with page.page.expect_download() as download:
        page.page.click("#save-json")
    content = json.loads(download.value.path().read_text())
    assert content["codes"] == {"kind": 1, "tilt": 0.25}
    assert content["seed"] == 5
    assert content["command"] == page.page.inner_text("#command")
    page.page.click("#copy-link")
    page.until("document.getElementById('said').textContent.includes('copied')")
    assert page.page.evaluate("() => navigator.clipboard.readText()") == page.page.url


def test_names_are_kept_and_seen_in_another_tab(desk, serve, own_run):
    with serve([own_run]) as address:
        first, second = desk().open(address), desk().open(address)
        first.page.fill("#name-tilt", "lean")
        first.page.press("#name-tilt", "Enter")
        first.until("document.querySelector('#rows').textContent.includes('lean')")
        first.page.fill("#call-kind", "round")
        first.page.press("#call-kind", "Enter")
        first.until("document.querySelector('.chips').textContent.includes('round')")
        assert infogan.load(own_run).latent.names == ("kind", "lean")
        assert "--set lean=" in first.page.inner_text("#command")
        second.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        second.until("document.getElementById('name-tilt').value === 'lean'")
        second.page.fill("#name-tilt", "<b>x</b>")
        second.page.press("#name-tilt", "Enter")
        second.until("!document.getElementById('trouble').hidden")
        assert second.value("#name-tilt") == "lean"


def test_nothing_in_a_run_injects_script(desk, serve, own_run):
    attack = "<img src=x onerror=document.title='taken'><script>document.title='taken'</script>"
    report = {"format_version": 1, "model": attack, "data": attack, "fingerprint": attack,
              "split": attack, "images": 1, "effort": "quick", "seed": 0, "command": attack,
              "seconds": 1.0, "versions": {}, "measurements": []}  # fmt: skip
    (own_run / "evaluation.json").write_text(json.dumps(report))
    hostile = own_run.rename(own_run.with_name("<img src=x onerror=alert(1)>"))
    with serve([hostile]) as address:
        page = desk().open(address + "#set.tilt=<script>alert(1)</script>")
        page.until("drawn.table > 0")
        assert page.page.locator("img").count() == 0
        assert "onerror" in page.page.inner_text("#command")
        assert page.page.title().startswith("<img src=x")


def test_a_stopped_server_is_told_and_waited_for(desk, serve, tiny_run):
    context = serve([tiny_run])
    address = context.__enter__()
    page = desk().open(address + START)
    page.until("drawn.table > 0")
    context.__exit__(None, None, None)
    page.drag("tilt", 0.5)
    page.until("!document.getElementById('trouble').hidden")
    assert "does not answer" in page.page.inner_text("#trouble")
    port = int(re.search(r":(\d+)/", address)[1])
    with serve([tiny_run], port=port):
        page.until("document.getElementById('trouble').hidden")
        assert page.comes_to_show(expected(tiny_run, 5, kind=1, tilt=0.5))


# An image of the user's


def png(array):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def bomb():
    """A PNG of a few bytes that says it is 60,000 pixels wide and high."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_a_dropped_image_is_read_rebuilt_edited_and_placed(desk, served, tiny_images, tiny_run):
    page = desk().open(served + START + "&view=picture")
    give = {"name": "x.png", "mimeType": "image/png", "buffer": png(tiny_images[1, 0])}
    page.drawn_after(lambda: page.page.set_input_files("#file", give), "found")
    assert page.pixels("#original") == tiny_images[1, 0].ravel().tolist()
    read = infogan.load(tiny_run).encode(tiny_images[1:2])
    assert f"{100 * read['kind']['probs'].max():.1f} %" in page.page.inner_text("#reading")
    page.until("document.getElementById('command').textContent.includes('infogan edit')")
    # The reconstruction is on the left, but for the address's four digits; a link leads to it.
    assert page.comes_to_show(page.pixels("#rebuilt"), within=3)
    assert desk().open(page.page.url).pixels() == page.pixels()
    rebuilt = page.pixels("#rebuilt")
    page.drawn_after(lambda: page.drag("tilt", 1))
    assert page.pixels("#edited") == page.pixels() != rebuilt
    page.drawn_after(lambda: page.page.click("#place"), "map-canvas")
    assert "view=map" in page.hash


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"no picture at all", "not a kind"), (b"", "not a kind"),
     (b"<svg onload='x'/>", "not a kind"), (b"\x89PNG\r\n\x1a\n" + bytes(60), "not a kind"),
     (bomb(), "more pixels than are read"),
     (png(np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8))[:900], "truncated")],
    ids=["text", "empty", "svg", "no size", "bomb", "cut short"],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_a_line(desk, served, content, told):
    page = desk().open(served + "#view=picture")
    give = {"name": "<b>.png", "mimeType": "image/png", "buffer": content}
    page.page.set_input_files("#file", give)
    page.until("document.getElementById('picture-said').textContent")
    assert told in page.page.inner_text("#picture-said")
    assert page.page.is_hidden("#found")


def test_too_large_a_file_is_refused_before_it_is_read(desk, served, tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(21 * 2**20)
    page = desk().open(served + "#view=picture")
    page.page.set_input_files("#file", path)
    page.until("document.getElementById('picture-said').textContent.includes('larger than 20 MB')")


def test_pictures_of_every_kind_are_brought_to_the_models_shape(desk, served):
    page = desk().open(served + "#view=picture")
    rgba = np.zeros((16, 24, 4), np.uint8)
    rgba[..., 0], rgba[..., 3] = 255, 255
    rgba[:, 16:, 3] = 0  # transparent, and half outside the central square
    page.drawn_after(
        lambda: page.page.set_input_files(
            "#file", {"name": "a.png", "mimeType": "image/png", "buffer": png(rgba)}
        ),
        "found",
    )
    pixels = np.array(page.pixels("#original")).reshape(8, 8)
    assert (np.abs(pixels[:, :5] - 76) <= 1).all()  # red as luma
    assert (pixels[:, 7] == 255).all()  # transparent at the border: laid on white
    # Where they meet, resizing mixes the two.
    assert (pixels[:, 5] < pixels[:, 6]).all()
    page.drawn_after(lambda: page.page.check("#inverted"), "found")
    assert (np.array(page.pixels("#original")).reshape(8, 8)[:, 7] == 0).all()


def test_the_map_shows_real_images_by_pointer_and_by_keys(desk, served, tiny_images):
    page = desk().open(served + START + "&view=map")
    page.until("drawn['map-canvas'] > 0")
    assert "40 images" in page.page.inner_text("#map-said")
    page.page.focus("#map-canvas")
    page.page.keyboard.press("ArrowRight")
    page.until("!document.getElementById('bubble').hidden")
    told = page.page.inner_text("#map-said")
    index = int(re.search(r"Image (\d+)", told)[1]) - 1
    assert page.pixels("#bubble canvas") == tiny_images[index, 0].ravel().tolist()
    page.page.keyboard.press("ArrowDown")
    assert page.page.inner_text("#map-said") != told
    index = int(re.search(r"Image (\d+)", page.page.inner_text("#map-said"))[1]) - 1
    page.drawn_after(lambda: page.page.keyboard.press("Enter"), "found")
    assert page.pixels("#original") == tiny_images[index, 0].ravel().tolist()
    assert "view=picture" in page.hash


# Access


def test_everything_is_done_by_keyboard(desk, served, tiny_run):
    page = desk().open(served + START)
    keys, current = page.page.keyboard, "document.activeElement"
    page.page.focus("#set-tilt")
    page.drawn_after(lambda: keys.press("Home"))
    assert page.shows(expected(tiny_run, 5, kind=1, tilt=-1.5))
    page.page.focus("#set-kind-1")
    page.drawn_after(lambda: keys.press("ArrowRight"))
    assert "set.kind=2" in page.hash
    page.until("drawn.table > 0")
    page.page.focus("#table td[tabindex='0']")
    for key in ("ArrowDown", "End"):
        keys.press(key)
    assert page.page.evaluate(f"() => {current}.ariaLabel") == "kind 1, tilt 1.00"
    page.drawn_after(lambda: keys.press("Enter"))
    assert page.shows(expected(tiny_run, 5, kind=1, tilt=1))
    page.page.focus("#tab-grid")
    keys.press("ArrowRight")
    assert page.page.evaluate(f"() => {current}.id") == "tab-motion"
    assert page.page.is_visible("#motion")
    # Whatever can be pressed can be reached.
    page.page.focus("#model")
    reached = set()
    for _ in range(60):
        keys.press("Tab")
        reached.add(page.page.evaluate(f"() => {current}.id"))
    assert {"theme", "other-noise", "other-codes", "save-png", "copy-link", "name-tilt", "set-tilt",
            "call-kind", "course", "pace", "play", "save-gif", "add-key"} <= reached  # fmt: skip


def complaints(page, rules=None):
    options = "{}" if rules is None else json.dumps({"runOnly": rules})
    found = page.page.evaluate(f"() => axe.run(document, {options})")
    return [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]]


def test_axe_finds_nothing_to_complain_of(desk, served, axe, tiny_images):
    page = desk().open(served + START + "&beside=1")
    page.page.evaluate(axe)
    for view in ("grid", "motion", "map", "picture"):
        page.page.click(f"#tab-{view}")
        if view == "picture":
            give = {"name": "x.png", "mimeType": "image/png", "buffer": png(tiny_images[0, 0])}
            page.drawn_after(lambda give=give: page.page.set_input_files("#file", give), "found")
        assert complaints(page) == [], view


def test_dark_colours_can_be_read_too(desk, served, axe):
    page = desk(color_scheme="dark").open(served + START + "&beside=1")
    page.page.evaluate(axe)
    for view in ("grid", "motion", "map", "picture"):
        page.page.click(f"#tab-{view}")
        assert complaints(page, ["color-contrast"]) == [], view


def test_it_fits_from_phone_to_wide_screen(desk, served):
    page = desk().open(served + START)
    for view in ("grid", "motion", "picture", "map"):
        page.page.click(f"#tab-{view}")
        for width in (320, 390, 768, 1920):
            page.page.set_viewport_size({"width": width, "height": 800})
            across = page.page.evaluate("() => document.documentElement.scrollWidth")
            assert across <= width, (view, width)


def test_light_and_dark_can_be_chosen_and_are_kept(desk, served):
    page = desk().open(served)
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.page.evaluate(f"() => {colour}")
    page.page.click("#theme")
    dark = page.page.evaluate(f"() => {colour}")
    assert dark != light
    page.open(served)
    page.page.reload()
    assert page.page.evaluate(f"() => {colour}") == dark
