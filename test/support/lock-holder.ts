import { lockRun } from '../../cdk/local/run-lock.ts';

// Run as a child process: takes the lock, says so, and waits to be killed.
lockRun(process.argv[2] ?? '');
process.send?.('locked');
setInterval(() => {}, 1000);
