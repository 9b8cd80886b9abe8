import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float16Feed, type OrtTensor } from '../network.ts';

/** One value at rest: its float16 bits, here or in a file. */
interface Resting {
  readonly dims: readonly number[];
  readonly bits: Uint16Array<ArrayBuffer> | undefined;
  readonly file: string;
}

/**
 * Keeps float16 values by key until they are dropped: in memory as far as the allowance goes, beyond it in a folder that
 * `close` removes. So the number of photos is bounded by the disk (50 MB a photo for IS-Net at 1024 px), not by memory.
 */
export class RestingValues {
  readonly #values = new Map<string, Resting>();
  readonly #memoryBytes: number;
  #heldBytes = 0;
  #folder: string | undefined;
  #files = 0;

  /** @param memoryBytes What may lie in memory. */
  constructor(memoryBytes: number) {
    this.#memoryBytes = memoryBytes;
  }

  async put(key: string, bits: Uint16Array<ArrayBuffer>, dims: readonly number[]): Promise<void> {
    await this.drop(key);
    const isHeld = this.#heldBytes + bits.byteLength <= this.#memoryBytes;
    if (isHeld) this.#heldBytes += bits.byteLength;
    const file = isHeld ? '' : await this.#writeFile(bits);
    this.#values.set(key, { dims, bits: isHeld ? bits : undefined, file });
  }

  /** A value to feed, or none of that key. */
  async get(key: string): Promise<OrtTensor | undefined> {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    return float16Feed(value.bits ?? (await bitsIn(value.file)), value.dims);
  }

  async drop(key: string): Promise<void> {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    if (value.bits === undefined) await rm(value.file);
    else this.#heldBytes -= value.bits.byteLength;
  }

  /** Removes what is left, files included. */
  async close(): Promise<void> {
    this.#values.clear();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  async #writeFile(bits: Uint16Array): Promise<string> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'cutline-resting-'));
    const file = join(this.#folder, `${this.#files++}`);
    await writeFile(file, bits);
    return file;
  }
}

async function bitsIn(file: string): Promise<Uint16Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await readFile(file));
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
}
