type Line = { taken: number; waiting: Set<() => void> };

export type Slots = {
  /** Waits for a free slot; undefined where none came within `waitMs`. What comes back gives it free again. */
  take(name: string, waitMs: number): Promise<(() => void) | undefined>;
};

/** At most `size` calls at a time under each name; the others wait their turn, first come first served. */
export function createSlots(size: number): Slots {
  const lines = new Map<string, Line>();

  const free = (name: string, line: Line) => {
    const [next] = line.waiting;
    if (next) {
      line.waiting.delete(next);
      next();
    } else if (--line.taken === 0) lines.delete(name);
  };

  return {
    async take(name, waitMs) {
      const line = lines.get(name) ?? { taken: 0, waiting: new Set() };
      lines.set(name, line);
      const give = () => free(name, line);
      if (line.taken < size) {
        line.taken++;
        return give;
      }
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const turn = () => resolve(true);
      line.waiting.add(turn);
      const timer = setTimeout(() => {
        line.waiting.delete(turn);
        resolve(false);
      }, waitMs);
      const came = await promise;
      clearTimeout(timer);
      return came ? give : undefined;
    },
  };
}
