import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { seededRandom } from '../../support/rasters.ts';
import { boxPhoto, postForm, startTinyServer } from '../../support/tiny-server.ts';

const ROUNDS = 300;
/** What parsers of forms trip over. */
const SNIPPETS = [
  '\r\n',
  '\n',
  '\r',
  '--b',
  '--b--',
  '"',
  ';',
  '=',
  '\0',
  ': ',
  'name=',
  "filename*=UTF-8''%00",
  '\xff\xfe',
  '--',
];

/** Breaks a body: cuts, doubles, overwrites or inserts something at a random place, up to four times. */
function broken(body: Buffer, random: () => number): Buffer {
  let bytes = body;
  for (let n = 0; n <= random() * 4; n++) {
    // Mostly in the heads of the parts, where the parser has to decide.
    const at = Math.floor(random() ** 3 * bytes.length);
    const snippet = Buffer.from(SNIPPETS[Math.floor(random() * SNIPPETS.length)] ?? '', 'latin1');
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const kinds = [
      () => before,
      () => Buffer.concat([before, snippet, after]),
      () => Buffer.concat([before, after.subarray(Math.floor(random() * 40))]),
      () => Buffer.concat([before, after.subarray(0, Math.floor(random() * 200)), after]),
      () => Buffer.concat([before, Buffer.from([Math.floor(random() * 256)]), after.subarray(1)]),
    ];
    bytes = kinds[Math.floor(random() * kinds.length)]?.() ?? bytes;
  }
  return bytes;
}

/** @param missing Bytes that are announced and never come, because the client hangs up. */
async function sendRaw(port: number, body: Buffer, missing: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const answered = buffer(socket);
  const type = 'multipart/form-data; boundary=b';
  const head = ['POST /v1.0/removebg HTTP/1.1', 'Host: localhost', 'Connection: close', `Content-Type: ${type}`];
  socket.write(`${head.join('\r\n')}\r\nContent-Length: ${body.length + missing}\r\n\r\n`);
  socket.write(body);
  if (missing > 0) socket.end();
  await once(socket, 'close');
  return (await answered).toString('latin1');
}

test('whatever is sent, an answer in the right form comes back, and the server is none the worse', async () => {
  const random = seededRandom(20_261_124);
  const server = await startTinyServer({ waiting: 0, maxBytes: 100_000 });
  const port = Number(new URL(server.url).port);
  const parts = ['size', 'format', 'crop', 'bg_color'].map(
    (name, i) =>
      `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${['full', 'png', 'true', 'fff'][i]}\r\n`,
  );
  const file =
    '--b\r\nContent-Disposition: form-data; name="image_file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n';
  const body = Buffer.concat([Buffer.from(parts.join('') + file), await boxPhoto(), Buffer.from('\r\n--b--\r\n')]);

  const statuses = new Map<number, number>();
  for (let n = 0; n < ROUNDS; n++) {
    const sent = n === 0 ? body : broken(body, random);
    const missing = n > 0 && random() < 0.2 ? 7 : 0;
    const answer = await sendRaw(port, sent, missing);

    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (missing > 0) expect([0, 400], answer).toContain(status);
    else expect([200, 400, 413], answer.slice(0, 2000)).toContain(status);
    if (status >= 400) expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).errors).toHaveLength(1);
  }

  expect(statuses.get(200)).toBeGreaterThan(0);
  expect(statuses.get(400)).toBeGreaterThan(0);
  await expect
    .poll(async () => (await postForm(server, { image_file: await boxPhoto() })).status, { timeout: 20_000 })
    .toBe(200);
  expect(server.faults).toEqual([]);
  await server.close();
});
