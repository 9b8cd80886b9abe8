import { z } from 'zod';

/** What is measured as a number, on the decoded final file. */
export const NUMBER_CHECKS = [
  /** px. */
  'width',
  'height',
  'longest_side',
  'shortest_side',
  /** Width + height, px. */
  'side_sum',
  /** Width x height. */
  'pixels',
  /** Width / height. */
  'ratio',
  /** Of the file. */
  'bytes',
  /** Bits a channel. */
  'bits',
  /** Share of the frame the subject's box covers along the axis where it covers more, 0..1. */
  'fill',
  /** Share of the frame that is subject, 0..1. */
  'area_fill',
  /** Of the subject's box, px. */
  'subject_width',
  'subject_height',
  /** From the subject to the nearest edge of the frame, px. */
  'margin',
  /** How far the subject's box is from the middle, the larger of both axes, as a share of that axis, 0..1. */
  'off_centre',
  /** Sides of the frame, or of the photo it was cut from, that cut the subject off, 0..4. */
  'cut_off',
  /** Largest difference from the background colour outside subject and its surroundings, 0..255. */
  'background',
] as const;

/** What is measured as a word. */
export const WORD_CHECKS = ['format', 'colour_space'] as const;

const number = z.number().nonnegative();

/** One thing a shop asks of a picture, with who says so. */
export const PresetRule = z
  .strictObject({
    check: z.enum([...NUMBER_CHECKS, ...WORD_CHECKS]),
    /** Smallest and largest number that passes. */
    min: number.optional(),
    max: number.optional(),
    /** Words that pass. */
    oneOf: z.array(z.string()).min(1).optional(),
    /** `must` is refused or hidden by the shop otherwise, `should` is its advice. */
    level: z.enum(['must', 'should']).default('must'),
    /** Where the rule is written down. */
    source: z.string().min(1).default('own'),
    /** P: the shop's own page. S: secondary pages that agree. own: whoever wrote the preset. */
    grade: z.enum(['P', 'S', 'own']).default('own'),
    /** Month the source was read, e.g. 2026-11. */
    read: z
      .string()
      .regex(/^\d{4}-\d{2}$/)
      .optional(),
  })
  .superRefine((rule, context) => {
    const isWord = WORD_CHECKS.some((check) => check === rule.check);
    const hasLimit = rule.min !== undefined || rule.max !== undefined;
    if (isWord && (rule.oneOf === undefined || hasLimit)) {
      context.addIssue({ code: 'custom', message: `Expected oneOf, and neither min nor max, for "${rule.check}"` });
    }
    if (!isWord && (rule.oneOf !== undefined || !hasLimit)) {
      context.addIssue({ code: 'custom', message: `Expected min or max, and no oneOf, for "${rule.check}"` });
    }
    if (rule.min !== undefined && rule.max !== undefined && rule.min > rule.max) {
      context.addIssue({
        code: 'custom',
        message: `Expected min <= max for "${rule.check}", got ${rule.min} > ${rule.max}`,
      });
    }
  });
export type PresetRule = z.infer<typeof PresetRule>;

/** A rule with what was measured on the final file. */
export const RuleResult = z.object({
  check: z.enum([...NUMBER_CHECKS, ...WORD_CHECKS]),
  level: z.enum(['must', 'should']),
  value: z.union([z.number(), z.string()]),
  min: z.number().optional(),
  max: z.number().optional(),
  oneOf: z.array(z.string()).optional(),
  passed: z.boolean(),
});
export type RuleResult = z.infer<typeof RuleResult>;

interface Window {
  readonly min: number;
  readonly max: number;
}

/** The narrowest window of bytes that all `must` rules together leave. */
export function byteWindow(rules: readonly PresetRule[]): Window {
  return windowOf(rules, 'bytes');
}

/** What all `must` rules together leave of every number they limit; nothing where min > max. */
export function windowsOf(rules: readonly PresetRule[]): (Window & Pick<PresetRule, 'check'>)[] {
  return [...new Set(rules.map(({ check }) => check))].map((check) => ({ check, ...windowOf(rules, check) }));
}

function windowOf(rules: readonly PresetRule[], wanted: PresetRule['check']): Window {
  const ours = rules.filter(({ check, level }) => check === wanted && level === 'must');
  return {
    min: Math.max(0, ...ours.map(({ min }) => min ?? 0)),
    max: Math.min(Number.POSITIVE_INFINITY, ...ours.map(({ max }) => max ?? Number.POSITIVE_INFINITY)),
  };
}
