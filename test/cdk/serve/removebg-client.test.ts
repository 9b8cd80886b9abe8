import { readFileSync, writeFileSync } from 'node:fs';
import { globalAgent } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, type TestContext, vi, test as vitestTest } from 'vitest';
import { temporaryFolder } from '../../support/folders.ts';
import { pixelAt } from '../../support/rasters.ts';
import { fetchRemovebgClient, type RemovebgClient } from '../../support/removebg-client.ts';
import { boxPhoto, rawPixels, startTinyServer, type TinyServer } from '../../support/tiny-server.ts';

const apiKey = 'a-key-of-this-test';
let server: TinyServer;
let client: RemovebgClient | null = null;

/** The client is as npm has it, its base URL a constant: what it sends to api.remove.bg is led to the server of this test. */
beforeAll(async () => {
  client = await fetchRemovebgClient();
  if (client === null) console.warn('NOT RUN against a client of remove.bg: npm could not fetch it');
  server = await startTinyServer({ apiKey });
  vi.spyOn(globalAgent, 'createConnection').mockImplementation(() =>
    connect(Number(new URL(server.url).port), '127.0.0.1'),
  );
});

afterAll(async () => {
  vi.restoreAllMocks();
  globalAgent.destroy();
  await server.close();
});

function test(name: string, run: (client: RemovebgClient) => Promise<void>): void {
  vitestTest(name, async (context: TestContext) => {
    if (client === null) return context.skip('NOT RUN: npm could not fetch remove.bg');
    await run(client);
  });
}

test("remove.bg's client gets a cutout of a file", async ({ removeBackgroundFromImageFile }) => {
  const folder = temporaryFolder();
  const [path, outputFile] = [join(folder, 'photo.png'), join(folder, 'cutout.png')];
  writeFileSync(path, await boxPhoto());

  const result = await removeBackgroundFromImageFile({ path, apiKey, outputFile, size: 'full', type: 'product' });

  expect(result).toMatchObject({
    creditsCharged: '0',
    detectedType: 'product',
    resultWidth: '320',
    resultHeight: '192',
  });
  expect(Number(result.rateLimitRemaining)).toBeGreaterThan(0);
  const pixels = await rawPixels(readFileSync(outputFile));
  expect([pixelAt(pixels, 160, 96)[3], pixelAt(pixels, 3, 3)[3]]).toEqual([255, 0]);
});

test("remove.bg's client gets a cutout of base64, scaled, on a colour", async ({ removeBackgroundFromImageBase64 }) => {
  const base64img = (await boxPhoto()).toString('base64');

  const result = await removeBackgroundFromImageBase64({
    ...{ base64img, apiKey, size: 'full', scale: '20%', position: '0% 0%', bg_color: '00ff00', channels: 'rgba' },
    ...{ crop: false, add_shadow: false },
  });

  const pixels = await rawPixels(Buffer.from(result.base64img, 'base64'));
  expect([pixels.width, pixels.height, pixels.channels]).toEqual([320, 192, 3]);
  // 20 % of 320 px, from the left edge on.
  expect(pixelAt(pixels, 20, 20)[0]).toBeGreaterThan(100);
  expect(pixelAt(pixels, 160, 96)).toEqual([0, 255, 1].map((value) => expect.closeTo(value, -1)));
});

test("remove.bg's client is told what is wrong as it expects it", async (all) => {
  const { removeBackgroundFromImageBase64, removeBackgroundFromImageUrl } = all;
  const base64img = (await boxPhoto()).toString('base64');
  const failed = await Promise.all(
    [
      removeBackgroundFromImageBase64({ base64img, apiKey: 'another-key' }),
      removeBackgroundFromImageBase64({ base64img: Buffer.from('no photo').toString('base64'), apiKey }),
      removeBackgroundFromImageUrl({ url: 'https://example.com/photo.png', apiKey }),
    ].map((sent) => sent.catch((errors: unknown) => errors)),
  );

  expect(failed).toMatchObject([
    [{ title: 'Invalid API Key', code: 'auth_failed' }],
    [{ title: 'Invalid file type', code: 'invalid_file_type' }],
    [{ code: 'invalid_image_url' }],
  ]);
});
