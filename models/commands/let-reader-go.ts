/** A reader of standard output that has enough (`| head`) ends its own reading, not the command: what else is printed is dropped. */
export function letReaderGo(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
