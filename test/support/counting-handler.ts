import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { ModelManifest } from '#functions/contract/manifest.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { FolderStore } from '#functions/remove-background/folder-store.ts';
import { createHandler } from '#functions/remove-background/handle-batch.ts';
import { readSettings } from '#functions/remove-background/settings.ts';

/** The real handler, whose network notes in `segmented.txt` beside the results each time it begins with a photo. */
const settings = readSettings(process.env);
const manifest = ModelManifest.parse(JSON.parse(await readFile(join(settings.modelFolder, 'manifest.json'), 'utf8')));
const network = await Segmenter.open(join(settings.modelFolder, 'model.onnx'), manifest);

export const handler = createHandler({
  store: new FolderStore({ photos: settings.photos ?? '', cutouts: settings.cutouts }),
  segmenter: {
    manifest,
    segment: async (image) => {
      appendFileSync(join(settings.cutouts, 'segmented.txt'), 'photo\n');
      return await network.segment(image);
    },
  },
  workspace: new Workspace(),
  presets: BUILT_IN_PRESETS,
  defaultPresets: settings.presets,
  limits: settings.limits,
  nowMs: () => performance.now(),
  log: (_, facts) => console.log(JSON.stringify({ message: 'photo', ...facts })),
});
