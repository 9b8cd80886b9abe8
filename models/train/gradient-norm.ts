/**
 * Shortens gradients that together are longer than `longest`, so that one odd photo cannot throw the weights far.
 *
 * @param gradients Changed in place. @returns Their common length before.
 */
export function clipInto(gradients: readonly Float32Array[], longest: number): number {
  let sum = 0;
  for (const gradient of gradients) for (const value of gradient) sum += value * value;
  const length = Math.sqrt(sum);
  if (length > longest) {
    const factor = longest / length;
    for (const gradient of gradients) {
      for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] as number) * factor;
    }
  }
  return length;
}
