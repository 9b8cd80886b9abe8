import type { StudioEvent } from '../protocol.ts';
import { load, take, takeRun, trouble } from './state.ts';

/** Hears what the server says by itself, and catches up after it was away. */
export function listen(): void {
  const source = new EventSource('/api/events');
  let wasLost = false;
  source.onopen = () => {
    if (wasLost) void load();
    wasLost = false;
    if (trouble.value === 'lost') trouble.value = null;
  };
  source.onerror = () => {
    wasLost = true;
    trouble.value ??= 'lost';
    // A refusal ends an event source for good: another token is wanted, or a new server.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3_000);
  };
  source.onmessage = ({ data }: MessageEvent<string>) => {
    const event: StudioEvent = JSON.parse(data);
    if (event.type === 'run') takeRun(event.run);
    else take(event.items, event.gone);
  };
}
