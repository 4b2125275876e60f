// Shapes as spans of pixels, row by row: emit(y, from, to) gets half-open ranges inside the image.

/** The position of a brush of `diameter` pixels whose centre is nearest to a place, in half pixels:
    odd brushes are centred on pixels, even ones on corners. */
export function snap(x, y, diameter) {
  return diameter % 2 === 1
    ? [2 * Math.floor(x) + 1, 2 * Math.floor(y) + 1]
    : [2 * Math.round(x), 2 * Math.round(y)];
}

/** Whether a pixel's centre is within half the diameter of the segment from a to b. All numbers are
    whole half pixels, so that the answer is exact. */
function isInside(px, py, ax, ay, bx, by, diameter) {
  const vx = bx - ax, vy = by - ay, wx = px - ax, wy = py - ay;
  const along = wx * vx + wy * vy, length = vx * vx + vy * vy;
  const limit = diameter * diameter;
  if (along <= 0) return wx * wx + wy * wy <= limit;
  if (along >= length) {
    const ex = px - bx, ey = py - by;
    return ex * ex + ey * ey <= limit;
  }
  const across = wx * vy - wy * vx;
  return across * across <= limit * length;
}

/** All pixels whose centres are within half the diameter of a segment, which joins two positions of
    a brush (`snap`). */
export function capsule(ax, ay, bx, by, diameter, width, height, emit) {
  const inside = (x, y) => isInside(2 * x + 1, 2 * y + 1, ax, ay, bx, by, diameter);
  const top = Math.max(0, Math.floor((Math.min(ay, by) - diameter - 1) / 2));
  const bottom = Math.min(height - 1, Math.ceil((Math.max(ay, by) + diameter) / 2));
  const length = Math.hypot(bx - ax, by - ay);
  for (let y = top; y <= bottom; y++) {
    const py = 2 * y + 1;
    let low = Infinity, high = -Infinity;
    for (const [cx, cy] of [[ax, ay], [bx, by]]) {
      const square = diameter * diameter - (py - cy) * (py - cy);
      if (square < 0) continue;
      const half = Math.sqrt(square);
      low = Math.min(low, cx - half);
      high = Math.max(high, cx + half);
    }
    if (ay !== by) {
      // The part between the ends: of points along the segment, those whose circle has this row.
      const slope = (bx - ax) / (by - ay);
      const half = Math.abs(diameter * length / (by - ay));
      const middle = ax + (py - ay) * slope;
      for (const x of [middle - half, middle + half]) {
        const along = (x - ax) * (bx - ax) + (py - ay) * (by - ay);
        if (along < 0 || along > length * length) continue;
        low = Math.min(low, x);
        high = Math.max(high, x);
      }
    } else if (Math.abs(py - ay) <= diameter) {
      low = Math.min(low, ax, bx);
      high = Math.max(high, ax, bx);
    }
    if (low > high) continue;
    let from = Math.ceil((low - 1) / 2) - 1, to = Math.floor((high - 1) / 2) + 1;
    while (from <= to && !inside(from, y)) from++;
    while (to >= from && !inside(to, y)) to--;
    from = Math.max(0, from);
    to = Math.min(width - 1, to);
    if (from <= to) emit(y, from, to + 1);
  }
}

/** The pixels whose centres are inside a closed polygon, by the even-odd rule. */
export function polygon(points, width, height, emit) {
  if (points.length < 3) return;
  const ys = points.map((point) => point[1]);
  const top = Math.max(0, Math.floor(Math.min(...ys)));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(...ys)));
  for (let y = top; y <= bottom; y++) {
    const centre = y + 0.5, crossings = [];
    for (let i = 0; i < points.length; i++) {
      const [ax, ay] = points[i], [bx, by] = points[(i + 1) % points.length];
      if ((ay <= centre) === (by <= centre)) continue;
      crossings.push(ax + (centre - ay) * (bx - ax) / (by - ay));
    }
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(crossings[i] - 0.5));
      const to = Math.min(width, Math.ceil(crossings[i + 1] - 0.5));
      if (from < to) emit(y, from, to);
    }
  }
}

/** The pixels of one value that are joined to a pixel by their sides. */
export function region(bytes, width, height, at, emit) {
  const value = bytes[at], seen = new Uint8Array(bytes.length);
  const open = [[at % width, Math.floor(at / width)]];
  while (open.length) {
    const [px, py] = open.pop();
    const row = py * width;
    if (seen[row + px]) continue;
    let from = px, to = px + 1;
    while (from > 0 && bytes[row + from - 1] === value) from--;
    while (to < width && bytes[row + to] === value) to++;
    seen.fill(1, row + from, row + to);
    emit(py, from, to);
    for (const next of [py - 1, py + 1]) {
      if (next < 0 || next >= height) continue;
      const start = next * width;
      for (let i = from; i < to; i++) {
        const isStart = i === from || bytes[start + i - 1] !== value;
        if (isStart && bytes[start + i] === value && !seen[start + i]) open.push([i, next]);
      }
    }
  }
}
