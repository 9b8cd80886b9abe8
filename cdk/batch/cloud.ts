import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

/** AWS, or whatever answers like it at an endpoint. */
export interface Cloud {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly cloudFormation: CloudFormationClient;
  readonly events: EventBridgeClient;
  /** Where an emulator listens; undefined on AWS. */
  readonly endpoint: string | undefined;
}

export interface CloudOptions {
  /** An emulator's address. @default AWS, or AWS_ENDPOINT_URL */
  readonly endpoint?: string | undefined;
  /** @default as for every AWS tool: AWS_REGION, or the profile's */
  readonly region?: string | undefined;
}

/** An emulator takes any credentials, but the client wants some. */
const EMULATOR_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const EMULATOR_REGION = 'us-east-1';
/** Patience with passing faults (503 SlowDown): a batch command runs for minutes and must not end for one bad second. */
const MAX_ATTEMPTS = 8;

/** Opens the clients that a batch needs. Nothing is asked of AWS yet. */
export function openCloud({ endpoint, region }: CloudOptions = {}): Cloud {
  const common = {
    maxAttempts: MAX_ATTEMPTS,
    ...(endpoint === undefined ? {} : { endpoint, credentials: EMULATOR_CREDENTIALS }),
    ...regionOf(endpoint, region),
  };
  return {
    s3: new S3Client({ ...common, ...(endpoint === undefined ? {} : { forcePathStyle: true }) }),
    // An emulator may write another host than its own into a queue's address.
    sqs: new SQSClient({ ...common, ...(endpoint === undefined ? {} : { useQueueUrlAsEndpoint: false }) }),
    cloudFormation: new CloudFormationClient(common),
    events: new EventBridgeClient(common),
    endpoint,
  };
}

/** The environment of workers that are to use the same place. */
export function workerCloudEnvironment({ endpoint, region }: CloudOptions): Record<string, string> {
  if (endpoint === undefined) return {};
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region ?? EMULATOR_REGION,
    AWS_ACCESS_KEY_ID: EMULATOR_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: EMULATOR_CREDENTIALS.secretAccessKey,
  };
}

function regionOf(endpoint: string | undefined, region: string | undefined): { readonly region?: string } {
  if (region !== undefined) return { region };
  return endpoint === undefined ? {} : { region: EMULATOR_REGION };
}
