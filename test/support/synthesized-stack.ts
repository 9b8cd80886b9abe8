import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { z } from 'zod';
import { CutoutStack } from '#cdk/cutout-stack.ts';
import { readStageSettings, stackName } from '#cdk/stage-settings.ts';
import { writeFiles } from './folders.ts';

const CdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** Stand-ins for what is shipped, for both kinds of processor and with a second model beside the first. */
const SHIPPED = [
  'Dockerfile',
  'function/index.mjs',
  'batch-end/index.mjs',
  'runtime/arm64/nodejs/node_modules/sharp/package.json',
  'runtime/x86_64/nodejs/node_modules/sharp/package.json',
  'opt/models/tiny/model.onnx',
  'opt/models/tiny/manifest.json',
  'opt/models/other/model.onnx',
  'opt/models/other/manifest.json',
];

interface SynthesisOptions {
  /** As given by `-c name=value`. */
  readonly context?: Record<string, string>;
  /** What is still to be packed. */
  readonly missing?: string;
  /** Whether cdk-nag looks at it, which takes seconds. @default false */
  readonly isChecked?: boolean;
}

/**
 * Synthesizes the stack with cdk.json's flags, the model `tiny` and stand-ins for its layers.
 *
 * @param work An empty folder; the cloud assembly is written to its `cdk.out`. @throws {Error} for a finding of cdk-nag.
 */
export function synthesizeStack(work: string, { context = {}, missing, isChecked }: SynthesisOptions = {}): Template {
  const folder = join(work, 'dist');
  writeFiles(folder, SHIPPED);
  const { context: flags } = CdkJson.parse(JSON.parse(readFileSync('cdk.json', 'utf8')));
  const app = new App({ outdir: join(work, 'cdk.out'), context: { ...flags, model: 'tiny', ...context } });
  const settings = readStageSettings(app.node.getAllContext());
  const stack = new CutoutStack(app, stackName(settings.stage), {
    settings,
    shipment: { folder, missing, unzippedBytes: 0 },
  });
  if (isChecked === true) Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return Template.fromStack(stack);
}

/** Logical ids of what tells of a batch's end begin so. */
const BATCH_END = 'BatchEnd';

/** The properties of all resources of a type that flow A is made of, as loose as JSON is. */
export function propertiesOf(template: Template, type: string): ReturnType<typeof JSON.parse>[] {
  return propertiesWhere(template, type, (id) => !id.startsWith(BATCH_END));
}

/** The same of what tells of a batch's end. */
export function batchEndPropertiesOf(template: Template, type: string): ReturnType<typeof JSON.parse>[] {
  return propertiesWhere(template, type, (id) => id.startsWith(BATCH_END));
}

function propertiesWhere(template: Template, type: string, isWanted: (id: string) => boolean) {
  const resources = Object.entries(template.findResources(type));
  return resources.filter(([id]) => isWanted(id)).map(([, { Properties }]) => Properties);
}
