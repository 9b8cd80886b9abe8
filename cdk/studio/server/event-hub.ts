import type { ServerResponse } from 'node:http';
import type { StudioEvent } from '../protocol.ts';

/** Comments that keep a quiet connection open. */
const BEAT_MS = 15_000;

/** Everybody who has the page open, as server-sent events. */
export class EventHub {
  readonly #listeners = new Set<ServerResponse>();
  readonly #beat = setInterval(() => this.#write(': \n\n'), BEAT_MS).unref();

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Takes a response over until its page is closed. */
  add(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.write('retry: 1000\n\n');
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
  }

  send(event: StudioEvent): void {
    this.#write(`data: ${JSON.stringify(event)}\n\n`);
  }

  close(): void {
    clearInterval(this.#beat);
    for (const response of this.#listeners) response.end();
  }

  #write(text: string): void {
    for (const response of this.#listeners) response.write(text);
  }
}
