// The map: real images by their codes, each drawn in the colour of its category.

import { backend } from "./backend.js";
import { tag } from "./knobs.js";
import { wrapped } from "./latent.js";
import { paint } from "./pixels.js";
import { written } from "./state.js";

// Told apart by colour-blind people too, and named in words on the map itself.
const COLOURS = ["#4477aa", "#ee6677", "#228833", "#b8a20d", "#3aa5c8", "#aa3377", "#8a8a8a", "#e07b00",
  "#7a5bd6", "#8c5a2b"];
const SHADES = [[0, 60, 130], [225, 170, 0]];  // from the lowest value of a dial to the highest
const ASPECT = 0.62;
const NARROW = 600;  // pixels below which the map is as high as it is wide
const DOT = 3;
const NEIGHBOURS = 5;
const REACH = 30;  // pixels from the pointer
/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);

export function setUpMap(state, { failed }) {
  const maps = new Map();
  let map = null;
  let chosen = null;
  let mark = null;
  const canvas = $("map-canvas");

  state.subscribe(show);
  document.addEventListener("image-read", (event) => {
    mark = /** @type {CustomEvent<Posterior | null>} */ (event).detail;
    if (map) draw();
  });
  document.documentElement.addEventListener("theme", () => map && draw());
  new ResizeObserver(() => map && state.view === "map" && draw()).observe($("field"));
  $("colour").addEventListener("change", () => { tint(); draw(); });
  canvas.addEventListener("pointermove", (event) => point(nearestTo(event.offsetX, event.offsetY, REACH)));
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("blur", () => point(null));
  canvas.addEventListener("click", (event) => take(nearestTo(event.offsetX, event.offsetY, REACH)));
  canvas.addEventListener("keydown", keyed);
  show();

  async function show() {
    if (state.view !== "map") return;
    const { model, index } = state;
    if (map?.model === model) return;
    map = null;
    point(null);
    $("map-said").textContent = "Laying out the map…";
    try {
      if (!maps.has(model.label)) maps.set(model.label, await backend.map(index));
    } catch (error) {
      $("map-said").textContent = error.message;
      if (error.name === "Unreachable") failed(error, show);
      return;
    }
    if (state.model !== model || state.view !== "map") return;
    map = { ...maps.get(model.label), model };
    $("map-said").textContent = `${map.x.length} images from ${map.data}. ${map.told}`;
    $("colour").replaceChildren(...model.codes.map((code) => tag("option", { value: code.id, textContent: code.name })));
    tint();
    draw();
    canvas.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }

  /** All thumbnails in the colour of the chosen code, on one canvas. */
  function tint() {
    const code = map.model.codes.find((each) => each.id === $("colour").value);
    const colour = (i) => colourOf(code, map.values[code.id][i]);
    map.tone = colour;
    map.sheet = tintedSheet(map.model.shape, map.images, map.x.length, colour);
    const values = code.continuous ? code.ends : code.labels.map((_, i) => code.ends[0] + i);
    $("legend").replaceChildren(...values.map((value) => {
      const swatch = tag("canvas", { width: 1, height: 1 });
      swatch.style.background = `rgb(${colourOf(code, value).join(" ")})`;
      return tag("li", {}, swatch, `${code.continuous ? `${code.name} ` : ""}${written(code, value)}`);
    }));
  }

  function place(i) {
    const size = thumbnail();
    return [size / 2 + map.x[i] * (canvas.clientWidth - size), size / 2 + map.y[i] * (canvas.clientHeight - size)];
  }

  function thumbnail() {
    return Math.max(14, Math.min(40, canvas.clientWidth / Math.sqrt(map.x.length) / 1.35));
  }

  /** Where there is no room for all, thumbnails with room around them; the others are dots. */
  function roomFor(size) {
    const all = map.x.map((_, i) => i);
    if (map.x.length * size ** 2 < canvas.clientWidth * canvas.clientHeight) return new Set(all);
    const taken = new Map();
    for (const i of all) {
      const cell = place(i).map((at) => Math.floor(at / (1.2 * size))).join();
      if (!taken.has(cell)) taken.set(cell, i);
    }
    return new Set(taken.values());
  }

  function draw() {
    const width = $("field").clientWidth;
    const height = Math.round(width * (width < NARROW ? 1 : ASPECT));
    const ratio = devicePixelRatio || 1;
    canvas.style.height = `${height}px`;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const [, down, across] = map.model.shape;
    const size = thumbnail();
    const shown = roomFor(size);
    for (let i = 0; i < map.x.length; i++) {
      if (shown.has(i)) continue;
      const [x, y] = place(i);
      pen.fillStyle = `rgb(${map.tone(i).join(" ")})`;
      pen.fillRect(x - DOT / 2, y - DOT / 2, DOT, DOT);
    }
    for (let i = 0; i < map.x.length; i++) {
      if (!shown.has(i)) continue;
      const [x, y] = place(i);
      const [column, row] = [i % map.sheet.columns, Math.floor(i / map.sheet.columns)];
      pen.drawImage(map.sheet.canvas, column * across, row * down, across, down,
        x - size / 2, y - size / 2, size, size);
    }
    const styles = getComputedStyle(document.documentElement);
    const ink = getComputedStyle(document.body).color;
    const paper = getComputedStyle($("stage")).backgroundColor;
    pen.font = `600 13px ${styles.fontFamily}`;
    pen.textAlign = "center";
    const label = (text, x, y) => {
      pen.lineWidth = 4;
      pen.lineJoin = "round";
      pen.strokeStyle = paper;
      pen.strokeText(text, x, y);
      pen.fillStyle = ink;
      pen.fillText(text, x, y);
    };
    for (const { code, value, x, y } of map.labels ?? []) {
      const named = map.model.codes.find((each) => each.id === code);
      label(`${named.name} ${written(named, value)}`, x * width, 4 + 13 + y * (height - 17));
    }
    const ring = (x, y, radius) => {
      for (const [style, thick] of [[paper, 6], [ink, 2.5]]) {
        pen.strokeStyle = style;
        pen.lineWidth = thick;
        pen.beginPath();
        pen.arc(x, y, radius, 0, 2 * Math.PI);
        pen.stroke();
      }
    };
    if (chosen !== null) ring(...place(chosen), size * 0.75);
    if (mark) {
      const [x, y] = placeOf(mark);
      ring(x, y, size);
      label("your image", x, y - size - 6);
    }
  }

  /** Where an image that is not on the map belongs: amid those whose codes are nearest. */
  function placeOf(posterior) {
    const distance = (i) => map.model.codes.reduce((sum, code) => {
      const value = posterior[code.id].value[0];
      const across = value - map.values[code.id][i];
      const apart = code.spelling === "circ" ? wrapped(across) : across;
      return sum + (code.continuous ? (apart / (code.ends[1] - code.ends[0])) ** 2 : apart === 0 ? 0 : 10);
    }, 0);
    const near = map.x.map((_, i) => [distance(i), i]).sort((a, b) => a[0] - b[0]).slice(0, NEIGHBOURS);
    const weights = near.map(([apart]) => 1 / (apart + 1e-4));
    const total = weights.reduce((a, b) => a + b);
    return [0, 1].map((axis) => near.reduce((sum, [, i], k) => sum + (weights[k] * place(i)[axis]) / total, 0));
  }

  function nearestTo(x, y, within, allowed = (_x, _y, _i) => true) {
    let best = null;
    let shortest = within;
    for (let i = 0; map && i < map.x.length; i++) {
      const [a, b] = place(i);
      const away = Math.hypot(a - x, b - y);
      if (away < shortest && allowed(a - x, b - y, i)) [best, shortest] = [i, away];
    }
    return best;
  }

  function point(i) {
    if (i === chosen) return;
    chosen = i;
    $("bubble").hidden = i === null;
    if (map) draw();
    if (i === null) return;
    const { model } = map;
    const values = model.codes.map((code) => `${code.name} ${written(code, map.values[code.id][i])}`).join(", ");
    paint($("bubble").querySelector("canvas"), model.shape, map.images, i);
    $("bubble").querySelector("p").textContent = values;
    const [x, y] = place(i);
    const { offsetWidth, offsetHeight } = $("bubble");
    $("bubble").style.left = `${Math.max(0, x + 24 + offsetWidth > canvas.clientWidth ? x - 24 - offsetWidth : x + 24)}px`;
    $("bubble").style.top = `${Math.max(0, Math.min(y - 20, canvas.clientHeight - offsetHeight))}px`;
    $("map-said").textContent = `Image ${i + 1}: ${values}`;
  }

  function keyed(event) {
    if (!map) return;
    const by = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (by) {
      const [x, y] = chosen === null ? [canvas.clientWidth / 2, canvas.clientHeight / 2] : place(chosen);
      // The nearest in a quarter of all directions.
      const ahead = (a, b, i) => i !== chosen && (chosen === null
        || a * by[0] + b * by[1] > Math.abs(a * by[1]) + Math.abs(b * by[0]));
      point(nearestTo(x, y, Infinity, ahead) ?? chosen);
    } else if (event.key === "Enter" && chosen !== null) take(chosen);
    else if (event.key === "Escape") point(null);
    else return;
    event.preventDefault();
  }

  function take(i) {
    if (i === null || i === undefined) return;
    const length = map.model.shape.reduce((a, b) => a * b);
    document.dispatchEvent(new CustomEvent("take-image", { detail: map.images.slice(i * length, (i + 1) * length) }));
  }
}

