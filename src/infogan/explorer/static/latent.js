// What the generator is given: the same numbers as `infogan sample` draws for the same seed.

export const MAX_SEED = 99_999;

/** All codes of a model and its noise, as rows of numbers. */
export class Latent {
  /** @param {Model} description */
  constructor(description) {
    this.codes = description.codes;
    this.noise = description.noise;
    this.codeWidth = 0;
    /** @type {Map<string, [number, Code]>} */
    this.starts = new Map();
    for (const code of this.codes) {
      this.starts.set(code.id, [this.codeWidth, code]);
      this.codeWidth += code.width;
    }
    this.width = this.codeWidth + this.noise.width;
  }

  /** One row drawn from the priors. @param {number} seed */
  sample(seed) {
    const draw = new Draws(firstSeed(seed));
    const z = new Float32Array(this.width);
    for (const [start, code] of this.starts.values()) drawCode(code, draw, z, start);
    z.set(this.noise.prior === "normal" ? draw.normals(this.noise.width)
      : Float32Array.from({ length: this.noise.width }, () => 2 * draw.uniform() - 1), this.codeWidth);
    return z;
  }

  /**
   * The row of a seed with codes set, and with a noise of its own where one is given.
   * @param {number} seed @param {Record<string, number>} values @param {Float32Array | null} noise
   */
  row(seed, values, noise = null) {
    const z = this.sample(seed);
    for (const [id, value] of Object.entries(values)) this.set(z, id, value);
    if (noise?.length === this.noise.width) z.set(noise, this.codeWidth);
    return z;
  }

  /**
   * Set one code of a row, in place; a code that the model does not have changes nothing.
   * @param {Float32Array} z @param {string} id @param {number} value
   */
  set(z, id, value) {
    const [start, code] = this.starts.get(id) ?? [];
    if (!code) return z;
    if (code.width === 1) z[start] = value;
    else z.fill(0, start, start + code.width).fill(1, start + value, start + value + 1);
    return z;
  }

  /** The codes' values of a row, by their own names. @param {Float32Array} z */
  values(z) {
    return Object.fromEntries([...this.starts.values()].map(([start, code]) => {
      const part = z.subarray(start, start + code.width);
      return [code.id, code.width === 1 ? part[0] : part.indexOf(Math.max(...part))];
    }));
  }

  /** @param {Float32Array} z */
  noiseOf(z) {
    return z.slice(this.codeWidth);
  }

  /**
   * The row at a share of the way from one to another: straight, but along the arc in normal noise,
   * as `infogan traverse --through` goes.
   * @param {Float32Array} from @param {Float32Array} to @param {number} t
   */
  between(from, to, t) {
    const row = from.map((value, i) => value + t * (to[i] - value));
    for (const [start, code] of this.starts.values()) {
      if (code.spelling !== "circ") continue;
      row[start] = wrapped(from[start] + t * wrapped(to[start] - from[start]));
    }
    if (this.noise.prior === "normal") row.set(arc(this.noiseOf(from), this.noiseOf(to), t), this.codeWidth);
    return row;
  }

  /** Rows one after another, as one array. @param {Float32Array[]} rows */
  stack(rows) {
    const all = new Float32Array(rows.length * this.width);
    rows.forEach((row, i) => all.set(row, i * this.width));
    return all;
  }
}

/** Half turns as those from −1 to 1 that lead to the same place. @param {number} halfTurns */
export function wrapped(halfTurns) {
  return halfTurns - 2 * Math.floor((halfTurns + 1) / 2);
}

/**
 * Draws of a normal noise lie near a sphere: along it from one to the other, or straight where they
 * point the same or the opposite way.
 * @param {Float32Array} a @param {Float32Array} b @param {number} t
 */
function arc(a, b, t) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const scale = Math.sqrt(dot(a, a) * dot(b, b));
  const angle = Math.acos(Math.max(-1, Math.min(1, dot(a, b) / Math.max(scale, 1e-12))));
  const sine = Math.sin(angle);
  const [start, end] = sine < 1e-3 || scale < 1e-6 ? [1 - t, t]
    : [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
  return a.map((value, i) => start * value + end * b[i]);
}

