import { InvalidArgumentError } from 'commander';
import { ModelManifest } from '#functions/contract/manifest.ts';

/** Reads the flag that names a result, before anything is computed. @throws {InvalidArgumentError} where a manifest couldn't carry the name. */
export function modelId(text: string): string {
  if (ModelManifest.shape.id.safeParse(text).success) return text;
  throw new InvalidArgumentError(`Expected a-z, 0-9, "." and "-", beginning with a letter or digit, got ${text}`);
}
