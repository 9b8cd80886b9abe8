import type { ChannelGroup, ChannelGroups } from '../channels/channel-groups.ts';
import type { ChannelAxis } from '../channels/tracer.ts';
import { submatrix } from '../math/linear.ts';
import type { Matrix, Products } from '../math/products.ts';
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
export async function residualScores(
  graph: Graph,
  groups: ChannelGroups,
  { observations, products }: { observations: Observations; products: Products },
): Promise<Map<number, number>> {
  const readers = groups.axes.filter(({ role }) => role === 'reads');
  const readings = new Map<ChannelAxis, Reading>();
  for (const axis of readers) {
    const reading = await readingOf(graph, axis, observations, products);
    if (reading !== undefined) readings.set(axis, reading);
  }
  const scores = new Map<number, number>();
  for (const group of groups.groups) {
    if (group.isFixed) continue;
    const views = [...readings].flatMap(([axis, reading]) => viewOf(axis, group, reading) ?? []);
    for (const [index, gain] of forwardSelection(views, group.channels.length)) {
      scores.set(group.channels[index] ?? -1, gain);
    }
  }
  return scores;
}

/** A reader's covariances and filter products over all its inputs, `[C, C]` each. */
interface Reading {
  readonly covariance: Float64Array;
  readonly filters: Float64Array;
  readonly channels: number;
}

async function readingOf(
  graph: Graph,
  axis: ChannelAxis,
  observations: Observations,
  products: Products,
): Promise<Reading | undefined> {
  const moments = observations.get(requiredInput(axis.node, 0));
  const weight = graph.constants.get(axis.constant);
  if (moments === undefined || weight === undefined || moments.mean.length !== axis.channels.length) return undefined;
  const { covariance, channels } = centred(moments);
  const taps = byInput(floatsOf(weight, axis.constant), weight.dims, axis.axis);
  const filters = Float64Array.from((await products.transposedTimes(taps, taps)).data);
  let variance = 0;
  for (let i = 0; i < filters.length; i++) variance += (filters[i] ?? 0) * (covariance[i] ?? 0);
  return { covariance, filters: filters.map((value) => value / (variance || 1)), channels };
}

function viewOf(axis: ChannelAxis, group: ChannelGroup, { covariance, filters, channels }: Reading): View | undefined {
  const positions = group.channels.map((channel) => axis.channels.indexOf(channel));
  if (positions.includes(-1)) return undefined;
  return {
    rest: submatrix(covariance, channels, positions, positions),
    reading: submatrix(filters, channels, positions, positions),
  };
}

/** A reader's weights as `[outputs * taps, inputs]`, whichever axis its inputs run along. */
function byInput(weights: Float32Array, dims: readonly number[], axis: number): Matrix<Float32Array> {
  const [first = 1, second = 1, ...kernel] = dims;
  const taps = kernel.reduce((a, b) => a * b, 1);
  const [inputs, outputs] = axis === 0 ? [first, second] : [second, first];
  const rows = outputs * taps;
  const data = new Float32Array(rows * inputs);
  for (let row = 0; row < rows; row++) {
    const [o, tap] = [Math.floor(row / taps), row % taps];
    for (let i = 0; i < inputs; i++) {
      data[row * inputs + i] = weights[(axis === 0 ? i * second + o : o * second + i) * taps + tap] ?? 0;
    }
  }
  return { rows, columns: inputs, data };
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
