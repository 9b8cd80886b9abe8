import { InferenceSession, Tensor } from 'onnxruntime-node';
import { isLight, type ModelManifest } from '../contract/manifest.ts';
import { planarInto } from './kernels/planar.ts';
import type { Mask, RgbImage } from './raster.ts';
import { squeeze } from './squeeze.ts';

export interface SegmenterOptions {
  /** Threads inside one run. @default 1: a worker owns one vCPU. */
  readonly threads: number;
}

export const SEGMENTER_DEFAULTS: SegmenterOptions = Object.freeze({ threads: 1 });

/** What a pipeline needs of a network; {@link Segmenter} is the real one. */
export type Network = Pick<Segmenter, 'manifest' | 'segment'>;

/** A network that is loaded and ready: one a process, opened before the first photo. Runs one photo at a time. */
export class Segmenter {
  readonly manifest: ModelManifest;
  readonly #session: InferenceSession;
  readonly #input: Float32Array<ArrayBuffer>;

  private constructor(manifest: ModelManifest, session: InferenceSession) {
    this.manifest = manifest;
    this.#session = session;
    this.#input = new Float32Array(3 * manifest.input.width * manifest.input.height);
  }

  /**
   * Loads a network.
   *
   * @param model Path of model.onnx, or its bytes. @throws What onnxruntime says of a file it can't load.
   */
  static async open(
    model: string | Uint8Array,
    manifest: ModelManifest,
    options: SegmenterOptions = SEGMENTER_DEFAULTS,
  ): Promise<Segmenter> {
    const settings: InferenceSession.SessionOptions = {
      executionProviders: ['cpu'],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Measured on IS-Net at 1024: peak memory 710 -> 434 MB without the pattern, at the same speed.
      enableMemPattern: false,
      // Off is 3 x slower with a heavy network. A light one's blocks come from the heap, where they fit what loading left behind:
      // peak memory 278 -> 253 MB, no slower.
      enableCpuMemArena: !isLight(manifest),
      logSeverityLevel: 3,
      extra: {
        session: {
          // A spinning thread is billed CPU time that does nothing.
          intra_op: { allow_spinning: '0' },
          // The arena grows by doubling, which suits activations and wastes 60 MB on weights.
          use_device_allocator_for_initializers: '1',
        },
      },
    };
    const session =
      typeof model === 'string'
        ? await InferenceSession.create(model, settings)
        : await InferenceSession.create(model, settings);
    return new Segmenter(manifest, session);
  }

  /**
   * Finds the subject.
   *
   * @param image Any size; squeezed to the network's input without keeping its aspect, as the parents were trained.
   * @returns The raw mask at the network's size, 0..1, not stretched: a photo without a subject has an empty mask.
   */
  async segment(image: RgbImage): Promise<Mask> {
    const { input, output } = this.manifest;
    const squeezed = await squeeze(image, input.width, input.height);
    planarInto(this.#input, squeezed, input);

    const feeds = { [input.name]: new Tensor('float32', this.#input, [1, 3, input.height, input.width]) };
    const results = await this.#session.run(feeds, [output.name]);
    const tensor = results[output.name];
    if (tensor === undefined || !(tensor.data instanceof Float32Array)) {
      throw new Error(`Expected a float32 output "${output.name}" from model ${this.manifest.id}, got ${tensor?.type}`);
    }
    const [, , height = 0, width = 0] = tensor.dims;
    return { width, height, data: clamp(tensor.data) };
  }
}

/** Copies the values into 0..1; whatever is not a number becomes background. */
function clamp(values: Float32Array): Float32Array {
  return values.map((value) => (value > 0 ? Math.min(value, 1) : 0));
}
