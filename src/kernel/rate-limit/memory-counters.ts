/** Points counted in a window that closes in `msLeft` milliseconds. */
export type Count = { points: number; msLeft: number };

type Window = { points: number; closesAt: number };

/** Counters by key. A window of some seconds opens with the first point and closes by itself. */
export type MemoryCounters = {
  add(key: string, seconds: number): Count;
  subtract(key: string): void;
  remove(key: string): void;
  /** Sets the points and begins the window anew. */
  hold(key: string, points: number, seconds: number): void;
  /** The open window of a key, without counting. */
  peek(key: string): Count | undefined;
  size(): number;
};

/**
 * Counters of this process: at most `maxKeys` of their own, beyond which new addresses share one for their network (/16,
 * IPv6 /32), and a third more for those. No timers: `rate-limiter-flexible`'s memory store holds a record and a timer
 * for each key, 769 MB for a million addresses.
 */
export function memoryCounters(now: () => Date, maxKeys = 50_000): MemoryCounters {
  const windows = new Map<string, Window>();
  let sweptAt = 0;

  const open = (key: string, at: number): Window | undefined => {
    const window = windows.get(key);
    if (window && window.closesAt > at) return window;
    if (window) windows.delete(key);
    return;
  };
  const isFull = (limit: number, at: number): boolean => {
    if (windows.size < limit) return false;
    if (at >= sweptAt + 1000) {
      sweptAt = at;
      for (const [key, { closesAt }] of windows) if (closesAt <= at) windows.delete(key);
    }
    return windows.size >= limit;
  };
  const place = (key: string, at: number): string => {
    if (!isFull(maxKeys, at)) return key;
    const shared = sharedKey(key);
    return windows.has(shared) || !isFull(Math.ceil((maxKeys * 4) / 3), at) ? shared : everybody(key);
  };
  const begin = (key: string, points: number, seconds: number, at: number): Window => {
    const window = { points, closesAt: at + seconds * 1000 };
    windows.set(key, window);
    return window;
  };

  return {
    add(key, seconds) {
      const at = now().getTime();
      let window = open(key, at);
      if (!window) {
        const placed = place(key, at);
        window = (placed === key ? undefined : open(placed, at)) ?? begin(placed, 0, seconds, at);
      }
      window.points++;
      return { points: window.points, msLeft: window.closesAt - at };
    },
    subtract(key) {
      const window = open(key, now().getTime());
      if (!window) return;
      window.points--;
      if (window.points <= 0) windows.delete(key);
    },
    remove(key) {
      windows.delete(key);
    },
    hold(key, points, seconds) {
      const at = now().getTime();
      begin(windows.has(key) ? key : place(key, at), points, seconds, at);
    },
    peek(key) {
      const at = now().getTime();
      const window = open(key, at);
      return window && { points: window.points, msLeft: window.closesAt - at };
    },
    size: () => windows.size,
  };
}

/** `rule:203.0.113.9|form` -> `rule:203.0/16`, `rule:2001:db8:1:2::/64` -> `rule:2001:db8/32`. */
function sharedKey(key: string): string {
  const start = key.indexOf(":") + 1;
  const network = /^\d+\.\d+(?=\.)/.exec(key.slice(start))?.[0];
  if (network !== undefined) return `${key.slice(0, start)}${network}/16`;
  const network6 = /^[0-9a-f]+:[0-9a-f]+(?=:)/.exec(key.slice(start))?.[0];
  return network6 === undefined ? everybody(key) : `${key.slice(0, start)}${network6}/32`;
}

const everybody = (key: string) => `${key.slice(0, key.indexOf(":") + 1)}*`;
