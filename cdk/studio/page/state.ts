import { batch, computed, effect, signal } from '@preact/signals';
import type { Choice, Item, RunState, Session } from '../protocol.ts';
import { api, RefusedError } from './api.ts';
import { type Filter, filterOf, hashOf, NO_FILTER, shownItems } from './filter.ts';
import { EN } from './words/en.ts';
import type { Words } from './words/words.ts';
import { ZH } from './words/zh.ts';

/** All that the page remembers. */

export type Ground = 'checkers' | 'white' | 'black' | 'own';
export type Theme = 'system' | 'light' | 'dark';

export const session = signal<Session | null>(null);
export const items = signal<ReadonlyMap<string, Item>>(new Map());
export const isLoaded = signal(false);
export const runs = signal<readonly RunState[]>([]);
/** In the address, too: a page that is loaded again shows the same. */
export const filter = signal<Filter>(filterOf(location.hash));
export const selection = signal<ReadonlySet<string>>(new Set());
/** The photo that is open, among those it was opened from. */
export const opened = signal<{ readonly key: string; readonly queue: readonly string[] } | null>(null);
/** The photo that was open last: the gallery goes on there. */
export const lastOpened = signal<string | null>(null);
export const isAdding = signal(false);
export const isHelping = signal(false);
/** Photos that are to be cut out again, for the panel that asks how. */
export const again = signal<readonly string[] | null>(null);
export const choice = signal<Choice>({ model: '', presets: ['transparent'], edges: null });
export const notice = signal<{ readonly text: string; readonly kind: 'good' | 'bad' } | null>(null);
/** Why the page shows nothing new. */
export const trouble = signal<'lost' | 'locked' | null>(null);

export const ground = signal<Ground>(saved('ground', ['checkers', 'white', 'black', 'own']) ?? 'checkers');
export const ownColour = signal(localStorage.getItem('colour') ?? '#ff2fa0');
export const theme = signal<Theme>(saved('theme', ['system', 'light', 'dark']) ?? 'system');
export const language = signal<'en' | 'zh'>(
  saved('language', ['en', 'zh']) ?? (navigator.language.startsWith('zh') ? 'zh' : 'en'),
);
export const hasShortcuts = signal(localStorage.getItem('shortcuts') !== 'off');

export const words = computed<Words>(() => (language.value === 'zh' ? ZH : EN));
export const shown = computed(() => shownItems(items.value.values(), filter.value));
export const toReview = computed(() =>
  shownItems(items.value.values(), { ...NO_FILTER, standing: 'review' }).map(({ key }) => key),
);

/** What to take back, last first. */
const undos: (() => Promise<void>)[] = [];
export const undoCount = signal(0);

function saved<T extends string>(name: string, allowed: readonly T[]): T | null {
  const value = localStorage.getItem(name);
  return allowed.find((one) => one === value) ?? null;
}

/** Puts photos in, or in the place of what was known of them. */
export function take(changed: readonly Item[], gone: readonly string[] = []): void {
  const next = new Map(items.value);
  for (const item of changed) next.set(item.key, item);
  for (const key of gone) next.delete(key);
  items.value = next;
}

export function takeRun(run: RunState): void {
  const others = runs.value.filter(({ id }) => id !== run.id);
  runs.value = [...others, run];
}

export function say(text: string, kind: 'good' | 'bad' = 'good'): void {
  notice.value = { text, kind };
}

/** Says what went wrong; a photo that changed elsewhere is shown as it is now. */
export function explain(error: unknown): void {
  if (!(error instanceof RefusedError)) {
    say(`${words.value.failed} ${error instanceof Error ? error.message : String(error)}`, 'bad');
    return;
  }
  const { code, message, item } = error.refusal;
  if (code === 'lost') trouble.value = 'lost';
  if (code === 'no_token' || code === 'wrong_token') trouble.value = 'locked';
  if (item !== undefined) take([item]);
  say(code === 'conflict' ? words.value.conflict : (words.value.refusals[code] ?? message), 'bad');
}

effect(() => {
  if (opened.value !== null) lastOpened.value = opened.value.key;
});

effect(() => history.replaceState(null, '', `/${hashOf(filter.value)}`));

