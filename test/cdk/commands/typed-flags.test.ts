import { expect, test } from 'vitest';
import { typedFlags } from '#cdk/commands/cloud-flags.ts';
import { contextArguments, contextFlag } from '#cdk/commands/run-cdk.ts';

test.each([
  [{ stage: 'dev' }, ''],
  [{ stage: 'prod', region: 'eu-central-1' }, ' --stage prod --region eu-central-1'],
  [{ stage: 'dev', endpoint: 'http://127.0.0.1:5000' }, ' --endpoint http://127.0.0.1:5000'],
])('the next command is suggested with the flags it needs: %j', (flags, typed) => {
  expect(typedFlags(flags)).toBe(typed);
});

test('-c name=value comes several times, its value with = in it or without', () => {
  const context = contextFlag('kmsKey=new', contextFlag('photosPrefix=a=b'));

  expect(contextArguments(context)).toEqual(['-c', 'photosPrefix=a=b', '-c', 'kmsKey=new']);
  expect(() => contextFlag('packaging')).toThrow('Expected -c name=value, got -c packaging');
});
