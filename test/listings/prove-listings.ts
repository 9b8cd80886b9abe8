/**
 * Looks at every file a run has written, in another way than the run itself, and names each rule that is said to pass and
 * does not:
 *
 *   node test/listings/prove-listings.ts DST
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { PhotoRecord } from '#functions/contract/record.ts';
import { brokenPromises, lookAtListing } from '#test/support/listing-check.ts';

const [, , folder = ''] = process.argv;
const files = (await readdir(join(folder, 'records'))).filter((name) => name.endsWith('.json'));
let [checked, rules, broken, pale] = [0, 0, 0, 0];
for (const file of files.sort()) {
  const record = PhotoRecord.parse(JSON.parse(await readFile(join(folder, 'records', file), 'utf8')));
  if (record.status !== 'done') continue;
  for (const output of record.outputs) {
    if (BUILT_IN_PRESETS.get(output.preset)?.content === 'mask') continue;
    const bytes = await readFile(join(folder, output.key));
    checked++;
    const promised = output.rules ?? [];
    rules += promised.length;
    // Of a preset without rules it is still known that the file is as the record says.
    const said = [
      { check: 'width' as const, min: output.width, max: output.width },
      { check: 'height' as const, min: output.height, max: output.height },
      { check: 'bytes' as const, min: output.bytes, max: output.bytes },
      { check: 'format' as const, oneOf: [output.format] },
    ].map((rule) => ({ ...rule, level: 'must' as const, value: 0, passed: true }));
    const seen = await lookAtListing(bytes);
    // Where a white product ends can't be told on white; a person looks at these.
    if (seen.dirt > seen.looseDirt) pale++;
    for (const { check, value } of brokenPromises({ ...seen, dirt: seen.looseDirt }, [...promised, ...said])) {
      broken++;
      console.log(`${output.key}: ${check} is said to be ${value}`);
    }
  }
}
console.log(
  `${checked} files, ${rules} rules, ${broken} said to pass that do not; ${pale} files with pale parts far from any other`,
);
process.exitCode = broken === 0 && checked > 0 ? 0 : 1;
