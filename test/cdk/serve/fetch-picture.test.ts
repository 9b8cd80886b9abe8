import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type FetchOptions, fetchPicture } from '../../../cdk/serve/fetch-picture.ts';

/** Hosts as DNS would know them: names of ours, and one that leads to this machine. */
const resolve: FetchOptions['resolve'] = async (host) => {
  const known = new Map([
    ['photos.example', ['127.0.0.1']],
    ['rebound.example', ['10.0.0.7']],
    ['mixed.example', ['127.0.0.1', '192.168.0.1']],
    ['mapped.example', ['::ffff:169.254.169.254']],
  ]).get(host);
  if (known === undefined) throw new Error(`Expected a host of this test, got ${host}`);
  return known.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};

/** Stands for the public internet: one address of this machine, and no other. */
const isAllowed = (address: string) => address === '127.0.0.1';

interface Host {
  readonly port: number;
  /** What was asked of it. */
  readonly asked: string[];
}

async function startHost(answer: RequestListener): Promise<Host> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

const get = (url: string, options: Partial<FetchOptions> = {}) =>
  fetchPicture(url, { maxBytes: 1000, resolve, isAllowed, ...options });

test('a picture comes from its host, and through redirects', async () => {
  const { port, asked } = await startHost(({ url }, response) => {
    if (url === '/a') response.writeHead(302, { location: '/b' }).end();
    else if (url === '/b') response.writeHead(307, { location: `http://photos.example:${port}/c` }).end();
    else response.end('picture');
  });

  const bytes = await get(`http://photos.example:${port}/a`);

  expect(bytes.toString()).toBe('picture');
  expect(asked).toEqual(['/a', '/b', '/c']);
});

test('nothing of the server that asks is told', async () => {
  let headers: NodeJS.Dict<string | string[]> = {};
  const { port } = await startHost((request, response) => {
    headers = request.headers;
    response.end('picture');
  });

  await get(`http://photos.example:${port}/a`);

  expect(Object.keys(headers).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
});

// Each of them is this machine or its network in other letters; none may even be connected to.
test.each([
  'http://127.0.0.1/',
  'http://localhost/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://127.1/',
  'http://0/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[fe80::1]/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://169.254.169.254/latest/meta-data/',
  'http://10.0.0.1/',
  'http://192.168.1.1/',
  'http://①②⑦.⓪.⓪.①/',
])('%s is refused by default', async (url) => {
  const { port, asked } = await startHost((_, response) => response.end('secret'));
  const withPort = url.replace(/^(http:\/\/[^/]+)\//, `$1:${port}/`);

  await expect(fetchPicture(withPort, { maxBytes: 1000 })).rejects.toMatchObject({ code: 'invalid_url' });
  expect(asked).toEqual([]);
});

test.each(['rebound.example', 'mixed.example', 'mapped.example'])(
  'a name that leads to a private address is refused: %s',
  async (host) => {
    await expect(get(`http://${host}/`)).rejects.toMatchObject({ code: 'invalid_url' });
  },
);

test.each(['http://127.0.0.2/', 'http://rebound.example/', 'http://[::ffff:127.0.0.1]/', '//169.254.169.254/latest'])(
  'a redirect is checked as the first step is: to %s',
  async (location) => {
    const { port } = await startHost((_, response) => response.writeHead(301, { location }).end());

    await expect(get(`http://photos.example:${port}/`)).rejects.toMatchObject({ code: 'invalid_url' });
  },
);

test.each([
  'file:///etc/passwd',
  'ftp://photos.example/a',
  'data:image/png;base64,AAAA',
  'gopher://photos.example',
  'photos',
])('anything but the web is refused: %s', async (url) => {
  await expect(get(url)).rejects.toMatchObject({ code: 'invalid_url' });
});

test('a redirect to a file is refused', async () => {
  const { port } = await startHost((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());

  await expect(get(`http://photos.example:${port}/`)).rejects.toMatchObject({ code: 'invalid_url' });
});

test('a user name in a URL is refused', async () => {
  await expect(get('http://user:secret@photos.example/')).rejects.toMatchObject({ code: 'invalid_url' });
});

test('redirects end', async () => {
  const { port, asked } = await startHost((_, response) => response.writeHead(302, { location: '/again' }).end());

  await expect(get(`http://photos.example:${port}/`)).rejects.toMatchObject({ code: 'failed' });
  expect(asked).toHaveLength(4);
});

test('a file that does not end is left after its limit', async () => {
  const { port } = await startHost((_, response) => {
    const write = () => {
      while (response.write(Buffer.alloc(65_536)));
      response.once('drain', write);
    };
    write();
  });

  await expect(get(`http://photos.example:${port}/`)).rejects.toMatchObject({ code: 'too_large' });
});

test('a host that says nothing, or stops in the middle, is left after a while', async () => {
  const silent = await startHost(() => {});
  const stuck = await startHost((_, response) => response.writeHead(200, { 'content-length': '100' }).write('half'));

  for (const { port } of [silent, stuck]) {
    const fetching = get(`http://photos.example:${port}/`, { timeoutMs: 200 });
    await expect(fetching).rejects.toMatchObject({ code: 'failed' });
  }
});

test.each([404, 500, 204])('status %d is no picture', async (status) => {
  const { port } = await startHost((_, response) => response.writeHead(status).end());

  await expect(get(`http://photos.example:${port}/`)).rejects.toMatchObject({ code: 'failed' });
});

test('an error names no address', async () => {
  await expect(get('http://rebound.example/')).rejects.toThrow(/^(?!.*10\.0\.0\.7)/);
});
