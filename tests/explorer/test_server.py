"""What the page's back end answers, and that no request makes it do anything else."""

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import infogan
from infogan.explorer.model_registry import MAX_DRAWN, ModelRegistry
from infogan.explorer.server import MAX_BODY, create_app
from infogan.inference.trained_model import latents

PORT = 8123
RAW = {"Content-Type": "application/octet-stream"}


def client_of(*runs, images=""):
    app = create_app(ModelRegistry([str(run) for run in runs], str(images)), "127.0.0.1", PORT)
    return TestClient(app, base_url=f"http://127.0.0.1:{PORT}", raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(tiny_run):
    return client_of(tiny_run)


@pytest.fixture
def own_run(tiny_run, tmp_path):
    return shutil.copytree(tiny_run, tmp_path / "own")


def test_every_code_is_described_as_a_control(client, tiny_run):
    first, *others = client.get("/api/models").json()
    assert first["label"] == tiny_run.name
    assert first["shape"] == [1, 8, 8]
    assert first["noise"] == {"width": 4, "prior": "uniform"}
    kind, tilt = first["codes"]
    assert (kind["id"], kind["continuous"], kind["width"], kind["labels"]) == (
        "kind", False, 3, ["0", "1", "2"],
    )  # fmt: skip
    assert (tilt["continuous"], tilt["ends"], tilt["labels"]) == (True, [-1.0, 1.0], [])
    assert [each["checkpoint"] for each in others] == [True] * len(others)
    assert len(others) >= 1


def test_images_are_those_of_the_model(client, tiny_run):
    model = infogan.load(tiny_run)
    z = latents(model.latent, 20, 5, {})  # more than one part of a batch
    answer = client.post("/api/models/0/images", content=z.numpy().tobytes(), headers=RAW)
    assert answer.status_code == 200
    assert answer.content == model.generate(z).tobytes()


def test_a_finished_run_and_its_last_checkpoint_draw_the_same(client, tiny_run):
    z = latents(infogan.load(tiny_run).latent, 2, 0, {}).numpy().tobytes()
    both = [client.post(f"/api/models/{i}/images", content=z, headers=RAW).content for i in (0, 1)]
    assert both[0] == both[1]


def test_codes_are_what_q_reads(client, tiny_run, tiny_images):
    answer = client.post("/api/models/0/codes", content=tiny_images[:3].tobytes(), headers=RAW)
    expected = infogan.load(tiny_run).encode(tiny_images[:3])
    found = answer.json()
    np.testing.assert_allclose(found["kind"]["probs"], expected["kind"]["probs"], rtol=1e-5)
    np.testing.assert_allclose(found["tilt"]["mean"], expected["tilt"]["mean"], rtol=1e-4)


def file_of(image, **options):
    content = io.BytesIO()
    image.save(content, **options)
    return content.getvalue()


def test_a_picture_is_read_as_those_it_was_trained_on(client, tiny_run):
    shown = Image.new("LA", (20, 12), (80, 255))
    shown.paste((0, 0), (0, 0, 10, 12))
    for kind in ("PNG", "TIFF", "WEBP"):
        body = file_of(shown, format=kind, **({"lossless": True} if kind == "WEBP" else {}))
        answer = client.post("/api/models/0/picture", content=body, headers=RAW)
        pixels = np.frombuffer(answer.content, np.uint8).reshape(8, 8)
        assert (pixels[:, :2] == 255).all()  # transparent, on white
        assert (pixels[:, 6:] == 80).all()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"text", "not a kind of image"),
        (b"", "not a kind of image"),
        (b"<svg/>", "not a kind of image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "not a kind of image"),
        (file_of(Image.effect_noise((64, 64), 50), format="PNG")[:900], "truncated"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_line(client, body, told):
    answer = client.post("/api/models/0/picture", content=body, headers=RAW)
    assert answer.status_code == 400
    assert told in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


def test_an_inversion_is_a_row_that_draws_something_nearer_than_a_random_row(
    client, tiny_run, tiny_images
):
    model = infogan.load(tiny_run)
    image = model.sample(1, seed=9)[0]
    answer = client.post("/api/models/0/inversion", content=image.tobytes(), headers=RAW)
    z = np.frombuffer(answer.content, "<f4")
    assert z.shape == (model.latent.dim,)
    import torch

    drawn = model.generate(torch.tensor(z)[None]).astype(float)
    others = model.sample(8, seed=1)[0].astype(float)
    assert np.abs(drawn - image).mean() < np.abs(others - image).mean(axis=(1, 2, 3)).mean()


BAD = {
    "empty": b"",
    "a byte": b"\0",
    "half a row": bytes(4 * 4),
    "not a number": np.full(8, np.nan, "<f4").tobytes(),
    "infinite": np.full(8, np.inf, "<f4").tobytes(),
    "far away": np.full(8, 1e9, "<f4").tobytes(),
    "too many": bytes(4 * 8 * (MAX_DRAWN + 1)),
    "a picture file": b"\x89PNG\r\n\x1a\n" + bytes(100),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_bad_bodies_are_refused_in_one_line(client, body):
    answer = client.post("/api/models/0/images", content=body, headers=RAW)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("path", ["codes", "inversion"])
@pytest.mark.parametrize("size", [0, 63, 65, 64 * 65])
def test_pixels_must_be_whole_images(client, path, size):
    assert client.post(f"/api/models/0/{path}", content=bytes(size), headers=RAW).status_code == 400


def test_a_body_is_not_read_beyond_its_bound(client):
    read = 0

    def endless():
        nonlocal read
        while read < 3 * MAX_BODY:
            read += 2**20
            yield bytes(2**20)

    answer = client.post("/api/models/0/codes", content=endless(), headers=RAW)
    assert answer.status_code == 413


def test_kinds_that_a_plain_form_can_send_are_refused(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = client.post(
            "/api/models/0/images", content=b"1234", headers={"Content-Type": kind}
        )
        assert answer.status_code == 415


@pytest.mark.parametrize(
    "path",
    ["/../server.py", "/static/main.js", "/%2e%2e/access.py", "/..%2f..%2fetc/passwd",
     "//etc/passwd", "/main.js/../../server.py", "/backend-onnx.js", "/api/models/../../x",
     "/main.js%00.css", "/model.safetensors", "/names.json", "/api/models/0/images/../../..",
     "/api/models/x/images"],
)  # fmt: skip
def test_no_path_reaches_a_file(client, path):
    assert client.get(path).status_code in (404, 405)


@pytest.mark.parametrize("index", ["7", "-1", "99999999999999999999"])
def test_models_that_are_not_there(client, index):
    answer = client.post(f"/api/models/{index}/images", content=bytes(32), headers=RAW)
    assert answer.status_code in (400, 404)


def test_the_page_names_only_files_that_are_served(client):
    import re

    names = set(re.findall(r'(?:href|src)="([^"#]+)"', client.get("/").text)) - {""}
    modules = set()
    waiting = {name for name in names if name.endswith(".js")}
    while waiting:
        name = waiting.pop()
        modules.add(name)
        text = client.get(f"/{name}").text
        waiting |= set(re.findall(r'from "\./([\w-]+\.js)"', text)) - modules
    assert {"main.js", "backend.js", "latent.js"} <= modules
    for name in names | modules:
        answer = client.get(f"/{name}")
        assert answer.status_code == 200, name
        assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", ""), name
        assert "https://" not in answer.text, name


def test_names_are_kept_in_the_run_and_links_by_the_old_ones_still_work(own_run):
    client = client_of(own_run)
    renamed = client.put(
        "/api/models/0/names", json={"code": "tilt", "value": None, "name": "lean"}
    )
    assert renamed.status_code == 200
    client.put("/api/models/0/names", json={"code": "kind", "value": 2, "name": "big disc"})
    kind, tilt = client.get("/api/models").json()[0]["codes"]
    assert (tilt["id"], tilt["name"]) == ("tilt", "lean")
    assert kind["labels"][2] == "big disc"
    model = infogan.load(own_run)
    assert model.latent.names == ("kind", "lean")
    assert model.names.label("kind", 2) == "big disc"
    # Another browser tab, and the next start, see the same; and it can be taken back.
    assert client_of(own_run).get("/api/models").json()[0]["codes"][1]["name"] == "lean"
    client.put("/api/models/0/names", json={"code": "tilt", "value": None, "name": "tilt"})
    assert infogan.load(own_run).latent.names == ("kind", "tilt")


@pytest.mark.parametrize(
    "asked",
    [{"code": "kind", "value": 0, "name": "<img src=x onerror=alert(1)>"},
     {"code": "tilt", "value": None, "name": "a b"}, {"code": "nothing", "value": 0, "name": "x"},
     {"code": "tilt", "value": 0, "name": "x"}, {"code": "kind", "value": 3, "name": "x"},
     {"code": "kind", "value": True, "name": "x"}, {"code": "kind", "value": "0", "name": "x"},
     {"code": 1, "value": 0, "name": "x"}, {"code": "kind"}, [], "x", {}],
)  # fmt: skip
def test_bad_names_are_refused_and_nothing_is_written(own_run, asked):
    answer = client_of(own_run).put("/api/models/0/names", json=asked)
    assert answer.status_code == 400
    assert "error" in answer.json()
    assert not (own_run / "names.json").exists()


def test_deeply_nested_json_is_refused(own_run):
    body = b"[" * 100_000
    headers = {"Content-Type": "application/json"}
    answer = client_of(own_run).put("/api/models/0/names", content=body, headers=headers)
    assert answer.status_code == 400


def test_the_map_places_real_images_by_their_codes(tiny_run, tiny_data, tiny_images):
    client = client_of(tiny_run, images=tiny_data)
    layout = client.get("/api/models/0/map").json()
    images = np.frombuffer(client.get("/api/models/0/map/images").content, np.uint8)
    np.testing.assert_array_equal(images.reshape(-1, 1, 8, 8), tiny_images)
    assert len(layout["x"]) == len(layout["y"]) == 40
    assert 0 <= min(layout["x"] + layout["y"]) <= max(layout["x"] + layout["y"]) <= 1
    kinds = np.array(layout["values"]["kind"])
    read = infogan.load(tiny_run).encode(tiny_images)["kind"]["value"]
    np.testing.assert_array_equal(kinds, read)
    # Three fields side by side: whoever shares a category shares a third of the map.
    columns = np.floor(np.array(layout["x"]) * 3)
    rows = np.floor(np.array(layout["y"]) * 3)
    fields = {tuple(place) for place in zip(kinds, columns, rows, strict=True)}
    assert len({field[0] for field in fields}) == len(set(kinds))
    assert [label["value"] for label in layout["labels"]] == [0, 1, 2]


def test_a_map_without_its_images_is_refused_in_words(tiny_run, tmp_path):
    answer = client_of(tiny_run, images=tmp_path / "nowhere").get("/api/models/0/map")
    assert answer.status_code == 400
    assert "no such file or folder" in answer.json()["error"]


def test_bounds_are_told_where_the_run_has_been_evaluated(own_run, monkeypatch):
    report = {
        "format_version": 1, "model": "m", "data": "d", "fingerprint": "f", "split": "test",
        "images": 1, "effort": "quick", "seed": 0, "command": "c", "seconds": 1.0, "versions": {},
        "measurements": [
            {"name": "mi_bound", "value": 0.5, "protocol": "p", "n": 1, "code": "kind",
             "group": "g", "interval": None, "floor": None, "detail": {}, "seed": 0}
        ],
    }  # fmt: skip
    (own_run / "evaluation.json").write_text(json.dumps(report))
    kind, tilt = client_of(own_run).get("/api/models").json()[0]["codes"]
    assert kind["nats"] == 0.5
    assert tilt["nats"] is None


def test_a_folder_without_a_model_is_told_at_once(tmp_path):
    with pytest.raises(ValueError, match=r"holds no model.json"):
        ModelRegistry([str(tmp_path)])
