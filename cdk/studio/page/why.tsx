import type { PhotoRecord } from '#functions/contract/record.ts';
import { describeValue } from '../../report/rules.ts';
import { words } from './state.ts';
import { isCheck } from './words/checks.ts';

/** Why a photo should be looked at, in sentences. */
export function Why({ record }: { readonly record: PhotoRecord }) {
  const { value: w } = words;
  if (record.status === 'rejected') return <p class="why bad">{w.rejections[record.code]}</p>;
  const broken = record.outputs.flatMap(({ preset, rules = [] }) =>
    rules.filter(({ level, passed }) => level === 'must' && !passed).map((rule) => ({ preset, rule })),
  );
  if (record.reasons.length === 0 && broken.length === 0) return <p class="quiet">{w.nothingToDoubt}</p>;
  return (
    <ul class="whys">
      {record.reasons.map((reason) => (
        <li class="why" key={reason}>
          {w.doubts[reason]}
        </li>
      ))}
      {broken.map(({ preset, rule }) => (
        <li class="why" key={`${preset}:${rule.check}`}>
          {w.ruleBroken(preset, w.rules(rule.check), describeValue(rule), w.limit(rule))}
        </li>
      ))}
    </ul>
  );
}

/** @param broken `<preset>:<check>` */
export function ruleText(broken: string): string {
  const [preset = '', name = ''] = broken.split(':');
  return `${preset}: ${isCheck(name) ? words.value.rules(name) : name}`;
}
