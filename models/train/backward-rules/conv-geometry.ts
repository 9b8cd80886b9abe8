import { intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import { type GraphNode, requiredInput, requiredOutput } from '../../onnx/graph.ts';
import { type Dims, padsOf } from '../../onnx/shape-rules.ts';

/** A two-dimensional convolution's sizes, everything that its backward rules need. */
export interface ConvGeometry {
  readonly batch: number;
  /** Channels in and out. */
  readonly channels: number;
  readonly filters: number;
  readonly group: number;
  /** `[height, width]` each. */
  readonly input: Pair;
  readonly output: Pair;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly padsBefore: Pair;
  readonly padsAfter: Pair;
}

type Pair = readonly [number, number];

export function convGeometry(node: GraphNode, shape: (value: string) => Dims): ConvGeometry {
  const [batch = 1, channels = 1, ...input] = shape(requiredInput(node, 0));
  const [filters = 1, , ...kernel] = shape(requiredInput(node, 1));
  const { before, after } = padsOf(node, input, kernel);
  return {
    batch,
    channels,
    filters,
    group: intAttribute(node, 'group', 1),
    input: pair(input),
    output: pair(shape(requiredOutput(node)).slice(2)),
    kernel: pair(kernel),
    strides: pair(intsAttribute(node, 'strides') ?? [1, 1]),
    dilations: pair(intsAttribute(node, 'dilations') ?? [1, 1]),
    padsBefore: pair(before),
    padsAfter: pair(after),
  };
}

/** Padding with which a convolution of the output's gradient reaches every input pixel: `[top, left, bottom, right]`; negative where the input was padded beyond the kernel's reach. */
export function reachPads({ kernel, dilations, padsBefore, padsAfter }: ConvGeometry): number[] {
  const reach = kernel.map((size, axis) => (size - 1) * (dilations[axis] ?? 1));
  return [padsBefore, padsAfter].flatMap((pads) => reach.map((cells, axis) => cells - (pads[axis] ?? 0)));
}

/** Every position in the kernel, row by row. */
export function taps({ kernel: [rows, columns] }: ConvGeometry): Pair[] {
  return Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns]);
}

function pair([first = 1, second = 1]: readonly number[]): Pair {
  return [first, second];
}
