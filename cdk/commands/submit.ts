import { type Command, InvalidArgumentError } from 'commander';
import { BATCH_ID } from '../batch/batch-manifest.ts';
import { photoCount } from '../report/words.ts';
import { addCloudFlags, type CloudFlags, openStage, typedFlags } from './cloud-flags.ts';
import { confirm } from './confirm.ts';

interface SubmitFlags extends CloudFlags {
  readonly batch?: string;
  readonly photos?: string;
  readonly prefix?: string;
  readonly preset?: string;
  readonly yes?: boolean;
}

/** More than this is a catalogue, and worth a question. */
const ASK_ABOVE = 1_000;

const EXAMPLES = `
Examples:
  cutline submit photos/                                  upload a folder
  cutline submit catalogue.csv --photos photos/           columns key, sku, preset; keys are paths in photos/
  cutline submit catalogue.csv                            keys of the photos bucket
  cutline submit s3://my-photos/spring/ --batch spring
  cutline submit s3://my-inventory/photos/daily/2026-11-24T01-00Z/manifest.json

Killed or interrupted, the same command goes on where it stopped. Submitted once, it sends nothing again.`;

/** Adds `cutline submit SRC`. */
export function registerSubmit(program: Command): void {
  const command = program
    .command('submit')
    .description('send a batch: a folder, a CSV file, an S3 prefix or an S3 Inventory')
    .argument('<SRC>', 'folder, CSV file, s3://bucket/prefix, or the manifest.json of an S3 Inventory');
  addCloudFlags(command)
    .option('--batch <id>', 'names the batch (default: from its content)', batchId)
    .option('--photos <folder>', "folder that a CSV file's keys are paths in")
    .option('--prefix <prefix>', 'put in front of the keys of photos that are uploaded')
    .option('--preset <id>', 'for photos that name none')
    .option('--yes', `don't ask before more than ${ASK_ABOVE.toLocaleString('en')} photos`)
    .addHelpText('after', EXAMPLES)
    .action(submit);
}

function batchId(text: string): string {
  if (BATCH_ID.test(text)) return text;
  throw new InvalidArgumentError('Expected 1 to 64 letters, digits, ".", "_" or "-".');
}

async function submit(text: string, flags: SubmitFlags): Promise<void> {
  const [{ readSource }, { submitBatch }] = await Promise.all([
    import('../batch/read-source.ts'),
    import('../batch/submit-batch.ts'),
  ]);
  const { cloud, place } = await openStage(flags);
  const { photos: photosFolder, prefix, batch: id, preset } = flags;
  const source = await readSource(text, cloud, { photosFolder, prefix, photosBucket: place.photosBucket });
  for (const note of source.notes) console.error(note);
  const { manifest, sent, uploaded } = await submitBatch(cloud, place, {
    submission: { text, source, id, preset },
    confirm: async (photos) =>
      (flags.yes ?? false) || photos <= ASK_ABOVE || (await confirm(`Send ${photoCount(photos)}?`)),
    onProgress: (count, total) => console.error(`${count.toLocaleString('en')}/${photoCount(total)} sent`),
    now: () => new Date(),
  });
  const what = sent === 0 ? 'all sent before, nothing sent now' : `${photoCount(sent)} sent (${uploaded} by upload)`;
  console.log(`Batch ${manifest.id}: ${what}\nLook at it: cutline status ${manifest.id}${typedFlags(flags)}`);
}
