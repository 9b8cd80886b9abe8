import { openQueue } from '../../cdk/local/queue.ts';

// Run as a child process: takes two of three messages in hand, says which, and waits to be killed.
const queue = await openQueue(process.argv[2] ?? '');
await queue.send(['{"n":1}', '{"n":2}', '{"n":3}']);
const messages = await queue.receive({ max: 2, waitSeconds: 0 });
process.send?.(messages.map((message) => message.body));
setInterval(() => {}, 1000);
