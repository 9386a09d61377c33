// What the page shows, kept in the address: every view is a link, and back and forward work.

import { MAX_SEED } from "./latent.js";

export const VIEWS = ["grid", "motion", "picture", "map"];
const MAX_KEYS = 12;

/** One state for the whole page; whoever shows something of it subscribes. */
export class State {
  #listeners = [];
  #written = "";

  /** @param {Model[]} models */
  constructor(models) {
    this.models = models;
    this.read();
    for (const moved of ["popstate", "hashchange"]) {
      addEventListener(moved, () => {
        this.read();
        this.#tell();
      });
    }
  }

  get model() {
    return this.models[this.index];
  }

  subscribe(listener) {
    this.#listeners.push(listener);
  }

  /** Change something; `commit` makes it a step that "back" undoes, else the address just follows. */
  change(changes, commit = true) {
    const { codes = {}, ...others } = changes;
    Object.assign(this, others);
    this.codes = { ...this.codes, ...codes };
    this.#check();
    this.write(commit);
    this.#tell();
  }

  /** Take over what the address says; nonsense in it is passed over. */
  read() {
    const said = new URLSearchParams(location.hash.slice(1));
    const whole = (key, last) => {
      const value = Number(said.get(key) ?? NaN);
      return Number.isInteger(value) && value >= 0 && value <= last ? value : null;
    };
    this.index = whole("model", this.models.length - 1) ?? 0;
    this.beside = whole("beside", this.models.length - 1);
    this.seed = whole("seed", 2 ** 32 - 1) ?? 0;
    this.view = VIEWS.includes(said.get("view")) ? said.get("view") : "grid";
    this.rows = said.get("rows");
    this.columns = said.get("columns");
    this.noise = decodeNumbers(said.get("noise"));
    this.keys = (said.get("keys") ?? "").split(";").filter(Boolean).slice(0, MAX_KEYS)
      .map(decodeKey);
    this.codes = {};
    for (const code of this.model.codes) {
      const value = Number(said.get(`set.${code.id}`) || NaN);
      this.codes[code.id] = Number.isFinite(value) ? value : code.continuous ? middle(code) : code.ends[0];
    }
    this.#check();
  }

  write(commit) {
    const hash = `#${this.asQuery()}`;
    if (hash === this.#written) return;
    this.#written = hash;
    // A slider being dragged leaves no trail: only where it was let go is a step.
    history[commit ? "pushState" : "replaceState"](null, "", hash);
  }

  asQuery() {
    const said = new URLSearchParams({ model: String(this.index), seed: String(this.seed) });
    for (const code of this.model.codes) said.set(`set.${code.id}`, this.codes[code.id]);
    said.set("view", this.view);
    said.set("rows", this.rows);
    said.set("columns", this.columns);
    if (this.beside !== null) said.set("beside", String(this.beside));
    if (this.noise) said.set("noise", encodeNumbers(this.noise));
    if (this.keys.length) said.set("keys", this.keys.map((key) => encodeKey(key, this.model.codes.length + 1)).join(";"));
    return said.toString().replaceAll("%2C", ",").replaceAll("%3B", ";");
  }

  #check() {
    const { codes } = this.model;
    this.codes = Object.fromEntries(codes.map((code) => [code.id, fit(code, this.codes[code.id])]));
    if (this.noise && this.noise.length !== this.model.noise.width) this.noise = null;
    if (this.beside === this.index) this.beside = null;
    const ids = codes.map((code) => code.id);
    if (!ids.includes(this.rows)) this.rows = ids[0];
    if (!ids.includes(this.columns) || (this.columns === this.rows && ids.length > 1)) {
      this.columns = ids.find((id) => id !== this.rows) ?? this.rows;
    }
    // A kept image: its seed, its codes in order, and its noise where that is not the seed's.
    const lengths = [codes.length + 1, codes.length + 1 + this.model.noise.width];
    this.keys = this.keys.filter((key) => lengths.includes(key.length) && key.every(Number.isFinite)
      && Number.isInteger(key[0]) && key[0] >= 0 && key[0] < 2 ** 32)
      .map(([seed, ...others]) => [seed, ...others.map((value, i) => (i < codes.length ? fit(codes[i], value) : value))]);
  }

  #tell() {
    for (const listener of this.#listeners) listener(this);
  }
}

/** The nearest value that a code can take. @param {Code} code @param {number} value */
export function fit(code, value) {
  const [low, high] = reach(code);
  if (!Number.isFinite(value)) return code.continuous ? middle(code) : low;
  const inside = Math.min(high, Math.max(low, value));
  return code.continuous ? Math.round(inside * 100) / 100 : Math.round(inside);
}

/**
 * From where to where a code can be set: dials go a quarter beyond what they were trained on.
 * @param {Code} code
 */
export function reach(code) {
  const [low, high] = code.ends;
  const beyond = code.continuous ? (high - low) / 4 : 0;
  return [low - beyond, high + beyond];
}

/** Values at which to show a code, in order. @param {Code} code @param {number} count */
export function steps(code, count) {
  const [low, high] = code.ends;
  if (!code.continuous) return Array.from({ length: high - low + 1 }, (_, i) => low + i);
  return Array.from({ length: count }, (_, i) => fit(code, low + ((high - low) * i) / (count - 1)));
}

/**
 * A value as it is written: a category by its name, a dial as a number.
 * @param {Code} code @param {number} value
 */
export function written(code, value) {
  return code.continuous ? value.toFixed(2).replace("-", "−") : code.labels[value] ?? String(value);
}

/** Every code at random, as its prior has it: the values of a random row, rounded. */
export function randomCodes(model, latent) {
  const values = latent.values(latent.sample(randomSeed()));
  return Object.fromEntries(model.codes.map((code) => [code.id, fit(code, values[code.id])]));
}

export function randomSeed() {
  return Math.floor(Math.random() * (MAX_SEED + 1));
}

/** @param {Code} code */
function middle(code) {
  return (code.ends[0] + code.ends[1]) / 2;
}

/** Its first numbers as they are, its noise packed. @param {number[]} key @param {number} plain */
function encodeKey(key, plain) {
  const noise = key.slice(plain);
  return [...key.slice(0, plain), ...(noise.length ? [`~${encodeNumbers(noise)}`] : [])].join(",");
}

/** @param {string} text */
function decodeKey(text) {
  const [plain, packed] = text.split(",~");
  const numbers = plain.split(",").map(Number);
  return packed === undefined ? numbers : [...numbers, ...(decodeNumbers(packed) ?? [NaN])];
}

function encodeNumbers(numbers) {
  const coarse = Int16Array.from(numbers, (x) => Math.max(-32767, Math.min(32767, Math.round(x * 4096))));
  return btoa(String.fromCharCode(...new Uint8Array(coarse.buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decodeNumbers(text) {
  if (!text || text.length > 8192) return null;
  try {
    const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const coarse = new Int16Array(Uint8Array.from(bytes, (c) => c.charCodeAt(0)).buffer);
    return Float32Array.from(coarse, (x) => x / 4096);
  } catch {
    return null;
  }
}
