import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { StartOptions } from '../../../cdk/serve/start-server.ts';
import {
  boxPhoto,
  errorOf,
  pixelsOf,
  postForm,
  postJson,
  rawPixels,
  startTinyServer,
  type TinyServer,
} from '../../support/tiny-server.ts';

const KEY = 'a-key-of-this-test';

/** As it is started without any flags. */
let server: TinyServer;

beforeAll(async () => {
  server = await startTinyServer();
});

afterAll(() => server.close());

async function start(options: Partial<StartOptions> = {}): Promise<TinyServer> {
  const server = await startTinyServer(options);
  onTestFinished(() => server.close());
  return server;
}

/** Sends exactly these headers, which fetch would not. */
async function send(server: TinyServer, headers: Record<string, string>, path = '/v1.0/account') {
  const sent = request(`${server.url}${path}`, { headers });
  sent.end();
  const [response] = await once(sent, 'response');
  const body = await text(response);
  return { status: Number(response.statusCode), body };
}

/** Starts a request whose body is still to come, and waits until the server has let it in. */
async function reach({ url }: TinyServer, type: string): Promise<ClientRequest> {
  const headers = { 'content-type': type, expect: '100-continue' };
  const sent = request(`${url}/v1.0/removebg`, { method: 'POST', headers });
  sent.flushHeaders();
  await once(sent, 'continue');
  return sent;
}

test('with a key, only who sends it gets anything', async () => {
  const server = await start({ apiKey: KEY });
  const photo = await boxPhoto();
  const get = (headers: Record<string, string>) => fetch(`${server.url}/v1.0/account`, { headers });

  for (const wrong of ['', 'x', `${KEY}x`, KEY.slice(1), KEY.toUpperCase(), `${KEY}, ${KEY}`]) {
    expect(await errorOf(await get({ 'x-api-key': wrong })), wrong).toMatchObject({ status: 403, code: 'auth_failed' });
  }
  expect(await errorOf(await get({}))).toMatchObject({ status: 403, title: 'Missing API Key' });
  expect(await errorOf(await postForm(server, { image_file: photo }))).toMatchObject({ status: 403 });
  expect((await get({ 'X-API-Key': KEY })).status).toBe(200);
  expect((await pixelsOf(await postForm(server, { image_file: photo }, { 'x-api-key': KEY }))).width).toBe(320);
});

test('without a key, web pages are turned away', async () => {
  const { host } = new URL(server.url);

  const statuses = await Promise.all(
    [
      { host },
      { host: 'localhost:8080' },
      { host: '[::1]:8080' },
      { host, origin: `http://${host}` },
      { host, origin: 'https://shop.example' },
      { host, origin: 'null' },
      { host: 'rebound.example' },
      { host: 'localhost.example' },
    ].map(async (headers) => (await send(server, headers)).status),
  );

  expect(statuses).toEqual([200, 200, 200, 200, 403, 403, 403, 403]);
});

test('a key lets programs in whatever the server is called', async () => {
  const server = await start({ apiKey: KEY });

  expect((await send(server, { host: 'cutline.example', 'x-api-key': KEY })).status).toBe(200);
});

test('a photo of too many bytes is refused in JSON, however it comes', async () => {
  const server = await start({ maxBytes: 100_000 });
  const large = Buffer.alloc(110_000, 1);
  const huge = Buffer.alloc(20_000_000, 1);

  const answers = [
    await postForm(server, { image_file: large }),
    await postForm(server, { image_file_b64: large.toString('base64') }),
    await postJson(server, { image_file_b64: large.toString('base64') }),
    await postForm(server, { image_file: await boxPhoto(), bg_image_file: large }),
    await postForm(server, { image_file: huge }),
    await postJson(server, { image_file_b64: huge.toString('base64') }),
  ];

  for (const answer of answers) {
    expect(await errorOf(answer)).toMatchObject({ status: 413, code: 'file_too_large' });
  }
});

