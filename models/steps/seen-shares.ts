/** Outputs that are hardly ever seen still count a little, or nothing would hold them below zero. */
const LEAST = 0.05;

/**
 * What a deviation of each output of a layer counts that only ReLUs read: the share of its standard deviation that is left
 * above zero, LEAST..1.
 *
 * @param samples Of the dense network before the ReLU, `[positions, outputs]` each.
 */
export function seenShares(samples: readonly Float32Array[], outputs: number): Float64Array {
  const [all, seen] = [
    spreads(samples, outputs, (value) => value),
    spreads(samples, outputs, (value) => Math.max(value, 0)),
  ];
  return all.map((variance, o) => Math.max(LEAST, variance > 0 ? Math.sqrt((seen[o] ?? 0) / variance) : 1));
}

/** Each output's variance after a function. */
function spreads(samples: readonly Float32Array[], outputs: number, after: (value: number) => number): Float64Array {
  const [sum, squares] = [new Float64Array(outputs), new Float64Array(outputs)];
  let rows = 0;
  for (const data of samples) {
    rows += data.length / outputs;
    for (const [at, raw] of data.entries()) {
      const value = after(raw);
      sum[at % outputs] = (sum[at % outputs] ?? 0) + value;
      squares[at % outputs] = (squares[at % outputs] ?? 0) + value * value;
    }
  }
  return squares.map((square, o) => Math.max(0, square / rows - ((sum[o] ?? 0) / rows) ** 2));
}
