import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSettings } from '#functions/remove-background/settings.ts';
import { batchEndPropertiesOf, propertiesOf, synthesizeStack } from '#test/support/synthesized-stack.ts';

/** CDK takes its time to load. */
const FIRST_SYNTHESIS_MS = 60_000;

const work = mkdtempSync(join(tmpdir(), 'cutline-'));
let template: Template;
beforeAll(() => {
  template = synthesizeStack(work, { context: { costCentre: 'shop', alarmEmail: 'photos@example.com' } });
}, FIRST_SYNTHESIS_MS);
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The properties of the only resource of a type. */
function only(type: string) {
  const found = propertiesOf(template, type);
  expect(found).toHaveLength(1);
  return found[0];
}

describe('the way of a photo', () => {
  test('begins when the bucket tells of an upload, without a function that only sets this up', () => {
    const told = { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } };

    template.resourcePropertiesCountIs('AWS::S3::Bucket', told, 1);
    expect(propertiesOf(template, 'AWS::Lambda::Function')).toHaveLength(1);
    expect(Object.keys(template.findResources('Custom::S3BucketNotifications'))).toEqual([]);
  });

  test.each([
    ['shoes/red.jpg', true],
    ['IMG_0001.JPG', true],
    ['logo.Png', true],
    ['prices.csv', false],
    ['jpg', false],
  ])('%s goes to the queue: %s', (key, expected) => {
    const rule = only('AWS::Events::Rule');
    const patterns: { suffix: { 'equals-ignore-case': string } }[] = rule.EventPattern.detail.object.key;

    const isSent = patterns.some(({ suffix }) => key.toLowerCase().endsWith(suffix['equals-ignore-case']));

    expect(isSent).toBe(expected);
    expect(rule.EventPattern.source).toEqual(['aws.s3']);
  });

  test('gives an event that cannot be delivered to the failed photos', () => {
    const [target] = only('AWS::Events::Rule').Targets;

    expect(target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toMatch(/FailedPhotos/);
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [{ Ref: Match.stringLikeRegexp('FailedPhotos') }],
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([Match.objectLike({ Action: 'sqs:SendMessage', Effect: 'Allow' })]),
      }),
    });
  });

  test('sends back only the photos of a batch that failed', () => {
    expect(only('AWS::Lambda::EventSourceMapping')).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: 4,
      MaximumBatchingWindowInSeconds: 1,
      ScalingConfig: { MaximumConcurrency: 50 },
    });
  });

  test('hides a photo for six times as long as a worker may take', () => {
    const { Timeout } = only('AWS::Lambda::Function');
    const queues = propertiesOf(template, 'AWS::SQS::Queue');
    const [photoQueue] = queues.filter((queue) => queue.RedrivePolicy !== undefined);

    expect(photoQueue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
    expect(photoQueue.RedrivePolicy.maxReceiveCount).toBeGreaterThanOrEqual(5);
    const [failed] = queues.filter((queue) => queue.RedrivePolicy === undefined);
    expect(failed.MessageRetentionPeriod).toBeGreaterThan(photoQueue.MessageRetentionPeriod);
  });

  test('ends with settings that the handler understands', () => {
    const { Variables } = only('AWS::Lambda::Function').Environment;
    const withNames = Object.entries(Variables).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : 'cutouts',
    ]);

    const settings = readSettings(Object.fromEntries(withNames));

    expect(settings).toMatchObject({ store: 's3', cutouts: 'cutouts', modelFolder: '/opt/models/tiny', threads: 1 });
    expect(settings.presets.map(({ id }) => id)).toEqual(['transparent']);
  });
});

describe('safety', () => {
  test('keeps each bucket private, encrypted, reached by TLS alone, and for good', () => {
    template.resourceCountIs('AWS::S3::Bucket', 2);
    template.allResources('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({
        BucketEncryption: Match.anyValue(),
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: {
          Rules: [Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } })],
        },
      }),
    });
    const tlsOnly = Match.objectLike({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    for (const type of ['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy']) {
      template.allResourcesProperties(type, { PolicyDocument: { Statement: Match.arrayWith([tlsOnly]) } });
    }
    template.resourceCountIs('AWS::S3::BucketPolicy', 2);
    template.resourceCountIs('AWS::SQS::QueuePolicy', 2);
  });

  test('lets a worker do to a bucket only what its code does', () => {
    const { PolicyDocument } = only('AWS::IAM::Policy');
    const statements: { Action: string | string[]; Resource: unknown }[] = PolicyDocument.Statement;
    const allowed = statements.flatMap(({ Action, Resource }) =>
      [Action].flat().map((action) => [action, resourceNames(Resource)] as const),
    );

    // A record, the first picture, and each further one, which lies in its preset's folder.
    const results = expect.arrayContaining(['<Cutouts>/cutouts/*', '<Cutouts>/records/*', '<Cutouts>/amazon/*']);
    expect(allowed.flatMap(([, resources]) => resources)).not.toContain('<Cutouts>/*');
    expect(allowed.filter(([action]) => action.startsWith('s3:'))).toEqual([
      ['s3:GetObject', ['<Photos>/*']],
      ['s3:DeleteObject', results],
      ['s3:GetObject', results],
      ['s3:PutObject', results],
      ['s3:DeleteObject', ['<Cutouts>/refused/*']],
      ['s3:GetObject', ['<Cutouts>/refused/*']],
      ['s3:ListBucket', ['<Cutouts>', '<Photos>']],
    ]);
    expect(allowed.filter(([action]) => action.includes('*'))).toEqual([]);
    const anywhere = allowed.filter(([, resources]) => resources.includes('*')).map(([action]) => action);
    expect(anywhere).toEqual(['xray:PutTelemetryRecords', 'xray:PutTraceSegments']);
    expect(only('AWS::IAM::Role').ManagedPolicyArns).toBeUndefined();
  });

  test('keeps logs for a month, traces photos, and tags what costs money', () => {
    expect(only('AWS::Logs::LogGroup').RetentionInDays).toBe(30);
    expect(only('AWS::Lambda::Function').TracingConfig).toEqual({ Mode: 'Active' });
    const tags = Match.arrayWith([
      { Key: 'app', Value: 'cutline' },
      { Key: 'cost-centre', Value: 'shop' },
    ]);
    for (const type of ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::Lambda::Function', 'AWS::Logs::LogGroup']) {
      template.allResourcesProperties(type, { Tags: tags });
    }
  });
});

