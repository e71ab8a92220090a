/** What one system call did, as far as durability is concerned. */
export type TraceEvent =
  | { kind: "write"; file: string; bytes: string }
  | { kind: "sync"; file: string }
  | { kind: "answer"; bytes: string };

const call = /^(?:\d+\s+)?(?:[\d:.]+\s+)?(\w+)\((?:\d+)<([^>]*)>(.*)$/;
const writes = new Set(["write", "pwrite64", "writev", "pwritev", "pwritev2"]);

/**
 * Reads the output of `strace -f -y -s <large>`, in the order in which the calls began. A call that another thread
 * interrupts in the log ends elsewhere: a write counts from its beginning (its bytes may not be on disk from then on), a
 * sync from its end (they are from then on), an answer from its beginning.
 */
export function readTrace(text: string): TraceEvent[] {
  const unfinished = new Map<string, TraceEvent>();
  return text.split("\n").flatMap((line): TraceEvent[] => {
    const thread = line.match(/^\d+/)?.[0] ?? "";
    if (/<\.\.\. (?:fsync|fdatasync) resumed>/.test(line)) {
      const event = unfinished.get(thread);
      unfinished.delete(thread);
      return event && / = 0$/.test(line) ? [event] : [];
    }
    const [, name = "", file = "", rest = ""] = call.exec(line) ?? [];
    if (name === "fsync" || name === "fdatasync") {
      const event: TraceEvent = { kind: "sync", file };
      if (rest.endsWith("<unfinished ...>")) unfinished.set(thread, event);
      else if (/ = 0$/.test(rest)) return [event];
      return [];
    }
    if (rest.includes("HTTP/1.1 ")) return [{ kind: "answer", bytes: rest }];
    return writes.has(name) ? [{ kind: "write", file, bytes: rest }] : [];
  });
}

/** A message and the answer it got. The marker is part of what was sent, and can be found on disk as it is. */
export type Acknowledged = { marker: string; id: string };

export type Early = { marker: string; reason: "no answer" | "not written" | "not synced" };

/**
 * The messages whose answer left too early: before the write-ahead log held them, or while bytes of it that were
 * written had not been synced. PostgreSQL writes a commit behind its rows, so with both true the commit is on disk.
 */
export function findEarlyAnswers(
  events: readonly TraceEvent[],
  acknowledged: readonly Acknowledged[],
): Early[] {
  return acknowledged.flatMap(({ marker, id }): Early[] => {
    const answered = events.findIndex((event) => event.kind === "answer" && event.bytes.includes(id));
    if (answered < 0) return [{ marker, reason: "no answer" }];
    const dirty = new Set<string>();
    let isWritten = false;
    for (const event of events.slice(0, answered)) {
      if (event.kind === "answer" || !event.file.includes("/pg_wal/")) continue;
      if (event.kind === "sync") dirty.delete(event.file);
      else {
        dirty.add(event.file);
        isWritten ||= event.bytes.includes(marker);
      }
    }
    if (!isWritten) return [{ marker, reason: "not written" }];
    return dirty.size > 0 ? [{ marker, reason: "not synced" }] : [];
  });
}
