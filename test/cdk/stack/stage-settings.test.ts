import { expect, test } from 'vitest';
import { readStageSettings, stackName } from '#cdk/stage-settings.ts';

test('needs nothing but defaults', () => {
  expect(readStageSettings({})).toMatchObject({
    stage: 'dev',
    packaging: 'image',
    architecture: 'arm64',
    model: 'balanced',
  });
});

test('takes numbers and lists as the command line gives them', () => {
  const context = {
    memoryMb: '3008',
    maxConcurrency: '10',
    logRetentionDays: '7',
    photoEndings: 'jpg, .PNG',
    reviewBelow: '0.6',
  };

  expect(readStageSettings(context)).toMatchObject({
    memoryMb: 3008,
    maxConcurrency: 10,
    logRetentionDays: 7,
    photoEndings: ['jpg', 'png'],
    reviewBelow: 0.6,
  });
});

test('leaves what is CDK’s own in the context alone', () => {
  const context = {
    '@aws-cdk/core:x': true,
    'aws:cdk:y': 1,
    'cli-telemetry': false,
    'availability-zones:account=1': [],
  };

  expect(readStageSettings(context)).toEqual(readStageSettings({}));
});

test('names every setting that is wrong, and one that does not exist', () => {
  const context = {
    pakaging: 'zip',
    stage: 'Dev!',
    architecture: 'mips',
    model: '../../etc',
    escalate: '../isnet',
    reviewBelow: '50',
    rejectBelow: '-1',
    preset: 'sepia',
    photosBucket: 'Not A Bucket',
    photosPrefix: 'a*',
    photoEndings: 'exe',
    kmsKey: 'mine',
    memoryMb: '128',
    maxConcurrency: '1',
    logRetentionDays: '8',
    alarmEmail: 'nobody',
    doubtfulShare: '30',
    photosExpireDays: 'soon',
  };

  const read = (): unknown => readStageSettings(context);

  for (const name of Object.keys(context)) expect(read).toThrow(name);
});

test('refuses one bucket for photos and cutouts, where each cutout would come back as a photo', () => {
  const same = { photosBucket: 'catalogue', cutoutsBucket: 'catalogue' };

  expect(() => readStageSettings(same)).toThrow(/without end/);
});

test('refuses a bigger model that is the model itself', () => {
  expect(() => readStageSettings({ escalate: 'balanced' })).toThrow(/escalate/);
  expect(readStageSettings({ escalate: 'balanced', model: 'fast' })).toMatchObject({ escalate: 'balanced' });
});

test('names each stage’s stack after it', () => {
  expect(stackName('prod')).toBe('Cutline-prod');
});
