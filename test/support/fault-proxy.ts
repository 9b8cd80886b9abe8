import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call on its way to an emulator. */
export interface Call {
  readonly method: string;
  /** Decoded, e.g. `/bucket/a b.jpg`; without the query. */
  readonly path: string;
}

/** @returns The HTTP status to answer with instead of passing the call on, or null to pass it on. */
export type Fault = (call: Call) => number | null | Promise<number | null>;

export interface FaultProxy {
  /** Where the workers are sent. */
  readonly endpoint: string;
  /** Asked in order; the first that answers wins. */
  readonly faults: Fault[];
  /** Calls so far, and how many of them were answered here. */
  readonly counts: { calls: number; faults: number };
  readonly close: () => Promise<void>;
}

const CODES: Readonly<Record<number, string>> = { 403: 'AccessDenied', 503: 'SlowDown' };

/** Stands between workers and an emulator on the loopback address, and lets a test decide what goes wrong. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const faults: Fault[] = [];
  const counts = { calls: 0, faults: 0 };
  const answer = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    counts.calls++;
    const call = { method: from.method ?? '', path: decodeURIComponent((from.url ?? '').split('?')[0] ?? '') };
    for (const fault of faults) {
      const status = await fault(call);
      if (status === null) continue;
      counts.faults++;
      from.resume();
      return refuse(to, status);
    }
    forward(from, to, target);
  };
  const server = createServer((from, to) => void answer(from, to));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    faults,
    counts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuse(to: ServerResponse, status: number): void {
  const code = CODES[status] ?? 'InternalError';
  to.writeHead(status, { 'content-type': 'application/xml' });
  to.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

/** A killed worker takes its connection along: neither side's end may end the other's process. */
function forward(from: IncomingMessage, to: ServerResponse, target: string): void {
  const { hostname, port } = new URL(target);
  const { method, headers, url: path } = from;
  const upstream = request({ hostname, port, path, method, headers }, (response) => {
    to.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(to);
    response.on('error', () => to.destroy());
  });
  upstream.on('error', () => to.destroy());
  from.on('error', () => upstream.destroy());
  to.on('error', () => upstream.destroy());
  from.pipe(upstream);
}
