import { seededRandom } from '#models/math/random.ts';
import { type AttributeValue, attributes } from '#models/onnx/attributes.ts';
import type { Graph, GraphNode } from '#models/onnx/graph.ts';
import { float32Tensor, int64Tensor, type Tensor } from '#models/onnx/tensor.ts';

export interface ConvOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly group?: number;
  readonly bias?: boolean;
  readonly name?: string;
}

export interface NetworkOptions {
  readonly channels?: number;
  readonly height?: number;
  readonly width?: number;
  readonly opset?: number;
  readonly seed?: number;
}

export type Network = ReturnType<typeof network>;

/** Builds a small graph by hand, weights seeded. Every method adds a node and returns the name of the value it makes. */
export function network({ channels = 3, height = 32, width = height, opset = 17, seed = 1 }: NetworkOptions = {}) {
  const random = seededRandom(seed);
  const nodes: GraphNode[] = [];
  const constants = new Map<string, Tensor>();
  const widths = new Map<string, number>([['input', channels]]);
  const channelsOf = (value: string): number => widths.get(value) ?? 0;

  const constant = (name: string, tensor: Tensor): string => {
    constants.set(name, tensor);
    return name;
  };
  const weights = (name: string, dims: number[], { mean = 0, deviation = 1 } = {}): string => {
    const data = Float32Array.from(
      { length: dims.reduce((a, b) => a * b, 1) },
      () => mean + deviation * random.normal(),
    );
    return constant(name, float32Tensor(dims, data));
  };
  const op = (
    type: string,
    inputs: string[],
    {
      name = `${type}_${nodes.length}`,
      outputs = [name],
      out = channelsOf(inputs[0] ?? ''),
      ...rest
    }: {
      name?: string;
      outputs?: string[];
      out?: number;
      attributes?: Record<string, AttributeValue>;
    } = {},
  ): string => {
    nodes.push({ name, op: type, inputs, outputs, attributes: attributes(rest.attributes ?? {}) });
    for (const output of outputs) widths.set(output, out);
    return outputs[0] ?? '';
  };

  const conv = (x: string, out: number, options: ConvOptions = {}): string => {
    const { kernel = 3, stride = 1, dilation = 1, group = 1, bias = true, name = `Conv_${nodes.length}` } = options;
    const pad = Math.floor(kernel / 2) * dilation;
    const fanIn = (channelsOf(x) / group) * kernel * kernel;
    const weight = weights(`${name}.weight`, [out, channelsOf(x) / group, kernel, kernel], {
      deviation: Math.sqrt(2 / fanIn),
    });
    const inputs = [x, weight, ...(bias ? [weights(`${name}.bias`, [out], { deviation: 0.1 })] : [])];
    const square = (value: number): number[] => [value, value];
    return op('Conv', inputs, {
      name,
      out,
      attributes: {
        kernel_shape: square(kernel),
        strides: square(stride),
        dilations: square(dilation),
        group,
        pads: [pad, pad, pad, pad],
      },
    });
  };

  const batchNorm = (x: string, name = `BatchNormalization_${nodes.length}`): string => {
    const c = channelsOf(x);
    const positive = (suffix: string): string =>
      constant(
        `${name}.${suffix}`,
        float32Tensor(
          [c],
          Float32Array.from({ length: c }, () => 0.5 + random.uniform()),
        ),
      );
    const around = (suffix: string): string => weights(`${name}.${suffix}`, [c], { deviation: 0.1 });
    return op('BatchNormalization', [x, positive('gamma'), around('beta'), around('mean'), positive('variance')], {
      name,
      attributes: { epsilon: { float: 1e-5 } },
    });
  };

  return {
    input: 'input',
    op,
    conv,
    batchNorm,
    constant,
    weights,
    channelsOf,
    relu: (x: string) => op('Relu', [x]),
    sigmoid: (x: string) => op('Sigmoid', [x]),
    add: (a: string, b: string) => op('Add', [a, b]),
    concat: (values: string[]) =>
      op('Concat', values, { out: values.reduce((sum, x) => sum + channelsOf(x), 0), attributes: { axis: 1 } }),
    maxPool: (x: string) =>
      op('MaxPool', [x], {
        attributes: {
          kernel_shape: [2, 2],
          strides: [2, 2],
          pads: [0, 0, 0, 0],
          ...(opset < 10 ? {} : { ceil_mode: 1 }),
        },
      }),
    /** Enlarges by a constant scale, as simplified graphs do. */
    enlarge: (x: string, scale: number) =>
      op('Resize', [x, '', constant(`scale_${scale}`, float32Tensor([4], Float32Array.of(1, 1, scale, scale)))], {
        attributes: { coordinate_transformation_mode: 'half_pixel', mode: 'linear' },
      }),
    /** Enlarges to another value's size through Shape, Slice and Concat, as exporters write it. */
    resizeLike: (x: string, like: string) => {
      const at = (name: string, value: number): string => constant(name, int64Tensor([value]));
      const part = (value: string, from: number, to: number): string =>
        op('Slice', [op('Shape', [value]), at(`at_${from}`, from), at(`at_${to}`, to), at('at_0', 0)]);
      const sizes = op('Concat', [part(x, 0, 2), part(like, 2, 4)], { attributes: { axis: 0 } });
      return op('Resize', [x, '', '', sizes], {
        out: channelsOf(x),
        attributes: { coordinate_transformation_mode: 'half_pixel', mode: 'linear' },
      });
    },
    /** The finished graph. */
    graph: (outputs: string[]): Graph => ({
      name: 'network',
      opset,
      inputs: [{ name: 'input', type: 'float32', dims: [1, channels, height, width] }],
      outputs: outputs.map((name) => ({ name, type: 'float32', dims: undefined })),
      nodes,
      constants,
      hints: [],
    }),
  };
}
