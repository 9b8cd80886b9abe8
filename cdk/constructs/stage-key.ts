import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { StageSettings } from '../stage-settings.ts';

/** The key that buckets, queues and alarms are encrypted with, where AWS's own will not do. */
export function stageKey(scope: Construct, { kmsKey, stage }: StageSettings): IKey | undefined {
  if (kmsKey === undefined) return undefined;
  if (kmsKey !== 'new') return Key.fromKeyArn(scope, 'Key', kmsKey);
  const key = new Key(scope, 'Key', {
    description: `Cutline ${stage}: photos, cutouts, queues`,
    enableKeyRotation: true,
  });
  // The queues' encryption lets EventBridge in by itself.
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsReachTheirTopic',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  return key;
}
