/** The name that a misspelt one was meant to be. */

/**
 * The choice with the fewest insertions, deletions and replacements of a letter between it and `word` (Levenshtein 1966);
 * undefined if the closest is further than a third of the word (rounded up), so that no far-fetched advice is given.
 */
export function nearest(word: string, choices: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.ceil(word.length / 3);
  for (const choice of choices) {
    const d = distance(word.toLowerCase().slice(0, 64), choice.toLowerCase());
    if (d < least || (d === least && best === undefined)) {
      best = choice;
      least = d;
    }
  }
  return best;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
