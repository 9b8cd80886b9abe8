import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordKey } from '#functions/contract/output-keys.ts';
import { PhotoRecord } from '#functions/contract/record.ts';

/** Where one photo ended. */
export interface PhotoOutcome {
  readonly key: string;
  readonly status: 'done' | 'rejected' | 'failed';
  /** Why it was rejected or failed, and the same as a sentence. */
  readonly code?: string;
  readonly message?: string;
  readonly record?: PhotoRecord;
}

/** Reads from its record where a photo ended that the handler is done with. */
export async function readOutcome(dst: string, key: string): Promise<PhotoOutcome> {
  const record = await readRecord(dst, key);
  if (record === null) {
    const message = 'The photo was handled but left no readable record. Run the same command again.';
    return { key, status: 'failed', code: 'no_record', message };
  }
  if (record.status === 'done') return { key, status: 'done', record };
  return { key, status: 'rejected', code: record.code, message: record.message, record };
}

async function readRecord(dst: string, key: string): Promise<PhotoRecord | null> {
  try {
    const text = await readFile(join(dst, recordKey(key)), 'utf8');
    return PhotoRecord.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
