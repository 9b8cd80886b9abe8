import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorEntry } from './api-error.ts';

const STATUSES: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

/** Answers what is no HTTP request, or ends in the middle of one, before any route could. The connection ends with it. */
export function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  const status = STATUSES[error.code ?? ''] ?? 400;
  const title = STATUS_CODES[status] ?? '';
  const detail = 'Expected a whole HTTP request, sent in time and with headers of a usual size';
  const entry: ErrorEntry = { code: 'malformed_request', title, detail };
  const body = JSON.stringify({ errors: [entry] });
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy();
}
