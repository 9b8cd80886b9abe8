import { DatabaseSync } from 'node:sqlite';
import { buildApp } from 'fauxqs';

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
export type SqsStore = Stores['sqsStore'];
type Persistence = NonNullable<SqsStore['persistence']>;

/** An SQS endpoint inside this process. */
export interface EmbeddedSqs {
  /** `http://127.0.0.1:<port>`, for an SQS client. */
  readonly endpoint: string;
  /** The queues as they are now, for what SQS itself cannot tell: exact counts and the bodies without receiving them. */
  readonly store: SqsStore;
  close(): Promise<void>;
}

/**
 * Starts fauxqs's SQS on this machine's loopback address, with its messages kept in SQLite under `dataDir`.
 *
 * Not through fauxqs's own `startFauxqs`, because version 2.4.1 listens on every network address whatever `host` says,
 * and because SQLite's default would wait for the disk three times a photo. With `synchronous = NORMAL` a killed process
 * still loses nothing; a power cut may forget the last messages, which the next run sends again.
 */
export async function startEmbeddedSqs(dataDir: string): Promise<EmbeddedSqs> {
  const { SqsStore, SnsStore, S3Store, PersistenceManager } = await loadInternals();
  const stores: Stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };

  const persistence = new PersistenceManager(dataDir);
  relaxDiskWaits(persistence);
  persistence.loadSqsAndSns(stores.sqsStore, stores.snsStore);
  stores.sqsStore.persistence = persistence;
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence;

  const app = buildApp({ logger: false, stores });
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    endpoint,
    store: stores.sqsStore,
    close: async () => {
      await app.close();
      persistence.close();
    },
  };
}

interface Internals {
  readonly SqsStore: new () => SqsStore;
  readonly SnsStore: new () => Stores['snsStore'];
  readonly S3Store: new () => Stores['s3Store'];
  readonly PersistenceManager: new (dataDir: string) => Persistence;
}

/** fauxqs exports the application but not the stores it is made of. Its version is pinned, and the tests run the real thing. */
async function loadInternals(): Promise<Internals> {
  const load = (path: string): Promise<Internals> => import(new URL(path, import.meta.resolve('fauxqs')).href);
  const [sqs, sns, s3, disk] = await Promise.all([
    load('sqs/sqsStore.js'),
    load('sns/snsStore.js'),
    load('s3/s3Store.js'),
    load('persistence.js'),
  ]);
  return {
    SqsStore: sqs.SqsStore,
    SnsStore: sns.SnsStore,
    S3Store: s3.S3Store,
    PersistenceManager: disk.PersistenceManager,
  };
}

function relaxDiskWaits(persistence: Persistence): void {
  const database: unknown = Reflect.get(persistence, 'db');
  if (database instanceof DatabaseSync) database.exec('PRAGMA synchronous = NORMAL');
}
