import type { RuleResult } from '#functions/contract/preset-rules.ts';

/** @returns The check in words, e.g. `the longest side in px`. */
export function ruleName({ check }: Pick<RuleResult, 'check'>): string {
  return NAMES[check];
}

const NAMES: Readonly<Record<RuleResult['check'], string>> = {
  width: 'the width in px',
  height: 'the height in px',
  longest_side: 'the longest side in px',
  shortest_side: 'the shortest side in px',
  side_sum: 'width plus height in px',
  pixels: 'the number of pixels',
  ratio: 'width by height',
  bytes: 'the size in bytes',
  bits: 'the depth in bits',
  fill: 'the share of the frame along the longer axis',
  area_fill: 'the share of the frame',
  subject_width: 'the width of the product in px',
  subject_height: 'the height of the product in px',
  margin: 'the room around the product in px',
  off_centre: 'the distance from the middle',
  cut_off: 'the number of sides that cut the product off',
  background: 'the largest distance from the background colour',
  format: 'the format',
  colour_space: 'the colour space',
};

/** @returns What was measured, e.g. `0.62`, `2,000`, `jpeg`. */
export function describeValue({ value }: Pick<RuleResult, 'value'>): string {
  return typeof value === 'number' ? number(value) : value;
}

/** @returns What was asked for, e.g. `0.85 or more`, `38,001 to 299,999`, `jpeg or png`. */
export function describeLimit({ min, max, oneOf }: Pick<RuleResult, 'min' | 'max' | 'oneOf'>): string {
  if (oneOf !== undefined) return oneOf.join(' or ');
  if (min !== undefined && max !== undefined) return min === max ? number(min) : `${number(min)} to ${number(max)}`;
  return min === undefined ? `${number(max ?? 0)} or less` : `${number(min)} or more`;
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 4 });
}
