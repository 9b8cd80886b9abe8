import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSettings } from '#functions/remove-background/settings.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { propertiesOf, synthesizeStack } from '#test/support/synthesized-stack.ts';

/** CDK takes its time to load. */
const FIRST_SYNTHESIS_MS = 60_000;

const existing = {
  photosBucket: 'our-photos',
  cutoutsBucket: 'our-cutouts',
  photosPrefix: 'catalogue/',
  kmsKey: 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-1111-2222-3333-0123456789ab',
};

describe('as a .zip', () => {
  const work = mkdtempSync(join(tmpdir(), 'cutline-'));
  let template: Template;
  beforeAll(() => {
    template = synthesizeStack(work, { context: { packaging: 'zip', architecture: 'x86_64' } });
  }, FIRST_SYNTHESIS_MS);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test('is the same function with two layers', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Architectures: ['x86_64'],
      Layers: [{ Ref: Match.stringLikeRegexp('ModelLayer') }, { Ref: Match.stringLikeRegexp('RuntimeLayer') }],
      Environment: {
        Variables: Match.objectLike({
          CUTLINE_MODEL_FOLDER: '/opt/models/tiny',
          MALLOC_ARENA_MAX: '1',
          NODE_OPTIONS: '--max-semi-space-size=1',
        }),
      },
    });
    template.allResourcesProperties('AWS::Lambda::LayerVersion', { CompatibleArchitectures: ['x86_64'] });
  });

  test('puts each layer where Lambda unpacks it to /opt', async () => {
    const assembly = join(work, 'cdk.out');
    const folders = (await readdir(assembly)).filter((name) => name.startsWith('asset.'));
    const contents = await Promise.all(folders.map((name) => readdir(join(assembly, name), { recursive: true })));

    const files = contents.map((names) => names.filter((name) => /\.\w+$/.test(name)).sort());

    expect(files.sort((a, b) => String(a).localeCompare(String(b)))).toEqual([
      // Of the function, and of the one that tells of a batch's end.
      ['index.mjs'],
      ['index.mjs'],
      ['models/tiny/manifest.json', 'models/tiny/model.onnx'],
      ['nodejs/node_modules/sharp/package.json'],
    ]);
  });
});

describe('with a bigger model for doubtful photos', () => {
  const context = { escalate: 'other', reviewBelow: '0.6', rejectBelow: '0.1' };

  test.each(['image', 'zip'])('tells the handler of a function as %s, in words that it understands', (packaging) => {
    const template = synthesizeStack(temporaryFolder(), { context: { ...context, packaging } });

    const [{ Environment }] = propertiesOf(template, 'AWS::Lambda::Function');

    expect(readSettings({ ...Environment.Variables, CUTLINE_CUTOUTS: 'cutouts' })).toMatchObject({
      modelFolder: '/opt/models/tiny',
      escalateFolder: '/opt/models/other',
      thresholds: { reviewBelow: 0.6, rejectBelow: 0.1 },
    });
  });

  test('carries both models in the one layer', async () => {
    const work = temporaryFolder();
    const packaging = 'zip';

    const template = synthesizeStack(work, { context: { ...context, packaging } });

    template.resourceCountIs('AWS::Lambda::LayerVersion', 2);
    expect(await shippedModels(work)).toEqual([
      ['models/other/manifest.json', 'models/other/model.onnx', 'models/tiny/manifest.json', 'models/tiny/model.onnx'],
    ]);
  });

  test('carries both models in the image, and the bigger one only where it is asked for', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];

    synthesizeStack(one);
    synthesizeStack(two, { context });

    const tiny = ['opt/models/tiny/manifest.json', 'opt/models/tiny/model.onnx'];
    expect(await shippedModels(one)).toEqual([tiny]);
    expect(await shippedModels(two)).toEqual([
      ['opt/models/other/manifest.json', 'opt/models/other/model.onnx', ...tiny],
    ]);
    expect([buildArgsOf(one), buildArgsOf(two)]).toEqual([
      [{ ARCHITECTURE: 'arm64', MODEL: 'tiny' }],
      [{ ARCHITECTURE: 'arm64', MODEL: 'tiny', ESCALATE: 'other' }],
    ]);
  });
});

/** The models' files in each asset that has some, sorted. */
async function shippedModels(work: string): Promise<string[][]> {
  const assembly = join(work, 'cdk.out');
  const folders = (await readdir(assembly)).filter((name) => name.startsWith('asset.'));
  const contents = await Promise.all(folders.map((name) => readdir(join(assembly, name), { recursive: true })));
  return contents
    .map((names) => names.filter((name) => /models\/.*\.\w+$/.test(name)).sort())
    .filter((names) => names.length > 0);
}

