import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pixelAt } from '../../support/rasters.ts';
import { readZip } from '../../support/read-zip.ts';
import {
  BOX,
  boxPhoto,
  CENTRE,
  foregroundOf,
  GRID_PX,
  near,
  PHOTO,
  pixelsOf,
  postForm,
  postJson,
  rawPixels,
  startTinyServer,
  startWeb,
  type TinyServer,
} from '../../support/tiny-server.ts';

const CORNER = [3, 3] as const;

let server: TinyServer;
let photo: Buffer;
let green: Buffer;
let web: { readonly url: string; readonly close: () => void };

beforeAll(async () => {
  [photo, green] = await Promise.all([
    boxPhoto(),
    sharp({ create: { width: 50, height: 80, channels: 3, background: '#00c800' } })
      .png()
      .toBuffer(),
  ]);
  web = await startWeb({ '/photo.png': photo, '/green.png': green });
  // Stands for a public host.
  server = await startTinyServer({ fetching: { isAllowed: (address) => address === '127.0.0.1' } });
});

afterAll(async () => {
  web.close();
  await server.close();
});

const post = (values: Record<string, string | Uint8Array> = {}) => postForm(server, { image_file: photo, ...values });

describe('the photo', () => {
  test('comes as image_file of a form', async () => {
    const response = await post();

    const pixels = await pixelsOf(response);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect([pixels.width, pixels.height, pixels.channels]).toEqual([320, 192, 4]);
    expect(near(pixelAt(pixels, ...CENTRE), [120, 30, 40, 255])).toBeLessThan(3);
    expect(pixelAt(pixels, ...CORNER)).toEqual([0, 0, 0, 0]);
  });

  test.each([
    ['JSON', (text: string) => postJson(server, { image_file_b64: text })],
    ['JSON as a data URL', (text: string) => postJson(server, { image_file_b64: `data:image/png;base64,${text}` })],
    ['a form with files', (text: string) => postForm(server, { image_file_b64: text })],
    [
      'a plain form',
      (text: string) =>
        fetch(`${server.url}/v1.0/removebg`, { method: 'POST', body: new URLSearchParams({ image_file_b64: text }) }),
    ],
  ])('comes as image_file_b64 of %s', async (_, send) => {
    const pixels = await pixelsOf(await send(photo.toString('base64')));

    expect([pixels.width, pixels.height, pixelAt(pixels, ...CENTRE)[3]]).toEqual([320, 192, 255]);
  });

  test('comes from its image_url', async () => {
    const pixels = await pixelsOf(await postJson(server, { image_url: `${web.url}/photo.png` }));

    expect([pixels.width, pixels.height, pixelAt(pixels, ...CENTRE)[3]]).toEqual([320, 192, 255]);
  });

  test('is taken for bytes where a client forgets to call it a file', async () => {
    const head = '--b\r\nContent-Disposition: form-data; name="image_file"\r\n\r\n';
    const response = await fetch(`${server.url}/v1.0/removebg`, {
      method: 'POST',
      body: Buffer.concat([Buffer.from(head), photo, Buffer.from('\r\n--b--\r\n')]),
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    });

    expect((await pixelsOf(response)).width).toBe(320);
  });
});

describe('what comes back', () => {
  test('says where the subject is, and that nothing is charged', async () => {
    const response = await post();

    const { left, top, width, height } = foregroundOf(response);
    expect(near([left, top, width, height], [BOX.left, BOX.top, BOX.width, BOX.height])).toBeLessThanOrEqual(
      2 * GRID_PX,
    );
    const { headers } = response;
    expect([headers.get('x-width'), headers.get('x-height'), headers.get('x-credits-charged')]).toEqual([
      '320',
      '192',
      '0',
    ]);
  });

  test('is JSON for a client that asks for it', async () => {
    const response = await postForm(server, { image_file: photo }, { accept: 'application/json' });

    const { data } = (await response.json()) as { data: { result_b64: string } };
    const { left, top, width, height } = foregroundOf(response);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(data).toMatchObject({
      foreground_left: left,
      foreground_top: top,
      foreground_width: width,
      foreground_height: height,
    });
    expect((await sharp(Buffer.from(data.result_b64, 'base64')).metadata()).width).toBe(320);
  });

  test('is a file for a client that takes anything', async () => {
    const response = await postForm(server, { image_file: photo }, { accept: 'application/json, text/plain, */*' });

    expect(response.headers.get('content-type')).toBe('image/png');
  });

  test('are credits that do not run out', async () => {
    const account = (await (await fetch(`${server.url}/v1.0/account`)).json()) as {
      data: { attributes: { credits: { total: number }; api: { free_calls: number; sizes: string } } };
    };

    const { credits, api } = account.data.attributes;
    expect([credits.total > 0, api.free_calls > 0, api.sizes]).toEqual([true, true, 'all']);
  });
});

