/**
 * Exports a model for @imgly/background-removal-node, has the package itself cut out a sample photo with it, and checks the
 * cutout:
 *
 *   node test/export/prove-export.ts [MODEL]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { IMGLY_PACKAGE, installImgly } from '#cdk/bench/install-imgly.ts';
import { ensureSample } from '#cdk/commands/sample-catalogue.ts';
import { cacheFolder } from '#models/cache-folder.ts';
import { writeExport } from '#models/export/write-export.ts';
import { ensureModel } from '#models/fetch.ts';

/** Run in a process of its own: the package brings another sharp and another onnxruntime. */
const CUT_OUT = `
const [peer, publicPath, photo, target] = process.argv.slice(1);
const { readFileSync, writeFileSync } = require('node:fs');
const { removeBackground } = require('node:module').createRequire(peer + '/package.json')('${IMGLY_PACKAGE}');
removeBackground(new Blob([readFileSync(photo)], { type: 'image/jpeg' }), { publicPath })
  .then((cutout) => cutout.arrayBuffer())
  .then((bytes) => writeFileSync(target, Buffer.from(bytes)));
`;
/** Share of a product photo that is surely background, and surely subject, at least. */
const LEAST_SHARE = 0.05;

const [, , name = 'u2netp'] = process.argv;
const folder = await mkdtemp(join(tmpdir(), 'cutline-export-'));
try {
  const model = await ensureModel(name);
  const { path } = await writeExport(model, 'imgly', join(folder, 'public'));
  const peer = await installImgly(cacheFolder());
  const [photo, target] = [await samplePhoto(), join(folder, 'cutout.png')];
  await promisify(execFile)(process.execPath, ['-e', CUT_OUT, peer, `${pathToFileURL(path).href}/`, photo, target]);

  const alpha = await sharp(target).ensureAlpha().extractChannel('alpha').raw().toBuffer();
  const share = (isCounted: (level: number) => boolean): number => alpha.filter(isCounted).length / alpha.length;
  const [background, subject] = [share((level) => level < 26), share((level) => level > 229)];
  const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
  console.log(`export: ${name} by ${IMGLY_PACKAGE}: ${percent(background)} background, ${percent(subject)} subject`);
  if (background < LEAST_SHARE || subject < LEAST_SHARE) {
    console.error(`export: Expected at least ${percent(LEAST_SHARE)} of each in the cutout of ${photo}`);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function samplePhoto(): Promise<string> {
  const { photos } = await ensureSample();
  const [first] = (await readdir(photos)).filter((file) => file.endsWith('.jpg')).sort();
  if (first === undefined) throw new Error(`Expected a JPEG in ${photos}, got none`);
  return join(photos, first);
}
