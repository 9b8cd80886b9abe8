import type { ModelManifest } from '../contract/manifest.ts';
import type { Mask, RgbImage } from './raster.ts';
import type { Network } from './segment.ts';

/** A network that is loaded when its first photo comes: most workers never meet a photo that needs the bigger one. */
export class LazyNetwork implements Network {
  readonly manifest: ModelManifest;
  readonly #open: () => Promise<Network>;
  #network: Promise<Network> | null = null;

  /** @param open Loads it. Called once, unless it fails. */
  constructor(manifest: ModelManifest, open: () => Promise<Network>) {
    this.manifest = manifest;
    this.#open = open;
  }

  async segment(image: RgbImage): Promise<Mask> {
    this.#network ??= this.#open().catch((error: unknown) => {
      this.#network = null;
      throw error;
    });
    return await (await this.#network).segment(image);
  }
}
