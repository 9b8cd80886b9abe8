/**
 * Stretches a mask so that what the network is sure of becomes exactly 0 or 1: networks of this family seldom say either.
 *
 * @param data 0..1. @param low What and below becomes 0. @param high What and above becomes 1. @returns new values, 0..1.
 */
export function levelMask(
  data: Float32Array,
  { low, high }: { readonly low: number; readonly high: number },
): Float32Array {
  const gain = 1 / (high - low);
  const levelled = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = ((data[i] as number) - low) * gain;
    levelled[i] = value <= 0 ? 0 : value >= 1 ? 1 : value;
  }
  return levelled;
}
