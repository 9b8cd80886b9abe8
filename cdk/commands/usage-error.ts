/** The command line asks for something impossible. The message is one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
