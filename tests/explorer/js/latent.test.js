// The page draws what `infogan sample` draws: rows as the Python package makes them, with torch 2.13.

import assert from "node:assert/strict";
import { test } from "node:test";
import { firstSeed, Latent } from "../../../src/infogan/explorer/static/latent.js";

const dial = (id, spelling = "uni") => ({ id, width: 1, continuous: true, ends: [-1, 1], spelling });
const category = (id, n, shares = null) => ({ id, width: n, continuous: false, ends: [0, n - 1], spelling: `cat:${n}`, shares });
const model = (codes, width) => ({ codes, noise: { width, prior: "uniform" } });
const MIXED = model([category("kind", 10), dial("tilt"), dial("tone", "norm"),
  { id: "on", width: 1, continuous: false, ends: [0, 1], spelling: "bern" }], 3);

function close(row, expected) {
  assert.equal(row.length, expected.length);
  expected.forEach((x, i) => { assert.ok(Math.abs(row[i] - x) < 1e-6, `${i}: ${row[i]} is not ${x}`); });
}

test("the first word of numpy's SeedSequence", () => {
  assert.deepEqual([0, 7].map(firstSeed), [2968811710, 2083679832]);
});

test("a row of every kind of code is torch's, to float32", () => {
  close(new Latent(MIXED).sample(7), [0, 0, 0, 0, 0, 0, 0, 0, 1, 0,
    0.182225466, 1.01549232, 0, -0.0322756767, 0.574792981, -0.886382222]);
});

test("so is a row with much noise", () => {
  close(new Latent(model([category("kind", 3), dial("tilt")], 18)).sample(0), [1, 0, 0, 0.81244874,
    -0.201970935, -0.122586131, -0.65767765, -0.362650156, 0.856500626, 0.976589203, -0.860794187,
    0.328865647, 0.437956214, -0.350028753, -0.226532936, -0.107485533, 0.571080565, -0.0865900517,
    -0.636477351, 0.435405731, 0.892576218, 0.225254536]);
});

test("codes that are set are read back, and nothing else moves", () => {
  const latent = new Latent(MIXED);
  const before = latent.sample(3);
  const row = latent.row(3, { kind: 4, tilt: -0.5, unknown: 9 });
  const values = latent.values(row);
  assert.equal(values.kind, 4);
  assert.equal(values.tilt, -0.5);
  assert.equal(values.tone, latent.values(before).tone);
  assert.deepEqual(latent.noiseOf(row), latent.noiseOf(before));
});

test("a noise of its own replaces the seed's, if it has the right length", () => {
  const latent = new Latent(MIXED);
  const noise = Float32Array.of(0.25, -0.5, 1);
  assert.deepEqual(latent.noiseOf(latent.row(3, {}, noise)), noise);
  assert.deepEqual(latent.row(3, {}, noise.subarray(1)), latent.sample(3));
});

test("unequal shares are heeded", () => {
  const latent = new Latent(model([category("kind", 2, [0.9, 0.1])], 1));
  const ones = Array.from({ length: 2000 }, (_, seed) => latent.values(latent.sample(seed)).kind)
    .reduce((a, b) => a + b);
  assert.ok(ones > 140 && ones < 260, `${ones} of 2000`);  // 200 ± 4.5 standard deviations
});

test("rows are stacked one after another", () => {
  const latent = new Latent(model([dial("tilt")], 1));
  assert.deepEqual(latent.stack([Float32Array.of(1, 2), Float32Array.of(3, 4)]), Float32Array.of(1, 2, 3, 4));
});

test("a way goes straight, but along the arc in normal noise", () => {
  const [a, b] = [Float32Array.of(1, 0, -0.5, 1, 0), Float32Array.of(0, 1, 0.5, 0, 1)];
  const codes = [category("kind", 2), dial("tilt")];
  const along = (prior) => new Latent({ codes, noise: { width: 2, prior } });
  const half = Math.SQRT1_2;
  close(along("uniform").between(a, b, 0.5), [0.5, 0.5, 0, 0.5, 0.5]);
  close(along("normal").between(a, b, 0.5), [0.5, 0.5, 0, half, half]);
  close(along("normal").between(a, b, 1), [...b]);
  close(along("normal").between(a, a, 0.3), [...a]);
});

test("round a circle the shorter way is taken", () => {
  const latent = new Latent(model([dial("turn", "circ"), dial("tilt")], 0));
  const [a, b] = [[0.9, 0.9], [-0.9, -0.9]].map((row) => Float32Array.from(row));
  close(latent.between(a, b, 0.75), [-0.95, -0.45]);
  close(latent.between(b, a, 0.75), [0.95, 0.45]);
});
