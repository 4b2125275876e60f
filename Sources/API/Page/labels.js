// The labels of one image: a byte for each pixel, 0 where nothing is painted, and the steps that
// undo and redo what was painted.

const TILE = 64;
const MAX_STEPS = 200;
const MAX_BYTES = 16 << 20;

/** Runs of equal bytes: value, then length less one in groups of 7 bits. */
function pack(bytes) {
  const out = [];
  for (let i = 0; i < bytes.length;) {
    let end = i + 1;
    while (end < bytes.length && bytes[end] === bytes[i]) end++;
    out.push(bytes[i]);
    let rest = end - i - 1;
    while (rest > 127) {
      out.push(128 | (rest & 127));
      rest >>= 7;
    }
    out.push(rest);
    i = end;
  }
  return Uint8Array.from(out);
}

function unpack(packed, length) {
  const bytes = new Uint8Array(length);
  for (let i = 0, place = 0; i < packed.length;) {
    const value = packed[i++];
    let run = 0, shift = 0, part;
    do {
      part = packed[i++];
      run |= (part & 127) << shift;
      shift += 7;
    } while (part & 128);
    bytes.fill(value, place, place + run + 1);
    place += run + 1;
  }
  return bytes;
}

function unpackBands(bands, width, height) {
  const bytes = new Uint8Array(width * height);
  bands.forEach((band, i) => {
    const from = i * TILE * width;
    bytes.set(unpack(band, Math.min(TILE * width, bytes.length - from)), from);
  });
  return bytes;
}

export class Labels {
  /** `kept` is what `state` gave. */
  constructor(width, height, kept = {}) {
    this.width = width;
    this.height = height;
    this.columns = Math.ceil(width / TILE);
    this.bytes = kept.bytes ?? (kept.bands ? unpackBands(kept.bands, width, height)
      : new Uint8Array(width * height));
    /** The packed bytes of each band of `TILE` rows; empty where they changed since. */
    this.bands = [];
    this.undoSteps = kept.undoSteps ?? [];
    this.redoSteps = kept.redoSteps ?? [];
    this.counts = new Uint32Array(256);
    for (const value of this.bytes) this.counts[value]++;
    /** Grows with each change. */
    this.version = 0;
    /** What was changed since it was last drawn, and since it was last sent. */
    this.dirty = this.unsent = null;
    this.open = null;
  }

  /** What the labels can be made of again; packing takes the time of what was changed alone. */
  get state() {
    for (let band = 0; band * TILE < this.height; band++) {
      const end = Math.min((band + 1) * TILE, this.height) * this.width;
      this.bands[band] ??= pack(this.bytes.subarray(band * TILE * this.width, end));
    }
    const { bands, undoSteps, redoSteps } = this;
    return { bands: [...bands], undoSteps, redoSteps };
  }

  get labelled() { return this.bytes.length - this.counts[0]; }
  get classesPresent() {
    const present = [];
    for (let id = 1; id < 255; id++) if (this.counts[id]) present.push(id);
    return present;
  }

  /** Begins a step; what is set until `commit` is undone together. `classes` are the classes before
      it, where it changes them too. */
  begin(name, classes) {
    if (this.open) this.commit();
    this.open = { name, tiles: new Map(), classes };
  }

  /** Sets pixels of a row, except those whose class is locked, and, if `onlyFree`, labelled ones. */
  set(y, from, to, value, isLocked, onlyFree) {
    const { bytes, counts, width } = this;
    for (let tile = Math.floor(from / TILE); tile * TILE < to; tile++) this.save(tile, y);
    const row = y * width;
    let changed = false;
    for (let i = row + from; i < row + to; i++) {
      const old = bytes[i];
      if (old === value || isLocked?.[old] || (onlyFree && old !== 0)) continue;
      counts[old]--;
      counts[value]++;
      bytes[i] = value;
      changed = true;
    }
    if (changed) this.touch(from, y, to, y + 1);
  }

  /** Keeps a tile's bytes as they were before the step. */
  save(column, y) {
    const index = Math.floor(y / TILE) * this.columns + column;
    if (!this.open.tiles.has(index)) this.open.tiles.set(index, this.tile(index));
  }

