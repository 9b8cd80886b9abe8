import { OnnxError } from './errors.ts';
import { type Graph, onlyInput } from './graph.ts';
import { inferShapes } from './infer-shapes.ts';

/** Height and width of a network's input in px. */
export interface InputSize {
  readonly height: number;
  readonly width: number;
}

/** The fixed size a graph takes. @throws {OnnxError} when it is open. */
export function inputSize(graph: Graph): InputSize {
  const { name, dims } = onlyInput(graph);
  const [height, width] = dims?.slice(2) ?? [];
  if (typeof height !== 'number' || typeof width !== 'number') {
    throw new OnnxError('bad_shape', `Expected a fixed height and width for input ${name}, got [${dims ?? 'none'}]`);
  }
  return { height, width };
}

/**
 * Gives a simplified graph another fixed input size. Its Resizes must go by scales, as `simplify` leaves them.
 *
 * @throws {OnnxError} when the halvings and doublings inside don't meet again: IS-Net needs multiples of 64, U2-Net of 32.
 */
export function resizeInput(graph: Graph, size: InputSize): Graph {
  const { name, dims, type } = onlyInput(graph);
  const batch = dims?.[0];
  const channels = dims?.[1] ?? 3;
  const resized: Graph = {
    ...graph,
    inputs: [{ name, type, dims: [typeof batch === 'number' ? batch : 1, channels, size.height, size.width] }],
    outputs: graph.outputs.map((output) => ({ name: output.name, type: output.type, dims: undefined })),
    hints: [],
  };
  try {
    return withOutputShapes(resized);
  } catch (cause) {
    if (!(cause instanceof OnnxError) || cause.code !== 'bad_shape') throw cause;
    throw new OnnxError(
      'bad_shape',
      `Expected an input size whose halves meet again, such as a multiple of 64, got ${size.width}x${size.height} (${cause.message})`,
      { cause },
    );
  }
}

/** States every output's inferred shape, dropping what the file said of it. */
export function withOutputShapes(graph: Graph): Graph {
  const { shapes } = inferShapes(graph);
  return {
    ...graph,
    outputs: graph.outputs.map(({ name, type }) => ({ name, type, dims: shapes.get(name) })),
  };
}
