// Work that is asked for faster than it is done: the newest alone is done next, and errors stop nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Latest } from "../../../src/infogan/explorer/static/latest.js";

const settled = () => new Promise((done) => { setImmediate(done); });

test("what was waiting is dropped for the newest", async () => {
  const done = [];
  const gates = [];
  const latest = new Latest((x) => {
    done.push(x);
    return new Promise((open) => { gates.push(open); });
  }, assert.fail);
  for (const x of ["a", "b", "c"]) latest.ask(x);
  assert.deepEqual(done, ["a"]);
  gates.shift()();
  await settled();
  assert.deepEqual(done, ["a", "c"]);
});

test("after an error the next is done, and the failed one can be tried again", async () => {
  const done = [];
  let again = null;
  let broken = true;
  const latest = new Latest(async (x) => {
    if (broken) throw new Error("down");
    done.push(x);
  }, (error, retry) => {
    assert.equal(error.message, "down");
    again = retry;
  });
  latest.ask(1);
  await settled();
  broken = false;
  again();
  await settled();
  assert.deepEqual(done, [1]);
});
