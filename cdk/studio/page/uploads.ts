import { signal } from '@preact/signals';
import { api, RefusedError } from './api.ts';
import { choice, explain, session, takeRun, words } from './state.ts';

/** Files on their way in. */
export interface Uploads {
  readonly total: number;
  readonly done: number;
  /** Those that were not taken, and why. */
  readonly refused: readonly { readonly name: string; readonly why: string }[];
}

export const uploads = signal<Uploads | null>(null);

/** Files sent at once: the server reads them from the same disk. */
const AT_ONCE = 3;

/** Takes files in and has them cut out the chosen way: one run for all that came together. */
export async function addFiles(files: readonly File[]): Promise<void> {
  if (files.length === 0) return;
  const wanted = choice.value;
  uploads.value = { total: files.length, done: 0, refused: [] };
  const keys: string[] = [];
  const waiting = [...files];
  const send = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const key = await sendOne(file);
      if (key !== null) keys.push(key);
      note((now) => ({ ...now, done: now.done + 1 }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, files.length) }, send));
  if (keys.length > 0) {
    try {
      takeRun(await api.run([...new Set(keys)], wanted));
    } catch (error) {
      explain(error);
    }
  }
  if (uploads.value?.refused.length === 0) uploads.value = null;
}

async function sendOne(file: File): Promise<string | null> {
  // Before a browser has sent it all: two hundred megabytes in vain help nobody.
  if (file.size > (session.value?.maxBytes ?? Number.POSITIVE_INFINITY)) return refuse(file, 'too_large', '');
  try {
    return (await api.upload(file)).key;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return refuse(file, error.refusal.code, error.refusal.message);
  }
}

function refuse(file: File, code: string, message: string): null {
  const why = words.value.refusals[code] ?? message;
  note((now) => ({ ...now, refused: [...now.refused, { name: file.name, why }] }));
  return null;
}

function note(change: (now: Uploads) => Uploads): void {
  if (uploads.value !== null) uploads.value = change(uploads.value);
}
