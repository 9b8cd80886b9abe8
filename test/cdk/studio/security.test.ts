import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { RunningStudio } from '#cdk/studio/server/start-studio.ts';
import { drawDisc, photo } from '#test/support/drawn-photo.ts';
import { ask, openTestStudio } from '#test/support/studio.ts';
import { doneRecord } from '../report/photo-records.ts';

const HOSTILE = '<img src=x onerror=alert(1)>.jpg';

async function jpeg(): Promise<Buffer> {
  return await photo(drawDisc(40, 30)).jpeg().toBuffer();
}

function recordFile(key: string, changes: Parameters<typeof doneRecord>[1] = {}): Record<string, string> {
  return { [`records/${key}.json`]: JSON.stringify(doneRecord(key, changes)) };
}

describe('who may ask', () => {
  test('the page comes with the token in its address, and everything else with the cookie it sets', async () => {
    const studio = await openTestStudio();

    const page = await ask(studio, `/?token=${studio.token}`, { headers: { cookie: undefined } });
    const [cookie = ''] = page.headers['set-cookie'] ?? [];
    const items = await ask(studio, '/api/items', { headers: { cookie: cookie.split(';')[0] } });

    expect(page.status).toBe(200);
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(items.status).toBe(200);
  });

  test.each(['/', '/main.js', '/api/items', '/api/session', '/api/events', '/api/photo?key=a.jpg', '/nothing'])(
    '%s without the token is refused',
    async (path) => {
      const studio = await openTestStudio();

      const answer = await ask(studio, path, { headers: { cookie: undefined } });

      expect(answer.status).toBe(401);
      expect(answer.json).toMatchObject({ code: 'no_token' });
    },
  );

  test('a person without the token is told which address to open, in both languages, and sees nothing else', async () => {
    const studio = await openTestStudio({ results: recordFile('secret.jpg') });

    const headers = { cookie: undefined, accept: 'text/html,application/xhtml+xml' };
    const answer = await ask(studio, '/', { headers });

    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.body.toString()).toMatch(/no token[\s\S]*没有令牌/);
    expect(answer.body.toString()).not.toMatch(/secret|<script/);
  });

  test.each(['wrong', ''])('the token %j is refused, in address and cookie', async (token) => {
    const studio = await openTestStudio();
    const { port } = new URL(studio.origin);

    const page = await ask(studio, `/?token=${token}`, { headers: { cookie: undefined } });
    const items = await ask(studio, '/api/items', { headers: { cookie: `cutline-studio-${port}=${token}` } });

    expect([page.status, items.status]).toEqual([401, 401]);
    expect(items.json).toMatchObject({ code: 'wrong_token' });
  });

  test.each(['evil.example', '127.0.0.1.evil.example', '127.0.0.1:1', 'localhost', '[::1]:80'])(
    'a page that points its name %s here (Host rebinding) is refused even with the token',
    async (host) => {
      const studio = await openTestStudio();

      const answer = await ask(studio, '/api/items', { headers: { host } });

      expect(answer.status).toBe(421);
      expect(answer.json).toMatchObject({ code: 'wrong_host' });
    },
  );

  test.each([
    ['https://evil.example', undefined],
    ['null', undefined],
    ['http://127.0.0.1:1', undefined],
    [undefined, 'cross-site'],
    [undefined, 'same-site'],
  ])('a foreign Origin (%s, Sec-Fetch-Site %s) is refused even with the cookie', async (origin, site) => {
    const studio = await openTestStudio();

    const answer = await ask(studio, '/api/items', { headers: { origin, 'sec-fetch-site': site } });

    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ code: 'foreign_origin' });
  });

  test('what changes something needs the Origin of the page', async () => {
    const studio = await openTestStudio();

    const answer = await ask(studio, '/api/runs/stop', {
      json: { id: crypto.randomUUID() },
      headers: { origin: undefined },
    });

    expect(answer.json).toMatchObject({ code: 'foreign_origin' });
  });

  test('the server listens on the loopback address alone', async () => {
    const studio = await openTestStudio();

    expect(new URL(studio.origin).hostname).toBe('127.0.0.1');
  });
});

