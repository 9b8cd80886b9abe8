import { float32Result, type Network, openNetwork } from '../network.ts';
import { type Graph, onlyInput, requiredOutput } from '../onnx/graph.ts';
import { type Inference, inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import type { Dims } from '../onnx/shape-rules.ts';
import { elementCount } from '../onnx/tensor.ts';
import { TrainError } from './errors.ts';
import type { Sample } from './gradient-session.ts';
import { nearestChannels } from './nearest-channels.ts';
import { featureTarget, type Loss } from './training-graph.ts';

/** What a teacher makes of the very photo the student sees: its mask, and what its blocks give. Close it. */
export interface TeacherBlocks {
  /** What the student's blocks are to give, each weighted by how much it varies: 1 in all for a student that knows nothing. */
  readonly features: NonNullable<Loss['features']>;
  /** @param photo `[3, height, width]` as the student is fed it. @returns The training graph's inputs by name, and the mask `[height, width]`. */
  readonly of: (photo: Float32Array) => Promise<{ readonly features: Sample; readonly mask: Float32Array }>;
  readonly close: () => Promise<void>;
}

interface Block {
  readonly value: string;
  /** Which of the teacher's channels each of the student's is. */
  readonly channels: readonly number[];
  readonly pixels: number;
  /** Of those channels. */
  readonly variance: number;
}

/**
 * Opens a teacher whose blocks a student still has, with fewer channels: the values that both networks know by the same name and that
 * end a block (an Add, in this family). Unlike the mask, a block's output says what it should be at every pixel of every photo, also of one
 * whose subject can be seen either way.
 *
 * @param photos What channels are told apart by, and what weighs the blocks. @throws {TrainError} `bad_options` when no block is common, or what
 * they give has too little in common for a student that was cut out of this teacher.
 */
export async function openTeacherBlocks(
  { teacher, student }: { teacher: Graph; student: Graph },
  photos: readonly Float32Array[],
  options: { threads: number },
): Promise<TeacherBlocks> {
  const [whole, cut] = [inferShapes(teacher), inferShapes(student)];
  const values = blockOutputs(teacher).filter((value) => isSameSize(whole, cut, value));
  if (values.length === 0) {
    throw new TrainError(
      'bad_options',
      'Expected a teacher that the student was cut out of at the same size, got one without a block in common: leave out blocks',
    );
  }
  const blocks = await matchBlocks({ teacher, student, values, shapes: whole }, photos, options);
  const network = await openNetwork(withOutputs(teacher, values), options);
  const mask = teacher.outputs[0]?.name ?? '';
  let last: Promise<unknown> = Promise.resolve();
  const run = async (photo: Float32Array) => {
    const results = await runOn(network, teacher, photo);
    const features = blocks.map((block) => [
      featureTarget(block.value),
      channelsOf(float32Result(results, block.value), block),
    ]);
    return { features: Object.fromEntries(features), mask: float32Result(results, mask) };
  };
  return {
    features: blocks.map(({ value, variance }) => ({ value, weight: 1 / (blocks.length * variance) })),
    // One photo at a time: what a network holds while it runs is hundreds of megabytes.
    of: (photo) => {
      const result = last.then(() => run(photo));
      last = result.catch(() => {});
      return result;
    },
    close: () => network.close(),
  };
}

function blockOutputs(graph: Graph): string[] {
  return graph.nodes.filter(({ op }) => op === 'Add').map((node) => requiredOutput(node));
}

function isSameSize(teacher: Inference, student: Inference, value: string): boolean {
  const [a, b] = [teacher.shapes.get(value), student.shapes.get(value)];
  return a !== undefined && b !== undefined && a.slice(2).every((side, axis) => side === b[2 + axis]);
}

const withOutputs = (graph: Graph, values: readonly string[]): Graph => ({
  ...graph,
  outputs: [...graph.outputs, ...values.map((name) => ({ name, type: 'float32' as const, dims: undefined }))],
});

function runOn(network: Network, graph: Graph, photo: Float32Array) {
  const { name, dims = [] } = onlyInput(graph);
  return network.run({ [name]: { data: photo, dims: dims.map(Number) } });
}

/** The block that is most alike differs by 6 % between U2-Net and a deep cut of it, by 78 % between U2-Net and U2-Netp. */
const LARGEST_DIFFERENCE = 0.5;

/** A photo's positions at which channels are compared. */
const POSITIONS = 256;

interface Pair {
  readonly teacher: Graph;
  readonly student: Graph;
  readonly values: readonly string[];
  /** Of the teacher. */
  readonly shapes: Inference;
}

/** Finds which of the teacher's channels the student kept, by what they give. */
async function matchBlocks(
  { teacher, student, values, shapes }: Pair,
  photos: readonly Float32Array[],
  options: { threads: number },
): Promise<Block[]> {
  const pixelsOf = (value: string): number => elementCount(spatial(shapeOf(shapes, value)));
  const sampled = async (graph: Graph): Promise<Map<string, Float32Array[]>> => {
    const network = await openNetwork(withOutputs(graph, values), options);
    const samples = new Map(values.map((value) => [value, [] as Float32Array[]]));
    try {
      for (const photo of photos) {
        const results = await runOn(network, graph, photo);
        for (const [value, list] of samples) list.push(somePositions(float32Result(results, value), pixelsOf(value)));
      }
    } finally {
      await network.close();
    }
    return samples;
  };
  const [theirs, own] = [await sampled(teacher), await sampled(student)];
  const blocks = values.map((value) => {
    const positions = Math.min(POSITIONS, pixelsOf(value));
    const matched = nearestChannels(own.get(value) ?? [], theirs.get(value) ?? [], { positions });
    return { value, pixels: pixelsOf(value), ...matched };
  });
  const least = Math.min(...blocks.map(({ difference }) => difference));
  if (least > LARGEST_DIFFERENCE) {
    throw new TrainError(
      'bad_options',
      `Expected a teacher that the student was cut out of, got one whose blocks differ by ${Math.round(100 * least)} % of their variance and more: leave out blocks`,
    );
  }
  return blocks;
}

const spatial = (dims: Dims): Dims => dims.slice(2);

/** @returns `[channels, positions]` of `[channels, pixels]`, evenly spread. */
function somePositions(data: Float32Array, pixels: number): Float32Array {
  const count = Math.min(POSITIONS, pixels);
  const channels = data.length / pixels;
  const result = new Float32Array(channels * count);
  for (let c = 0; c < channels; c++) {
    for (let k = 0; k < count; k++) {
      result[c * count + k] = data[c * pixels + Math.floor(((k + 0.5) * pixels) / count)] as number;
    }
  }
  return result;
}

/** @returns `[kept channels, pixels]` of `[channels, pixels]`. */
function channelsOf(data: Float32Array, { channels, pixels }: Block): Float32Array {
  const result = new Float32Array(channels.length * pixels);
  for (const [index, channel] of channels.entries()) {
    result.set(data.subarray(channel * pixels, (channel + 1) * pixels), index * pixels);
  }
  return result;
}
