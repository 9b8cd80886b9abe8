const functionTimeoutSeconds = 60;

/** The queue's numbers, one set for the AWS stack and for this machine. */
export const QUEUE_SETTINGS = Object.freeze({
  /** After this long an invocation is killed and its whole batch goes back to the queue. */
  functionTimeoutSeconds,
  /** How long a received message stays hidden. AWS asks for at least six function timeouts, so that retries of a throttled invocation fit. */
  visibilityTimeoutSeconds: 6 * functionTimeoutSeconds,
  /** Deliveries a message gets before it moves to the dead-letter queue. Below five, a throttled start can use them up. */
  maxReceiveCount: 5,
  /** Photos an invocation, at most. Small, so that one photo that kills its worker costs few others a second try. */
  batchSize: 4,
  /** How long a batch that is not full waits for more. */
  batchWindowSeconds: 1,
  /** Invocations at once on AWS (2..1,000); on this machine it is the number of workers. */
  maxConcurrency: 50,
  /** How long a photo that failed waits in the dead-letter queue for somebody to look, AWS's longest. */
  deadLetterRetentionDays: 14,
});
