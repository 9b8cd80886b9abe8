import type { Colour } from '../contract/preset.ts';
import type { PresetRule, RuleResult } from '../contract/preset-rules.ts';
import { measureFile } from './measure-file.ts';
import { findSubject, measureSubject } from './measure-subject.ts';
import type { Alpha } from './raster.ts';

/** What a picture is checked against. */
export interface VerifyOptions {
  readonly rules: readonly PresetRule[];
  /** The colour the background should have; the most frequent of the frame's edge where there is none. */
  readonly background: Colour | null;
  /** Where the subject is, where that is known; else it is what differs from the background. */
  readonly subject?: Known | undefined;
}

interface Known {
  /** Of the picture's size. */
  readonly alpha: Alpha;
  /** Sides of the photo that had cut it off already, 0..4. */
  readonly cutOff: number;
}

/**
 * Decodes a finished picture file and checks every rule of a preset on it.
 *
 * @param bytes A whole file, ours or not. @returns Each rule with the value that was measured, in the order of the rules.
 * @throws What the decoder says of a file that it cannot read. Cost: one decode and a few passes.
 */
export async function verify(bytes: Uint8Array, { rules, background, subject }: VerifyOptions): Promise<RuleResult[]> {
  const { facts, raster } = await measureFile(bytes);
  const found =
    subject === undefined || subject.alpha.data.length !== raster.width * raster.height
      ? findSubject(raster, background)
      : { opacity: subject.alpha, cutOff: subject.cutOff };
  const values = { ...facts, ...measureSubject(raster, found, background) };
  return rules.map((rule) => judge(rule, values[rule.check]));
}

/** Whether a picture breaks a rule that its shop insists on. */
export function breaksRule(results: readonly RuleResult[]): boolean {
  return results.some(({ level, passed }) => level === 'must' && !passed);
}

function judge({ check, level, min, max, oneOf }: PresetRule, value: number | string): RuleResult {
  const passed =
    typeof value === 'string'
      ? oneOf?.includes(value) === true
      : value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY);
  return {
    check,
    level,
    value: typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(oneOf === undefined ? {} : { oneOf }),
    passed,
  };
}
