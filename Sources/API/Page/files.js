// Files made and read here: PNG of labels, TIFF of labels, ZIP. No library, no canvas.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

export function crc32(...parts) {
  let crc = 0xffffffff;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) crc = TABLE[(crc ^ part[i]) & 255] ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

export const utf8 = (text) => new TextEncoder().encode(text);

function join(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    out.set(part, place);
    place += part.length;
  }
  return out;
}

async function through(stream, bytes) {
  const body = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(body).arrayBuffer());
}

/** The zlib format, as PNG has it. */
export const deflate = (bytes) => through(new CompressionStream("deflate"), bytes);
const inflate = (bytes) => through(new DecompressionStream("deflate"), bytes);

const big = (...numbers) => {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, i) => view.setUint32(4 * i, number));
  return new Uint8Array(view.buffer);
};

function chunk(type, data) {
  const name = utf8(type);
  return [big(data.length), name, data, big(crc32(name, data))];
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/** Splits `#RRGGBB`. */
export const rgb = (color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));

/** Rows of samples of so many bits, each after a byte for its filter. */
function scanlines(bytes, width, height, depth) {
  const each = 8 / depth, line = 1 + Math.ceil(width / each), rows = new Uint8Array(height * line);
  for (let y = 0; y < height; y++) {
    const row = y * width, out = y * line + 1;
    if (depth === 8) rows.set(bytes.subarray(row, row + width), out);
    else for (let x = 0; x < width; x++) {
      const value = bytes[row + x];
      if (value) rows[out + Math.floor(x / each)] |= value << depth * (each - 1 - x % each);
    }
  }
  return rows;
}

/** A PNG whose samples are the bytes: grey, or with the colours of classes. */
export async function encodePNG(bytes, width, height, classes, depth = 8) {
  const chunks = [
    chunk("IHDR", join([big(width, height), Uint8Array.of(depth, classes ? 3 : 0, 0, 0, 0)])),
  ];
  if (classes) {
    const last = bytes.reduce((most, value) => Math.max(most, value), 0);
    const palette = new Uint8Array(3 * (Math.max(last, ...classes.map((one) => one.id)) + 1));
    for (const one of classes) palette.set(rgb(one.color), 3 * one.id);
    chunks.push(chunk("PLTE", palette), chunk("tRNS", Uint8Array.of(0)));
    const names = classes.map((one) => `${one.id} ${one.name}`).join("\n");
    chunks.push(chunk("iTXt", join([utf8("Classes"), new Uint8Array(5), utf8(names)])));
  }
  chunks.push(chunk("IDAT", await deflate(scanlines(bytes, width, height, depth))), chunk("IEND", new Uint8Array(0)));
  return join([Uint8Array.from(SIGNATURE), ...chunks.flat()]);
}

const paeth = (a, b, c) => {
  const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
};

/** The samples of a PNG without interlacing, as `{width, height, channels, samples}`; a palette's are
    indices, and of 16 bits the high byte is taken where the low one is no number of its own. */
export async function decodePNG(file) {
  if (!SIGNATURE.every((byte, i) => file[i] === byte)) return null;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const data = [];
  let width = 0, height = 0, depth = 0, kind = 0, isInterlaced = false;
  for (let place = 8; place + 8 <= file.length;) {
    const length = view.getUint32(place), type = String.fromCharCode(...file.subarray(place + 4, place + 8));
    if (type === "IHDR") {
      [width, height] = [view.getUint32(place + 8), view.getUint32(place + 12)];
      [depth, kind, isInterlaced] = [file[place + 16], file[place + 17], file[place + 20] === 1];
    } else if (type === "IDAT") data.push(file.subarray(place + 8, place + 8 + length));
    place += length + 12;
  }
  if (isInterlaced) throw new Error("An interlaced PNG cannot be read here");
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[kind];
  const step = Math.max(1, channels * depth / 8), line = Math.ceil(width * channels * depth / 8);
  const raw = await inflate(join(data)), rows = new Uint8Array(height * line);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)];
    for (let i = 0; i < line; i++) {
      const place = y * line + i;
      const a = i >= step ? rows[place - step] : 0, b = y ? rows[place - line] : 0;
      const c = y && i >= step ? rows[place - line - step] : 0;
      const add = [0, a, b, (a + b) >> 1, filter === 4 ? paeth(a, b, c) : 0][filter];
      rows[place] = raw[y * (line + 1) + 1 + i] + add;
    }
  }
  const samples = new Uint16Array(width * height * channels);
  for (let y = 0, out = 0; y < height; y++) {
    for (let i = 0; i < width * channels; i++, out++) {
      if (depth === 16) samples[out] = rows[y * line + 2 * i] << 8 | rows[y * line + 2 * i + 1];
      else if (depth === 8) samples[out] = rows[y * line + i];
      else {
        const bit = i * depth;
        samples[out] = rows[y * line + (bit >> 3)] >> (8 - depth - (bit & 7)) & ((1 << depth) - 1);
      }
    }
  }
  return { width, height, channels, samples };
}

