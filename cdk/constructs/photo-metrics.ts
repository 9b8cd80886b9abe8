import { Duration } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type IFilterPattern, type LogGroup } from 'aws-cdk-lib/aws-logs';

/** The stages whose time is measured, in the order a photo passes them. */
export const TIMED_STAGES = ['read', 'decode', 'segment', 'assess', 'refine', 'compose', 'encode', 'write'] as const;
type TimedStage = (typeof TIMED_STAGES)[number];

/** What the worker's log says, as numbers. */
export interface PhotoMetrics {
  /** Photos that got a cutout, doubtful ones included. */
  readonly done: Metric;
  /** Cutouts that somebody should look at. */
  readonly doubtful: Metric;
  /** Photos that can never succeed. */
  readonly rejected: Metric;
  /** Photos that went back to the queue. */
  readonly retried: Metric;
  /** Wall time in ms a photo. */
  readonly stageMs: Readonly<Record<TimedStage, Metric>>;
}

/**
 * Counts the lines that the worker logs, one a photo (`{"message": "photo", "outcome": ..., "timesMs": {...}}`). CloudWatch
 * reads them by itself: no code in the function, no call, and no price beyond the metrics' own.
 */
export function photoMetrics(logGroup: LogGroup, stage: string): PhotoMetrics {
  const metric = (name: string, pattern: IFilterPattern, counted: Counted, shown: MetricOptions): Metric =>
    logGroup
      .addMetricFilter(name, {
        filterPattern: pattern,
        metricNamespace: `Cutline/${stage}`,
        metricName: name,
        ...counted,
      })
      .metric(shown);
  const count = (name: string, ...facts: IsFact[]): Metric =>
    metric(name, photoLine(...facts), COUNTED, { statistic: 'Sum', period: Duration.minutes(5) });
  const time = (name: TimedStage): Metric => {
    const title = `${name[0]?.toUpperCase()}${name.slice(1)}Ms`;
    const counted = { metricValue: `$.timesMs.${name}` };
    return metric(title, photoLine(['outcome', 'done']), counted, {
      statistic: 'Average',
      period: Duration.minutes(5),
      label: name,
    });
  };
  return {
    done: count('Done', ['outcome', 'done']),
    doubtful: count('Doubtful', ['outcome', 'done'], ['verdict', 'review']),
    rejected: count('Rejected', ['outcome', 'rejected']),
    retried: count('Retried', ['outcome', 'retry']),
    stageMs: {
      read: time('read'),
      decode: time('decode'),
      segment: time('segment'),
      assess: time('assess'),
      refine: time('refine'),
      compose: time('compose'),
      encode: time('encode'),
      write: time('write'),
    },
  };
}

interface Counted {
  readonly metricValue: string;
  readonly defaultValue?: number;
}

/** A line that does not match counts as none, so that there is a figure, and not a gap, while photos go well. */
const COUNTED: Counted = { metricValue: '1', defaultValue: 0 };

type IsFact = readonly [field: 'outcome' | 'verdict', value: string];

function photoLine(...facts: readonly IsFact[]): IFilterPattern {
  return FilterPattern.all(
    FilterPattern.stringValue('$.message', '=', 'photo'),
    ...facts.map(([field, value]) => FilterPattern.stringValue(`$.${field}`, '=', value)),
  );
}
