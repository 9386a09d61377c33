// What is in the address comes back from it, and nonsense in it does no harm.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fit, reach, State, steps, written } from "../../../src/infogan/explorer/static/state.js";

const DIAL = { id: "tilt", continuous: true, ends: [-1, 1], labels: [] };
const KIND = { id: "kind", continuous: false, ends: [0, 2], labels: ["zero", "one", "two"] };
const MODELS = [0, 1].map((i) => ({ label: `m${i}`, codes: [KIND, DIAL], noise: { width: 2 } }));

/** A state on a page at an address; as much of a browser as it uses. */
function at(hash = "") {
  globalThis.location = { hash };
  globalThis.addEventListener = () => {};
  const go = (_state, _title, to) => { globalThis.location.hash = to; };
  globalThis.history = { pushState: go, replaceState: go };
  return new State(MODELS);
}

test("a dial goes a quarter beyond, a category does not", () => {
  assert.deepEqual(reach(DIAL), [-1.5, 1.5]);
  assert.deepEqual(reach(KIND), [0, 2]);
  assert.equal(fit(DIAL, 9), 1.5);
  assert.equal(fit(DIAL, 0.123), 0.12);
  assert.equal(fit(DIAL, Number.NaN), 0);
  assert.equal(fit(KIND, 1.6), 2);
  assert.equal(fit(KIND, Number.NaN), 0);
});

test("steps span what was trained", () => {
  assert.deepEqual(steps(DIAL, 5), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(steps(KIND, 5), [0, 1, 2]);
});

test("values are written with a true minus, categories by name", () => {
  assert.equal(written(DIAL, -0.5), "−0.50");
  assert.equal(written(KIND, 1), "one");
});

test("every part of the state survives the address", () => {
  const state = at();
  const noise = Float32Array.of(0.5, -0.25);
  state.change({ index: 1, beside: 0, seed: 42, view: "motion", codes: { kind: 2, tilt: -0.75 }, noise, keys: [[7, 1, 0.5], [8, 2, -1, 0.25, -0.75]] });
  const again = at(globalThis.location.hash);
  for (const part of ["index", "beside", "seed", "view", "rows", "columns", "codes", "noise", "keys"]) {
    assert.deepEqual(again[part], state[part], part);
  }
  assert.deepEqual(again.noise, noise);
});

test("nonsense in the address is passed over", () => {
  const state = at("#model=9&beside=0&seed=-1&view=none&rows=x&columns=x&set.kind=77&set.tilt=a&noise=%%%&keys=1,2;x;1,2,0,~%%;1,2,0,~AAAA");
  assert.equal(state.index, 0);
  assert.equal(state.beside, null);  // the model itself
  assert.equal(state.seed, 0);
  assert.equal(state.view, "grid");
  assert.deepEqual([state.rows, state.columns], ["kind", "tilt"]);
  assert.deepEqual(state.codes, { kind: 2, tilt: 0 });
  assert.equal(state.noise, null);
  assert.deepEqual(state.keys, []);
});

test("who subscribes is told of every change", () => {
  const state = at();
  const seen = [];
  state.subscribe((now) => seen.push(now.seed));
  state.change({ seed: 1 });
  state.change({ seed: 2 }, false);
  assert.deepEqual(seen, [1, 2]);
});
