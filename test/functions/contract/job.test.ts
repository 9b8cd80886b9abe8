import { describe, expect, test } from 'vitest';
import { InvalidJobError, parseJobs } from '#functions/contract/job.ts';

/** A record as S3 sends it; the fields that changed between 2.0 and 2.3 beside those that are read. */
function s3Record(key: string, { version = '2.1', eventName = 'ObjectCreated:Put' } = {}) {
  return {
    eventVersion: version,
    eventSource: 'aws:s3',
    awsRegion: 'eu-central-1',
    eventTime: '2026-03-01T09:00:00.000Z',
    eventName,
    userIdentity: { principalId: 'AWS:EXAMPLE' },
    requestParameters: { sourceIPAddress: '192.0.2.1' },
    responseElements: { 'x-amz-request-id': '0', 'x-amz-id-2': '0' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'photos',
      bucket: { name: 'photos', ownerIdentity: { principalId: 'A1' }, arn: 'arn:aws:s3:::photos' },
      object: { key, size: 1024, eTag: 'd41d8cd98f00b204e9800998ecf8427e', sequencer: '0055AED6DCD90281E5' },
    },
    ...(version >= '2.2' ? { glacierEventData: undefined } : {}),
    ...(version >= '2.3'
      ? { lifecycleEventData: { transitionEventData: { destinationStorageClass: 'GLACIER' } } }
      : {}),
  };
}

const notification = (...records: object[]) => JSON.stringify({ Records: records });

function eventBridge(key: string, fields: object = {}) {
  return JSON.stringify({
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '111122223333',
    time: '2026-03-01T09:00:00Z',
    region: 'eu-central-1',
    resources: ['arn:aws:s3:::photos'],
    detail: {
      version: '0',
      bucket: { name: 'photos' },
      object: { key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '617f08299329d189' },
      reason: 'PutObject',
    },
    ...fields,
  });
}

describe('S3 notifications', () => {
  test.each(['2.0', '2.1', '2.2', '2.3'])('version %s becomes a job', (version) => {
    const jobs = parseJobs(notification(s3Record('shoes/red.jpg', { version })));

    expect(jobs).toEqual([{ bucket: 'photos', key: 'shoes/red.jpg' }]);
  });

  test.each([
    ['red+shoe.jpg', 'red shoe.jpg'],
    ['red%2Bshoe.jpg', 'red+shoe.jpg'],
    ['a%2Fb.jpg', 'a/b.jpg'],
    ['a/b%20c.jpg', 'a/b c.jpg'],
    ['100%25.jpg', '100%.jpg'],
    ['%E9%9E%8B/%F0%9F%91%9F.jpg', '鞋/👟.jpg'],
    ['Gr%C3%B6%C3%9Fe.jpg', 'Größe.jpg'],
    ['Gro%CC%88%C3%9Fe.jpg', 'Gro\u0308ße.jpg'],
    ['%22quoted%22+%27x%27.jpg', `"quoted" 'x'.jpg`],
  ])('key %s is decoded to %s', (encoded, key) => {
    expect(parseJobs(notification(s3Record(encoded)))).toEqual([{ bucket: 'photos', key }]);
  });

  test('several records of one body become as many jobs, in order', () => {
    const jobs = parseJobs(notification(s3Record('b.jpg'), s3Record('a.jpg'), s3Record('c.jpg')));

    expect(jobs.map((job) => job.key)).toEqual(['b.jpg', 'a.jpg', 'c.jpg']);
  });

  test.each([
    'ObjectCreated:Put',
    'ObjectCreated:Post',
    'ObjectCreated:Copy',
    'ObjectCreated:CompleteMultipartUpload',
    's3:ObjectCreated:Put',
  ])('%s counts as a new photo', (eventName) => {
    expect(parseJobs(notification(s3Record('a.jpg', { eventName })))).toHaveLength(1);
  });

  test.each(['ObjectRemoved:Delete', 'ObjectRestore:Completed', 'ObjectTagging:Put', 'LifecycleExpiration:Delete'])(
    '%s is no job',
    (eventName) => {
      expect(parseJobs(notification(s3Record('a.jpg', { eventName })))).toEqual([]);
    },
  );

  test('a removal beside a creation leaves the creation', () => {
    const jobs = parseJobs(notification(s3Record('a.jpg', { eventName: 'ObjectRemoved:Delete' }), s3Record('b.jpg')));

    expect(jobs).toEqual([{ bucket: 'photos', key: 'b.jpg' }]);
  });

  test('the test event that S3 sends when notifications are set up is no job', () => {
    const body = JSON.stringify({
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Time: '2026-03-01T09:00:00.000Z',
      Bucket: 'photos',
      RequestId: '5582815E1AEA5ADF',
      HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR',
    });

    expect(parseJobs(body)).toEqual([]);
  });

  test('a key that is not URL-encoded properly is refused', () => {
    expect(() => parseJobs(notification(s3Record('100%.jpg')))).toThrow(InvalidJobError);
  });
});

