import { type AuditRun, minutesOf } from "./audit-run.ts";
import { overdueAfterMs } from "./open-parts.ts";

/** Kept back of the time there is, for the checks that follow. */
const reserveMs = 60_000;

/** Looks for batches that Lambda gave up on and that redrive has not counted in its first half hour. */
export async function checkGivenUp(run: AuditRun): Promise<void> {
  const { failures, clock, streamName } = run.ports;
  const nowMs = clock.now();
  let isWhole = true;
  let waiting = 0;
  let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const { key } of failures.list()) {
    if (!run.hasTime(reserveMs)) {
      isWhole = false;
      run.leave("The batches that Lambda gave up on were not all looked at: no time left");
      break;
    }
    const writtenMs = writtenMsOf(key);
    if (writtenMs === undefined || nowMs - writtenMs >= overdueAfterMs) {
      waiting++;
      firstMs = Math.min(firstMs, writtenMs ?? firstMs);
      lastMs = Math.max(lastMs, writtenMs ?? lastMs);
    }
  }
  if (waiting === 0) return;
  const amount = isWhole ? String(waiting) : `${waiting} or more`;
  run.findings.add({
    kind: "given-up",
    where: streamName,
    parts: [],
    ...(Number.isFinite(firstMs) ? { minutes: minutesOf(firstMs, lastMs) } : {}),
    amount: waiting,
    unit: "batches",
    detail: `Expected the batches that Lambda gave up on to be counted within half an hour, got ${amount} that wait`,
    command: "npx millrace redrive",
  });
}

/**
 * When Lambda wrote a file, by its key: `<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>` (Lambda developer guide,
 * "Retain discarded batch records for a Kinesis Data Streams event source"); undefined where the key does not say.
 */
export function writtenMsOf(key: string): number | undefined {
  const [, date, hour, minute, second] = /\/(\d{4}-\d\d-\d\d)T(\d\d)\.(\d\d)\.(\d\d)-[^/]*$/.exec(key) ?? [];
  const ms = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
