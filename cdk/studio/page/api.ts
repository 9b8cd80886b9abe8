import type { Choice, Decided, Details, Item, Refusal, RunState, Session, Trial } from '../protocol.ts';

/** What the server does not do, with its code and, where somebody was faster, the photo as it is now. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

async function ask<T>(path: string, options: RequestInit = {}): Promise<T> {
  const response = await fetch(path, options).catch(() => null);
  if (response === null) throw new RefusedError({ code: 'lost', message: 'The server does not answer.' });
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new RefusedError(body ?? { code: 'failed', message: `HTTP ${response.status}` });
  return body;
}

async function post<T>(path: string, body: object): Promise<T> {
  return await ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

export const api = {
  session: () => ask<Session>('/api/session'),
  items: () => ask<Item[]>('/api/items'),
  details: (key: string) => ask<Details>(`/api/details?${query({ key })}`),
  decide: (key: string, etag: string, verdict: 'approved' | 'refused' | null) =>
    post<Item>('/api/decisions', { key, etag, verdict }),
  decideMany: (
    photos: readonly { readonly key: string; readonly etag: string }[],
    verdict: 'approved' | 'refused' | null,
  ) => post<Decided>('/api/decisions/many', { photos, verdict }),
  run: (keys: readonly string[], choice: Choice) => post<RunState>('/api/runs', { keys, choice }),
  stop: (id: string) => post<object>('/api/runs/stop', { id }),
  goOn: (id: string) => post<RunState>('/api/runs/again', { id }),
  tryOut: (key: string, choice: Choice) => post<Trial>('/api/trials', { key, choice }),
  keep: (id: string, etag: string) => post<Item>('/api/trials/keep', { id, etag }),
  download: (keys: readonly string[] | null) => post<{ readonly id: string }>('/api/downloads', { keys }),
  upload: (file: File) =>
    ask<{ readonly key: string }>(`/api/photos?${query({ name: file.name })}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: file,
    }),
  saveMask: (key: string, etag: string, mask: Blob, isCorrection: boolean) =>
    ask<Item>(`/api/mask?${query({ key, etag, correction: isCorrection ? 'yes' : 'no' })}`, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
      body: mask,
    }),
} as const;

/** Where a picture is had from. `version` keeps a browser from showing an older one. */
export const addressOf = {
  photo: ({ key, etag }: Item, size: 'thumb' | 'full') => `/api/photo?${query({ key, size, v: etag.slice(0, 12) })}`,
  output: ({ key, outputs }: Item, index: number, size: 'thumb' | 'full') =>
    `/api/output?${query({ key, index: String(index), size, v: outputs[index]?.version ?? '' })}`,
  mask: ({ key, outputs }: Item) => `/api/mask?${query({ key, v: outputs.map(({ version }) => version).join('') })}`,
  trial: (id: string, index: number) => `/api/trial-output?${query({ id, index: String(index) })}`,
  download: (id: string) => `/api/downloads?${query({ id })}`,
  table: '/api/report.csv',
} as const;

function query(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString();
}
