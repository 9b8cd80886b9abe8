import { DeleteStackCommand, waitUntilStackDeleteComplete } from '@aws-sdk/client-cloudformation';
import type { Cloud } from './cloud.ts';
import { stackNameOf } from './place.ts';

/** A function that is in a network of its own can take AWS this long to let go. */
const WAIT_SECONDS = 45 * 60;

/**
 * Removes a stage's stack and waits until it is gone. Its buckets stay: the stack keeps them by their DeletionPolicy.
 *
 * @throws {Error} when CloudFormation could not remove it.
 */
export async function destroyStage({ cloudFormation, endpoint }: Cloud, stage: string): Promise<void> {
  const StackName = stackNameOf(stage);
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  const minDelay = endpoint === undefined ? 5 : 1;
  await waitUntilStackDeleteComplete(
    { client: cloudFormation, maxWaitTime: WAIT_SECONDS, minDelay, maxDelay: 15 },
    { StackName },
  );
}
