import { allRecords } from './all-records.ts';
import type { ItemIndex } from './item-index.ts';
import { refreshReport } from './refresh-report.ts';
import type { StudioStore, WorkFailure } from './studio-store.ts';

/** After the last change: a report is a second's work. */
const REPORT_AFTER_MS = 2_000;

/** Keeps a folder's report true: written anew a little after the last decision or run, and at the end. */
export class ReportKeeper {
  readonly #store: Pick<StudioStore, 'reported'>;
  readonly #index: ItemIndex;
  readonly #failures: () => readonly WorkFailure[];
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  /** @param failures Photos that left no record in a run of this session. */
  constructor(store: Pick<StudioStore, 'reported'>, index: ItemIndex, failures: () => readonly WorkFailure[]) {
    this.#store = store;
    this.#index = index;
    this.#failures = failures;
  }

  note(): void {
    if (this.#store.reported === null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), REPORT_AFTER_MS);
  }

  async close(): Promise<void> {
    if (this.#timer !== null) this.#write();
    await this.#writing;
  }

  #write(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { reported } = this.#store;
    if (reported === null) return;
    this.#writing = this.#writing
      .then(async () => {
        const records = await allRecords(this.#index, null);
        await refreshReport(reported, { records, failures: this.#failures(), now: new Date() });
      })
      // What it says is in the records; the next run writes the report anew.
      .catch(() => {});
  }
}