test('a body that never ends and does not say how long it is hears why, and gets cut off', async () => {
  const server = await start({ maxBytes: 100_000 });
  const { host, port } = new URL(server.url);
  const socket = connect(Number(port), '127.0.0.1');
  const head = `POST /v1.0/removebg HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n`;
  socket.write(`${head}Content-Type: multipart/form-data; boundary=b\r\n\r\n`);
  const field = '--b\r\nContent-Disposition: form-data; name="size"\r\n\r\n';
  let isOver = false;
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve())).then(() => {
    isOver = true;
  });
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes.toString();
  });

  const chunk = `${field}${'x'.repeat(50_000)}\r\n`;
  // More than anybody sends in the seconds that are left to it.
  for (let n = 0; n < 1_000_000 && !isOver; n++) {
    const isRoom = socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    // Its error is the other side's hanging up, which `close` tells.
    if (!isRoom) await Promise.race([once(socket, 'drain'), closed]).catch(() => closed);
  }

  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

test('who asks too often is told when to come again', async () => {
  const server = await start({ ratePerMinute: 2, apiKey: KEY });
  const get = (key: string) => fetch(`${server.url}/v1.0/account`, { headers: { 'x-api-key': key } });

  const [first, guess, third] = [await get(KEY), await get('a wrong guess'), await get(KEY)];

  expect([first.status, guess.status]).toEqual([200, 403]);
  expect(first.headers.get('x-ratelimit-limit')).toBe('2');
  expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
  const reset = Number(first.headers.get('x-ratelimit-reset')) - Date.now() / 1000;
  expect(reset).toBeGreaterThan(0);
  expect(reset).toBeLessThan(62);
  expect(await errorOf(third)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('who finds the line full is sent away with a time', async () => {
  const server = await start({ waiting: 1 });
  const photo = await boxPhoto(6);

  const answers = await Promise.all(
    Array.from({ length: 12 }, () => postForm(server, { image_file: photo, size: 'full' })),
  );

  const refused = answers.filter(({ status }) => status === 503);
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await errorOf(answer)).toMatchObject({ code: 'server_busy' });
  }
});

test('who hangs up in the middle of a photo gives its place back', async () => {
  const narrow = await start({ waiting: 0 });
  const photo = await boxPhoto();
  for (let n = 0; n < 3; n++) {
    const sent = await reach(narrow, 'multipart/form-data; boundary=b');
    sent.on('error', () => {});
    sent.write('--b\r\nContent-Disposition: form-data; name="image_file"; filename="a"\r\n\r\nPNG');
    expect(await errorOf(await postForm(narrow, { image_file: photo }))).toMatchObject({ code: 'server_busy' });

    sent.destroy();

    await expect
      .poll(async () => (await postForm(narrow, { image_file: photo })).status, { timeout: 20_000 })
      .toBe(200);
  }
  expect(narrow.faults).toEqual([]);
});

test.each(['image_url', 'bg_image_url'])('%s does nothing unless it is switched on', async (name) => {
  const photo = (await boxPhoto()).toString('base64');
  const source = name === 'image_url' ? {} : { image_file_b64: photo };

  const error = await errorOf(await postJson(server, { ...source, [name]: 'https://example.com/photo.png' }));

  expect(error).toMatchObject({ status: 400, code: `invalid_${name}` });
  expect(error.detail).toContain('--allow-urls');
});

test('switched on, it does not lead into this machine', async () => {
  const server = await start({ fetching: {} });

  for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]', '169.254.169.254']) {
    const url = `http://${host}:${new URL(server.url).port}/v1.0/account`;
    const error = await errorOf(await postJson(server, { image_url: url }));
    expect(error, host).toMatchObject({ status: 400, code: 'invalid_image_url' });
    expect(error.detail).not.toContain('127.0.0.1');
  }
});

test.each([
  '../../../etc/passwd',
  '<img src=x onerror=alert(1)>.png',
  'a\0b.png',
  '"; rm -rf /; ".png',
  '.'.repeat(500),
])('a file is never called by the name it comes with: %j', async (name) => {
  const before = readdirSync(tmpdir()).length;
  const body = new FormData();
  body.append('image_file', new Blob([Uint8Array.from(await boxPhoto())]), name);

  const response = await fetch(`${server.url}/v1.0/removebg`, { method: 'POST', body });

  expect((await pixelsOf(response)).width).toBe(320);
  expect(JSON.stringify([...response.headers, server.answers, server.lines])).not.toContain('onerror');
  expect(readdirSync(tmpdir()).length).toBeLessThanOrEqual(before + 1);
});

