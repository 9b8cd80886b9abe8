import type { ChannelGroup, ChannelGroups } from '../channels/channel-groups.ts';
import type { ChannelAxis } from '../channels/tracer.ts';
import { submatrix } from '../math/linear.ts';
import { type Graph, requiredInput } from '../onnx/graph.ts';
import { floatsOf } from '../onnx/tensor.ts';
import { centred } from './moments.ts';
import type { Observations } from './observe.ts';

/** One reader's view of a group: what is left of its channels' covariance, and how strongly its filters read each two of them. */
interface View {
  /** `[n, n]`, what the chosen channels do not explain yet; shrinks as channels are chosen. */
  readonly rest: Float64Array;
  /** `[n, n]`, products of the reader's filters, divided by its output's variance. */
  readonly reading: Float64Array;
}

/**
 * Scores each group's channels by greedy forward selection: again and again the channel is chosen that, interpolating the
 * others, explains most of what is still missing from its readers' outputs; its score is that share. So the scores of the
 * channels that are cut add up to the share of output variance that the closed-form merge cannot bring back.
 *
 * Cost O(n³) a group and reader.
 */
export function residualScores(graph: Graph, groups: ChannelGroups, observations: Observations): Map<number, number> {
  const readers = groups.axes.filter(({ role }) => role === 'reads');
  const scores = new Map<number, number>();
  for (const group of groups.groups) {
    if (group.isFixed) continue;
    const views = readers.flatMap((axis) => viewOf(graph, axis, group, observations) ?? []);
    for (const [index, gain] of forwardSelection(views, group.channels.length)) {
      scores.set(group.channels[index] ?? -1, gain);
    }
  }
  return scores;
}

function viewOf(graph: Graph, axis: ChannelAxis, group: ChannelGroup, observations: Observations): View | undefined {
  const moments = observations.get(requiredInput(axis.node, 0));
  const weight = graph.constants.get(axis.constant);
  const positions = group.channels.map((channel) => axis.channels.indexOf(channel));
  if (moments === undefined || weight === undefined || positions.includes(-1)) return undefined;
  const { covariance, channels } = centred(moments);
  if (channels !== axis.channels.length) return undefined;

  const reading = filterProducts(floatsOf(weight, axis.constant), weight.dims, axis.axis);
  let variance = 0;
  for (let i = 0; i < reading.length; i++) variance += (reading[i] ?? 0) * (covariance[i] ?? 0);
  return {
    rest: submatrix(covariance, channels, positions, positions),
    reading: submatrix(reading, channels, positions, positions).map((value) => value / (variance || 1)),
  };
}

/** For each two inputs of a reader, the sum of products of its filters over outputs and taps: `[C, C]`. */
function filterProducts(weights: Float32Array, dims: readonly number[], axis: number): Float64Array {
  const [first = 1, second = 1, ...kernel] = dims;
  const taps = kernel.reduce((a, b) => a * b, 1);
  const [inputs, outputs] = axis === 0 ? [first, second] : [second, first];
  const at = (o: number, i: number): number => (axis === 0 ? i * second + o : o * second + i) * taps;
  const products = new Float64Array(inputs * inputs);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      const a = weights.subarray(at(o, i), at(o, i) + taps);
      for (let j = 0; j <= i; j++) {
        const b = at(o, j);
        let sum = 0;
        for (let tap = 0; tap < taps; tap++) sum += (a[tap] ?? 0) * (weights[b + tap] ?? 0);
        products[i * inputs + j] = (products[i * inputs + j] ?? 0) + sum;
      }
    }
  }
  for (let i = 0; i < inputs; i++) for (let j = 0; j < i; j++) products[j * inputs + i] = products[i * inputs + j] ?? 0;
  return products;
}

/** @returns Indices in the order they were chosen, each with what it explained. */
function* forwardSelection(views: readonly View[], count: number): Generator<[number, number]> {
  const open = new Set(Array.from({ length: count }, (_, index) => index));
  const joint = views.map(({ rest, reading }) => multiplySquare(reading, rest, count));
  while (open.size > 0) {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (const index of open) {
      const gain = views.reduce((sum, view, v) => sum + gainOf(view, joint[v] ?? new Float64Array(), index, count), 0);
      if (gain > most) [best, most] = [index, gain];
    }
    for (const [v, view] of views.entries()) takeOutInto(view, joint[v] ?? new Float64Array(), best, count);
    open.delete(best);
    yield [best, Math.max(0, most)];
  }
}

/** What choosing a channel would explain: `(R M R)_cc / R_cc`, with R the rest and M the reading. */
function gainOf({ rest }: View, joint: Float64Array, c: number, n: number): number {
  const pivot = rest[c * n + c] ?? 0;
  if (pivot <= 1e-12) return 0;
  let sum = 0;
  for (let j = 0; j < n; j++) sum += (rest[c * n + j] ?? 0) * (joint[j * n + c] ?? 0);
  return sum / pivot;
}

/** Takes what channel c explains out of R, and keeps M R up to date: both change by a product of two vectors. */
function takeOutInto({ rest }: View, joint: Float64Array, c: number, n: number): void {
  const pivot = rest[c * n + c] ?? 0;
  if (pivot <= 1e-12) return;
  const row = rest.slice(c * n, (c + 1) * n);
  const column = Float64Array.from({ length: n }, (_, i) => joint[i * n + c] ?? 0);
  for (let i = 0; i < n; i++) {
    const [a, b] = [(row[i] ?? 0) / pivot, (column[i] ?? 0) / pivot];
    for (let j = 0; j < n; j++) {
      const value = row[j] ?? 0;
      rest[i * n + j] = (rest[i * n + j] ?? 0) - a * value;
      joint[i * n + j] = (joint[i * n + j] ?? 0) - b * value;
    }
  }
}

function multiplySquare(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k] ?? 0;
      for (let j = 0; j < n; j++) c[i * n + j] = (c[i * n + j] ?? 0) + factor * (b[k * n + j] ?? 0);
    }
  }
  return c;
}