describe('size', () => {
  test.each([
    [undefined, 250_000],
    ['preview', 250_000],
    ['small', 250_000],
    ['regular', 250_000],
    ['medium', 1_500_000],
    ['hd', 4_000_000],
    ['full', Number.POSITIVE_INFINITY],
    ['4k', Number.POSITIVE_INFINITY],
    ['50MP', Number.POSITIVE_INFINITY],
    ['auto', Number.POSITIVE_INFINITY],
  ])('%s leaves no more than %d pixels, and hardly less', async (size, limit) => {
    const [width, height] = [320 * 9, 192 * 9];
    const values = size === undefined ? {} : { size };

    const pixels = await pixelsOf(await postForm(server, { image_file: await boxPhoto(9), format: 'jpg', ...values }));

    const most = Math.min(limit, width * height);
    expect(pixels.width * pixels.height).toBeLessThanOrEqual(most);
    expect(pixels.width * pixels.height).toBeGreaterThan(most * 0.99);
    expect(pixels.width / pixels.height).toBeCloseTo(width / height, 1);
  });

  test('never enlarges', async () => {
    expect((await pixelsOf(await post({ size: 'hd' }))).width).toBe(320);
  });
});

describe('format', () => {
  test.each([
    ['png', 'png', 'image/png', true],
    ['jpg', 'jpeg', 'image/jpeg', false],
    ['webp', 'webp', 'image/webp', true],
    ['auto', 'png', 'image/png', true],
    ['PNG', 'png', 'image/png', true],
  ])('%s', async (format, wanted, type, hasAlpha) => {
    const response = await post({ format });

    const found = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    expect(response.headers.get('content-type')).toBe(type);
    expect([found.format, found.hasAlpha]).toEqual([wanted, hasAlpha]);
  });

  test('auto is jpg where nothing shows through', async () => {
    expect((await post({ format: 'auto', bg_color: 'fff' })).headers.get('content-type')).toBe('image/jpeg');
  });

  test('auto is jpg for a subject that fills the frame, too', async () => {
    const dark = await sharp({ create: { width: 80, height: 60, channels: 3, background: '#200000' } })
      .png()
      .toBuffer();
    const types = await Promise.all(
      [{}, { format: 'png' }, { channels: 'alpha' }].map(async (values) => {
        const response = await postForm(server, { image_file: dark, ...values });
        return [response.headers.get('content-type'), (await pixelsOf(response)).width];
      }),
    );

    expect(types).toEqual([
      ['image/jpeg', 80],
      ['image/png', 80],
      ['image/png', 80],
    ]);
  });

  test('jpg is white where nothing else was asked for', async () => {
    expect(near(pixelAt(await pixelsOf(await post({ format: 'jpg' })), ...CORNER), [255, 255, 255])).toBeLessThan(3);
  });

  test('zip holds colours and mask, which make the same cutout again', async () => {
    const [archive, png] = await Promise.all([post({ format: 'zip' }), post({ format: 'png' })]);

    expect(archive.headers.get('content-type')).toBe('application/zip');
    const files = readZip(Buffer.from(await archive.arrayBuffer()));
    expect([...files.keys()]).toEqual(['color.jpg', 'alpha.png']);
    const [colour, mask] = await Promise.all([...files.values()].map(rawPixels));
    const wanted = await pixelsOf(png);
    expect([colour?.channels, mask?.channels]).toEqual([3, 1]);
    let worst = 0;
    for (let i = 0; i < PHOTO.width * PHOTO.height; i++) {
      const opacity = wanted.data[i * 4 + 3] ?? Number.NaN;
      expect(mask?.data[i]).toBe(opacity);
      for (let c = 0; c < 3; c++) {
        const difference = Math.abs((colour?.data[i * 3 + c] ?? Number.NaN) - (wanted.data[i * 4 + c] ?? Number.NaN));
        worst = Math.max(worst, (difference * opacity) / 255);
      }
    }
    // Of 255, what JPEG loses where one can see it.
    expect(worst).toBeLessThan(12);
  });
});

