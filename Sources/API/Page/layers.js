// Layers of the sheet as tiles: small canvases, made where something is to be seen, at the level that
// the zoom asks for. A stroke costs the pixels that are seen of it, whatever the image's size.

/** Pixels along a tile; at level n one of them stands for 2ⁿ of the image. */
const SIDE = 512;
/** Pixels of the image that are read in a frame where much is to be drawn. */
const AT_ONCE = 1 << 21;

export class Layer {
  /** `paint(context, [x0, y0, x1, y1], level)` draws a part of the image at the canvas's origin and
      returns whether there is anything; `drawn` is called when all that is seen is there. */
  constructor(place, paint, drawn = () => {}) {
    Object.assign(this, { place, paint, drawn, size: [0, 0], level: 0, seen: [0, 0, 0, 0] });
    /** Tiles of this level by their name, and of the level before until these are drawn. */
    this.tiles = new Map();
    this.former = [];
  }

  /** Begins anew for an image of a size. */
  reset(width, height) {
    this.size = [width, height];
    this.place.replaceChildren();
    this.tiles.clear();
    this.former = [];
  }

  /** Shows a part of the image at a zoom. */
  look(zoom, seen) {
    const level = Math.max(0, Math.min(6, Math.floor(Math.log2(1 / zoom) + 0.01)));
    this.seen = seen;
    if (level === this.level) return;
    this.level = level;
    this.former.push(...this.tiles.values());
    this.tiles.clear();
  }

  /** Notes that a part has changed, or all. */
  touch([x0, y0, x1, y1] = [0, 0, ...this.size]) {
    for (const tile of this.tiles.values()) {
      const [a, b, c, d] = tile.area;
      const part = [Math.max(a, x0), Math.max(b, y0), Math.min(c, x1), Math.min(d, y1)];
      if (part[0] >= part[2] || part[1] >= part[3]) continue;
      const old = tile.stale;
      tile.stale = old ? [Math.min(old[0], part[0]), Math.min(old[1], part[1]),
        Math.max(old[2], part[2]), Math.max(old[3], part[3])] : part;
    }
  }

  /** The tiles that are seen, made where they are missing. */
  inSight() {
    const span = SIDE << this.level, [width, height] = this.size, found = [];
    const [x0, y0, x1, y1] = this.seen;
    for (let y = Math.max(0, Math.floor(y0 / span)); y * span < Math.min(y1, height); y++) {
      for (let x = Math.max(0, Math.floor(x0 / span)); x * span < Math.min(x1, width); x++) {
        const name = `${x} ${y}`;
        let tile = this.tiles.get(name);
        if (!tile) {
          const area = [x * span, y * span, Math.min((x + 1) * span, width), Math.min((y + 1) * span, height)];
          this.tiles.set(name, tile = { area, stale: area, canvas: null });
        }
        found.push(tile);
      }
    }
    return found;
  }

  /** Draws what is stale and seen; returns whether something is left for the next frame. */
  draw() {
    const step = 1 << this.level;
    let left = AT_ONCE, wasStale = false;
    for (const tile of this.inSight()) {
      while (tile.stale) {
        if (left <= 0) return true;
        wasStale = true;
        let [x0, y0, x1, y1] = tile.stale;
        // Whole pixels of the level, and so many rows as there is time for.
        [x0, y0] = [x0 - x0 % step, y0 - y0 % step];
        const end = Math.min(y1, y0 + step * Math.max(1, Math.ceil(left / (x1 - x0) / step)));
        left -= (end - y0) * (x1 - x0);
        tile.stale = end < y1 ? [x0, end, x1, y1] : null;
        this.drawPart(tile, [x0, y0, x1, end]);
      }
    }
    for (const tile of this.former) tile.canvas?.remove();
    this.former = [];
    if (wasStale) this.drawn();
    return false;
  }

  drawPart(tile, part) {
    const { area: [left, top, right, bottom] } = tile, { level } = this, step = 1 << level;
    const made = this.paint(part, level);
    if (!tile.canvas) {
      if (!made.isSeen) return;
      const canvas = tile.canvas = document.createElement("canvas");
      const width = Math.ceil((right - left) / step), height = Math.ceil((bottom - top) / step);
      Object.assign(canvas, { width, height });
      Object.assign(canvas.style, {
        left: `${left}px`, top: `${top}px`, width: `${width * step}px`, height: `${height * step}px`,
      });
      tile.context = canvas.getContext("2d");
      this.place.append(canvas);
    }
    tile.context.putImageData(made.image, (part[0] - left) / step, (part[1] - top) / step);
  }
}
