// A looping GIF of canvases, written byte by byte.

/** Frames of one size as a GIF; grey ones keep all their levels, colours are brought to 252. */
export function encodeGif(frames, milliseconds) {
  const { width, height } = frames[0];
  const pictures = frames.map((frame) => frame.getContext("2d").getImageData(0, 0, width, height).data);
  const grey = pictures.every((data) => data.every((_, i) => i % 4 !== 0 || (data[i] === data[i + 1] && data[i] === data[i + 2])));
  const out = [..."GIF89a"].map((c) => c.charCodeAt(0));
  out.push(...short(width), ...short(height), 0xf7, 0, 0, ...palette(grey));
  out.push(0x21, 0xff, 11, ...[..."NETSCAPE2.0"].map((c) => c.charCodeAt(0)), 3, 1, 0, 0, 0);
  const parts = [Uint8Array.from(out)];
  for (const data of pictures) {
    parts.push(Uint8Array.from([0x21, 0xf9, 4, 0, ...short(Math.round(milliseconds / 10)), 0, 0]));
    parts.push(Uint8Array.from([0x2c, 0, 0, 0, 0, ...short(width), ...short(height), 0]));
    parts.push(compress(indices(data, grey)));
  }
  return new Blob([...parts, Uint8Array.of(0x3b)], { type: "image/gif" });
}

function short(value) {
  return [value & 255, value >> 8];
}

/** 256 greys; or six levels of red, seven of green, six of blue. */
function palette(grey) {
  return Array.from({ length: 256 }, (_, i) => grey ? [i, i, i] : i < 252
    ? [Math.floor(i / 42) * 51, Math.round((Math.floor(i / 6) % 7) * 42.5), (i % 6) * 51] : [0, 0, 0]).flat();
}

function indices(data, grey) {
  const out = new Uint8Array(data.length / 4);
  for (let i = 0; i < out.length; i++) {
    const [r, g, b] = [data[4 * i], data[4 * i + 1], data[4 * i + 2]];
    out[i] = grey ? r : 42 * Math.round(r / 51) + 6 * Math.round(g / 42.5) + Math.round(b / 51);
  }
  return out;
}

/** LZW as GIF has it: codes of 9 to 12 bits, the table begun anew when it is full. */
function compress(pixels) {
  const CLEAR = 256, END = 257;
  const bytes = [];
  let table = new Map(), size = 9, next = 258, buffer = 0, filled = 0;
  const emit = (code) => {
    buffer |= code << filled;
    for (filled += size; filled >= 8; filled -= 8, buffer >>>= 8) bytes.push(buffer & 255);
  };
  emit(CLEAR);
  let prefix = pixels[0];
  for (let i = 1; i < pixels.length; i++) {
    const key = prefix * 256 + pixels[i];
    const known = table.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    emit(prefix);
    prefix = pixels[i];
    if (next === 4096) {
      emit(CLEAR);
      table = new Map();
      [size, next] = [9, 258];
      continue;
    }
    table.set(key, next++);
    if (next > 1 << size && size < 12) size++;
  }
  emit(prefix);
  emit(END);
  if (filled > 0) bytes.push(buffer & 255);
  return blocks(bytes);
}

/** Data in blocks of up to 255 bytes, after the width of a pixel in bits. */
function blocks(bytes) {
  const out = [8];
  for (let start = 0; start < bytes.length; start += 255) {
    const part = bytes.slice(start, start + 255);
    out.push(part.length, ...part);
  }
  return Uint8Array.from([...out, 0]);
}
