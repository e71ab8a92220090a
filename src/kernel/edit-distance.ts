/** Letters to add, drop or change to make one word of the other (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const changed = row[j]! + (letter === other ? 0 : 1);
      next.push(Math.min(changed, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The word that was probably meant: at most two letters away, one for short words; undefined where none is. */
export function closest(word: string, words: readonly string[]): string | undefined {
  const reach = word.length < 6 ? 1 : 2;
  return words
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ distance }) => distance > 0 && distance <= reach)
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}
