import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Acknowledges cdk-nag's finding that a policy below `scope` names resources by a pattern.
 *
 * @param resources As in the policy, tokens and all: cdk-nag names a finding after the resource it is about.
 */
export function acknowledgeWildcards(scope: Construct, resources: readonly string[], reason: string): void {
  const findings = resources.map((resource) => flatten(Stack.of(scope).resolve(resource)));
  const acknowledged = findings.map((finding) => ({ id: `AwsSolutions-IAM5[Resource::${finding}]`, reason }));
  Validations.of(scope).acknowledge(...acknowledged);
}

/** CloudFormation's JSON as cdk-nag spells it: `{"Fn::GetAtt": ["Photos", "Arn"]}` is `<Photos.Arn>`. */
function flatten(node: unknown): string {
  if (typeof node !== 'object' || node === null) return String(node);
  if (Array.isArray(node)) return node.map(flatten).join('');
  const [entry] = Object.entries(node);
  const [name, value]: [string, unknown] = entry ?? ['', ''];
  if (name === 'Fn::GetAtt' && Array.isArray(value)) return `<${value.join('.')}>`;
  if (name === 'Fn::Join' && Array.isArray(value)) return flatten(value[1]);
  return `<${String(value)}>`;
}