/** A TIFF of 8-bit labels with a colour map, the classes' names and the pixel size in micrometres,
    as ImageJ writes and reads it. */
export function encodeTIFF(bytes, width, height, classes, micrometres) {
  const text = utf8(["ImageJ=1.54f", "images=1", ...(micrometres ? ["unit=micron"] : []),
    ...classes.map((one) => `class ${one.id}=${one.name}`)].join("\n") + "\n\0");
  const map = new Uint16Array(768);
  for (const one of classes) {
    rgb(one.color).forEach((level, channel) => { map[256 * channel + one.id] = 257 * level; });
  }
  const density = [[1e6, 4], [Math.round(1e6 * (micrometres ?? 1)), 4]];
  const tags = micrometres ? 15 : 12, mapAt = 14 + 12 * tags, densityAt = mapAt + 1536;
  const textAt = densityAt + 8, dataAt = textAt + text.length;
  // Tag, type, count, and the value or its place.
  const entries = [
    [256, 4, 1, width], [257, 4, 1, height], [258, 3, 1, 8], [259, 3, 1, 1], [262, 3, 1, 3],
    [270, 2, text.length, textAt], [273, 4, 1, dataAt], [277, 3, 1, 1], [278, 4, 1, height],
    [279, 4, 1, width * height],
    ...(micrometres ? [[282, 5, 1, densityAt], [283, 5, 1, densityAt]] : []),
    [284, 3, 1, 1], ...(micrometres ? [[296, 3, 1, 1]] : []), [320, 3, 768, mapAt],
  ].flatMap(([tag, type, count, value]) => [[tag, 2], [type, 2], [count, 4], [value, 4]]);
  return join([little([0x002a4949, 4], [8, 4], [tags, 2], ...entries, [0, 4],
    ...[...map].map((level) => [level, 2]), ...density), text, bytes]);
}

/** Numbers of so many bytes each, the lowest byte first. */
const little = (...fields) => Uint8Array.from(fields.flatMap(([value, size]) =>
  Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 255)));

/** A ZIP archive that stores its files as they are; names are UTF-8. */
export function encodeZIP(files) {
  const parts = [], directory = [];
  let place = 0;
  for (const [name, bytes] of files) {
    const path = utf8(name);
    const common = [[20, 2], [0x800, 2], [0, 2], [0, 2], [0x5b7d, 2], [crc32(bytes), 4],
      [bytes.length, 4], [bytes.length, 4], [path.length, 2], [0, 2]];
    const local = join([little([0x04034b50, 4], ...common), path]);
    directory.push(little([0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4],
      [place, 4]), path);
    parts.push(local, bytes);
    place += local.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  return join([...parts, ...directory, little([0x06054b50, 4], [0, 2], [0, 2], [files.length, 2],
    [files.length, 2], [size, 4], [place, 4], [0, 2])]);
}

/** The files of an archive that `encodeZIP` made, by name. */
export function decodeZIP(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const files = new Map();
  let place = 0;
  while (place + 30 <= bytes.length && view.getUint32(place, true) === 0x04034b50) {
    const length = view.getUint32(place + 18, true), named = view.getUint16(place + 26, true);
    const more = view.getUint16(place + 28, true), start = place + 30 + named + more;
    if (view.getUint16(place + 8, true) !== 0) throw new Error("The archive is compressed");
    files.set(new TextDecoder().decode(bytes.subarray(place + 30, place + 30 + named)),
      bytes.subarray(start, start + length));
    place = start + length;
  }
  return files;
}
