import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  boxPhoto,
  errorOf,
  postForm,
  postJson,
  startTinyServer,
  startWeb,
  type TinyServer,
} from '../../support/tiny-server.ts';

let server: TinyServer;
let photo: Buffer;
let web: { readonly url: string; readonly close: () => void };

beforeAll(async () => {
  photo = await boxPhoto();
  web = await startWeb({});
  // Stands for a public host.
  server = await startTinyServer({ fetching: { isAllowed: (address) => address === '127.0.0.1' } });
});

afterAll(async () => {
  web.close();
  await server.close();
});

const post = (values: Record<string, string | Uint8Array> = {}) => postForm(server, { image_file: photo, ...values });

describe('each wrong parameter is named', () => {
  test.each([
    [{ size: 'huge' }, 'invalid_size'],
    [{ type: 'unicorn' }, 'invalid_type'],
    [{ type_level: '3' }, 'invalid_type_level'],
    [{ format: 'gif' }, 'invalid_format'],
    [{ channels: 'rgb' }, 'invalid_channels'],
    [{ semitransparency: 'false' }, 'invalid_semitransparency'],
    [{ semitransparency: 'maybe' }, 'invalid_semitransparency'],
    [{ crop: 'yes please' }, 'invalid_crop'],
    [{ crop_margin: '10em' }, 'invalid_crop_margin'],
    [{ crop_margin: '501px' }, 'invalid_crop_margin'],
    [{ crop_margin: '51%' }, 'invalid_crop_margin'],
    [{ crop_margin: '1px 2px 3px' }, 'invalid_crop_margin'],
    [{ scale: '9%' }, 'invalid_scale'],
    [{ scale: '101%' }, 'invalid_scale'],
    [{ scale: '50' }, 'invalid_scale'],
    [{ position: 'left' }, 'invalid_position'],
    [{ position: '1% 2% 3%' }, 'invalid_position'],
    [{ position: 'original', scale: '50%' }, 'invalid_position'],
    [{ roi: '0% 0% 50%' }, 'invalid_roi'],
    [{ roi: 'a b c d' }, 'invalid_roi'],
    [{ roi: '50% 0% 50% 100%' }, 'roi_region_empty'],
    [{ roi: '90px 0px 20px 100px' }, 'roi_region_empty'],
    [{ roi: '320px 0px 400px 100px' }, 'roi_exceeds_bounds'],
    [{ add_shadow: 'perhaps' }, 'invalid_add_shadow'],
    [{ shadow_type: 'square' }, 'invalid_shadow_type'],
    [{ shadow_opacity: '101' }, 'invalid_shadow_opacity'],
    [{ bg_color: 'no-colour' }, 'invalid_bg_color'],
    [{ bg_color: '81d4fa77' }, 'invalid_bg_color'],
    [{ bg_image_url: 'ftp://example.com/a.png' }, 'invalid_bg_image_url'],
    [{ bg_image_url: 'http://[::1]/a.png' }, 'invalid_bg_image_url'],
    [{ crop: 'true', scale: '50%' }, 'invalid_scale'],
    [{ crop: 'true', position: '10%' }, 'invalid_position'],
    [{ channels: 'alpha', bg_color: 'fff' }, 'invalid_channels'],
    [{ channels: 'alpha', add_shadow: 'true' }, 'invalid_channels'],
    [{ format: 'zip', bg_color: 'fff' }, 'invalid_format'],
    [{ format: 'zip', channels: 'alpha' }, 'invalid_format'],
    [{ bg_color: 'fff', bg_image_url: 'http://example.com' }, 'multiple_bg_sources'],
    [{ sise: 'full' }, 'unknown_parameter'],
  ])('%j', async (values: Record<string, string>, code) => {
    const error = await errorOf(await post(values));

    expect(error).toMatchObject({ status: 400, code });
    expect(error.title.length).toBeGreaterThan(0);
    expect(error.detail).toMatch(/^Expected /);
  });

  test('each pair of sources', async () => {
    const b64 = photo.toString('base64');
    const [none, two, backdrops] = await Promise.all([
      postForm(server, { size: 'full' }),
      post({ image_file_b64: b64 }),
      post({ bg_image_file: photo, bg_image_url: `${web.url}/green.png` }),
    ]);

    expect(await Promise.all([none, two, backdrops].map(errorOf))).toMatchObject([
      { status: 400, code: 'missing_source' },
      { status: 400, code: 'multiple_sources' },
      { status: 400, code: 'multiple_bg_sources' },
    ]);
  });

  test('a URL with nothing behind it', async () => {
    const [gone, behind] = await Promise.all([
      postJson(server, { image_url: `${web.url}/gone.png` }),
      post({ bg_image_url: `${web.url}/gone.png` }),
    ]);

    expect(await Promise.all([gone, behind].map(errorOf))).toMatchObject([
      { status: 400, code: 'failed_image_download' },
      { status: 400, code: 'failed_bg_download' },
    ]);
  });
});

describe('each photo that cannot be cut out has its reason', () => {
  const white = () => sharp({ create: { width: 64, height: 64, channels: 3, background: '#ffffff' } });

  test.each([
    ['text', async () => Buffer.from('not a photo'), 'invalid_file_type'],
    ['an SVG', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'invalid_file_type'],
    ['one cut short', async () => photo.subarray(0, 200), 'failed_to_read_image'],
    ['one of too many pixels', () => white().resize(5000, 4001).png().toBuffer(), 'resolution_too_high'],
    ['one without a subject', () => white().png().toBuffer(), 'unknown_foreground'],
  ])('%s', async (_, make, code) => {
    expect(await errorOf(await postForm(server, { image_file: await make() }))).toMatchObject({ status: 400, code });
  });

  test('and so has a background', async () => {
    const error = await errorOf(await post({ bg_image_file: Buffer.from('not a picture') }));

    expect(error).toMatchObject({ status: 400, code: 'invalid_bg_image' });
  });
});
