import { type Command, Option } from 'commander';
import { TOOLS, type Tool } from '../export/tool-forms.ts';
import { writeExport } from '../export/write-export.ts';
import { ensureModel } from '../fetch.ts';
import { startProgress } from './progress-line.ts';

/** Adds `export` to the workshop's command line. */
export function registerExport(program: Command): void {
  program
    .command('export')
    .description('Write a model as another program loads it, and say how')
    .argument('<model>', 'a packed folder or a model out of the list')
    .argument('<out>', 'for rembg an ONNX file, for imgly a folder')
    .addOption(new Option('--for <tool>', 'the program').choices(TOOLS).makeOptionMandatory())
    .action(exportCommand);
}

async function exportCommand(name: string, out: string, { for: tool }: { readonly for: Tool }): Promise<void> {
  const progress = startProgress(name);
  const model = await ensureModel(name, { onProgress: progress.report }).finally(progress.stop);
  const { path, bytes, usage } = await writeExport(model, tool, out);
  console.log(`${path}: ${(bytes / 1e6).toFixed(1)} MB, for ${tool}\n\n  ${usage}`);
}
