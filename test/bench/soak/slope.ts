/** One look at the process: seconds since the start of the load, resident megabytes, open descriptors. */
export type Sample = { seconds: number; megabytes: number; files: number };

/** Megabytes a minute by least squares. */
export function slopeOf(samples: readonly Sample[]): number {
  const meanOf = (value: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + value(sample), 0) / samples.length;
  const [seconds, megabytes] = [meanOf((one) => one.seconds), meanOf((one) => one.megabytes)];
  const covariance = meanOf((one) => (one.seconds - seconds) * (one.megabytes - megabytes));
  const variance = meanOf((one) => (one.seconds - seconds) ** 2);
  return (covariance / variance) * 60;
}
