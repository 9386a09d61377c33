// The image, its neighbour from another model, and how to carry both away.

import { backend } from "./backend.js";
import { Latent, MAX_SEED } from "./latent.js";
import { Latest } from "./latest.js";
import { enlarged, paint, saveAs } from "./pixels.js";
import { randomCodes, randomSeed, written } from "./state.js";

const SAVED_SIDE = 280;
/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);

/** The row of latents that the page shows, for its own model or the one beside. */
export function currentRow(state, model = state.model) {
  return new Latent(model).row(state.seed, state.codes, state.noise);
}

export function setUpStage(state, { failed, say }) {
  const drawing = new Latest(async (asked) => {
    const index = state.index;
    const others = state.beside === null ? [] : [state.beside];
    const all = await Promise.all([index, ...others].map((each) =>
      backend.draw(each, currentRow(state, state.models[each]))));
    paint($("image"), state.models[index].shape, all[0]);
    $("other").hidden = !others.length;
    others.forEach((each) => paint($("other-image"), state.models[each].shape, all[1]));
    const took = performance.now() - asked;
    $("drawn-in").value = `${took.toFixed(took < 10 ? 1 : 0)} ms`;
    $("image").dispatchEvent(new CustomEvent("drawn", { detail: took, bubbles: true }));
  }, failed);

  state.subscribe(show);
  $("other-noise").addEventListener("click", () => state.change({ seed: nextSeed(state.seed), noise: null }));
  $("other-codes").addEventListener("click", () => state.change({ codes: randomCodes(state.model, new Latent(state.model)) }));
  $("save-png").addEventListener("click", () => {
    const image = $("image");
    const factor = Math.max(1, Math.round(SAVED_SIDE / image.height));
    enlarged(image, factor).toBlob((blob) => saveAs(`${fileName(state)}.png`, blob), "image/png");
  });
  $("save-json").addEventListener("click", () => {
    const text = JSON.stringify(asJson(state), null, 2);
    saveAs(`${fileName(state)}.json`, new Blob([`${text}\n`], { type: "application/json" }));
  });
  $("copy-command").addEventListener("click", () => copy(command(state), "The command is copied."));
  $("copy-link").addEventListener("click", () => copy(withoutToken(), "The link is copied."));

  async function copy(text, done) {
    try {
      await navigator.clipboard.writeText(text);
      say(done);
    } catch {
      say("The browser does not let this page copy; select the text below the image.");
    }
  }

  function show() {
    drawing.ask(performance.now());
    const values = described(state);
    $("image").setAttribute("aria-label", `Image with ${values}`);
    $("other-image").setAttribute("aria-label", `The other model's image with ${values}`);
    const two = state.beside !== null;
    $("image-of").textContent = two ? state.model.label : "";
    $("other-of").textContent = two ? state.models[state.beside].label : "";
    $("noise-of").textContent = state.noise ? "noise of your image" : `noise ${state.seed}`;
    $("command").textContent = command(state);
  }

  show();
}

export function described(state) {
  return state.model.codes.map((code) => `${code.name} ${written(code, state.codes[code.id])}`).join(", ");
}

/** What to type to draw the same image; a noise that was fitted has no seed to type. */
export function command(state) {
  const { model } = state;
  const settings = model.codes.map((code) => `--set ${code.name}=${state.codes[code.id]}`).join(" ");
  const run = quoted(model.run);
  if (state.noise) return `infogan edit ${run} --image YOUR-IMAGE ${settings}`;
  return `infogan sample ${run} --n 1 --seed ${state.seed} ${settings} --out image.png`;
}

function asJson(state) {
  const { model } = state;
  return {
    model: model.label,
    codes: Object.fromEntries(model.codes.map((code) => [code.name, state.codes[code.id]])),
    seed: state.noise ? null : state.seed,
    z: Array.from(currentRow(state)),
    command: command(state),
  };
}

function fileName(state) {
  const values = state.model.codes.slice(0, 4).map((code) => `${code.name}${state.codes[code.id]}`);
  return ["image", ...values, state.noise ? "noise" : `noise${state.seed}`].join("-").replace(/[^\w.-]/g, "");
}

function nextSeed(seed) {
  const other = randomSeed();
  return other === seed ? (seed + 1) % MAX_SEED : other;
}

/** As a shell takes it. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** This view's address; whoever is to open it needs a token of their own. */
function withoutToken() {
  const address = new URL(location.href);
  address.searchParams.delete("token");
  return address.href;
}
