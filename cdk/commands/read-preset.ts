import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { Preset } from '#functions/contract/preset.ts';
import { sniffFormat } from '#functions/imaging/sniff.ts';

/**
 * Finds a preset of ours by its id, or reads one of the user's from a JSON file.
 *
 * @throws {Error} in one line that names everything that is wrong with it.
 */
export async function readPreset(idOrFile: string): Promise<Preset> {
  const known = BUILT_IN_PRESETS.get(idOrFile);
  if (known !== undefined) return known;
  if (!idOrFile.endsWith('.json')) {
    const ids = [...BUILT_IN_PRESETS.keys()].join(', ');
    throw new Error(`Expected a preset out of ${ids}, or a .json file, got ${idOrFile}`);
  }
  const preset = Preset.safeParse(await withPicture(parse(await readText(idOrFile), idOrFile), dirname(idOrFile)));
  if (preset.success) return preset.data;
  const wrong = preset.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
  throw new Error(`Expected a valid preset in ${idOrFile}, got ${wrong.join('; ')}`);
}

/** A background that is a picture. @throws {Error} when it can't be read, or is none: before a worker is started for it. */
export async function readPicture(file: string): Promise<Preset['background']> {
  const path = resolve(file);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Error(`Expected a picture for the background, got ${file}, which can't be read`, { cause });
  });
  await sniffFormat(bytes).catch((cause: unknown) => {
    throw new Error(`Expected a picture for the background, got ${file}, which is none that can be read`, { cause });
  });
  return { image: path, sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function readText(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`Expected a preset in ${file}, got a file that can't be read`, { cause });
  });
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`Expected JSON in ${file}, got text that does not parse`, { cause });
  }
}

const NamesPicture = z.looseObject({ background: z.strictObject({ image: z.string() }) });

/** A file names its picture alone, beside itself: what it holds is read here. */
async function withPicture(preset: unknown, folder: string): Promise<unknown> {
  const named = NamesPicture.safeParse(preset);
  if (!named.success) return preset;
  return { ...named.data, background: await readPicture(resolve(folder, named.data.background.image)) };
}
