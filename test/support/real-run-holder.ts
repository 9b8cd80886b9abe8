import { runReal } from './real-run.ts';

/** A whole run as a process of its own, for tests that kill it: SRC DST MODEL. Sends a message for each photo that ends. */
const [src = '', dst = '', model = ''] = process.argv.slice(2);
await runReal({ src, dst, model }, { onPhoto: () => process.send?.('photo') });
process.disconnect();
