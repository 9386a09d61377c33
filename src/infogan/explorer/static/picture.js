// An image of the user's: what the model reads in it, its reconstruction, and its edit.

import { backend } from "./backend.js";
import { tag } from "./knobs.js";
import { Latent } from "./latent.js";
import { paint } from "./pixels.js";
import { fit, written } from "./state.js";

const SHOWN_CATEGORIES = 5;
/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);

export function setUpPicture(state, { failed, say }) {
  let file = null;
  let found = null;
  let newest = 0;

  $("file").addEventListener("change", () => takeFile($("file").files[0]));
  $("inverted").addEventListener("change", () => file && takeFile(file));
  $("edit").addEventListener("click", () => putOnStage());
  $("place").addEventListener("click", () => state.change({ view: "map" }));
  addEventListener("paste", (event) => takeFile([...event.clipboardData.files][0]));
  addEventListener("dragover", (event) => {
    event.preventDefault();
    $("drop").classList.add("over");
  });
  addEventListener("dragleave", () => $("drop").classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    $("drop").classList.remove("over");
    takeFile(event.dataTransfer.files[0]);
  });
  document.addEventListener("take-image", (event) => {
    file = null;
    study(/** @type {CustomEvent<Uint8Array>} */ (event).detail);
  });
  $("image").addEventListener("drawn", () => {
    if (!found) return;
    const [from, to] = [$("image"), $("edited")];
    [to.width, to.height] = [from.width, from.height];
    to.getContext("2d").drawImage(from, 0, 0);
  });
  let model = state.model;
  state.subscribe(() => {
    if (model.label === state.model.label) return;
    model = state.model;
    // Another model reads it otherwise.
    if (found && sameShape(found.shape, model.shape)) study(found.pixels);
    else forget();
  });

  async function takeFile(given) {
    if (!given) return;
    if (state.view !== "picture") state.change({ view: "picture" });
    try {
      const pixels = await backend.picture(state.index, given);
      if ($("inverted").checked) pixels.forEach((value, i) => { pixels[i] = 255 - value; });
      file = given;
      await study(pixels);
    } catch (error) {
      $("picture-said").textContent = error.message;
      forget();
    } finally {
      $("file").value = "";
    }
  }

  function forget() {
    newest++;
    found = null;
    $("found").hidden = true;
    document.dispatchEvent(new CustomEvent("image-read", { detail: null }));
  }

  async function study(pixels) {
    const turn = ++newest;
    if (state.view !== "picture") state.change({ view: "picture" });
    $("picture-said").textContent = "Reading it, and looking for the noise that draws it…";
    const { shape } = state.model;
    try {
      const posterior = await backend.read(state.index, pixels);
      if (turn !== newest) return;
      found = { pixels, posterior, shape };
      paint($("original"), shape, pixels);
      showReading();
      $("found").hidden = false;
      document.dispatchEvent(new CustomEvent("image-read", { detail: posterior }));
      const z = await backend.invert(state.index, pixels);
      if (turn !== newest) return;
      found.z = z;
      const rebuilt = await backend.draw(state.index, z);
      paint($("rebuilt"), shape, rebuilt);
      $("rebuilt-of").textContent = `its reconstruction, error ${meanSquare(pixels, rebuilt).toFixed(4)}`;
      $("picture-said").textContent = "Read and rebuilt. The sliders now edit it.";
      putOnStage();
      $("found").dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
      say("Your image is rebuilt; the sliders edit it.");
    } catch (error) {
      $("picture-said").textContent = "";
      failed(error);
    }
  }

  function putOnStage() {
    if (!found?.z) return;
    const latent = new Latent(state.model);
    const values = latent.values(found.z);
    const codes = Object.fromEntries(state.model.codes.map((code) => [code.id, fit(code, values[code.id])]));
    state.change({ codes, noise: latent.noiseOf(found.z) });
  }

  function showReading() {
    $("reading").replaceChildren(...state.model.codes.map((code) => {
      const { probs, mean, std } = Object.fromEntries(Object.entries(found.posterior[code.id]).map(([key, all]) => [key, all[0]]));
      const rows = probs ? likeliest(probs).map(([value, p]) => bar(written(code, code.ends[0] + value), p, 0, 1, `${(100 * p).toFixed(1)} %`))
        : [bar("", mean, ...code.ends, `${written(code, mean)} ± ${std.toFixed(2)}`)];
      return tag("div", { className: "posterior" }, tag("strong", { textContent: code.name }), ...rows.flat());
    }));
  }
}

function likeliest(probs) {
  return probs.map((p, value) => [value, p]).sort((a, b) => b[1] - a[1]).slice(0, SHOWN_CATEGORIES)
    .filter(([, p], i) => i === 0 || p >= 0.001);
}

function bar(label, value, min, max, text) {
  const meter = tag("meter", { min, max, value });
  meter.setAttribute("aria-label", `${label} ${text}`.trim());
  return [tag("span", { textContent: label }), meter, tag("span", { textContent: text })];
}

/** Mean squared error of pixels from 0 to 1, as `infogan edit` and `infogan project` tell it. */
function meanSquare(a, b) {
  return a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0) / a.length / 255 ** 2;
}

function sameShape(a, b) {
  return a.every((length, i) => length === b[i]);
}
