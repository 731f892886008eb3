import type { readFailure } from "../../lib/failures/failure.ts";
import type { FailureFile, FailureFiles } from "../../lib/failures/failure-files.ts";
import type { Batch } from "../../lib/roll-up/batch.ts";
import type { Process } from "./process.ts";

/** Objects of a page when a bucket is listed; between two pages anything may happen. */
const pageObjects = 2;

/** What Lambda gave up on, as it lies in the bucket. */
export class FailureBucket {
  /** By key, in the order they came. */
  readonly files = new Map<string, string>();
  /** Every body that was ever put. */
  readonly all: string[] = [];
  readonly #read: typeof readFailure;
  readonly #settled: (batch: Batch) => void;

  /** `settled` is told what was in a file that is taken away. */
  constructor(read: typeof readFailure, settled: (batch: Batch) => void) {
    this.#read = read;
    this.#settled = settled;
  }

  put(key: string, body: string): void {
    this.files.set(key, body);
    this.all.push(body);
  }

  /** The bucket as one process reaches it. */
  calledBy(process: Process): FailureFiles {
    const { files } = this;
    const call = <T>(name: "list" | "range" | "read" | "settle", about: string, run: () => T): Promise<T> =>
      process.call({
        name: `failures.${name}`,
        about: () => about,
        run: async () => run(),
        error: () => new Error("the bucket does not answer"),
      });
    const read = (key: string) => {
      const body = files.get(key);
      return body === undefined ? undefined : this.#read(body);
    };
    return {
      list: async function* (shardId) {
        let after = "";
        for (;;) {
          const page = await call("list", shardId ?? "all", () => pageOf([...files], after, shardId));
          yield* page;
          if (page.length < pageObjects) return;
          after = page.at(-1)?.key ?? "";
        }
      },
      range: (file) =>
        call("range", file.key, () => {
          const records = read(file.key)?.batch.records;
          const [first, last] = [records?.[0], records?.at(-1)];
          if (first === undefined || last === undefined) return undefined;
          return { firstSequence: first.sequenceNumber, lastSequence: last.sequenceNumber };
        }),
      read: (file) => call("read", file.key, () => read(file.key)),
      settle: async (file) => {
        await call("settle", file.key, () => {
          const failure = read(file.key);
          if (failure !== undefined) this.#settled(failure.batch);
          files.delete(file.key);
        });
      },
    };
  }
}

function pageOf(files: readonly [string, string][], after: string, shardId: string | undefined): FailureFile[] {
  const found = files
    .map(([key, body]): FailureFile => ({ key, shardId: key.split("/")[3], bytes: Buffer.byteLength(body) }))
    .filter((file) => file.key > after && (shardId === undefined || file.shardId === shardId));
  return found.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, pageObjects);
}
