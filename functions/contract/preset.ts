import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Edges } from './edges.ts';
import { Layout, Shadow } from './preset-layout.ts';
import { PresetRule, windowsOf } from './preset-rules.ts';
import { Region } from './region.ts';

/** Folders beside the cutouts that are no preset's. */
const TAKEN_FOLDERS: ReadonlySet<string> = new Set(['cutouts', 'records', 'refused', 'retouched', 'photos']);

const byte = z.int().min(0).max(255);
const colour = z.strictObject({ r: byte, g: byte, b: byte });

/** What stands behind the subject: nothing, one sRGB colour, or a picture that fills the frame, cropped to its ratio. */
const background = z.union([
  z.literal('transparent'),
  colour,
  z.strictObject({
    /** Path of the picture, where the workers find it. */
    image: z.string().min(1),
    /** Of its bytes, so that another picture under the same name makes results anew. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
]);

/** What to make of a photo once its mask is known. */
export const Preset = z
  .strictObject({
    /** Also the folder of further renditions, so not the name of one that is there already. */
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/)
      .refine((id) => !TAKEN_FOLDERS.has(id), 'Expected another id: something else lies in that folder'),
    /** Who this is for, for a person to read. */
    title: z.string().optional(),
    /** `cutout` writes the subject, `mask` the alpha alone as a greyscale picture. */
    content: z.enum(['cutout', 'mask']),
    background,
    format: z.enum(['png', 'webp', 'avif', 'jpeg']),
    /** 1..100, for the lossy formats; the encoder's measured default where absent. */
    quality: z.int().min(1).max(100).optional(),
    /** Colour at full resolution in JPEG: coloured edges do not bleed into a white background. @default 4:2:0 */
    chroma: z.enum(['4:2:0', '4:4:4']).optional(),
    /** What a photo's own transparency means: `flatten` puts the photo on white first, `keep` multiplies it into the mask. */
    existingAlpha: z.enum(['flatten', 'keep']).default('flatten'),
    /** Largest photo to lay out, width x height: a larger one is made smaller first. @default no limit */
    maxPixels: z.int().min(1).optional(),
    /** Where in the photo the subject may be. @default anywhere */
    roi: Region.optional(),
    edges: Edges.default('fine'),
    layout: Layout.optional(),
    shadow: Shadow.optional(),
    /** What is checked on the final file. */
    rules: z.array(PresetRule).optional(),
  })
  .superRefine((preset, context) => {
    for (const { path, message } of contradictions(preset)) context.addIssue({ code: 'custom', path: [path], message });
  });

/** What the schema makes of valid input. */
export interface Preset extends z.infer<typeof Preset> {}

/** A colour as presets write it, 0..255. */
export type Colour = z.infer<typeof colour>;

/** Several presets for one photo, which is decoded and segmented once: nothing they share may differ. */
export const PresetList = z
  .array(Preset)
  .min(1)
  .superRefine((presets, context) => {
    const ids = presets.map(({ id }) => id);
    if (new Set(ids).size < ids.length) {
      context.addIssue({ code: 'custom', message: `Expected each preset once, got ${ids.join(', ')}` });
    }
    if (new Set(presets.map(({ existingAlpha }) => existingAlpha)).size > 1) {
      context.addIssue({ code: 'custom', message: 'Expected presets that treat existingAlpha alike' });
    }
    if (new Set(presets.map(({ roi }) => JSON.stringify(roi))).size > 1) {
      context.addIssue({ code: 'custom', message: 'Expected presets that look at the same region (roi)' });
    }
    if (new Set(presets.map(({ edges }) => edges)).size > 1) {
      context.addIssue({ code: 'custom', message: 'Expected presets with the same edges' });
    }
  });

/** The extension each format's files carry, without the dot. */
export const FORMAT_EXTENSIONS = { png: 'png', webp: 'webp', avif: 'avif', jpeg: 'jpg' } as const satisfies Record<
  Preset['format'],
  string
>;

/** A hash of everything a preset asks for, independent of key order: part of a job's fingerprint. */
export function hashOf(preset: object): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
  };
  return createHash('sha256')
    .update(JSON.stringify(sorted(preset)))
    .digest('hex');
}

interface Contradiction {
  readonly path: string;
  readonly message: string;
}

type Draft = Pick<Preset, 'content' | 'background' | 'format' | 'layout' | 'shadow' | 'rules'>;

/** What a preset asks for that its own other fields make impossible. */
function contradictions(preset: Draft): Contradiction[] {
  const { content, background: behind, format, layout, shadow, rules = [] } = preset;
  const found: Contradiction[] = [];
  const add = (path: string, message: string) => found.push({ path, message });
  const isPlain = behind !== 'transparent' && 'r' in behind;
  if (format === 'jpeg' && content === 'cutout' && behind === 'transparent') {
    add('format', 'JPEG has no transparency: choose a background colour, or png, webp or avif');
  }
  if (content === 'mask' && shadow !== undefined) add('shadow', 'A mask has no shadow');
  for (const { check, min, max } of windowsOf(rules)) {
    if (min > max)
      add('rules', `Expected a ${check} that some file can have, got rules for ${min} or more and ${max} or less`);
  }
  for (const rule of rules) {
    if (rule.check === 'background' && !isPlain) add('rules', 'A background can only be checked against one colour');
    if (rule.check === 'background' && rule.level === 'must' && shadow !== undefined) {
      add('shadow', 'The rules ask for a background of one colour, which leaves no room for a shadow');
    }
    if (rule.check === 'format' && rule.level === 'must' && rule.oneOf?.includes(format) === false) {
      add('format', `Expected one of ${rule.oneOf.join(', ')}, which the rules allow, got ${format}`);
    }
    for (const [check, value] of knownValues(layout)) {
      const isOutside = value < (rule.min ?? 0) || value > (rule.max ?? Number.POSITIVE_INFINITY);
      if (rule.check === check && rule.level === 'must' && isOutside) {
        add(
          'layout',
          `Expected a ${check} of ${rule.min ?? 0} to ${rule.max ?? 'any'}, as the rules ask, got ${value}`,
        );
      }
    }
  }
  return found;
}

/** What a layout alone says of its pictures. */
function knownValues(layout: Draft['layout']): readonly (readonly [PresetRule['check'], number])[] {
  if (layout === undefined) return [];
  const { canvas, fill } = layout;
  const filled = fill === undefined ? [] : [['fill', fill] as const];
  if (typeof canvas === 'string' || !('width' in canvas)) return filled;
  const { width, height } = canvas;
  return [
    ...filled,
    ['width', width],
    ['height', height],
    ['longest_side', Math.max(width, height)],
    ['shortest_side', Math.min(width, height)],
    ['side_sum', width + height],
    ['pixels', width * height],
    ['ratio', width / height],
  ];
}