export function open(key: string, queue: readonly string[]): void {
  opened.value = { key, queue };
}

/** Opens a neighbour in the queue. @returns Whether there is one. */
export function step(by: 1 | -1): boolean {
  const now = opened.value;
  if (now === null) return false;
  const key = now.queue[now.queue.indexOf(now.key) + by];
  if (key === undefined) return false;
  opened.value = { ...now, key };
  return true;
}

/** Opens the next photo of the queue that waits for a decision, or else says that there is none. */
export function advance(): void {
  const now = opened.value;
  if (now === null) return;
  const rest = now.queue.slice(now.queue.indexOf(now.key) + 1);
  const next = rest.find((key) => {
    const item = items.value.get(key);
    return item?.status === 'done' && item.decision === null;
  });
  if (next === undefined) say(words.value.allDone);
  else opened.value = { ...now, key: next };
}

/** Writes a decision down, remembers how to take it back, and goes on. */
export async function decide(item: Item, verdict: 'approved' | 'refused' | null): Promise<void> {
  try {
    const next = await api.decide(item.key, item.etag, verdict);
    take([next]);
    remember(async () => {
      const now = items.value.get(item.key);
      if (now !== undefined) take([await api.decide(now.key, now.etag, item.decision)]);
      if (opened.value !== null) opened.value = { ...opened.value, key: item.key };
    });
    say(verdict === null ? words.value.decided.undone : words.value.decided[verdict]);
    if (verdict !== null) advance();
  } catch (error) {
    explain(error);
  }
}

/** The same for many photos at once; those that changed elsewhere meanwhile are left as they are, and said. */
export async function decideMany(keys: Iterable<string>, verdict: 'approved' | 'refused'): Promise<void> {
  const before = [...keys].flatMap((key) => items.value.get(key) ?? []).filter(({ status }) => status === 'done');
  try {
    const { items: decided, left } = await api.decideMany(before.map(asSeen), verdict);
    take([...decided, ...left]);
    selection.value = new Set();
    remember(() => putBack(before, new Set(decided.map(({ key }) => key))));
    const text = decided.length.toLocaleString(words.value.language);
    const remark =
      left.length === 0 ? '' : ` ${words.value.leftAlone(left.length.toLocaleString(words.value.language))}`;
    say(`${words.value.decided[verdict]}: ${words.value.photos(decided.length, text)}.${remark}`);
  } catch (error) {
    explain(error);
  }
}

/** Gives photos back the decisions they had. */
async function putBack(before: readonly Item[], decided: ReadonlySet<string>): Promise<void> {
  for (const [decision, group] of Map.groupBy(before, (item) => item.decision)) {
    const now = group.filter(({ key }) => decided.has(key)).flatMap(({ key }) => items.value.get(key) ?? []);
    if (now.length === 0) continue;
    const { items: back, left } = await api.decideMany(now.map(asSeen), decision);
    take([...back, ...left]);
  }
}

function asSeen({ key, etag }: Item): { readonly key: string; readonly etag: string } {
  return { key, etag };
}

export function remember(undo: () => Promise<void>): void {
  undos.push(undo);
  undoCount.value = undos.length;
}

export async function undo(): Promise<void> {
  const last = undos.pop();
  undoCount.value = undos.length;
  if (last === undefined) return;
  try {
    await last();
    say(words.value.decided.undone);
  } catch (error) {
    explain(error);
  }
}

export function toggle(key: string, isSelected: boolean): void {
  const next = new Set(selection.value);
  if (isSelected) next.add(key);
  else next.delete(key);
  selection.value = next;
}

/** Loads what the page starts with. The photos are shown as soon as they are there. */
export async function load(): Promise<void> {
  const photos = api.items().then((all) =>
    batch(() => {
      items.value = new Map(all.map((item) => [item.key, item]));
      isLoaded.value = true;
    }),
  );
  const rest = api.session().then((first) =>
    batch(() => {
      // What a person has chosen already stays when the page only catches up.
      if (session.value === null) choice.value = first.defaults;
      session.value = first;
      runs.value = first.runs;
    }),
  );
  for (const outcome of await Promise.allSettled([photos, rest])) {
    if (outcome.status === 'rejected') explain(outcome.reason);
  }
}