test.each([
  ['no boundary', 'multipart/form-data', 'x'],
  [
    'another boundary',
    'multipart/form-data; boundary=a',
    '--b\r\nContent-Disposition: form-data; name="size"\r\n\r\nx\r\n--b--',
  ],
  [
    'a part cut short',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="image_file"; filename="a"\r\n\r\nPNG',
  ],
  [
    'a part without a name',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--',
  ],
  [
    'a name of the language',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\nx\r\n--b--',
  ],
  [
    'a thousand parts',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="size"\r\n\r\nfull\r\n'.repeat(1000),
  ],
  ['JSON that does not parse', 'application/json', '{"size":'],
  ['JSON that is no object', 'application/json', '[1,2,3]'],
  ['JSON with an object inside', 'application/json', '{"size":{"a":1}}'],
  ['JSON with a name of the language', 'application/json', '{"__proto__":{"size":"full"}}'],
  ['nothing', 'application/json', ''],
  ['another type', 'text/plain', 'photo'],
])('a malformed request gets an error in JSON: %s', async (_, type, body) => {
  const error = await errorOf(
    await fetch(`${server.url}/v1.0/removebg`, { method: 'POST', body, headers: { 'content-type': type } }),
  );

  expect(error.status).toBeGreaterThanOrEqual(400);
  expect(error.status).toBeLessThan(500);
  expect(server.faults).toEqual([]);
});

test.each([
  ['GET', '/v1.0/removebg'],
  ['POST', '/v1.0/improve'],
  ['GET', '/../../etc/passwd'],
  ['GET', '/%zz'],
  ['GET', '/<script>'],
])('%s %s is not there, and says so in JSON', async (method, path) => {
  const sent = request({ host: '127.0.0.1', port: new URL(server.url).port, method, path });
  sent.end();
  const [response] = await once(sent, 'response');
  const body = await text(response);

  expect(Number(response.statusCode)).toBeGreaterThanOrEqual(400);
  expect(Number(response.statusCode)).toBeLessThan(500);
  expect(response.headers['content-type']).toMatch(/^application\/json/);
  expect(JSON.parse(body).errors).toHaveLength(1);
  expect(body).not.toContain('<script>');
});

test.each([
  ['no HTTP at all', 'photo please\r\n\r\n', 400],
  ['headers without end', `GET /v1.0/account HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
])('%s gets an error in JSON, too', async (_, bytes, status) => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes);
  const answer = (await buffer(socket)).toString();

  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).errors).toHaveLength(1);
});

test('a photo that takes too long is given up', async () => {
  const server = await start({ timeoutMs: 1 });

  const error = await errorOf(await postForm(server, { image_file: await boxPhoto(9), size: 'full' }));

  expect(error).toMatchObject({ status: 504, code: 'timeout' });
});

test('neither keys nor photos nor addresses are told to the log', async () => {
  const server = await start({ apiKey: KEY, fetching: {} });
  await postForm(server, { image_file: await boxPhoto() }, { 'x-api-key': KEY });
  await postJson(server, { image_url: 'http://127.0.0.1/secret-name.png' }, { 'x-api-key': KEY });
  await fetch(`${server.url}/v1.0/account?key=secret-query`, { headers: { 'x-api-key': 'secret-guess' } });

  await expect.poll(() => server.answers.length, { timeout: 20_000 }).toBe(3);
  expect(server.answers.map(({ status, route }) => [status, route])).toEqual([
    [200, '/v1.0/removebg'],
    [400, '/v1.0/removebg'],
    [403, '/v1.0/account'],
  ]);
  expect(JSON.stringify([server.answers, server.faults, server.lines])).not.toMatch(/secret|a-key-of|PNG/);
});

test('a closing server finishes what it has in hand', async () => {
  const closing = await startTinyServer();
  const sent = await reach(closing, 'application/json');
  const answered = once(sent, 'response');

  const closed = closing.close();
  sent.end(JSON.stringify({ image_file_b64: (await boxPhoto(9)).toString('base64'), size: 'full' }));
  const [response] = await answered;
  const file = await buffer(response);
  await closed;

  expect([response.statusCode, response.headers.connection]).toEqual([200, 'close']);
  expect((await rawPixels(file)).width).toBe(2880);
  await expect(fetch(`${closing.url}/v1.0/account`)).rejects.toThrow();
});
