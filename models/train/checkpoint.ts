import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { TrainError } from './errors.ts';

const Header = z.strictObject({
  version: z.literal(1),
  /** Of everything that must be the same for a training to go on: model, data, options. */
  fingerprint: z.string(),
  /** Steps done. */
  step: z.int().nonnegative(),
  /** The curve so far, a row each. */
  curve: z.array(z.record(z.string(), z.number())),
  arrays: z.array(z.strictObject({ name: z.string(), length: z.int().nonnegative() })),
});

/** A training stopped between two steps. */
export interface Checkpoint extends Omit<z.infer<typeof Header>, 'version' | 'arrays'> {
  /** Weights, Adam's means and the averaged weights, by name. */
  readonly arrays: ReadonlyMap<string, Float32Array>;
}

const MAGIC = 'cutline-training';

/** Writes a checkpoint whole or not at all: a crash leaves the one before. Little-endian float32 behind a JSON header. */
export async function writeCheckpoint(file: string, { arrays, ...rest }: Checkpoint): Promise<void> {
  const header: z.infer<typeof Header> = {
    version: 1,
    ...rest,
    arrays: [...arrays].map(([name, { length }]) => ({ name, length })),
  };
  const json = Buffer.from(`${MAGIC}\n${JSON.stringify(header)}`);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(json.length);
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  const handle = await open(draft, 'w');
  try {
    await handle.writev([size, json]);
    for (const { buffer, byteOffset, byteLength } of arrays.values()) {
      await handle.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

/** @returns The checkpoint, or undefined where there is no such file. @throws {TrainError} `bad_checkpoint` when it is none. */
export async function readCheckpoint(file: string): Promise<Checkpoint | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new TrainError('bad_checkpoint', `Expected a checkpoint in ${file}, got a file that cannot be read`, {
      cause: error,
    });
  });
  if (bytes === undefined) return undefined;
  const { arrays: listed, version: _, ...rest } = readHeader(bytes, file);
  const arrays = new Map<string, Float32Array>();
  let at = 4 + bytes.readUInt32LE(0);
  for (const { name, length } of listed) {
    // A copy, because an array must start at a multiple of four bytes.
    const raw = new Uint8Array(bytes.subarray(at, at + length * 4));
    if (raw.length !== length * 4) throw damaged(file);
    arrays.set(name, new Float32Array(raw.buffer));
    at += length * 4;
  }
  return { ...rest, arrays };
}

function readHeader(bytes: Buffer, file: string): z.infer<typeof Header> {
  try {
    const text = bytes.toString('utf8', 4, 4 + bytes.readUInt32LE(0));
    if (!text.startsWith(`${MAGIC}\n`)) throw damaged(file);
    return Header.parse(JSON.parse(text.slice(MAGIC.length + 1)));
  } catch (cause) {
    throw damaged(file, cause);
  }
}

function damaged(file: string, cause?: unknown): TrainError {
  return new TrainError(
    'bad_checkpoint',
    `Expected a training checkpoint in ${file}, got a file that is none or ends too early: delete it to start over`,
    { cause },
  );
}
