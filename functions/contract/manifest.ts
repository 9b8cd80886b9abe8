import { z } from 'zod';
import { ConfidenceModel } from './confidence.ts';

/**
 * How a photo becomes the network's input tensor: `v = (scaled(x) - mean) / std` a channel, x being 0..255.
 *
 * - `one`: x as it is.
 * - `by255`: x / 255.
 * - `byMax`: x / max(largest x of the resized photo, 1e-6), which is what rembg feeds U2-Net.
 */
const inputScale = z.enum(['one', 'by255', 'byMax']);

const perChannel = z.tuple([z.number(), z.number(), z.number()]);

/** What a packed network says about itself: everything a worker needs to feed it, and how it was made. */
export const ModelManifest = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  family: z.enum(['u2net', 'u2netp', 'isnet']),
  /** Tensor `[1, 3, height, width]`, RGB, float32; the photo is squeezed to it without keeping its aspect. */
  input: z.object({
    name: z.string().min(1),
    width: z.int().positive(),
    height: z.int().positive(),
    scale: inputScale,
    mean: perChannel,
    std: perChannel,
  }),
  /** Tensor `[1, 1, height, width]`, float32, foreground probability 0..1 (the sigmoid is in the graph). */
  output: z.object({ name: z.string().min(1) }),
  /** Of model.onnx, lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  parameters: z.int().nonnegative(),
  /** Multiply-accumulates of one run at the input's size. */
  macs: z.int().nonnegative(),
  /** Size of model.onnx. */
  bytes: z.int().positive(),
  /** SPDX identifier of the weights' licence. */
  licence: z.string().min(1),
  /** Where the weights come from, for a person to read. */
  origin: z.string().min(1),
  /** How the file was made: the recipe's own JSON, the parent's sha256 and the seed, where there are any. */
  recipe: z.record(z.string(), z.unknown()),
  /** Measured quality by evaluation set, e.g. `{"ecssd": {"mae": 0.03}}`; empty where nothing was measured yet. */
  scores: z.record(z.string(), z.record(z.string(), z.number())),
  /** How far its cutouts can be trusted, as calibrated. @default what was fitted on another network of its kind */
  confidence: ConfidenceModel.optional(),
});

export type ModelManifest = z.infer<typeof ModelManifest>;

/** The largest input whose 8-bit values, 64 channels of them, stay below what glibc keeps in its heap (32 MB). */
const LIGHT_PIXELS = 512 * 512;

/** Whether a network needs little memory to run: 8-bit weights, a small input. Such networks are given memory in another way. */
export function isLight({ input, parameters, bytes }: Pick<ModelManifest, 'input' | 'parameters' | 'bytes'>): boolean {
  return bytes < 2 * parameters && input.width * input.height <= LIGHT_PIXELS;
}
