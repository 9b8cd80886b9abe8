import { intAttribute, intsAttribute, stringAttribute } from '../onnx/attributes.ts';
import { consumers, type Graph, type GraphNode, producers, requiredInput } from '../onnx/graph.ts';
import { type Inference, shapeOf } from '../onnx/infer-shapes.ts';
import { numbersOf } from '../onnx/tensor.ts';
import type { SampledConv, TapSource } from './sampled-convs.ts';

/** What a layer reads when enlarging comes after it. */
export interface LateSources {
  /** In the order of its channels. */
  readonly sources: readonly TapSource[];
  /** Numbers that are multiplied for each pixel of one output. */
  readonly taps: number;
  /** Outputs of the nodes that are no longer needed. */
  readonly bypassed: readonly string[];
}

/**
 * Finds what a layer can read before it is upsampled: a 3 x 3 convolution of a value that was enlarged to twice its size loses
 * little when it is computed at half the size and its outputs are enlarged, which takes a quarter of the arithmetic there
 * (an enlarged value is smooth, so that its neighbours at one pixel are nearly the means of those at two and none).
 *
 * @returns undefined where nothing that only this layer reads was upsampled.
 */
export function lateSources(graph: Graph, { node, input }: SampledConv, inference: Inference): LateSources | undefined {
  const [made, read] = [producers(graph), consumers(graph)];
  const concat = made.get(input);
  if (concat?.op !== 'Concat' || intAttribute(concat, 'axis', 0) !== 1 || !isPlain3x3(node)) return undefined;
  if (read.get(input)?.length !== 1) return undefined;
  const bypassed = [input];
  const sources = concat.inputs.map((value) => {
    const resize = made.get(value);
    const isHalf = resize !== undefined && read.get(value)?.length === 1 && isDoubling(graph, resize);
    if (isHalf) bypassed.push(value);
    const channels = shapeOf(inference, value)[1] ?? 0;
    return { value: isHalf ? requiredInput(resize, 0) : value, channels, enlarge: isHalf ? resize : undefined };
  });
  if (bypassed.length === 1) return undefined;
  const taps = sources.reduce((sum, { channels, enlarge }) => sum + channels * (enlarge === undefined ? 9 : 9 / 4), 0);
  return { sources, taps, bypassed };
}

/** Whether a layer is computed before something that it reads is enlarged. */
export function isLate({ sources }: SampledConv): boolean {
  return sources.some(({ enlarge }) => enlarge !== undefined);
}

function isPlain3x3(node: GraphNode): boolean {
  const all = (name: string, wanted: number) => (intsAttribute(node, name) ?? [wanted]).every((n) => n === wanted);
  return all('kernel_shape', 3) && all('strides', 1) && all('dilations', 1) && all('pads', 1);
}

function isDoubling(graph: Graph, node: GraphNode): boolean {
  if (node.op !== 'Resize' || stringAttribute(node, 'mode', 'nearest') !== 'linear') return false;
  const halves = ['half_pixel', 'pytorch_half_pixel'];
  if (!halves.includes(stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel'))) return false;
  const scales = graph.constants.get(node.inputs[2] ?? '');
  return scales !== undefined && numbersOf(scales).join() === '1,1,2,2';
}

/**
 * A layer's filters `[outputs, taps]` with those for enlarged values turned into ones for the values themselves: a tap at a
 * pixel's distance is half of the one at two and half of the one at none.
 */
export function lateFilters(filters: ArrayLike<number>, { outputs, taps, sources }: SampledConv): Float64Array {
  const late = Float64Array.from(filters);
  for (let o = 0; o < outputs; o++) {
    let at = o * taps;
    for (const { channels, enlarge } of sources) {
      for (let channel = 0; channel < channels; channel++, at += 9) {
        if (enlarge === undefined) continue;
        const spread = (a: number, b: number, c: number): void => {
          const [before, middle, after] = [late[a] ?? 0, late[b] ?? 0, late[c] ?? 0];
          late[a] = before / 2;
          late[b] = middle + (before + after) / 2;
          late[c] = after / 2;
        };
        for (let y = 0; y < 3; y++) spread(at + y * 3, at + y * 3 + 1, at + y * 3 + 2);
        for (let x = 0; x < 3; x++) spread(at + x, at + 3 + x, at + 6 + x);
      }
    }
  }
  return late;
}
