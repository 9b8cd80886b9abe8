import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelManifest } from '#functions/contract/manifest.ts';
import { encodeModel } from '#models/onnx/codec.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { float32Tensor } from '#models/onnx/tensor.ts';

/** Width and height of the network's input and output. */
export const TINY_SIZE = 64;

/** `sigmoid(steepness * (THRESHOLD - brightness))`, brightness = mean of r, g, b in 0..1. */
const STEEPNESS = 60;
const THRESHOLD = 0.85;

interface TinyOptions {
  /** @default tiny */
  readonly id?: string;
  /** Below 10 the mask is so soft that it is doubted. @default 60 */
  readonly steepness?: number;
}

export interface TinyModel {
  /** A whole model.onnx. */
  readonly bytes: Uint8Array;
  readonly manifest: ModelManifest;
}

/**
 * A real ONNX network of four weights that takes whatever is clearly darker than white for the subject.
 *
 * `[1, 3, 64, 64] -> [1, 1, 64, 64]`, float32: above 0.99 where the mean of r, g, b is below 195, below 0.01 above 237.
 */
export function tinyModel({ id = 'tiny', steepness = STEEPNESS }: TinyOptions = {}): TinyModel {
  const bytes = encodeModel(tinyGraph(steepness));
  const manifest: ModelManifest = {
    id,
    family: 'isnet',
    input: { name: 'photo', width: TINY_SIZE, height: TINY_SIZE, scale: 'by255', mean: [0, 0, 0], std: [1, 1, 1] },
    output: { name: 'mask' },
    sha256: createHash('sha256').update(bytes).digest('hex'),
    parameters: 4,
    macs: 3 * TINY_SIZE ** 2,
    bytes: bytes.length,
    licence: 'Apache-2.0',
    origin: 'Made in code for tests',
    recipe: {},
    scores: {},
  };
  return { bytes, manifest };
}

/** Writes the tiny network as workers load one: `model.onnx` and `manifest.json`. @returns The folder, made where missing. */
export async function writeTinyModel(folder: string, options: TinyOptions = {}): Promise<string> {
  const { bytes, manifest } = tinyModel(options);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.onnx'), bytes);
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return folder;
}

function tinyGraph(steepness: number): Graph {
  const weight = -steepness / 3;
  return {
    name: 'tiny',
    opset: 17,
    inputs: [{ name: 'photo', type: 'float32', dims: [1, 3, TINY_SIZE, TINY_SIZE] }],
    outputs: [{ name: 'mask', type: 'float32', dims: [1, 1, TINY_SIZE, TINY_SIZE] }],
    nodes: [
      { name: 'darkness', op: 'Conv', inputs: ['photo', 'weight', 'bias'], outputs: ['logits'], attributes: new Map() },
      { name: 'decide', op: 'Sigmoid', inputs: ['logits'], outputs: ['mask'], attributes: new Map() },
    ],
    constants: new Map([
      ['weight', float32Tensor([1, 3, 1, 1], Float32Array.of(weight, weight, weight))],
      ['bias', float32Tensor([1], Float32Array.of(steepness * THRESHOLD))],
    ]),
    hints: [],
  };
}