function colourOf(code, value) {
  if (!code.continuous) {
    const hex = COLOURS[(value - code.ends[0]) % COLOURS.length];
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  }
  const share = Math.max(0, Math.min(1, (value - code.ends[0]) / (code.ends[1] - code.ends[0])));
  return SHADES[0].map((from, c) => Math.round(from + share * (SHADES[1][c] - from)));
}

/** All images on one canvas: grey ones as ink of a colour on nothing, others as they are. */
function tintedSheet([channels, height, width], images, n, colour) {
  const columns = Math.ceil(Math.sqrt(n));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns * width, Math.ceil(n / columns) * height];
  const pen = canvas.getContext("2d");
  const plane = height * width;
  const dark = images.reduce((sum, x) => sum + x, 0) / images.length < 128;
  const out = new ImageData(width, height);
  for (let i = 0; i < n; i++) {
    const tone = colour(i);
    for (let j = 0; j < plane; j++) {
      const from = i * channels * plane + j;
      if (channels === 3) out.data.set([images[from], images[from + plane], images[from + 2 * plane], 255], 4 * j);
      else out.data.set([...tone, dark ? images[from] : 255 - images[from]], 4 * j);
    }
    pen.putImageData(out, (i % columns) * width, Math.floor(i / columns) * height);
  }
  return { canvas, columns };
}