describe('what may be read', () => {
  test.each(['../secret.jpg', 'a/../../secret.jpg', '..\\secret.jpg', '/etc/passwd', 'a\0.jpg', './secret.jpg'])(
    'the key %j leads nowhere',
    async (key) => {
      const studio = await openTestStudio({ photos: { '../secret.jpg': await jpeg() } });

      const answers = await Promise.all(
        ['photo', 'output', 'mask', 'details'].map((what) =>
          ask(studio, `/api/${what}?${new URLSearchParams({ key })}`),
        ),
      );

      for (const { status } of answers) expect([400, 403, 404]).toContain(status);
    },
  );

  test('a link out of the folder of photos is not followed', async () => {
    const studio = await openTestStudio({ results: recordFile('link.jpg') });
    await writeFile(join(studio.dst, '../secret.jpg'), await jpeg());
    await symlink(join(studio.dst, '../secret.jpg'), join(studio.photos, 'link.jpg'));

    const answer = await ask(studio, '/api/photo?key=link.jpg');

    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ code: 'outside' });
  });

  test('a record that names an output outside its folder gets nobody that file', async () => {
    const [output] = doneRecord('a.jpg').outputs;
    const outputs = [{ ...output, key: '../secret.jpg' }] as ReturnType<typeof doneRecord>['outputs'];
    const studio = await openTestStudio({ results: recordFile('a.jpg', { outputs }) });
    await writeFile(join(studio.dst, '../secret.jpg'), await jpeg());

    const answer = await ask(studio, '/api/output?key=a.jpg');

    expect(answer.status).toBe(403);
  });

  test.each(['/../package.json', '/%2e%2e/package.json', '/main.js/../../package.json', '/api/../../etc/passwd'])(
    'the address %s serves nothing',
    async (path) => {
      const studio = await openTestStudio();

      const answer = await ask(studio, path);

      expect(answer.status).toBe(404);
    },
  );
});

describe('markup in names and in photos', () => {
  test('the policy allows no script but the page’s own, and nothing inline', async () => {
    const studio = await openTestStudio();

    const page = await ask(studio, '/');

    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(page.body.toString()).not.toMatch(/<script(?![^>]*src=)|\son\w+=|\sstyle=/);
  });

  test('a hostile name comes as data, in JSON that no browser takes for a page', async () => {
    const studio = await openTestStudio({ results: recordFile(HOSTILE) });

    const answer = await ask(studio, '/api/items');

    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.json).toMatchObject([{ key: HOSTILE }]);
  });

  test('a photo is shown without its EXIF, and can run nothing', async () => {
    const bytes = await photo(drawDisc(40, 30))
      .withExif({ IFD0: { ImageDescription: '<script>alert(1)</script>' } })
      .jpeg()
      .toBuffer();
    expect(bytes.includes('<script>')).toBe(true);
    const studio = await openTestStudio({ photos: { 'a.jpg': bytes }, results: recordFile('a.jpg') });

    const [full, thumb] = await Promise.all(
      ['full', 'thumb'].map((size) => ask(studio, `/api/photo?key=a.jpg&size=${size}`)),
    );

    for (const answer of [full, thumb]) {
      expect(answer?.headers['content-type']).toMatch(/^image\/(jpeg|webp)$/);
      expect(answer?.headers['content-security-policy']).toBe("default-src 'none'; sandbox");
      expect(answer?.body.includes('script')).toBe(false);
    }
  });

  test('a page that calls itself a photo is not served as anything', async () => {
    const html = Buffer.from('<html><script>alert(1)</script></html>');
    const studio = await openTestStudio({ photos: { 'a.jpg': html }, results: recordFile('a.jpg') });

    const answer = await ask(studio, '/api/photo?key=a.jpg');

    expect(answer.status).toBe(415);
    expect(answer.json).toMatchObject({ code: 'not_a_photo' });
  });
});

