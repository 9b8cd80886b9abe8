import { createHash } from 'node:crypto';
import { z } from 'zod';

const byte = z.int().min(0).max(255);

/** What stands behind the subject: nothing, or one sRGB colour. */
const background = z.union([z.literal('transparent'), z.object({ r: byte, g: byte, b: byte })]);

/** What to make of a photo once its mask is known. */
export const Preset = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
    /** `cutout` writes the subject, `mask` the alpha alone as a greyscale picture. */
    content: z.enum(['cutout', 'mask']),
    background,
    format: z.enum(['png', 'webp', 'avif', 'jpeg']),
    /** 1..100, for the lossy formats; the encoder's measured default where absent. */
    quality: z.int().min(1).max(100).optional(),
    /** What a photo's own transparency means: `flatten` puts the photo on white first, `keep` multiplies it into the mask. */
    existingAlpha: z.enum(['flatten', 'keep']).default('flatten'),
  })
  .refine((p) => !(p.format === 'jpeg' && p.content === 'cutout' && p.background === 'transparent'), {
    message: 'JPEG has no transparency: choose a background colour, or png, webp or avif',
    path: ['format'],
  });

export type Preset = z.infer<typeof Preset>;

/** The extension each format's files carry, without the dot. */
export const FORMAT_EXTENSIONS = { png: 'png', webp: 'webp', avif: 'avif', jpeg: 'jpg' } as const satisfies Record<
  Preset['format'],
  string
>;

/** A hash of everything a preset asks for, independent of key order: part of a job's fingerprint. */
export function presetHash(preset: object): string {
  const sorted = (value: unknown): unknown =>
    value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([k, v]) => [k, sorted(v)]),
        )
      : value;
  return createHash('sha256')
    .update(JSON.stringify(sorted(preset)))
    .digest('hex');
}
