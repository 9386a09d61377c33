// A control for each code: chips with live thumbnails for categories, dials above a live strip.

import { backend } from "./backend.js";
import { Latest } from "./latest.js";
import { paint, paintSheet } from "./pixels.js";
import { Latent } from "./latent.js";
import { currentRow } from "./stage.js";
import { fit, reach, written } from "./state.js";

const STRIP = 9;
const MOST_THUMBNAILS = 480;
const PATIENCE = 50;  // milliseconds without a change before thumbnails are drawn

export function setUpKnobs(state, { failed, say, reload }) {
  const place = document.getElementById("knobs");
  let shown = null;
  let controls = [];
  let timer = 0;
  const drawing = new Latest(drawThumbnails, failed);

  state.subscribe(show);
  show();

  function show() {
    if (shown !== state.model) build();
    for (const control of controls) control.update();
    clearTimeout(timer);
    timer = setTimeout(() => drawing.ask(), PATIENCE);
  }

  function build() {
    const focused = document.activeElement?.id;
    shown = state.model;
    controls = shown.codes.map((code) => (code.continuous ? dial : chips)(code));
    place.replaceChildren(...controls.map((control) => control.element));
    if (focused && place.contains(document.getElementById(focused))) document.getElementById(focused).focus();
    tellWords(shown, state.index);
  }

  /** What each code does, once that is known; it takes the server some seconds the first time. */
  async function tellWords(model, index) {
    try {
      model.words ??= await backend.words(index);
    } catch {
      return;  // words are an extra; trouble with the server is told by what draws
    }
    if (shown !== model) return;
    for (const control of controls) tell(control.words, control.code);
  }

  /** What a code does in plain words; the figures are for whoever points at them. */
  function tell(words, code) {
    const { plain = "", measured = "" } = state.model.words?.[code.id] ?? {};
    words.textContent = plain;
    words.title = measured;
  }

  async function drawThumbnails() {
    const latent = new Latent(state.model);
    const rows = controls.flatMap((control) => control.values.map((value) =>
      latent.set(currentRow(state), control.code.id, value)));
    if (rows.length > MOST_THUMBNAILS) return;
    const drawnFor = shown;
    const pixels = await backend.draw(state.index, latent.stack(rows));
    if (shown !== drawnFor) return;
    let first = 0;
    for (const control of controls) {
      control.paint(pixels, first);
      first += control.values.length;
    }
  }

  function frame(code, kind) {
    const element = tag("fieldset", { className: "code" });
    const name = tag("input", { className: "name", type: "text", value: code.name, maxLength: 40,
      id: `name-${code.id}`, spellcheck: false, autocomplete: "off" });
    name.setAttribute("aria-label", `Name of the code ${code.name}`);
    name.addEventListener("change", () => rename(code, null, name));
    const legend = tag("legend", { className: "unseen", textContent: `${code.name}, ${kind}` });
    const worth = tag("span", { className: "worth", textContent: worthOf(code) });
    worth.title = "What this code says of the image, of all it could say (the bound on the mutual information)";
    const output = tag("output", {});
    const head = tag("div", { className: "head" }, name, worth, output);
    const words = tag("p", { className: "words" });
    tell(words, code);
    element.append(legend, head, words);
    return { element, output, words, code };
  }

  function chips(code) {
    const base = frame(code, "a choice");
    const values = code.labels.map((_, i) => code.ends[0] + i);
    const radios = values.map((value) => tag("input", { type: "radio", name: `set-${code.id}`, value,
      id: `set-${code.id}-${value}` }));
    const canvases = values.map(() => tag("canvas", { width: 8, height: 8 }));
    const list = tag("div", { className: "chips" }, ...radios.map((radio, i) =>
      tag("label", {}, radio, canvases[i], tag("span", { textContent: code.labels[i] }))));
    list.addEventListener("change", (event) => state.change({ codes: { [code.id]: Number(event.target.value) } }));
    const called = tag("input", { type: "text", maxLength: 40, id: `call-${code.id}`, autocomplete: "off" });
    const asked = tag("span", {});
    called.addEventListener("change", () => rename(code, state.codes[code.id], called));
    base.element.append(list, tag("label", { className: "renaming" }, asked, called));
    return {
      ...base, values,
      update() {
        const value = state.codes[code.id];
        for (const radio of radios) radio.checked = Number(radio.value) === value;
        base.output.value = written(code, value);
        asked.textContent = `Call category ${value} `;
        if (document.activeElement !== called) called.value = ownLabel(code, value);
      },
      paint(pixels, first) {
        canvases.forEach((canvas, i) => paint(canvas, state.model.shape, pixels, first + i));
      },
    };
  }

  function dial(code) {
    const base = frame(code, "a dial");
    const [low, high] = reach(code);
    const values = Array.from({ length: STRIP }, (_, i) => fit(code, low + ((high - low) * (i + 0.5)) / STRIP));
    const slider = tag("input", { type: "range", min: low, max: high, step: 0.01, id: `set-${code.id}` });
    slider.setAttribute("aria-label", code.name);
    const strip = tag("canvas", { className: "strip", width: 9, height: 1 });
    strip.setAttribute("aria-hidden", "true");
    const set = (value, commit) => state.change({ codes: { [code.id]: value } }, commit);
    slider.addEventListener("input", () => set(Number(slider.value), false));
    slider.addEventListener("change", () => state.write(true));
    strip.addEventListener("click", (event) => {
      const share = event.offsetX / strip.clientWidth;
      set(fit(code, low + (high - low) * share), true);
    });
    const ends = code.ends.map((end) => tag("span", { textContent: written(code, end) }));
    const trained = tag("span", { textContent: "trained from end to end" });
    const scale = tag("div", { className: "scale" }, ends[0], trained, ends[1]);
    // Marks where training ended: the scale spans the trained part of the slider.
    scale.style.margin = `0 ${(100 * (code.ends[0] - low)) / (high - low)}%`;
    base.element.append(strip, slider, scale);
    return {
      ...base, values,
      update() {
        slider.value = state.codes[code.id];
        base.output.value = written(code, state.codes[code.id]);
        slider.setAttribute("aria-valuetext", base.output.value);
      },
      paint(pixels, first) {
        paintSheet(strip, state.model.shape, pixels, STRIP, 0, first, STRIP);
      },
    };
  }

  async function rename(code, value, field) {
    try {
      reload(await backend.rename(state.index, code.id, value, field.value.trim()));
      say(`Named. ${backend.keeps}`);
    } catch (error) {
      failed(error);
      field.value = value === null ? code.name : ownLabel(code, value);
    }
  }
}

/** The name somebody gave to a category, without the number that stands in for one. */
function ownLabel(code, value) {
  const label = code.labels[value] ?? "";
  return /^#?\d+$/.test(label) ? "" : label;
}

function worthOf(code) {
  if (code.nats === null || code.nats === undefined) return "";
  const most = code.continuous ? "" : ` of ${code.entropy.toFixed(2)}`;
  return `${code.nats.toFixed(2)}${most} nats`;
}

export function tag(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}
