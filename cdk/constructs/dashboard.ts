import { Duration } from 'aws-cdk-lib';
import { AlarmStatusWidget, Dashboard, GraphWidget, type IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { type PhotoMetrics, TIMED_STAGES } from './photo-metrics.ts';
import type { PhotoQueue } from './photo-queue.ts';

export interface DashboardOptions {
  readonly metrics: PhotoMetrics;
  readonly photoQueue: PhotoQueue;
  readonly worker: IFunction;
  readonly alarms: readonly IAlarm[];
}

/** One page: what became of the photos, where their time went, what waits, how the workers do. */
export function dashboard(scope: Construct, id: string, options: DashboardOptions): Dashboard {
  const { metrics, photoQueue, worker, alarms } = options;
  const { done, doubtful, rejected, retried, stageMs } = metrics;
  const { queue, failed } = photoQueue;
  const peak = { statistic: 'Maximum', period: Duration.minutes(1) };
  const half = { width: 12, height: 6 };
  return new Dashboard(scope, id, {
    defaultInterval: Duration.hours(6),
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 3 })],
      [
        new GraphWidget({ title: 'Photos', ...half, left: [done, doubtful, rejected, retried] }),
        new GraphWidget({
          title: 'Where a photo’s time goes, ms',
          ...half,
          stacked: true,
          left: TIMED_STAGES.map((stage) => stageMs[stage]),
        }),
      ],
      [
        new GraphWidget({
          title: 'Waiting',
          ...half,
          left: [
            queue.metricApproximateNumberOfMessagesVisible({ ...peak, label: 'waiting' }),
            queue.metricApproximateNumberOfMessagesNotVisible({ ...peak, label: 'being cut out' }),
            failed.metricApproximateNumberOfMessagesVisible({ ...peak, label: 'failed' }),
          ],
          right: [queue.metricApproximateAgeOfOldestMessage({ ...peak, label: 'age of the oldest, s' })],
        }),
        new GraphWidget({
          title: 'Workers',
          ...half,
          left: [
            worker.metric('ConcurrentExecutions', { ...peak, label: 'at once' }),
            worker.metricErrors({ label: 'crashes' }),
            worker.metricThrottles({ label: 'throttled' }),
          ],
          right: ['p50', 'p95'].map((statistic) =>
            worker.metricDuration({ statistic, label: `batch ${statistic}, ms` }),
          ),
        }),
      ],
    ],
  });
}
