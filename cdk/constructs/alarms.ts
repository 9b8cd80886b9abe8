import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { StageSettings } from '../stage-settings.ts';
import type { PhotoMetrics } from './photo-metrics.ts';
import type { PhotoQueue } from './photo-queue.ts';

export interface AlarmsOptions {
  readonly settings: Pick<StageSettings, 'stage' | 'alarmEmail' | 'doubtfulShare'>;
  readonly photoQueue: PhotoQueue;
  readonly worker: IFunction;
  readonly batchEnd: IFunction;
  readonly metrics: PhotoMetrics;
  readonly encryptionKey: IKey | undefined;
}

/** 50,000 photos of IS-Net on 50 workers take three quarters of an hour, so this is a queue that stands still. */
const OLDEST_PHOTO_HOURS = 2;
/** A single crash or timeout is mended by its retry. */
const ERRORS_IN_FIVE_MINUTES = 3;
const THROTTLED_PERIODS = 3;
/** Two looks for the end of a batch that fail one after the other; the next one sees what a single one missed. */
const FAILED_LOOKS = 2;
/** A share of fewer photos says nothing. */
const FEWEST_CUTOUTS = 20;

interface AlarmProps {
  readonly description: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /** @default 1 */
  readonly evaluationPeriods?: number;
}

/** What somebody must know of without looking, and the topic that says so. */
export class Alarms extends Construct {
  readonly topic: Topic;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, options: AlarmsOptions) {
    super(scope, id);
    const { settings, photoQueue, worker, batchEnd, metrics, encryptionKey } = options;
    this.topic = new Topic(this, 'Topic', {
      displayName: `Cutline ${settings.stage}`,
      enforceSSL: true,
      ...(encryptionKey === undefined ? {} : { masterKey: encryptionKey }),
    });
    // A topic with a policy of its own no longer takes messages from the account's alarms unless told to.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsPublish',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (settings.alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));

    const fiveMinutes = { period: Duration.minutes(5), statistic: 'Sum' };
    this.alarms = [
      this.#alarm('PhotosFailed', {
        description: 'Photos used up their tries. Look at them, then send them back: cutline redrive',
        // The metric of sent messages leaves out those that a queue moves by itself.
        metric: photoQueue.failed.metricApproximateNumberOfMessagesVisible({
          period: Duration.minutes(1),
          statistic: 'Maximum',
        }),
        threshold: 1,
      }),
      this.#alarm('PhotosWait', {
        description: `A photo has waited for more than ${OLDEST_PHOTO_HOURS} hours: workers fail, or there are too few`,
        metric: photoQueue.queue.metricApproximateAgeOfOldestMessage({
          period: Duration.minutes(5),
          statistic: 'Maximum',
        }),
        threshold: Duration.hours(OLDEST_PHOTO_HOURS).toSeconds(),
      }),
      this.#alarm('WorkersCrash', {
        description: 'Workers crashed, ran out of memory or overran their time: see the log',
        metric: worker.metricErrors(fiveMinutes),
        threshold: ERRORS_IN_FIVE_MINUTES,
      }),
      this.#alarm('WorkersThrottled', {
        description: 'The account has fewer Lambda workers at once than maxConcurrency asks for',
        metric: worker.metricThrottles(fiveMinutes),
        threshold: 1,
        evaluationPeriods: THROTTLED_PERIODS,
      }),
      this.#alarm('BatchEndsUnseen', {
        description: 'Nothing says when a batch has ended, since the function that looks fails: see its log',
        metric: batchEnd.metricErrors({ period: Duration.minutes(10), statistic: 'Sum' }),
        threshold: FAILED_LOOKS,
      }),
      this.#alarm('CutoutsDoubtful', {
        description: `More than ${settings.doubtfulShare * 100} % of an hour's cutouts are doubtful: another kind of photo?`,
        metric: new MathExpression({
          expression: `IF(done >= ${FEWEST_CUTOUTS}, doubtful / done, 0)`,
          usingMetrics: { done: metrics.done, doubtful: metrics.doubtful },
          period: Duration.hours(1),
          label: 'Share of doubtful cutouts',
        }),
        threshold: settings.doubtfulShare,
      }),
    ];
  }

  #alarm(id: string, props: AlarmProps): Alarm {
    const { description, metric, threshold, evaluationPeriods = 1 } = props;
    const alarm = new Alarm(this, id, {
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    return alarm;
  }
}