  rectangle(index) {
    const x = (index % this.columns) * TILE, y = Math.floor(index / this.columns) * TILE;
    return [x, y, Math.min(x + TILE, this.width), Math.min(y + TILE, this.height)];
  }

  tile(index) { return this.rectangleBytes(this.rectangle(index)); }

  rectangleBytes([x0, y0, x1, y1]) {
    const part = new Uint8Array((x1 - x0) * (y1 - y0));
    for (let y = y0; y < y1; y++) {
      part.set(this.bytes.subarray(y * this.width + x0, y * this.width + x1), (y - y0) * (x1 - x0));
    }
    return part;
  }

  touch(x0, y0, x1, y1) {
    this.version++;
    for (let band = Math.floor(y0 / TILE); band * TILE < y1; band++) this.bands[band] = undefined;
    for (const name of ["dirty", "unsent"]) {
      const d = this[name] ??= [x0, y0, x1, y1];
      this[name] = [Math.min(d[0], x0), Math.min(d[1], y0), Math.max(d[2], x1), Math.max(d[3], y1)];
    }
  }

  /** The rectangle that changed since it was last taken: x0, y0, x1, y1; or null. */
  takeDirty() { return this.take("dirty"); }
  takeUnsent() { return this.take("unsent"); }

  take(name) {
    const taken = this[name];
    this[name] = null;
    return taken;
  }

  /** Ends the step; returns whether anything was changed. */
  commit() {
    const { name, tiles, classes } = this.open ?? { tiles: new Map() };
    this.open = null;
    const changed = [];
    for (const [index, old] of tiles) {
      const now = this.tile(index);
      let i = 0;
      while (i < now.length && now[i] === old[i]) i++;
      if (i < now.length) changed.push([index, pack(old)]);
    }
    if (!changed.length && !classes) return false;
    this.undoSteps.push({ name, tiles: changed, classes });
    this.redoSteps.length = 0;
    let bytes = 0, first = this.undoSteps.length;
    while (first > 0 && this.undoSteps.length - first < MAX_STEPS) {
      bytes += this.undoSteps[first - 1].tiles.reduce((sum, tile) => sum + tile[1].length + 16, 64);
      if (bytes > MAX_BYTES) break;
      first--;
    }
    this.undoSteps.splice(0, first);
    return true;
  }

  /** Takes the step back. */
  cancel() {
    const tiles = this.open?.tiles ?? new Map();
    this.open = null;
    for (const [index, old] of tiles) this.restore(index, old);
  }

  restore(index, old) {
    const [x0, y0, x1, y1] = this.rectangle(index), { bytes, counts, width } = this;
    for (let y = y0, i = 0; y < y1; y++) {
      for (let x = x0; x < x1; x++, i++) {
        counts[bytes[y * width + x]]--;
        counts[old[i]]++;
        bytes[y * width + x] = old[i];
      }
    }
    this.touch(x0, y0, x1, y1);
  }

  /** Undoes or redoes a step, and returns it; `classes` are those of now. */
  move(from, to, classes) {
    const step = from.pop();
    if (!step) return null;
    const inverse = { name: step.name, tiles: [], classes: step.classes && classes };
    for (const [index, packed] of step.tiles) {
      const [x0, y0, x1, y1] = this.rectangle(index);
      inverse.tiles.push([index, pack(this.tile(index))]);
      this.restore(index, unpack(packed, (x1 - x0) * (y1 - y0)));
    }
    to.push(inverse);
    this.version++;
    return step;
  }

  undo(classes) { return this.move(this.undoSteps, this.redoSteps, classes); }
  redo(classes) { return this.move(this.redoSteps, this.undoSteps, classes); }

  /** Replaces all labels by others, as one step. */
  replace(bytes, name, classes) {
    this.begin(name, classes);
    const { width, height } = this;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width;) {
        const value = bytes[y * width + x];
        let end = x + 1;
        while (end < width && bytes[y * width + end] === value) end++;
        this.set(y, x, end, value);
        x = end;
      }
    }
    return this.commit();
  }
}
