import type { RuleResult } from '#functions/contract/preset-rules.ts';

/** Every check there is: types alone are in the contract's file as far as a page may load it. */
const CHECKS: Readonly<Record<RuleResult['check'], true>> = {
  width: true,
  height: true,
  longest_side: true,
  shortest_side: true,
  side_sum: true,
  pixels: true,
  ratio: true,
  bytes: true,
  bits: true,
  fill: true,
  area_fill: true,
  subject_width: true,
  subject_height: true,
  margin: true,
  off_centre: true,
  cut_off: true,
  background: true,
  format: true,
  colour_space: true,
};

export function isCheck(name: string): name is RuleResult['check'] {
  return Object.hasOwn(CHECKS, name);
}
