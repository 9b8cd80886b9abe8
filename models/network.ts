import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { encodeModel } from './onnx/codec.ts';
import { OnnxError } from './onnx/errors.ts';
import type { Graph } from './onnx/graph.ts';

/** What a network is fed: float32 or float64 by its array's type. */
export interface Feed {
  readonly data: Float32Array | Float64Array;
  readonly dims: readonly number[];
}

/** A graph loaded into onnxruntime. Close it: its weights live outside the garbage collector. */
export interface Network {
  /** @param outputs What to compute. @default everything @returns Those outputs by name. */
  readonly run: (
    feeds: Readonly<Record<string, Feed>>,
    outputs?: readonly string[],
  ) => Promise<ReadonlyMap<string, Float32Array | Float64Array>>;
  /** The same with onnxruntime's own tensors, for values that are only passed on from one network to the next. */
  readonly pass: (feeds: Readonly<Record<string, OrtTensor>>) => Promise<Readonly<Record<string, OrtTensor>>>;
  readonly close: () => Promise<void>;
}

export interface NetworkOptions {
  /** Threads inside one operator. @default one a core */
  readonly threads?: number;
}

/** Loads a graph, with the settings the workers use: no memory pattern (half the peak), no spinning between operators. */
export async function openNetwork(graph: Graph, { threads }: NetworkOptions = {}): Promise<Network> {
  const session = await InferenceSession.create(encodeModel(graph), {
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  });
  return {
    run: async (feeds, outputs) => {
      const tensors = Object.entries(feeds).map(([name, { data, dims }]) => [name, toOrt(data, dims)] as const);
      const results = await session.run(Object.fromEntries(tensors), outputs ?? session.outputNames);
      return new Map(Object.entries(results).map(([name, { data }]) => [name, floatData(name, data)]));
    },
    pass: (feeds) => session.run(feeds),
    close: () => session.release(),
  };
}

/** Opens a network for as long as `use` takes. */
export async function withNetwork<T>(
  graph: Graph,
  use: (network: Network) => Promise<T>,
  options?: NetworkOptions,
): Promise<T> {
  const network = await openNetwork(graph, options);
  try {
    return await use(network);
  } finally {
    await network.close();
  }
}

export type { OrtTensor };

/** The bits of a float16 result. @throws {OnnxError} when it is of another type. */
export function float16Bits(tensor: OrtTensor): Uint16Array<ArrayBuffer> {
  const { data, type } = tensor;
  if (type === 'float16' && ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) {
    return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  }
  throw new OnnxError('unsupported_type', `Expected a float16 result, got ${type}`);
}

/**
 * Wraps bits as a float16 tensor to be fed. onnxruntime-node 1.30 takes float16 only as bits in a Uint16Array, which its own
 * constructor calls uint16.
 */
export function float16Feed(bits: Uint16Array<ArrayBuffer>, dims: readonly number[]): OrtTensor {
  return Object.defineProperty(new OrtTensor('uint16', bits, dims), 'type', { value: 'float16' });
}

/** Wraps values as onnxruntime's tensor. */
export function toOrt(data: Float32Array | Float64Array, dims: readonly number[]): OrtTensor {
  return data instanceof Float32Array ? new OrtTensor('float32', data, dims) : new OrtTensor('float64', data, dims);
}

function floatData(name: string, data: OrtTensor['data']): Float32Array | Float64Array {
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  throw new OnnxError('unsupported_type', `Expected floating-point values in output ${name}, got another type`);
}

/** A named result as float32. @throws {OnnxError} when the network has no such output. */
export function float32Result(results: ReadonlyMap<string, Float32Array | Float64Array>, name: string): Float32Array {
  const data = results.get(name);
  if (data instanceof Float32Array) return data;
  throw new OnnxError('bad_graph', `Expected a float32 output ${name}, got ${data === undefined ? 'none' : 'float64'}`);
}
