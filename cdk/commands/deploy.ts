import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { stackNameOf } from '../batch/place.ts';
import { DEFAULT_STAGE, typedFlags } from './cloud-flags.ts';
import { contextArguments, contextFlag, contextOf, PROJECT, runCdk } from './run-cdk.ts';
import { UsageError } from './usage-error.ts';

interface DeployFlags {
  readonly stage: string;
  readonly context?: Readonly<Record<string, string>>;
  readonly yes?: boolean;
}

const HELP = `
Examples:
  npx cdk bootstrap                                     once for an account and region
  cutline deploy                                        the stage "dev", in a container image (needs Docker)
  cutline deploy -c packaging=zip -c model=isnet        without Docker: a .zip with two layers, at most 250 MB
  cutline deploy -c model=fast -c escalate=quality      a bigger model looks at the doubtful photos, too
  cutline deploy --stage prod -c alarmEmail=me@example.com -c maxConcurrency=200

Every setting: cdk/stage-settings.ts. The model and the native modules are packed first, where they are not yet.
On an emulator: cutline up.`;

/** Adds `cutline deploy`. */
export function registerDeploy(program: Command): void {
  program
    .command('deploy')
    .description('put the stack on AWS, or bring it up to date')
    .option('--stage <name>', 'which deployment', DEFAULT_STAGE)
    .option('-c, --context <name=value>', 'a setting of the stack; may be given several times', contextFlag)
    .option('--yes', "don't ask before permissions are widened")
    .addHelpText('after', HELP)
    .action(deploy);
}

async function deploy({ stage, context = {}, yes = false }: DeployFlags): Promise<void> {
  const given = { ...context, stage };
  await packWhatIsMissing(given);
  const approval = ['--require-approval', yes ? 'never' : 'broadening'];
  const code = await runCdk(['deploy', stackNameOf(stage), '--no-notices', ...approval, ...contextArguments(given)]);
  process.exitCode = code === 0 ? 0 : 1;
  if (code !== 0)
    console.error('\nFor a new account or region: aws configure (or AWS_PROFILE), then npx cdk bootstrap.');
  else console.log(`\nDeployed. Send photos: cutline submit photos/${typedFlags({ stage })}`);
}

const LAYER_CLI = fileURLToPath(new URL('../../layers/cli.ts', import.meta.url));

/** CDK is loaded here, once it is clear that it is needed: it takes a second. */
async function packWhatIsMissing(given: Readonly<Record<string, string>>): Promise<void> {
  const [{ modelsOf, readStageSettings }, { prepareShipment }] = await Promise.all([
    import('../stage-settings.ts'),
    import('../shipment.ts'),
  ]);
  const context = await contextOf(given);
  const settings = asUsage(() => readStageSettings(context));
  if ((await prepareShipment({ ...settings, packaging: 'image' })).missing === undefined) return;
  const models = modelsOf(settings);
  const args = [LAYER_CLI, ...models, '--runtime', settings.architecture];
  const child = spawn(process.execPath, args, { cwd: PROJECT, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`Expected ${models.join(' and ')} to be packed, got the error above.`);
}

function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
