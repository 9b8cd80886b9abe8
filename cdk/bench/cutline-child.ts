import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { ModelManifest } from '#functions/contract/manifest.ts';
import { cutOut } from '#functions/imaging/cutout.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { Stopwatch } from '#functions/remove-background/stopwatch.ts';
import { answerRequests } from './answer-requests.ts';

/** Our side of the bench, as a worker does it: the network is loaded at the start, buffers live on. Argument: model folder. */

const folder = process.argv[2] ?? '';
const manifest = ModelManifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
const segmenter = await Segmenter.open(join(folder, 'model.onnx'), manifest);
const workspace = new Workspace();
const preset = BUILT_IN_PRESETS.get('transparent');
if (preset === undefined) throw new Error('Expected a built-in preset "transparent", got none');

answerRequests(async (photo) => {
  const watch = new Stopwatch(() => performance.now());
  const limits = PHOTO_LIMITS_DEFAULTS;
  const { renditions } = await cutOut(photo, { segmenter, presets: [preset], limits, workspace, stage: watch.stage });
  const [first] = renditions;
  if (first === undefined) throw new Error('Expected one rendition, got none');
  return { bytes: first.file.bytes, timesMs: watch.timesMs };
});