/** @param {Code} code @param {Draws} draw @param {Float32Array} z @param {number} start */
function drawCode(code, draw, z, start) {
  const [kind, ...numbers] = code.spelling.split(":");
  if (kind === "cat") z[start + (code.shares ? draw.weighted(code.shares) : draw.integer() % code.width)] = 1;
  else if (kind === "bern") z[start] = draw.uniform() < Math.fround(Number(numbers[0] ?? 0.5)) ? 1 : 0;
  else if (kind === "norm") z[start] = draw.normal();
  else {
    const [low, high] = code.ends;
    z[start] = Math.fround(low + Math.fround((high - low) * draw.uniform()));
  }
}

/** The first word of numpy's SeedSequence(seed), from which an image's generator is seeded. */
export function firstSeed(seed) {
  const hash = hasher(0x43b0d7e5, 0x931e8875);
  const pool = [seed, 0, 0, 0].map((word) => hash(word));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from !== to) pool[to] = mixWords(pool[to], hash(pool[from]));
    }
  }
  return hasher(0x8b51f9dd, 0x58f38ded)(pool[0]);
}

function hasher(constant, multiplier) {
  return (word) => {
    word ^= constant;
    constant = Math.imul(constant, multiplier);
    word = Math.imul(word, constant);
    return (word ^ (word >>> 16)) >>> 0;
  };
}

function mixWords(x, y) {
  const mixed = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Torch's CPU generator: a Mersenne twister, and how torch makes numbers of its words. */
class Draws {
  constructor(seed) {
    this.words = new Uint32Array(624);
    this.words[0] = seed;
    for (let i = 1; i < 624; i++) {
      const before = this.words[i - 1];
      this.words[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
    this.next = 624;
    this.spare = null;
  }

  integer() {
    if (this.next === 624) this.#twist();
    let y = this.words[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** In [0, 1), 24 bits. */
  uniform() {
    return (this.integer() & 0xffffff) / 2 ** 24;
  }

  /** In [0, 1), 53 bits. */
  #double() {
    const high = this.integer() & 0x1fffff;
    return (high * 2 ** 32 + this.integer()) / 2 ** 53;
  }

  /** An index, as often as its share says; Gumbel noise, as the learned priors draw it. */
  weighted(shares) {
    const scores = shares.map((share) => Math.log(share) - Math.log(-Math.log(Math.max(this.uniform(), 1e-20))));
    return scores.indexOf(Math.max(...scores));
  }

  /** A single normal number: two at a time, the second kept for the next call. */
  normal() {
    if (this.spare !== null) {
      const value = this.spare;
      this.spare = null;
      return value;
    }
    const angle = 2 * Math.PI * this.#double();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#double()));
    this.spare = Math.fround(radius * Math.sin(angle));
    return Math.fround(radius * Math.cos(angle));
  }

  /** Many normal numbers; from sixteen on torch makes them in blocks of sixteen. */
  normals(n) {
    if (n < 16) return Float32Array.from({ length: n }, () => this.normal());
    const out = Float32Array.from({ length: n }, () => this.uniform());
    for (let start = 0; start + 16 <= n; start += 16) block(out, start);
    if (n % 16) {
      for (let i = n - 16; i < n; i++) out[i] = this.uniform();
      block(out, n - 16);
    }
    return out;
  }

  #twist() {
    const { words } = this;
    for (let i = 0; i < 624; i++) {
      const y = (words[i] & 0x80000000) | (words[(i + 1) % 624] & 0x7fffffff);
      words[i] = words[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }
}

function block(out, start) {
  for (let i = start; i < start + 8; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - out[i]));
    const angle = 2 * Math.PI * out[i + 8];
    out[i] = radius * Math.cos(angle);
    out[i + 8] = radius * Math.sin(angle);
  }
}
