// Where the parts of a drawn network stand: columns as high as their layers are wide, the code as the waist.

const SIDES = 8; // Left and right of all columns.
const HIGHEST = 0.62; // A picture's side, of the height that columns have.
const MOST_PICTURE = 96;
const CELL = { most: 13, least: 4, wide: 13 };
const MAP = 34; // A map's largest side.
const FOOT = 40; // Labels and gradients.

/** How high a network is drawn. */
export const networkHeight = (width) => (width < 560 ? 176 : 190);

/**
 * The place of every column: its middle, how far it reaches up and down, and the place of each of its cells.
 * Heights go by the root of how many numbers a layer has, so that both 784 and 2 are seen.
 */
export function networkPlaces(columns, shapes, width, height) {
  const high = height - FOOT;
  const largest = Math.max(...columns.map(({ size }) => size));
  const room = (width - 2 * SIDES) / columns.length;
  const side = Math.min(MOST_PICTURE, room - 6, HIGHEST * high);
  return columns.map((column, i) => {
    const middle = SIDES + (i + 0.5) * room;
    const reach = high * Math.sqrt(column.size / largest);
    return { column, room, middle, centre: high / 2, ...filled(column, shapes[column.array], reach, { side, high }) };
  });
}

function filled({ kind, units }, shape, reach, { side, high }) {
  if (kind === "picture") return { half: side / 2, wide: side, cells: [cellAt(0, 0, side, side)] };
  const count = kind === "maps" ? shape[1] : units.length;
  if (kind === "maps") {
    const each = Math.min(MAP, high / count - 2, (reach / count) * 2);
    const [, , rows, cols] = shape;
    return stacked(count, (each * cols) / Math.max(rows, cols), (each * rows) / Math.max(rows, cols), 2, reach);
  }
  const most = kind === "code" ? CELL.most + 3 : CELL.most;
  const each = Math.max(CELL.least, Math.min(most, Math.max(reach, 9 * count) / count));
  const fitting = Math.min(each, high / count);
  return stacked(count, CELL.wide, fitting, 0, reach);
}

/** Cells one above the other around the middle, spread over how far the column reaches. */
function stacked(count, wide, high, gap, reach) {
  const step = Math.max(high + gap, reach / count);
  const cells = Array.from({ length: count }, (_, i) => cellAt(0, (i - (count - 1) / 2) * step, wide, high));
  return { half: (step * count) / 2, wide, cells };
}

const cellAt = (x, y, wide, high) => ({ x, y, wide, high });

/** The room between two columns that stand side by side. */
export const gapBetween = (a, b) => b.middle - b.wide / 2 - (a.middle + a.wide / 2);

/** The column and the cell that lie under a pointer, or null: of a column's cells the nearest. */
export function cellUnder(places, { x, y }) {
  const place = places.find(({ middle, room }) => Math.abs(x - middle) <= room / 2);
  if (!place) return null;
  const distance = ({ y: at }) => Math.abs(y - place.centre - at);
  const cell = place.cells.reduce((best, _, i) => (distance(place.cells[i]) < distance(place.cells[best]) ? i : best), 0);
  return { place, cell };
}
