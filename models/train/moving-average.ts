/**
 * Draws an average towards the values it follows: `average += (1 - decay) (values - average)`. The average of the weights of the
 * last thousand steps or so is a better network than the last step's (Polyak averaging).
 *
 * @param step Counts from 1; early steps forget faster, so that the start is forgotten soon.
 */
export function followInto(
  average: Float32Array,
  values: Float32Array,
  { decay, step }: { decay: number; step: number },
): void {
  const share = 1 - Math.min(decay, step / (10 + step));
  for (let i = 0; i < average.length; i++) {
    const from = average[i] as number;
    average[i] = from + share * ((values[i] as number) - from);
  }
}
