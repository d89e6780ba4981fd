/** min(max(value, lo), hi); NaN stays NaN. */
export function clamp(value: number, lo: number, hi: number): number {
  return Math.min(Math.max(value, lo), hi);
}
