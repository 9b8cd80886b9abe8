import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Preset } from '#functions/contract/preset.ts';
import type { RuleResult } from '#functions/contract/preset-rules.ts';
import { breaksRule, verify } from '#functions/imaging/verify.ts';
import { listPhotos } from '../local/photos-folder.ts';
import { requireSource } from '../local/run-folders.ts';
import { describeLimit, describeValue } from '../report/rules.ts';
import { printable } from './run-summary.ts';
import { UsageError } from './usage-error.ts';

interface FolderCheck {
  readonly presets: readonly Preset[];
  readonly isJson: boolean;
}

/** One picture against one preset. */
interface Verdict {
  readonly file: string;
  readonly preset: string;
  readonly passed: boolean;
  readonly rules: readonly RuleResult[];
  /** Why it could not be checked. */
  readonly error?: string;
}

/** Checks every picture of a folder and its subfolders, one at a time, and prints as it goes. @returns The exit code. */
export async function verifyFolder(path: string, { presets, isJson }: FolderCheck): Promise<number> {
  const folder = await requireSource(path);
  const files = await listPhotos(folder, { exclude: [] });
  if (files.length === 0) throw new UsageError(`Expected pictures in ${path}, found none`);
  let [passed, failed] = [0, 0];
  for (const file of files) {
    for (const preset of presets) {
      const verdict = await verifyFile(join(folder, file), file, preset);
      if (verdict.passed) passed++;
      else failed++;
      console.log(isJson ? JSON.stringify(verdict) : describe(verdict));
    }
  }
  console.log(
    isJson
      ? JSON.stringify({ totals: { checked: passed + failed, passed, failed } })
      : `\n${passed + failed} checked: ${passed} pass, ${failed} fail`,
  );
  return failed === 0 ? 0 : 1;
}

async function verifyFile(path: string, file: string, preset: Preset): Promise<Verdict> {
  const { id, rules = [], background } = preset;
  const colour = background !== 'transparent' && 'r' in background ? background : null;
  try {
    const results = await verify(await readFile(path), { rules, background: colour });
    return { file, preset: id, passed: !breaksRule(results), rules: results };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { file, preset: id, passed: false, rules: [], error: why };
  }
}

/** A heading, then a line for each rule that is broken: `must  fill  0.62  0.85 or more`. */
function describe({ file, preset, passed, rules, error }: Verdict): string {
  const lines = [`${passed ? 'pass' : 'FAIL'}  ${preset.padEnd(12)}  ${printable(file)}`];
  if (error !== undefined) lines.push(`      ${printable(error)}`);
  for (const result of rules.filter((rule) => !rule.passed)) {
    const { level, check } = result;
    lines.push(
      `      ${level.padEnd(6)}  ${check.padEnd(14)}  ${describeValue(result).padStart(12)}  asked: ${describeLimit(result)}`,
    );
  }
  return lines.join('\n');
}