describe('channels', () => {
  test('alpha is the mask alone, in grey', async () => {
    const pixels = await pixelsOf(await post({ channels: 'alpha' }));

    expect(pixels.channels).toBe(1);
    expect([pixelAt(pixels, ...CENTRE), pixelAt(pixels, ...CORNER)]).toEqual([[255], [0]]);
  });

  test('rgba is the cutout', async () => {
    expect((await pixelsOf(await post({ channels: 'rgba' }))).channels).toBe(4);
  });
});

describe('a shadow', () => {
  /** Just below the subject's lowest edge, where a shadow is and a mask is not. */
  const BELOW = [160, BOX.top + BOX.height + GRID_PX] as const;
  const opacity = async (values: Record<string, string>) =>
    pixelAt(await pixelsOf(await post(values)), ...BELOW)[3] ?? 0;

  test.each([
    { add_shadow: 'true' },
    { shadow_type: 'auto' },
    { shadow_type: 'drop', shadow_opacity: '100' },
    { shadow_type: '3D', shadow_opacity: '100' },
    { shadow_type: 'car', shadow_opacity: '100' },
  ])('falls below the subject with %j', async (values) => {
    expect(await opacity(values)).toBeGreaterThan(0);
  });

  test.each([{}, { add_shadow: 'false' }, { shadow_type: 'none' }, { shadow_type: 'drop', shadow_opacity: '0' }])(
    'does not with %j',
    async (values) => {
      expect(await opacity(values)).toBe(0);
    },
  );

  test('is as dark as its opacity says', async () => {
    const [weak, strong] = [
      await opacity({ shadow_type: 'drop', shadow_opacity: '20' }),
      await opacity({ shadow_type: 'drop', shadow_opacity: '80' }),
    ];

    expect(strong / weak).toBeCloseTo(4, 0);
  });
});

describe('a background', () => {
  test.each([
    ['81d4fa', [0x81, 0xd4, 0xfa]],
    ['#81D4FA', [0x81, 0xd4, 0xfa]],
    ['0f0', [0, 255, 0]],
    ['0f0f', [0, 255, 0]],
    ['81d4faff', [0x81, 0xd4, 0xfa]],
    ['green', [0, 128, 0]],
  ])('of colour %s', async (colour, wanted) => {
    const pixels = await pixelsOf(await post({ bg_color: colour, format: 'png' }));

    expect(pixelAt(pixels, ...CORNER)).toEqual(wanted);
    expect(near(pixelAt(pixels, ...CENTRE), [120, 30, 40])).toBeLessThan(3);
  });

  test('that cannot be seen is none', async () => {
    expect(pixelAt(await pixelsOf(await post({ bg_color: '81d4fa00' })), ...CORNER)).toEqual([0, 0, 0, 0]);
  });

  test('from a file fills the frame', async () => {
    const pixels = await pixelsOf(await post({ bg_image_file: green, format: 'png' }));

    expect([pixels.width, pixels.height]).toEqual([320, 192]);
    expect([pixelAt(pixels, ...CORNER), pixelAt(pixels, 316, 188)]).toEqual([
      [0, 200, 0],
      [0, 200, 0],
    ]);
    expect(near(pixelAt(pixels, ...CENTRE), [120, 30, 40])).toBeLessThan(3);
  });

  test('from a URL fills the frame', async () => {
    const pixels = await pixelsOf(await post({ bg_image_url: `${web.url}/green.png`, format: 'png' }));

    expect(pixelAt(pixels, ...CORNER)).toEqual([0, 200, 0]);
  });
});

describe('type', () => {
  test.each([
    [{}, 'other'],
    [{ type: 'auto', type_level: 'latest' }, 'other'],
    [{ type: 'product' }, 'product'],
    [{ type: 'person', type_level: '2' }, 'person'],
    [{ type: 'transportation' }, 'other'],
    [{ type: 'transportation', type_level: '2' }, 'transportation'],
    [{ type: 'graphic', type_level: '2' }, 'graphics'],
    [{ type: 'product', type_level: 'none' }, null],
  ] as const)('%j comes back as %s', async (values, wanted) => {
    expect((await post(values)).headers.get('x-type')).toBe(wanted);
  });
});

test('semitransparency=true keeps soft edges', async () => {
  const outOfFocus = await sharp(photo).blur(4).png().toBuffer();

  const { data } = await pixelsOf(await postForm(server, { image_file: outOfFocus, semitransparency: 'true' }));

  expect(data.some((value, i) => i % 4 === 3 && value > 60 && value < 200)).toBe(true);
});

test('an empty parameter is none', async () => {
  const values = { size: '', bg_color: '', bg_image_url: '', image_url: '', roi: ' ', crop: '', position: '' };

  expect((await pixelsOf(await post(values))).channels).toBe(4);
});