describe('EventBridge events', () => {
  test('"Object Created" becomes a job, its key taken as it is', () => {
    expect(parseJobs(eventBridge('red+shoe 100%25.jpg'))).toEqual([{ bucket: 'photos', key: 'red+shoe 100%25.jpg' }]);
  });

  test('"Object Deleted" is no job', () => {
    expect(parseJobs(eventBridge('a.jpg', { 'detail-type': 'Object Deleted' }))).toEqual([]);
  });

  test('an event of another service is refused', () => {
    expect(() => parseJobs(eventBridge('a.jpg', { source: 'aws.ec2' }))).toThrow(InvalidJobError);
  });
});

describe('direct jobs', () => {
  test('every field is kept', () => {
    const job = {
      bucket: 'photos',
      key: 'a b+c.jpg',
      preset: 'white',
      edges: 'fast',
      model: 'isnet',
      batchId: 'b1',
      sku: '4711',
    };

    expect(parseJobs(JSON.stringify(job))).toEqual([job]);
  });

  test.each([
    ['a misspelt field', { bucket: 'photos', key: 'a.jpg', presset: 'white' }],
    ['no key', { bucket: 'photos' }],
    ['an empty key', { bucket: 'photos', key: '' }],
    ['an empty bucket', { bucket: '', key: 'a.jpg' }],
    ['a number for a key', { bucket: 'photos', key: 7 }],
    ['a key longer than S3 allows', { bucket: 'photos', key: 'a'.repeat(1025) }],
    ['a list', []],
    ['null', null],
    ['text', 'photos/a.jpg'],
  ])('%s is refused', (_, message) => {
    expect(() => parseJobs(JSON.stringify(message))).toThrow(InvalidJobError);
  });

  test('what is no JSON is refused, and the message quotes only its beginning', () => {
    const body = `<xml>${'x'.repeat(5000)}`;

    expect(() => parseJobs(body)).toThrow(InvalidJobError);
    expect(() => parseJobs(body)).toThrow(/^Expected JSON in the queue message, got "<xml>x{100,130}…"$/);
  });

  test('the message names every field that is wrong', () => {
    expect(() => parseJobs(JSON.stringify({ bucket: 7, key: '' }))).toThrow(/bucket: .*key: /);
  });

  test('a refused message is not worth another try', () => {
    expect(new InvalidJobError('x')).toMatchObject({ code: 'invalid_job', retryable: false });
  });
});

describe('keys that would leave their folder', () => {
  const climbing = [
    '../a.jpg',
    'a/../../b.jpg',
    'a/..',
    '..',
    '.',
    './a.jpg',
    'a/./b.jpg',
    '..\\a.jpg',
    'a\\..\\b.jpg',
  ];

  test.each([...climbing, 'a.jpg\0.png'])('%j is refused in a direct job', (key) => {
    expect(() => parseJobs(JSON.stringify({ bucket: 'photos', key }))).toThrow(InvalidJobError);
  });

  test.each(climbing)('%j is refused in a notification, however it is encoded', (key) => {
    const encoded = encodeURIComponent(key).replaceAll('.', '%2E');

    expect(() => parseJobs(notification(s3Record(encoded)))).toThrow(InvalidJobError);
    expect(() => parseJobs(eventBridge(key))).toThrow(InvalidJobError);
  });

  test.each(['a..b.jpg', '...jpg', '.hidden.jpg', 'a/...', 'a../b.jpg'])('%j stays inside and is accepted', (key) => {
    expect(parseJobs(JSON.stringify({ bucket: 'photos', key }))).toEqual([{ bucket: 'photos', key }]);
  });
});