describe('what somebody is told', () => {
  test('covers failed photos, a standing queue, crashes, throttling, unseen ends of batches and doubtful cutouts', () => {
    const alarms = propertiesOf(template, 'AWS::CloudWatch::Alarm');

    expect(alarms.map(({ MetricName }) => MetricName).filter(Boolean)).toEqual([
      'ApproximateNumberOfMessagesVisible',
      'ApproximateAgeOfOldestMessage',
      'Errors',
      'Throttles',
      'Errors',
    ]);
    expect(alarms).toHaveLength(6);
    const functions = alarms.filter(({ MetricName }) => MetricName === 'Errors').map(({ Dimensions }) => Dimensions[0]);
    expect(functions).toEqual([
      { Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^RemoveBackground/) } },
      { Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^BatchEnd/) } },
    ]);
    const [failed] = alarms;
    expect(failed.Dimensions[0].Value['Fn::GetAtt'][0]).toMatch(/FailedPhotos/);
    expect(failed).toMatchObject({ Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold' });
  });

  test('reaches a topic that alarms may write to, and from there a mailbox', () => {
    const topic = { Ref: Object.keys(template.findResources('AWS::SNS::Topic'))[0] };

    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [topic] });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
          }),
        ]),
      }),
    });
    expect(only('AWS::SNS::Subscription')).toMatchObject({ Protocol: 'email', Endpoint: 'photos@example.com' });
  });
});

describe('the end of a batch', () => {
  test('is looked for every few minutes', () => {
    expect(batchEndPropertiesOf(template, 'AWS::Events::Rule')).toMatchObject([
      { ScheduleExpression: 'rate(5 minutes)' },
    ]);
  });

  test('is told by a function that may read what a batch says of itself, and touches no photo', () => {
    const [{ PolicyDocument }] = batchEndPropertiesOf(template, 'AWS::IAM::Policy');
    const statements: { Action: string | string[]; Resource: unknown }[] = PolicyDocument.Statement;
    const allowed = statements.map(({ Action, Resource }) => [[Action].flat().join(' '), resourceNames(Resource)]);

    expect(allowed.filter(([action]) => String(action).startsWith('s3:'))).toEqual([
      ['s3:GetObject', ['<Cutouts>/batches/*', '<Cutouts>/records/*']],
      ['s3:PutObject', ['<Cutouts>/batches/*/completed.json']],
      ['s3:ListBucket', ['<Cutouts>', '<Photos>']],
    ]);
    expect(allowed.map(([action]) => action)).toEqual(
      expect.arrayContaining([
        'sqs:GetQueueAttributes',
        'sqs:ChangeMessageVisibility sqs:ReceiveMessage',
        'events:PutEvents',
      ]),
    );
    expect(allowed.flatMap(([, resources]) => resources)).not.toContain('*');
  });
});

test('is an image for arm64 that holds one model and one processor’s modules', () => {
  expect(only('AWS::Lambda::Function')).toMatchObject({
    PackageType: 'Image',
    Architectures: ['arm64'],
    MemorySize: 2048,
  });
  const assets = readdirSync(join(work, 'cdk.out')).filter((name) => name.startsWith('asset.'));
  const image = assets.find((name) => existsSync(join(work, 'cdk.out', name, 'Dockerfile')));
  expect(filesIn(join(work, 'cdk.out', image ?? ''))).toEqual([
    'Dockerfile',
    'function/index.mjs',
    'opt/models/tiny/manifest.json',
    'opt/models/tiny/model.onnx',
    'runtime/arm64/nodejs/node_modules/sharp/package.json',
  ]);
});

/** `{"Fn::GetAtt": ["Photos1A2B3C4D", "Arn"]}` is `<Photos>`, with what is joined to it behind. */
function resourceNames(resource: unknown): string[] {
  const all = Array.isArray(resource) ? resource : [resource];
  return all.map((one) =>
    typeof one === 'string'
      ? one
      : JSON.stringify(one)
          .replace(/\{"Fn::GetAtt":\["(\w+?)[0-9A-F]{8}","Arn"\]\}/g, '<$1>')
          .replace(/^\{"Fn::Join":\["",\[(.*)\]\]\}$/, '$1')
          .replaceAll(/[",]/g, ''),
  );
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
}
