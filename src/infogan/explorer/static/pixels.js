// Raw images to and from canvases, and files to raw images.

export const MAX_BYTES = 20 * 2 ** 20;
export const MAX_PIXELS = 40_000_000;
const WORKING_SIDE = 1024;

/** One of several images, given as planes one after another, as RGBA. */
export function toImageData([channels, height, width], pixels, index = 0) {
  const plane = height * width;
  const start = index * channels * plane;
  const out = new ImageData(width, height);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) out.data[4 * i + c] = pixels[start + (channels === 3 ? c * plane : 0) + i];
    out.data[4 * i + 3] = 255;
  }
  return out;
}

/** Put one image on a canvas at its own size; the style enlarges it. */
export function paint(canvas, shape, pixels, index = 0) {
  const image = toImageData(shape, pixels, index);
  if (canvas.width !== image.width || canvas.height !== image.height) {
    canvas.width = image.width;
    canvas.height = image.height;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Put images side by side on a canvas, `columns` in a row, with a gap of so many pixels. */
export function paintSheet(canvas, shape, pixels, columns, gap = 0, first = 0, count = null) {
  const [channels, height, width] = shape;
  const n = count ?? pixels.length / (channels * height * width) - first;
  canvas.width = columns * (width + gap) - gap;
  canvas.height = Math.ceil(n / columns) * (height + gap) - gap;
  const pen = canvas.getContext("2d");
  for (let i = 0; i < n; i++) {
    const image = toImageData(shape, pixels, first + i);
    pen.putImageData(image, (i % columns) * (width + gap), Math.floor(i / columns) * (height + gap));
  }
}

/** A canvas enlarged by a whole factor with its pixels kept square. */
export function enlarged(canvas, factor) {
  const large = document.createElement("canvas");
  large.width = canvas.width * factor;
  large.height = canvas.height * factor;
  const pen = large.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(canvas, 0, 0, large.width, large.height);
  return large;
}

export function saveAs(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A picture file as one image as a model takes it; refuses, in one line, what it cannot take. */
export async function readPicture(file, model) {
  if (file.size > MAX_BYTES) throw new Error(`That file is larger than ${MAX_BYTES / 2 ** 20} MB.`);
  const size = pictureSize(new Uint8Array(await file.arrayBuffer()));
  if (!size) throw new Error("That is not a PNG, JPEG, GIF or WebP picture.");
  if (!(size[0] > 0 && size[1] > 0 && size[0] * size[1] <= MAX_PIXELS)) {
    throw new Error(`That picture has ${size.join("×")} pixels; up to ${MAX_PIXELS / 1e6} million are taken.`);
  }
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    throw new Error("That picture is damaged: it cannot be decoded.");
  }
  return fitPicture(picture, model);
}

/** On the model's ground, fitted to a square as its images were, resized by averaging; grey is luma. */
export function fitPicture(picture, { shape: [channels, side], fit, ground }) {
  const { width, height } = picture;
  const square = fit === "pad" ? Math.max(width, height) : Math.min(width, height);
  const work = Math.min(square, WORKING_SIDE);
  const canvas = new OffscreenCanvas(work, work);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = `rgb(${ground.join(" ")})`;
  pen.fillRect(0, 0, work, work);
  const scale = work / square;
  const [w, h] = fit === "stretch" ? [work, work] : [width * scale, height * scale];
  pen.drawImage(picture, (work - w) / 2, (work - h) / 2, w, h);
  const { data } = pen.getImageData(0, 0, work, work);
  const planes = [0, 1, 2].map((c) => areaMeans(data, c, work, side));
  if (channels === 1) {
    const [r, g, b] = planes;
    planes.splice(0, 3, r.map((_, i) => 0.299 * r[i] + 0.587 * g[i] + 0.114 * b[i]));
  }
  return Uint8Array.from(planes.flatMap((plane) => [...plane]), Math.round);
}

/** One channel resized: each new pixel the mean over what it covers. */
function areaMeans(data, channel, from, to) {
  const value = (x, y) => data[4 * (y * from + x) + channel];
  const rows = new Float32Array(from * to);
  const spans = Array.from({ length: to }, (_, i) => span((i * from) / to, ((i + 1) * from) / to, from));
  for (let y = 0; y < from; y++) {
    spans.forEach((cells, i) => {
      for (const [x, share] of cells) rows[y * to + i] += share * value(x, y);
    });
  }
  const out = new Float32Array(to * to);
  spans.forEach((cells, j) => {
    for (let i = 0; i < to; i++) for (const [y, share] of cells) out[j * to + i] += share * rows[y * to + i];
  });
  return out;
}

function span(low, high, end) {
  const cells = [];
  for (let x = Math.floor(low); x < Math.min(end, Math.ceil(high - 1e-9)); x++) {
    cells.push([x, (Math.min(high, x + 1) - Math.max(low, x)) / (high - low)]);
  }
  return cells;
}

/** Width and height from a file's first bytes, before anything is decoded; null for other files. */
export function pictureSize(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (start, length) => String.fromCharCode(...bytes.subarray(start, start + length));
  try {
    if (text(1, 3) === "PNG") return [view.getUint32(16), view.getUint32(20)];
    if (text(0, 4) === "GIF8") return [view.getUint16(6, true), view.getUint16(8, true)];
    if (text(0, 4) === "RIFF" && text(8, 4) === "WEBP") return webpSize(view, text(12, 4));
    if (view.getUint16(0) === 0xffd8) return jpegSize(view);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;  // cut short
  }
  return null;
}

function webpSize(view, kind) {
  if (kind === "VP8X") return [24, 27].map((at) => 1 + (view.getUint32(at, true) & 0xffffff));
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
  }
  return [26, 28].map((at) => view.getUint16(at, true) & 0x3fff);
}

function jpegSize(view) {
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if ((marker & 0xfff0) === 0xffc0 && ![0xffc4, 0xffc8, 0xffcc].includes(marker)) {
      return [view.getUint16(at + 7), view.getUint16(at + 5)];
    }
    if ((marker & 0xff00) !== 0xff00) return null;
  }
}