/** What each image is built with. */
function buildArgsOf(work: string): unknown[] {
  const assets = JSON.parse(readFileSync(join(work, 'cdk.out/Cutline-dev.assets.json'), 'utf8'));
  const images: { source: { dockerBuildArgs: unknown } }[] = Object.values(assets.dockerImages);
  return images.map(({ source }) => source.dockerBuildArgs);
}

describe('with buckets and a key that exist already', () => {
  let template: Template;
  beforeAll(() => {
    const work = mkdtempSync(join(tmpdir(), 'cutline-'));
    template = synthesizeStack(work, { context: existing });
    rmSync(work, { recursive: true, force: true });
  });

  test('makes no bucket and no key', () => {
    template.resourceCountIs('AWS::S3::Bucket', 0);
    template.resourceCountIs('AWS::KMS::Key', 0);
    template.allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: existing.kmsKey });
  });

  test.each([
    ['catalogue/shoes/red.jpg', true],
    ['catalogue/RED.JPG', true],
    ['elsewhere/red.jpg', false],
    ['catalogue/prices.csv', false],
  ])('%s goes to the queue: %s', (key, expected) => {
    const [{ bucket, object }] = propertiesOf(template, 'AWS::Events::Rule').map((rule) => rule.EventPattern.detail);
    const patterns: { wildcard: string }[] = object.key;

    const isSent = patterns.some(({ wildcard }) => {
      const [start = '', end = ''] = wildcard.split('*');
      return key.startsWith(start) && key.endsWith(end);
    });

    expect(bucket.name).toEqual(['our-photos']);
    expect(isSent).toBe(expected);
  });

  test('reads only below the prefix, and may use the key', () => {
    const statement = (facts: object) => Match.arrayWith([Match.objectLike({ Effect: 'Allow', ...facts })]);
    const arn = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::our-photos/catalogue/*']] };

    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: Match.objectLike({ Statement: statement({ Action: 's3:GetObject', Resource: arn }) }),
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: Match.objectLike({
        Statement: statement({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: existing.kmsKey }),
      }),
    });
  });
});

test('lets EventBridge and alarms use a key of its own', () => {
  const template = synthesizeStack(temporaryFolder(), { context: { kmsKey: 'new' } });

  template.hasResourceProperties('AWS::KMS::Key', {
    EnableKeyRotation: true,
    KeyPolicy: Match.objectLike({
      Statement: Match.arrayWith([
        Match.objectLike({ Principal: { Service: 'cloudwatch.amazonaws.com' } }),
        Match.objectLike({ Principal: { Service: 'events.amazonaws.com' } }),
      ]),
    }),
  });
  template.allResourcesProperties('AWS::S3::Bucket', {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        Match.objectLike({ ServerSideEncryptionByDefault: Match.objectLike({ SSEAlgorithm: 'aws:kms' }) }),
      ],
    },
  });
});

test('removes photos and cutouts after so many days where asked to, and never a record', () => {
  const context = { photosExpireDays: '7', cutoutsExpireDays: '90' };

  const template = synthesizeStack(temporaryFolder(), { context });

  const expiring = propertiesOf(template, 'AWS::S3::Bucket')
    .flatMap(({ LifecycleConfiguration }) => LifecycleConfiguration.Rules)
    .filter((rule: { ExpirationInDays?: number }) => rule.ExpirationInDays !== undefined);
  expect(expiring).toEqual([
    { Id: 'Expire', Status: 'Enabled', ExpirationInDays: 7 },
    { Id: 'Expire', Status: 'Enabled', ExpirationInDays: 90, Prefix: 'cutouts/' },
  ]);
});

test('says what to run when the layers are not packed', () => {
  const work = temporaryFolder();

  synthesizeStack(work, { missing: 'npm run layer -- tiny --runtime arm64' });

  const metadata = readFileSync(join(work, 'cdk.out/Cutline-dev.metadata.json'), 'utf8');
  expect(metadata).toContain('not deployed. Run: npm run layer -- tiny --runtime arm64');
});

test.each([
  ['an image', {}],
  ['a .zip', { packaging: 'zip' }],
  ['a key of its own', { kmsKey: 'new', alarmEmail: 'photos@example.com' }],
  ['existing buckets and an existing key', existing],
] as const)('has nothing that cdk-nag finds and nobody answered, with %s', (_, context) => {
  expect(() => synthesizeStack(temporaryFolder(), { context, isChecked: true })).not.toThrow();
});

test('would not pass cdk-nag with an open bucket', () => {
  const app = new App({ outdir: temporaryFolder() });
  new Bucket(new Stack(app, 'Open'), 'Bucket');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

  expect(() => app.synth()).toThrow(/AwsSolutions-S10/);
});
