/** How the learning rate goes over a whole training. */
export interface Schedule {
  /** At its highest. */
  readonly learningRate: number;
  readonly steps: number;
  /** Steps of a linear rise at the start. */
  readonly warmupSteps: number;
  /** The last step's rate as a share of the highest. @default 0.02 */
  readonly lastShare?: number;
}

/** The learning rate of one step: a linear rise, then half a cosine down. @param step Counts from 1. */
export function learningRateAt(step: number, { learningRate, steps, warmupSteps, lastShare = 0.02 }: Schedule): number {
  if (step <= warmupSteps) return (learningRate * step) / warmupSteps;
  const done = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  return learningRate * (lastShare + ((1 - lastShare) * (1 + Math.cos(Math.PI * done))) / 2);
}