/** A client of its own: in one process with the server it would never be caught in the middle of a write. */
const SENDER = `
  import { createReadStream } from 'node:fs';
  import { request } from 'node:http';
  const [url, cookie] = process.argv.slice(1);
  const headers = { origin: new URL(url).origin, cookie, 'content-length': '100000000' };
  for (let n = 0; n < 10; n++) {
    const end = await new Promise((resolve) => {
      const sent = request(url, { method: 'PUT', headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      sent.on('error', ({ code }) => resolve(code));
      createReadStream(process.execPath, { end: 99_999_999 }).pipe(sent);
    });
    console.log(end);
  }
`;

/** Sends 100 MB ten times. @returns Each time the status, or what the connection ended with. */
async function sendHugeFile({ origin, token }: RunningStudio, name: string): Promise<string[]> {
  const { port } = new URL(origin);
  const url = `${origin}/api/photos?${new URLSearchParams({ name })}`;
  const args = ['--input-type=module', '--eval', SENDER, url, `cutline-studio-${port}=${token}`];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout.trim().split('\n');
}

describe('what may be sent', () => {
  const put = (name: string, body: Uint8Array | string, headers: Record<string, string> = {}) =>
    [`/api/photos?${new URLSearchParams({ name })}`, { method: 'PUT', body, headers }] as const;

  test('a body that says it is too large is refused before it is read', async () => {
    const studio = await openTestStudio({ maxBytes: 1_000 });
    const [path, options] = put('a.jpg', Buffer.alloc(1_001));

    const answer = await ask(studio, path, options);

    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ code: 'too_large' });
  });

  test('a body that does not say how large it is is refused as soon as it is too large', async () => {
    const studio = await openTestStudio({ maxBytes: 1_000 });
    const [path, options] = put('a.jpg', Buffer.alloc(1_001), { 'transfer-encoding': 'chunked' });

    const answer = await ask(studio, path, options);

    expect(answer.status).toBe(413);
  });

  test.each([
    ['its size', 'a.jpg', 413],
    ['its name', 'a.txt', 400],
  ])('a big file hears that it is refused for %s, although it is still being sent', async (_, name, status) => {
    const studio = await openTestStudio({ maxBytes: name === 'a.jpg' ? 1_000 : 200e6 });

    const answers = await sendHugeFile(studio, name);

    expect(answers).toEqual(Array(10).fill(String(status)));
  });

  test('an oversized question is refused', async () => {
    const studio = await openTestStudio();

    const answer = await ask(studio, '/api/decisions', { json: { key: 'x'.repeat(2_000_000) } });

    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ code: 'too_large' });
  });

  test.each([
    ['a text file', Buffer.from('hello'), 'not_a_photo'],
    ['an empty file', Buffer.alloc(0), 'empty_file'],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'unsupported_format'],
  ])('%s under a photo’s name is refused at once', async (_, body, code) => {
    const studio = await openTestStudio();
    const [path, options] = put('a.jpg', body);

    const answer = await ask(studio, path, options);

    expect(answer.status).toBe(415);
    expect(answer.json).toMatchObject({ code });
  });

  test.each(['../../a.jpg', '/etc/a.jpg', 'C:\\photos\\a.jpg', '..a.jpg'])(
    'a photo called %j lands in the folder of uploads',
    async (name) => {
      const studio = await openTestStudio();
      const [path, options] = put(name, await jpeg());

      const answer = await ask(studio, path, options);

      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ key: expect.stringMatching(/^[^/\\]*a\.jpg$/) });
    },
  );

  test.each(['a.exe', 'a', '.jpg/', `${'a'.repeat(300)}.jpg`])('a photo called %j is refused', async (name) => {
    const studio = await openTestStudio();
    const [path, options] = put(name, await jpeg());

    const answer = await ask(studio, path, options);

    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'bad_name' });
  });

  test.each([
    ['another model’s path', { model: '/etc', presets: ['transparent'], edges: null }],
    ['an unknown preset', { model: 'tiny', presets: ['nope'], edges: null }],
    ['edges nobody offers', { model: 'tiny', presets: ['transparent'], edges: 'jagged' }],
  ])('%s is never run', async (_, choice) => {
    const studio = await openTestStudio({ photos: { 'a.jpg': await jpeg() }, results: recordFile('a.jpg') });

    const answer = await ask(studio, '/api/trials', { json: { key: 'a.jpg', choice } });

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });
});
