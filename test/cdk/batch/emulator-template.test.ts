import { expect, test } from 'vitest';
import { emulatorTemplate } from '#cdk/batch/emulator-template.ts';

const template = {
  Resources: {
    Photos: { Type: 'AWS::S3::Bucket', Properties: { BucketEncryption: { Key: { Ref: 'Key' } }, Tags: [] } },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: { Ref: 'Key' } } },
    Uploads: { Type: 'AWS::Events::Rule', Properties: { Targets: [{ Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } }] } },
    Look: { Type: 'AWS::Events::Rule', Properties: { Targets: [{ Arn: { 'Fn::GetAtt': ['Worker', 'Arn'] } }] } },
    Worker: { Type: 'AWS::Lambda::Function', Properties: {} },
    Key: { Type: 'AWS::KMS::Key', Properties: {} },
  },
  Outputs: {
    PhotosBucket: { Value: { Ref: 'Photos' } },
    FunctionName: { Value: { Ref: 'Worker' } },
    MemoryMb: { Value: '2048' },
  },
};

test('keeps buckets, queues and the rule between them, and what leads to them', () => {
  const { Resources, Outputs } = emulatorTemplate(template);

  expect(Object.keys(Resources)).toEqual(['Photos', 'Queue', 'Uploads']);
  expect(Object.keys(Outputs)).toEqual(['PhotosBucket', 'MemoryMb']);
});

test('asks for no key that it leaves out', () => {
  expect(JSON.stringify(emulatorTemplate(template))).not.toContain('"Key"');
});
