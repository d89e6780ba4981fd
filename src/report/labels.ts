/** Places names beside points so that they cover neither each other nor a point. */

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Placed {
  /** Baseline middle of the text, relative to the point, pixels. */
  dx: number;
  dy: number;
  align: 'left' | 'right' | 'center';
}

const HEIGHT = 13;
/** Mean width of a letter at 12 pixels, a little generous. */
const LETTER = 6.6;
/** Half a point's extent. */
const RADIUS = 6;

const overlap = (a: Box, b: Box): number =>
  Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) *
  Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));

/** Right, left, above, below, then further away above and below, and at the corners. */
const places: readonly Placed[] = [
  { dx: 9, dy: 0, align: 'left' },
  { dx: -9, dy: 0, align: 'right' },
  { dx: 0, dy: -14, align: 'center' },
  { dx: 0, dy: 15, align: 'center' },
  { dx: 6, dy: -12, align: 'left' },
  { dx: 6, dy: 12, align: 'left' },
  { dx: -6, dy: -12, align: 'right' },
  { dx: -6, dy: 12, align: 'right' },
  { dx: 9, dy: -24, align: 'left' },
  { dx: 9, dy: 24, align: 'left' },
  { dx: -9, dy: -24, align: 'right' },
  { dx: -9, dy: 24, align: 'right' },
];

/**
 * Greedy, in the order given: each name takes the first place that covers least.
 * @param points in pixels, with their names
 * @param area what the names should stay in
 * @param obstacles what else they should not cover
 */
export function placeLabels(
  points: readonly { x: number; y: number; name: string }[],
  area: Box,
  obstacles: readonly Box[],
): Placed[] {
  const taken: Box[] = points.map(({ x, y }) => ({
    left: x - RADIUS,
    right: x + RADIUS,
    top: y - RADIUS,
    bottom: y + RADIUS,
  }));
  taken.push(...obstacles);
  return points.map(({ x, y, name }, own) => {
    const width = LETTER * name.length;
    const scored = places.map((place) => {
      const start = place.align === 'left' ? 0 : place.align === 'right' ? -width : -width / 2;
      const left = x + place.dx + start;
      const top = y + place.dy - HEIGHT / 2;
      const box = { left, right: left + width, top, bottom: top + HEIGHT };
      const outside = width * HEIGHT - overlap(box, area);
      const covered = taken.reduce((sum, other, i) => sum + (i === own ? 0 : overlap(box, other)), 0);
      return { place, box, cost: covered + 2 * outside };
    });
    const best = scored.reduce((a, b) => (b.cost < a.cost - 1e-6 ? b : a));
    taken.push(best.box);
    return best.place;
  });
}
