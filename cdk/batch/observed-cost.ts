import { PhotoRecord } from '#functions/contract/record.ts';
import type { Cloud } from './cloud.ts';
import type { PhotoCost } from './estimate.ts';
import { forEachAtOnce, listObjects, readObject } from './objects.ts';
import type { Place } from './place.ts';

/** Fewer say little of the next photo. */
const FEWEST = 10;
const MOST = 100;

/**
 * What photos took on a stage so far, from some of its records.
 *
 * @returns Null where it has too few. Cost: one listing and at most 100 reads.
 */
export async function observedPhotoCost({ s3 }: Cloud, { cutoutsBucket, stage }: Place): Promise<PhotoCost | null> {
  const keys: string[] = [];
  for await (const { key } of listObjects(s3, cutoutsBucket, 'records/')) if (keys.push(key) >= MOST) break;
  const records = await forEachAtOnce(keys, async (key) => {
    const bytes = await readObject(s3, { bucket: cutoutsBucket, key });
    return bytes === null ? null : (PhotoRecord.safeParse(parse(bytes)).data ?? null);
  });
  const done = records.filter((record) => record?.status === 'done');
  if (done.length < FEWEST) return null;
  const sum = (value: (record: PhotoRecord) => number) =>
    done.reduce((total, record) => total + (record === null ? 0 : value(record)), 0);
  const ms = sum(({ timesMs }) => Object.values(timesMs).reduce((total, stageMs) => total + stageMs, 0));
  const bytesOut = sum(({ outputs }) => outputs.reduce((total, output) => total + output.bytes, 0));
  return {
    seconds: ms / done.length / 1_000,
    bytesOut:
      bytesOut /
      Math.max(
        1,
        sum(({ source }) => source.bytes),
      ),
    from: `${done.length} photos of the stage ${stage}`,
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
