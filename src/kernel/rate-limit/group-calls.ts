/** Rows of one statement. */
const largestGroup = 1_000;

/**
 * Runs concurrent calls together: those of one turn of the event loop make a group, and while `atOnce` groups are
 * under way the next calls wait and make larger ones. `run` answers in the order of its group; when it fails, every
 * call of the group does.
 */
export function groupCalls<Call, Answer>(
  run: (group: readonly Call[]) => Promise<readonly Answer[]>,
  atOnce = 2,
): (call: Call) => Promise<Answer> {
  type Waiting = { call: Call; resolve(answer: Answer): void; reject(reason: unknown): void };
  let waiting: Waiting[] = [];
  let running = 0;

  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, largestGroup);
      waiting = waiting.slice(largestGroup);
      try {
        const answers = await run(group.map(({ call }) => call));
        group.forEach(({ resolve }, i) => {
          resolve(answers[i] as Answer);
        });
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    running -= 1;
  };

  return (call) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    waiting.push({ call, resolve, reject });
    if (running < atOnce) {
      running += 1;
      setImmediate(work);
    }
    return promise;
  };
}
