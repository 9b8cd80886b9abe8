import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { photoMetrics } from '#cdk/constructs/photo-metrics.ts';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import type { Preset } from '#functions/contract/preset.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { createHandler } from '#functions/remove-background/handle-batch.ts';
import { drawDisc, photo, plainPhoto } from '#test/support/drawn-photo.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { contextWith, sqsEvent, sqsRecord } from '#test/support/lambda-events.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import { tinyModel } from '#test/support/tiny-model.ts';

/** The lines that the real handler logs of a good photo, an empty one, a broken one and a message that is none. */
async function loggedLines(): Promise<Record<string, unknown>[]> {
  const { bytes, manifest } = tinyModel();
  const store = new MemoryStore();
  store.photos.set('good.png', await photo(drawDisc(64, 64)).png().toBuffer());
  store.photos.set('empty.png', await plainPhoto(64, 64, 'white').png().toBuffer());
  store.photos.set('broken.jpg', new TextEncoder().encode('text'));
  const lines: Record<string, unknown>[] = [];
  const handler = createHandler({
    store,
    segmenter: await Segmenter.open(bytes, manifest),
    workspace: new Workspace(),
    presets: BUILT_IN_PRESETS,
    defaultPresets: [BUILT_IN_PRESETS.get('transparent') as Preset],
    limits: PHOTO_LIMITS_DEFAULTS,
    nowMs: () => performance.now(),
    log: (_, facts) => void lines.push({ message: 'photo', ...facts }),
  });
  const bodies = [...store.photos.keys()].map((key) => ({ bucket: 'photos', key }));
  const records = [...bodies, 'not json'].map((body, index) => sqsRecord(String(index), body));
  await handler(
    sqsEvent(...records),
    contextWith(() => 60_000),
  );
  return lines;
}

interface MetricFilter {
  readonly FilterPattern: string;
  readonly MetricTransformations: readonly [{ MetricName: string; MetricValue: string; MetricNamespace: string }];
}

function metricFilters(): MetricFilter[] {
  const stack = new Stack(new App({ outdir: temporaryFolder() }));
  photoMetrics(new LogGroup(stack, 'Log'), 'prod');
  const filters = Template.fromStack(stack).findResources('AWS::Logs::MetricFilter');
  return Object.values(filters).map(({ Properties }) => Properties);
}

/** CloudWatch's rule for patterns of the form `{ ($.a = "x") && ($.b = "y") }`. */
function matches({ FilterPattern }: MetricFilter, line: Record<string, unknown>): boolean {
  const facts = [...FilterPattern.matchAll(/\(\$\.(\w+) = "(\w+)"\)/g)];
  return facts.length > 0 && facts.every(([, field, value]) => line[field ?? ''] === value);
}

test('counts each photo once by what became of it, doubtful ones also as such', async () => {
  const lines = await loggedLines();

  const counts = metricFilters()
    .filter(({ MetricTransformations: [{ MetricValue }] }) => MetricValue === '1')
    .map((filter) => [
      filter.MetricTransformations[0].MetricName,
      lines.filter((line) => matches(filter, line)).length,
    ]);

  expect(Object.fromEntries(counts)).toEqual({ Done: 2, Doubtful: 1, Rejected: 1, Retried: 1 });
});

test('measures every stage that the handler logs, and no other', async () => {
  const done = (await loggedLines()).find(({ outcome }) => outcome === 'done');
  const { timesMs } = done ?? {};

  const measured = metricFilters()
    .map(({ MetricTransformations: [{ MetricValue }] }) => MetricValue)
    .filter((value) => value.startsWith('$.timesMs.'))
    .map((value) => value.slice('$.timesMs.'.length));

  expect(measured.sort()).toEqual(Object.keys(z.record(z.string(), z.number()).parse(timesMs)).sort());
});

test('keeps the figures of two stages apart', () => {
  const namespaces = metricFilters().map(({ MetricTransformations: [{ MetricNamespace }] }) => MetricNamespace);

  expect(new Set(namespaces)).toEqual(new Set(['Cutline/prod']));
});
