/** What a promise gives within so many milliseconds, or a rejection. It goes on; its late end is ignored. */
export async function within<T>(
  milliseconds: number,
  work: Promise<T>,
  late = () => new Error("Too late"),
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
