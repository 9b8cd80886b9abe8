import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { openCloud } from '#cdk/batch/cloud.ts';
import { destroyStage } from '#cdk/batch/destroy-stage.ts';
import { readObject } from '#cdk/batch/objects.ts';
import { findPlace } from '#cdk/batch/place.ts';
import { drawDisc, photo } from '#test/support/drawn-photo.ts';
import { startEmulator } from '#test/support/emulator.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { startCli } from '#test/support/run-cli.ts';
import { writeTinyModel } from '#test/support/tiny-model.ts';

/** CDK takes its time to load. */
const TIMEOUT_MS = 120_000;

test(
  '`up --escalate` carries both networks, and ends with an error when its queue is removed',
  async (context) => {
    const emulator = await startEmulator();
    if (emulator === null) return context.skip('NOT RUN: there is no emulator, because Python is missing');
    onTestFinished(() => emulator.stop());
    const { endpoint } = emulator;
    const faint = await writeTinyModel(temporaryFolder(), { id: 'faint', steepness: 3 });
    const surer = await writeTinyModel(temporaryFolder(), { id: 'surer' });
    const doubts = ['--model', faint, '--escalate', surer, '--review-below', '1'];

    const up = startCli(['up', '--endpoint', endpoint, '--workers', '1', ...doubts]);
    onTestFinished(() => void up.kill('SIGKILL'));
    const ended = once(up, 'close');
    let said = '';
    up.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await once(createInterface({ input: up.stdout }), 'line');
    const cloud = openCloud({ endpoint });
    const place = await findPlace(cloud, 'dev');
    const Body = await photo(drawDisc(64, 64)).png().toBuffer();
    await cloud.s3.send(new PutObjectCommand({ Bucket: place.photosBucket, Key: 'disc.png', Body }));
    const address = { bucket: place.cutoutsBucket, key: 'records/disc.png.json' };
    let bytes = await readObject(cloud.s3, address);
    for (; bytes === null; bytes = await readObject(cloud.s3, address)) await sleep(200);
    await destroyStage(cloud, place.stage);
    const [exitCode] = await ended;

    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({
      model: { id: 'surer' },
      verdict: 'review',
      escalation: { first: { model: { id: 'faint' } }, kept: 'second' },
    });
    expect(exitCode).toBe(1);
    expect(said).toMatch(/^cutline: .*queue/m);
  },
  TIMEOUT_MS,
);
