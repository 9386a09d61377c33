// A GIF, read back by the format's rules, shows what was put in.

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeGif } from "../../../src/infogan/explorer/static/gif.js";

/** A canvas with these pixels: what the encoder asks of one. */
function canvas(width, height, colour) {
  const data = Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => [...colour(Math.floor(i / 4)), 255][i % 4]);
  return { width, height, getContext: () => ({ getImageData: () => ({ data }) }) };
}

/** Size, repetition and frames (indices, hundredths of a second) of a GIF with one global palette. */
async function decode(blob) {
  const file = new Uint8Array(await blob.arrayBuffer());
  const word = (at) => file[at] + 256 * file[at + 1];
  const size = [word(6), word(8)];
  const palette = file.subarray(13, 13 + 768);
  const frames = [];
  let at = 13 + 768, delay = 0, loops = null;
  while (file[at] !== 0x3b) {
    if (file[at] === 0x21) {
      if (file[at + 1] === 0xf9) delay = word(at + 4);
      if (file[at + 1] === 0xff) loops = word(at + 16);
      at += 2;
    } else {
      assert.equal(file[at], 0x2c);
      at += 10;
      const bits = file[at++];
      const data = [];
      for (let from = at; file[from]; from += file[from] + 1) data.push(...file.subarray(from + 1, from + 1 + file[from]));
      frames.push({ delay, indices: unpack(data, bits) });
    }
    while (file[at]) at += file[at] + 1;
    at++;
  }
  return { size, palette, frames, loops, end: at === file.length - 1 };
}

function unpack(data, bits) {
  const clear = 1 << bits;
  let table = [], width = bits + 1, before = null, buffer = 0, filled = 0;
  const out = [];
  for (const byte of data) {
    buffer |= byte << filled;
    filled += 8;
    while (filled >= width) {
      const code = buffer & ((1 << width) - 1);
      buffer >>>= width;
      filled -= width;
      if (code === clear) {
        table = Array.from({ length: clear + 2 }, (_, i) => [i]);
        [width, before] = [bits + 1, null];
        continue;
      }
      if (code === clear + 1) return out;
      assert.ok(code <= table.length, "a code that is not there yet");
      const word = table[code] ?? [...before, before[0]];
      out.push(...word);
      if (before && table.length < 4096) table.push([...before, word[0]]);
      if (table.length === 1 << width && width < 12) width++;
      before = word;
    }
  }
  assert.fail("no end");
}

test("grey levels are kept, also where the table fills up", async () => {
  const random = Array.from({ length: 96 * 96 }, (_, i) => Math.imul(i * i + 1, 2654435761) >>> 24);
  const { size, frames, loops, palette, end } = await decode(encodeGif([canvas(96, 96, (i) => [random[i], random[i], random[i]])], 80));
  assert.deepEqual(size, [96, 96]);
  assert.deepEqual(frames[0].indices, random);
  assert.deepEqual([...palette.subarray(3 * 77, 3 * 78)], [77, 77, 77]);
  assert.equal(frames[0].delay, 8);
  assert.equal(loops, 0);  // for ever
  assert.ok(end);
});

test("one even grey compresses to little", async () => {
  const gif = encodeGif([canvas(200, 200, () => [9, 9, 9])], 100);
  assert.ok(gif.size < 2000, `${gif.size} bytes`);
  assert.ok((await decode(gif)).frames[0].indices.every((x) => x === 9));
});

test("colours come to the nearest of the palette", async () => {
  const colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [100, 150, 200]];
  const { frames, palette } = await decode(encodeGif([canvas(2, 2, (i) => colours[i]), canvas(2, 2, () => [0, 0, 0])], 50));
  assert.equal(frames.length, 2);
  frames[0].indices.forEach((index, i) => {
    const shown = palette.subarray(3 * index, 3 * index + 3);
    colours[i].forEach((level, c) => { assert.ok(Math.abs(level - shown[c]) <= 26, `${colours[i]} as ${shown}`); });
  });
});
