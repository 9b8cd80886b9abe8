import { type Network, openNetwork } from '../network.ts';
import { attributes } from '../onnx/attributes.ts';
import type { Graph } from '../onnx/graph.ts';

/** A dense matrix, row-major. */
export interface Matrix<Data extends Float32Array | Float64Array = Float64Array> {
  readonly rows: number;
  readonly columns: number;
  readonly data: Data;
}

/** Matrix products through onnxruntime, which runs them some fifty times faster than a loop here would. */
export interface Products {
  /** `a b` in float64. */
  readonly times: (a: Matrix, b: Matrix) => Promise<Matrix>;
  /** `a bᵀ` in float64. */
  readonly timesTransposed: (a: Matrix, b: Matrix) => Promise<Matrix>;
  /** `aᵀ b` in float32, summed over the rows: how normal equations grow. */
  readonly transposedTimes: (a: Matrix<Float32Array>, b: Matrix<Float32Array>) => Promise<Matrix<Float32Array>>;
  readonly close: () => Promise<void>;
}

export async function openProducts(): Promise<Products> {
  const [plain, right, left] = await Promise.all([
    openNetwork(productGraph('float64', {})),
    openNetwork(productGraph('float64', { transB: 1 })),
    openNetwork(productGraph('float32', { transA: 1 })),
  ]);
  return {
    times: async (a, b) => float64(a.rows, b.columns, await product(plain, a, b)),
    timesTransposed: async (a, b) => float64(a.rows, b.rows, await product(right, a, b)),
    transposedTimes: async (a, b) => {
      const data = await product(left, a, b);
      return {
        rows: a.columns,
        columns: b.columns,
        data: data instanceof Float32Array ? data : Float32Array.from(data),
      };
    },
    close: async () => {
      await Promise.all([plain.close(), right.close(), left.close()]);
    },
  };
}

async function product(
  network: Network,
  a: Matrix<Float32Array | Float64Array>,
  b: Matrix<Float32Array | Float64Array>,
): Promise<Float32Array | Float64Array> {
  const feed = ({ data, rows, columns }: typeof a) => ({ data, dims: [rows, columns] });
  const results = await network.run({ a: feed(a), b: feed(b) });
  return results.get('c') ?? new Float64Array();
}

function float64(rows: number, columns: number, data: Float32Array | Float64Array): Matrix {
  return { rows, columns, data: data instanceof Float64Array ? data : Float64Array.from(data) };
}

function productGraph(type: 'float32' | 'float64', transposed: Record<string, number>): Graph {
  return {
    name: 'product',
    opset: 17,
    inputs: [
      { name: 'a', type, dims: ['a0', 'a1'] },
      { name: 'b', type, dims: ['b0', 'b1'] },
    ],
    outputs: [{ name: 'c', type, dims: undefined }],
    nodes: [{ name: 'gemm', op: 'Gemm', inputs: ['a', 'b'], outputs: ['c'], attributes: attributes(transposed) }],
    constants: new Map(),
    hints: [],
  };
}
