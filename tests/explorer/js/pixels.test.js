// Files of pictures are measured before anything is decoded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_BYTES, pictureSize, readPicture } from "../../../src/infogan/explorer/static/pixels.js";

const bytes = (...parts) => Uint8Array.from(parts.flatMap((part) =>
  (typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : part)));
const zeros = (n) => Array(n).fill(0);

const PNG = bytes([0x89], "PNG", zeros(12), [0, 0, 1, 44], [0, 0, 0, 200]);
const GIF = bytes("GIF89a", [44, 1], [200, 0]);
const JPEG = bytes([0xff, 0xd8], [0xff, 0xe0, 0, 4, 0, 0], [0xff, 0xc4, 0, 2], [0xff, 0xc0, 0, 17, 8, 0, 200, 1, 44]);
const VP8X = bytes("RIFF", zeros(4), "WEBP", "VP8X", zeros(8), [43, 1, 0], [199, 0, 0], zeros(2));
const VP8L = bytes("RIFF", zeros(4), "WEBP", "VP8L", zeros(5), [299 & 255, (299 >> 8) | ((199 & 3) << 6), 199 >> 2, 0]);
const VP8 = bytes("RIFF", zeros(4), "WEBP", "VP8 ", zeros(10), [44, 1, 200, 0]);

for (const [kind, file] of Object.entries({ PNG, GIF, JPEG, VP8X, VP8L, VP8 })) {
  test(`${kind}: 300 wide, 200 high; null where it is cut short`, () => {
    assert.deepEqual(pictureSize(file), [300, 200]);
    assert.equal(pictureSize(file.subarray(0, 8)), null);
  });
}

test("other files have no size", () => {
  assert.equal(pictureSize(bytes("%PDF-1.7 and so on, long enough for every header")), null);
  assert.equal(pictureSize(bytes()), null);
});

const refuses = (blob, why) => assert.rejects(readPicture(blob, { shape: [1, 28, 28], fit: "crop", ground: [255, 255, 255] }), { message: why });

test("what cannot be taken is refused in one line", async () => {
  await refuses(new Blob([new Uint8Array(MAX_BYTES + 1)]), "That file is larger than 20 MB.");
  await refuses(new Blob(["text"]), "That is not a PNG, JPEG, GIF or WebP picture.");
  const huge = bytes([0x89], "PNG", zeros(12), [0, 1, 0, 0], [0, 1, 0, 0]);
  await refuses(new Blob([huge]), "That picture has 65536×65536 pixels; up to 40 million are taken.");
  const empty = bytes([0x89], "PNG", zeros(20));
  await refuses(new Blob([empty]), "That picture has 0×0 pixels; up to 40 million are taken.");
});
