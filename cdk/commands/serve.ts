import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Edges } from '#functions/contract/edges.ts';
import { DEFAULT_MODEL, TIERS } from '#models/tiers.ts';
import { isThisMachine } from '../serve/this-machine.ts';
import { doubtSettings } from './doubt-settings.ts';
import { findModel } from './find-model.ts';
import { wholeNumber } from './flag-values.ts';
import { onInterrupt } from './interrupt.ts';
import { addEdgesOption } from './preset-flags.ts';
import { addDoubtFlags, type DoubtFlags, defaultWorkers } from './run-flags.ts';
import { UsageError } from './usage-error.ts';

interface ServeFlags extends DoubtFlags {
  readonly host: string;
  readonly port: number;
  readonly apiKeyFile?: string;
  readonly allowUrls?: boolean;
  readonly model: string;
  readonly edges?: Edges;
  readonly workers?: number;
  readonly threads: number;
  readonly queue: number;
  readonly rate: number;
  readonly maxMegabytes: number;
  readonly maxMegapixels: number;
  readonly timeout: number;
  readonly quiet?: boolean;
}

const KEY_VARIABLE = 'CUTLINE_API_KEY';

const HELP = `
Examples:
  cutline serve                                        for the programs of this machine
  curl -F image_file=@shoe.jpg -F size=full http://127.0.0.1:8080/v1.0/removebg -o shoe.png
  cutline serve --model fast --escalate quality        the big model only where the fast one is in doubt
  cutline serve --host 0.0.0.0 --api-key-file key.txt  for others, who send the key as X-Api-Key

The key may come from the environment instead: ${KEY_VARIABLE}. Photos stay in memory and are never written or logged.
Ctrl-C or SIGTERM finishes the photos in hand.`;

/** Adds `cutline serve`. */
export function registerServe(program: Command): void {
  const command = program
    .command('serve')
    .description("answer HTTP requests as remove.bg's API does, for programs that use it")
    .option('--host <address>', 'where to listen; any other than this machine alone needs a key', '127.0.0.1')
    .option('--port <n>', '0 for any that is free', wholeNumber(0, 65_535), 8080)
    .option('--api-key-file <file>', 'holds the key that clients send as X-Api-Key')
    .option('--allow-urls', 'fetch photos from image_url and bg_image_url, on the public internet only')
    .option(
      '--model <id|folder>',
      `${TIERS.join(', ')}, a model of \`npm run model -- list\` that is fetched, or a folder of yours`,
      DEFAULT_MODEL,
    );
  addEdgesOption(addDoubtFlags(command))
    .option('--workers <n>', 'photos at once (default: as cores and memory allow)', wholeNumber(1, 256))
    .option('--threads <n>', 'threads of a worker', wholeNumber(1, 256), 1)
    .option('--queue <n>', 'requests that may wait; more are sent away with 503', wholeNumber(0, 10_000), 16)
    .option('--rate <n>', 'requests a minute of one client; more are sent away with 429', wholeNumber(1, 1e6), 500)
    .option('--max-megabytes <n>', 'larger photos are sent away with 413', wholeNumber(1, 200), 25)
    .option('--max-megapixels <n>', 'larger photos are refused', wholeNumber(1, 10_000), 50)
    .option('--timeout <seconds>', 'a photo that takes longer is given up', wholeNumber(1, 900), 60)
    .option('--quiet', 'no line a request on stderr')
    .addHelpText('after', HELP)
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  const apiKey = await readKey(flags);
  if (apiKey === null && !isThisMachine(flags.host)) {
    throw new UsageError(
      `Expected an API key with --host ${flags.host}, which others can reach: give --api-key-file or ${KEY_VARIABLE}`,
    );
  }
  const { startServer } = await import('../serve/start-server.ts');
  const { folder: modelFolder } = await findModel(flags.model);
  const doubt = await doubtSettings(flags);
  const { workers = defaultWorkers(), threads, host, port, queue, rate, quiet = false } = flags;
  const server = await startServer({
    ...{ host, port, apiKey, modelFolder, doubt, workers, threads },
    edges: flags.edges,
    waiting: queue,
    ratePerMinute: rate,
    maxBytes: flags.maxMegabytes * 1e6,
    maxPixels: flags.maxMegapixels * 1e6,
    timeoutMs: flags.timeout * 1000,
    fetching: flags.allowUrls === true ? {} : null,
    onAnswer: ({ method, route, status, ms }) => quiet || console.error(`${status} ${method} ${route} ${ms} ms`),
    onFault: (error) => console.error(error),
    onLine: (line) => console.error(line),
  });
  console.log(`${server.url}/v1.0/removebg`);
  const stopped = Promise.withResolvers<void>();
  const interrupt = onInterrupt(() => stopped.resolve());
  try {
    await Promise.race([stopped.promise, server.broken]);
  } finally {
    await server.close();
    interrupt.dispose();
  }
}

/** The key goes no further than this process: workers inherit its environment. @returns Null where there is none. */
async function readKey({ apiKeyFile }: ServeFlags): Promise<string | null> {
  const given = process.env[KEY_VARIABLE];
  delete process.env[KEY_VARIABLE];
  if (apiKeyFile === undefined && given === undefined) return null;
  const text = apiKeyFile === undefined ? given : await readFile(apiKeyFile, 'utf8').catch(unreadable(apiKeyFile));
  const key = text?.trim() ?? '';
  // What a header can carry.
  if (/^[\x21-\x7e]{8,256}$/.test(key)) return key;
  const place = apiKeyFile ?? KEY_VARIABLE;
  throw new UsageError(`Expected a key of 8 to 256 letters, digits and signs, without spaces, in ${place}`);
}

function unreadable(file: string): (cause: unknown) => never {
  return (cause) => {
    throw new UsageError(`Expected a file that can be read for --api-key-file, got ${file}`, { cause });
  };
}
