import { z } from 'zod';

const Template = z.object({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.unknown() })),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown() })),
});

/** What holds photos and messages and brings one to the other. The function, its role, alarms and the like stay out. */
const KEPT_TYPES: ReadonlySet<string> = new Set([
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::Events::Rule',
]);
/** A key that an emulator would not encrypt with anyway, and what asks for it. */
const LEFT_PROPERTIES: readonly string[] = ['BucketEncryption', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds'];

/**
 * The part of the stack's template that an emulator needs to stand in for AWS while the workers run on this machine:
 * buckets, queues, the rule that turns an upload into a message, and the outputs that say where they are.
 *
 * @param template The synthesized CloudFormation, parsed. @returns A template of its own.
 */
export function emulatorTemplate(template: unknown): { readonly Resources: object; readonly Outputs: object } {
  const { Resources, Outputs } = Template.parse(template);
  const wanted = Object.entries(Resources).filter(([, { Type }]) => KEPT_TYPES.has(Type));
  const names = new Set(wanted.map(([name]) => name));
  // A rule that calls a function stays out with it.
  const kept = wanted.filter(
    ([, { Type, Properties }]) =>
      Type !== 'AWS::Events::Rule' || references(Properties).every((name) => names.has(name)),
  );
  const outputs = Object.entries(Outputs).filter(([, { Value }]) => references(Value).every((name) => names.has(name)));
  return {
    Resources: Object.fromEntries(kept.map(([name, resource]) => [name, withoutKeys(resource)])),
    Outputs: Object.fromEntries(outputs),
  };
}

function withoutKeys(resource: Record<string, unknown>): Record<string, unknown> {
  const { Metadata: _metadata, DependsOn: _dependsOn, Properties = {}, ...rest } = resource;
  const properties = Object.entries(Properties as object).filter(([name]) => !LEFT_PROPERTIES.includes(name));
  return { ...rest, Properties: Object.fromEntries(properties) };
}

/** The logical ids that a value is made of. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === 'Ref') return [String(inner)].filter((id) => !id.startsWith('AWS::'));
    if (name === 'Fn::GetAtt') return [String(Array.isArray(inner) ? inner[0] : inner).split('.')[0] ?? ''];
    return references(inner);
  });
}
