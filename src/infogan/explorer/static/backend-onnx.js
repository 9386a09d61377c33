// The back end of the exported page: the models run in the browser, on onnxruntime-web.

import { readPicture } from "./pixels.js";

const CHUNK = 16;  // images between two moments in which the page can do something else
const TRIED = 256;
const ROUNDS = 24;
const CHILDREN = 48;

/** A file of the export: from within this page where it is one file, else from beside it. */
async function load(name) {
  const within = document.getElementById(`data-${name}`);
  if (!within) {
    const answer = await fetch(name);
    if (!answer.ok) throw new Error(`${name} is missing beside this page.`);
    return new Uint8Array(await answer.arrayBuffer());
  }
  // The browser's own decoder: many times faster than a loop over the characters.
  const packed = await fetch(`data:application/octet-stream;base64,${within.textContent}`);
  const unpacked = packed.body.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

async function loadJson(name) {
  return JSON.parse(new TextDecoder().decode(await load(name)));
}

function once(make) {
  let made = null;
  return () => (made ??= make());
}

const runtime = once(async () => {
  const [code, binary] = await Promise.all([load("ort.wasm.bundle.min.mjs"), load("ort-wasm-simd-threaded.wasm")]);
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const ort = await import(address);
  ort.env.wasm.wasmBinary = binary;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  return ort;
});

const session = (name) => once(async () => {
  const [ort, graph] = await Promise.all([runtime(), load(name)]);
  return ort.InferenceSession.create(graph, { executionProviders: ["wasm"] });
});
const generator = session("generator.onnx");
const encoder = session("encoder.onnx");
const described = once(() => loadJson("models.json"));

// One run at a time, in the order asked for; between two the page may draw.
/** @type {Promise<any>} */
let queue = Promise.resolve();
function inTurn(work) {
  const done = queue.then(work);
  queue = done.then(() => new Promise((next) => setTimeout(next)), () => null);
  return done;
}

/** A graph's outputs by name. @returns {Promise<Record<string, { data: Float32Array }>>} */
async function run(make, name, numbers, shape) {
  const [ort, graph] = await Promise.all([runtime(), make()]);
  return inTurn(() => graph.run({ [name]: new ort.Tensor("float32", numbers, shape) }));
}

function tell(models) {
  const names = kept();
  return models.map((model) => ({
    ...model,
    codes: model.codes.map((code) => ({
      ...code,
      name: names.codes?.[code.id] ?? code.name,
      labels: code.labels.map((label, i) => names.values?.[code.id]?.[code.ends[0] + i] ?? label),
    })),
  }));
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem("infogan-names")) ?? {};
  } catch {
    return {};
  }
}

export const backend = {
  keeps: "The names are kept in this browser.",

  async models() {
    return tell(await described());
  },

  async draw(index, z) {
    const [{ shape, codes, noise }] = await described();
    const width = codes.reduce((sum, code) => sum + code.width, noise.width);
    const n = z.length / width;
    const length = shape.reduce((a, b) => a * b);
    const pixels = new Uint8Array(n * length);
    for (let first = 0; first < n; first += CHUNK) {
      const rows = z.slice(first * width, (first + CHUNK) * width);
      const { images } = await run(generator, "z", rows, [rows.length / width, width]);
      // A clamped array rounds to the nearest and keeps to 0 and 255.
      pixels.set(Uint8ClampedArray.from(images.data, (x) => (x + 1) * 127.5), first * length);
    }
    return pixels;
  },

  /** A picture's file as an image in the model's own shape. */
  async picture(_index, file) {
    const [model] = await described();
    return readPicture(file, model);
  },

  async read(index, pixels) {
    const [{ shape, codes }] = await described();
    const length = shape.reduce((a, b) => a * b);
    const numbers = Float32Array.from(pixels, (x) => x / 127.5 - 1);
    const n = pixels.length / length;
    const found = await run(encoder, "images", numbers, [n, ...shape]);
    return Object.fromEntries(codes.map((code) => [code.id, posterior(code, found, n)]));
  },

  /** Q's codes with the best of many noises, then a search around it by small random changes. */
  async invert(index, pixels) {
    const [model] = await described();
    const read = await backend.read(index, pixels);
    const codes = model.codes.flatMap((code) => {
      const value = read[code.id].value[0];
      return code.width === 1 ? [value] : Array.from({ length: code.width }, (_, i) => Number(i === value));
    });
    const random = () => (model.noise.prior === "normal" ? normal() : 2 * Math.random() - 1);
    const limit = model.noise.prior === "normal" ? 3 : 1;
    const score = async (noises) => {
      const z = Float32Array.from(noises.flatMap((noise) => [...codes, ...noise]));
      const drawn = await backend.draw(index, z);
      return noises.map((noise, i) => [distance(drawn.subarray(i * pixels.length, (i + 1) * pixels.length), pixels), noise]);
    };
    const draw = () => Array.from({ length: model.noise.width }, random);
    let parents = (await score(Array.from({ length: TRIED }, draw))).sort((a, b) => a[0] - b[0]).slice(0, 6);
    for (let round = 0; round < ROUNDS; round++) {
      const step = 0.35 * (1 - round / ROUNDS) + 0.03;
      const children = Array.from({ length: CHILDREN }, (_, i) => {
        const [a, b] = [parents[i % parents.length][1], parents[Math.floor(Math.random() * parents.length)][1]];
        return a.map((x, j) => Math.max(-limit, Math.min(limit, (Math.random() < 0.7 ? x : b[j]) + step * normal())));
      });
      parents = [...parents, ...await score(children)].sort((a, b) => a[0] - b[0]).slice(0, 6);
    }
    return Float32Array.from([...codes, ...parents[0][1]]);
  },

  words() {
    return loadJson("words.json");
  },

  async map() {
    const [{ mapped }] = await described();
    if (!mapped) throw new Error("This page was made without a map.");
    const [layout, images] = await Promise.all([loadJson("map.json"), load("map.bin")]);
    return { ...layout, images };
  },

  async rename(index, id, value, name) {
    const clean = name.normalize("NFC").slice(0, 40);
    const names = { codes: {}, values: {}, ...kept() };
    if (value === null) names.codes[id] = clean || id;
    else names.values[id] = { ...names.values[id], [value]: clean || undefined };
    try {
      localStorage.setItem("infogan-names", JSON.stringify(names));
    } catch {
      throw new Error("This browser does not let the page keep names.");
    }
    return backend.models();
  },
};

function posterior(code, found, n) {
  const values = (field) => found[`${code.output}_${field}`]?.data;
  if (!values("probs")) return { mean: [...values("mean")], std: [...values("std")], value: [...values("mean")] };
  const all = [...values("probs")];
  const k = all.length / n;
  const probs = Array.from({ length: n }, (_, i) => all.slice(i * k, (i + 1) * k));
  return { probs, value: probs.map((each) => code.ends[0] + each.indexOf(Math.max(...each))) };
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function distance(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
