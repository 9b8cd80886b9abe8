import { createHash } from 'node:crypto';
import { z } from 'zod';

/** One photo of a batch. */
const BatchPhoto = z.object({
  key: z.string(),
  preset: z.string().optional(),
  sku: z.string().optional(),
  /** MD5 of a photo that comes from this machine, in hex; a bucket's photo says nothing of itself here. */
  md5: z.string().optional(),
});
export type BatchPhoto = z.infer<typeof BatchPhoto>;

/** All that a batch was asked to do, so that each of its inputs can be accounted for: the object `batches/<id>/manifest.json`. */
export const BatchManifest = z.object({
  schema: z.literal(1),
  id: z.string(),
  /** What was submitted, as it was typed. */
  source: z.string(),
  /** ISO 8601. */
  submittedAt: z.string(),
  /** SHA-256 over the photos: the same content gives the same batch. */
  content: z.string(),
  /** Where the photos lie. */
  bucket: z.string(),
  /** Sorted by key, each key once. */
  photos: z.array(BatchPhoto),
});
export type BatchManifest = z.infer<typeof BatchManifest>;

/** @returns The SHA-256, in hex, of what a batch asks for, whatever the order of its photos. */
export function contentOf(photos: readonly BatchPhoto[]): string {
  const lines = sortedByKey(photos).map(({ key, preset, sku, md5 }) =>
    JSON.stringify([key, preset ?? null, sku ?? null, md5 ?? null]),
  );
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** By code unit, not by language: the order must not depend on the machine. */
export function sortedByKey(photos: readonly BatchPhoto[]): BatchPhoto[] {
  return [...photos].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** A batch's name where none is given: its content, so that the same submission twice is the same batch. */
export function idFromContent(content: string): string {
  return content.slice(0, 12);
}

export const BATCH_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Where a batch's own files lie in the cutouts bucket. */
export function batchKey(
  id: string,
  file: 'manifest.json' | 'sent.json' | 'completed.json' | `report.${string}`,
): string {
  return `batches/${id}/${file}`;
}
