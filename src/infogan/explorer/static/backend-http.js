// The back end of the served page: the models run in the server.

import { MAX_BYTES } from "./pixels.js";

export const backend = {
  keeps: "The names are kept with the run.",

  models() {
    return ask("models").then((answer) => answer.json());
  },

  /** Images (uint8, one plane after another) of rows of latents. */
  async draw(index, z) {
    return new Uint8Array(await (await ask(`models/${index}/images`, bytes(z))).arrayBuffer());
  },

  /** A picture's file as an image in the model's own shape, read as those it was trained on. */
  async picture(index, file) {
    if (file.size > MAX_BYTES) throw new Error(`That file is larger than ${MAX_BYTES / 2 ** 20} MB.`);
    return new Uint8Array(await (await ask(`models/${index}/picture`, bytes(file))).arrayBuffer());
  },

  /** Q's posterior of images in the model's own shape. */
  async read(index, pixels) {
    return (await ask(`models/${index}/codes`, bytes(pixels))).json();
  },

  /** A row of latents that draws this image, as near as can be found. */
  async invert(index, pixels) {
    return new Float32Array(await (await ask(`models/${index}/inversion`, bytes(pixels))).arrayBuffer());
  },

  async words(index) {
    return (await ask(`models/${index}/words`)).json();
  },

  /** Real images by their codes: where each lies, and the images. */
  async map(index) {
    const [layout, images] = await Promise.all([
      ask(`models/${index}/map`).then((answer) => answer.json()),
      ask(`models/${index}/map/images`).then((answer) => answer.arrayBuffer()),
    ]);
    return { ...layout, images: new Uint8Array(images) };
  },

  /** Name a code, or with a value one of its categories; returns all models, described anew. */
  async rename(index, code, value, name) {
    const body = JSON.stringify({ code, value, name });
    const headers = { "Content-Type": "application/json" };
    return (await ask(`models/${index}/names`, { method: "PUT", headers, body })).json();
  },
};

class Unreachable extends Error {
  name = "Unreachable";
}

function bytes(body) {
  return { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body };
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(`api/${path}`, options);
  } catch {
    throw new Unreachable("The server does not answer. Start it again with the same command; this page waits.");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new Error(said.error ?? `The server answered ${answer.status}.`);
}
