import type { Command } from 'commander';
import { addPresetOption } from './preset-flags.ts';
import { readPreset } from './read-preset.ts';
import { UsageError } from './usage-error.ts';

interface VerifyFlags {
  readonly preset?: readonly string[];
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  cutline verify listings --preset amazon            any pictures, whoever made them
  cutline verify listings --preset ./mine.json --json

Where a picture has no transparency, its subject is what differs from the background.
Exit codes: 0 every picture keeps every rule that is a must, 1 some do not, 2 wrong usage.`;

/** Adds `cutline verify DIR`. */
export function registerVerify(program: Command): void {
  const command = program
    .command('verify')
    .description("check a folder of finished pictures against a shop's rules")
    .argument('<DIR>', 'a folder of pictures');
  addPresetOption(command)
    .option('--json', 'one JSON object a picture on stdout, and one with the totals at the end')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

/** What does the work is loaded here: `--help` and a wrong flag need not wait for it. */
async function run(folder: string, { preset: names = [], json = false }: VerifyFlags): Promise<void> {
  const presets = await Promise.all(names.map(readPreset)).catch((error: unknown) => {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  });
  if (presets.length === 0) throw new UsageError('Expected at least one --preset, e.g. --preset amazon');
  const silent = presets.find(({ rules = [] }) => rules.length === 0);
  if (silent !== undefined) throw new UsageError(`Expected a preset with rules to check, got ${silent.id}`);
  const { verifyFolder } = await import('./verify-folder.ts');
  process.exitCode = await verifyFolder(folder, { presets, isJson: json });
}
