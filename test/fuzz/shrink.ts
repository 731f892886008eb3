import type { FuzzRecord, History } from "./history.ts";

/** Runs that shrinking may take. */
const runsMax = 1_000;

/** Makes a history that fails smaller as long as it fails: steps, records, bytes. The smallest that was found. */
export async function shrink(history: History, fails: (history: History) => Promise<boolean>): Promise<History> {
  let smallest = history;
  let runs = 0;
  const attempt = async (smaller: History): Promise<boolean> => {
    if (runs++ >= runsMax || !(await fails(smaller))) return false;
    smallest = smaller;
    return true;
  };
  await attempt({ ...smallest, steps: [] });
  await attempt({ ...smallest, refuses: false });
  for (let length = smallest.records.length; length >= 1; length >>= 1) {
    for (let from = 0; from < smallest.records.length; ) {
      const fewer = withoutRecords(smallest, from, length);
      if (fewer.records.length === 0 || !(await attempt(fewer))) from += length;
    }
  }
  for (let place = 0; place < smallest.records.length; place++) {
    const { data } = smallest.records[place] as FuzzRecord;
    for (let length = data.length >> 1; length >= 1; length >>= 1) {
      for (let from = 0; from < (smallest.records[place]?.data.length ?? 0) && runs < runsMax; ) {
        if (!(await attempt(withoutBytes(smallest, place, from, length)))) from += length;
      }
    }
  }
  return smallest;
}

function withoutRecords({ records, steps, ...rest }: History, from: number, length: number): History {
  const place = (before: number): number => (before <= from ? before : Math.max(from, before - length));
  return {
    ...rest,
    records: records.toSpliced(from, length),
    steps: steps.map((step) => ({ ...step, from: place(step.from), to: place(step.to) })),
  };
}

function withoutBytes(history: History, place: number, from: number, length: number): History {
  const record = history.records[place] as FuzzRecord;
  // One that must count is not to be broken.
  if (record.sentinel !== undefined) return history;
  const data = Buffer.concat([record.data.subarray(0, from), record.data.subarray(from + length)]);
  return { ...history, records: history.records.with(place, { ...record, data }) };
}
