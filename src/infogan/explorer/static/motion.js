// Moving pictures: a random walk, or a way through chosen images; played, paused, saved.

import { backend } from "./backend.js";
import { encodeGif } from "./gif.js";
import { tag } from "./knobs.js";
import { Latent } from "./latent.js";
import { Latest } from "./latest.js";
import { enlarged, paint, saveAs } from "./pixels.js";
import { currentRow } from "./stage.js";
import { written } from "./state.js";

const FRAMES_PER_LEG = 24;
const WALK_LEGS = 6;
const PLAYED_PER_SECOND = 24;
const SAVED_SIDE = 224;
const MOST_KEYS = 12;
/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);

export function setUpMotion(state, { failed, say }) {
  let playing = false;
  let at = 0;  // legs gone so far
  let before = 0;
  const drawing = new Latest(async (row) => {
    const model = state.model;
    paint($("film"), model.shape, await backend.draw(state.index, row));
    $("film").dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }, failed);
  const keyDrawing = new Latest(drawKeys, failed);

  $("play").addEventListener("click", () => (playing ? pause() : play()));
  $("course").addEventListener("change", () => { at = 0; showFrame(); });
  $("pace").addEventListener("input", tellPace);
  $("add-key").addEventListener("click", () => {
    const key = [state.seed, ...state.model.codes.map((code) => state.codes[code.id]), ...(state.noise ?? [])];
    state.change({ keys: [...state.keys, key].slice(-MOST_KEYS) });
    $("course").value = "keys";
  });
  $("clear-keys").addEventListener("click", () => state.change({ keys: [] }));
  $("save-gif").addEventListener("click", save);
  state.subscribe(show);
  tellPace();
  show();

  function show() {
    if (state.view !== "motion") {
      pause();
      return;
    }
    if (!playing) showFrame();
    keyDrawing.ask();
  }

  function tellPace() {
    $("pace-of").value = `${Number($("pace").value).toFixed(1)} s from one to the next`;
  }

  /** The rows that are passed through, in a loop. */
  function stations() {
    const latent = new Latent(state.model);
    const course = $("course").value;
    if (course === "keys" && state.keys.length) return state.keys.map((key) => keyRow(state.model, latent, key));
    const start = currentRow(state);
    const category = state.model.codes.filter((code) => !code.continuous);
    return Array.from({ length: WALK_LEGS }, (_, i) => {
      if (i === 0) return start;
      const row = latent.sample((state.seed + 7919 * i) % 2 ** 32);
      if (course === "walk") for (const code of category) latent.set(row, code.id, state.codes[code.id]);
      return row;
    });
  }

  function rowAt(latent, rows, legs) {
    const from = rows[Math.floor(legs) % rows.length];
    const to = rows[(Math.floor(legs) + 1) % rows.length];
    const t = legs % 1;
    const eased = t * t * (3 - 2 * t);
    return latent.between(from, to, eased);
  }

  function showFrame() {
    drawing.ask(rowAt(new Latent(state.model), stations(), at));
  }

  function play() {
    playing = true;
    before = performance.now();
    tellPlaying();
    tick();
  }

  function pause() {
    playing = false;
    tellPlaying();
  }

  function tellPlaying() {
    $("play").textContent = playing ? "Pause" : "Play";
    $("play").setAttribute("aria-pressed", String(playing));
  }

  function tick() {
    if (!playing) return;
    const now = performance.now();
    at += (now - before) / 1000 / Number($("pace").value);
    before = now;
    showFrame();
    setTimeout(() => requestAnimationFrame(tick), 1000 / PLAYED_PER_SECOND - 10);
  }

  async function save() {
    $("save-gif").disabled = true;
    $("gif-of").value = "Drawing…";
    try {
      const { model, index } = state;
      const rows = stations();
      const count = rows.length * FRAMES_PER_LEG;
      const latent = new Latent(model);
      const way = Array.from({ length: count }, (_, i) => rowAt(latent, rows, i / FRAMES_PER_LEG));
      const pixels = await backend.draw(index, latent.stack(way));
      const factor = Math.max(1, Math.round(SAVED_SIDE / model.shape[1]));
      const frames = way.map((_, i) => {
        const canvas = document.createElement("canvas");
        paint(canvas, model.shape, pixels, i);
        return enlarged(canvas, factor);
      });
      const gif = encodeGif(frames, (1000 * Number($("pace").value)) / FRAMES_PER_LEG);
      saveAs("motion.gif", gif);
      $("gif-of").value = `${count} frames, ${Math.ceil(gif.size / 1000)} kB`;
      say("The GIF is saved.");
    } catch (error) {
      $("gif-of").value = "";
      failed(error);
    } finally {
      $("save-gif").disabled = false;
    }
  }

  async function drawKeys() {
    const { model, keys, index } = state;
    $("clear-keys").disabled = !keys.length;
    $("course").querySelector("[value=keys]").disabled = !keys.length;
    if (!keys.length && $("course").value === "keys") $("course").value = "walk";
    const buttons = keys.map((key, i) => {
      const values = model.codes.map((code, j) => written(code, key[j + 1])).join(" ");
      const button = tag("button", { type: "button", title: "Remove it" }, tag("canvas", { width: 8, height: 8 }), values);
      button.setAttribute("aria-label", `Remove image ${i + 1}: ${values}`);
      button.addEventListener("click", () => state.change({ keys: keys.filter((_, j) => j !== i) }));
      return button;
    });
    $("keys").replaceChildren(...buttons.map((button) => tag("li", {}, button)));
    if (!keys.length) return;
    const latent = new Latent(model);
    const pixels = await backend.draw(index, latent.stack(keys.map((key) => keyRow(model, latent, key))));
    buttons.forEach((button, i) => paint(button.firstChild, model.shape, pixels, i));
  }
}

/** The row of a kept image: its seed, its codes in the model's order, perhaps a noise of its own. */
function keyRow(model, latent, [seed, ...values]) {
  const codes = Object.fromEntries(model.codes.map((code, i) => [code.id, values[i]]));
  return latent.row(seed, codes, Float32Array.from(values.slice(model.codes.length)));
}

