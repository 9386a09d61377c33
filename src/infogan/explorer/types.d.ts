// What the page's modules pass to each other, for the type check of `make check`.

/** A control: one code of a model, as the back end describes it. */
interface Code {
  /** Its place and name in the model, whatever the user calls it. */
  id: string;
  name: string;
  /** Numbers it takes in a row of latents. */
  width: number;
  continuous: boolean;
  /** The lowest and the highest value that it is trained on. */
  ends: [number, number];
  /** The names of a category's values, in order. */
  labels: string[];
  /** As the command line spells it, such as `uni:-1:1`. */
  spelling: string;
  /** The bound L_I and H(c), in nats, where they are known. */
  nats: number | null;
  entropy: number;
  /** How often a learned prior draws each value. */
  shares: number[] | null;
  /** What the encoder's outputs are called, where the model runs in the page. */
  output?: string;
}

/** A model, as the back end describes it. */
interface Model {
  label: string;
  run: string;
  codes: Code[];
  noise: { width: number; prior: "normal" | "uniform" };
  /** Channels, height, width. */
  shape: [number, number, number];
  checkpoint: boolean;
  /** Whether an exported page has images for its map. */
  mapped?: boolean;
  /** What each code does, once the back end has said it. */
  words?: Record<string, { plain: string, measured: string }>;
}

/** Q's reading of several images: of a category its probabilities, of a dial mean and deviation. */
type Posterior = Record<string, { value: number[]; probs?: number[][]; mean?: number[]; std?: number[] }>;

/** Real images by their codes. */
interface Layout {
  x: number[];
  y: number[];
  values: Record<string, number[]>;
  images: Uint8Array;
  [other: string]: unknown;
}

/** Where the models run: in the server, or in the page itself. */
interface Backend {
  keeps: string;
  models(): Promise<Model[]>;
  draw(index: number, z: Float32Array): Promise<Uint8Array>;
  picture(index: number, file: File): Promise<Uint8Array>;
  read(index: number, pixels: Uint8Array): Promise<Posterior>;
  invert(index: number, pixels: Uint8Array): Promise<Float32Array>;
  words(index: number): Promise<Record<string, { plain: string, measured: string }>>;
  map(index: number): Promise<Layout>;
  rename(index: number, code: string, value: number | null, name: string): Promise<Model[]>;
}

/** The server gives one of the two back ends under this name. */
declare module "*/backend.js" {
  export const backend: Backend;
}
