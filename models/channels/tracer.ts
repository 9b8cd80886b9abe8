import { OnnxError } from '../onnx/errors.ts';
import type { Graph, GraphNode } from '../onnx/graph.ts';
import { type Inference, shapeOf } from '../onnx/infer-shapes.ts';
import type { Dims } from '../onnx/shape-rules.ts';
import type { Tensor } from '../onnx/tensor.ts';

/**
 * The channels along one axis, in order: the index map. Each number names a channel, equal numbers are one and the same.
 * Through a Concat the lists are joined, through a Split they are parted, and an Add ties its two lists place by place.
 */
export type Channels = readonly number[];

/** How a constant takes part in a channel: it makes it (a filter), reads it (a filter's input), or goes along (a bias, a gamma). */
export type Role = 'makes' | 'reads' | 'follows';

/** An axis of a constant that loses entries when channels go. */
export interface ChannelAxis {
  readonly constant: string;
  readonly axis: number;
  readonly channels: Channels;
  readonly role: Role;
  readonly node: GraphNode;
}

/**
 * Follows channels through a graph, node by node, and remembers which must go together.
 * Channels are tied in a disjoint-set forest; {@link resolve} gives each its representative once all nodes were followed.
 */
export class Tracer {
  readonly axes: ChannelAxis[] = [];
  readonly graph: Graph;
  readonly inference: Inference;
  readonly #parent: number[] = [];
  readonly #fixed = new Set<number>();
  readonly #channels = new Map<string, Channels>();

  constructor(graph: Graph, inference: Inference) {
    this.graph = graph;
    this.inference = inference;
  }

  /** Channels of a value, or undefined for a constant, which has none of its own. */
  find(value: string): Channels | undefined {
    return this.#channels.get(value);
  }

  /** Channels of a value that a photo flows through. @throws {OnnxError} when it is a constant. */
  channelsOf(value: string): Channels {
    const channels = this.#channels.get(value);
    if (channels === undefined)
      throw new OnnxError('bad_graph', `Expected ${value} to depend on the photo, got a constant`);
    return channels;
  }

  shapeOf(value: string): Dims {
    return shapeOf(this.inference, value);
  }

  constant(name: string | undefined): Tensor | undefined {
    return this.graph.constants.get(name ?? '');
  }

  /** States which channels a value has. */
  set(value: string | undefined, channels: Channels): void {
    if (value !== undefined && value !== '') this.#channels.set(value, channels);
  }

  /** New channels that nothing is tied to yet. */
  create(count: number): Channels {
    const first = this.#parent.length;
    const channels = Array.from({ length: count }, (_, index) => first + index);
    this.#parent.push(...channels);
    return channels;
  }

  /** Makes channels at the same place of two lists go together. */
  tie(a: Channels, b: Channels): void {
    for (const [index, channel] of a.entries()) {
      const [from, to] = [this.resolve(channel), this.resolve(b[index] ?? channel)];
      // The older one represents, so that names and orders follow the graph.
      if (from !== to) this.#parent[Math.max(from, to)] = Math.min(from, to);
    }
  }

  /** Forbids cutting these channels. */
  fix(channels: Channels): void {
    for (const channel of channels) this.#fixed.add(channel);
  }

  /** States that a constant's axis follows channels. A constant that several nodes share ties them all. */
  follow(node: GraphNode, constant: string | undefined, axis: number, channels: Channels, role: Role): void {
    if (constant === undefined || constant === '') return;
    const shared = this.axes.find((other) => other.constant === constant && other.axis === axis);
    if (shared !== undefined) this.tie(shared.channels, channels);
    this.axes.push({ constant, axis, channels, role, node });
  }

  /** The channel that stands for all those tied to this one. */
  resolve(channel: number): number {
    let root = channel;
    for (let up = this.#parent[root] ?? root; up !== root; up = this.#parent[root] ?? root) root = up;
    // Path compression keeps long chains of Adds cheap.
    for (let node = channel; node !== root; ) {
      const up = this.#parent[node] ?? root;
      this.#parent[node] = root;
      node = up;
    }
    return root;
  }

  /** All channels that may not be cut, resolved. */
  fixedChannels(): Set<number> {
    return new Set([...this.#fixed].map((channel) => this.resolve(channel)));
  }

  /** Every value's channels, resolved. */
  valueChannels(): Map<string, Channels> {
    return new Map([...this.#channels].map(([value, channels]) => [value, channels.map((c) => this.resolve(c))]));
  }
}
