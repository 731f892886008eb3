import type { PartRange } from "../ledger/ledger.ts";
import { type Problem, problem } from "../problem.ts";
import type { QuarantinedRecord } from "./quarantine.ts";
import { daysBetween, type QuarantineFiles } from "./quarantine-files.ts";

/** What is asked of a part: its id, and the days that its file may lie under. */
export type FiledPart = Pick<PartRange, "id" | "firstArrivalMs" | "lastArrivalMs">;

/**
 * Why an event of a part was rejected, by its place in the stream; undefined where it was not. `version` is the number of
 * the part's definitions: what stands under another one is of no account. `index` counts the record's events from 0.
 */
export async function findInQuarantine(
  files: QuarantineFiles,
  shard: string,
  { id, firstArrivalMs, lastArrivalMs }: FiledPart,
  version: number,
  sequenceNumber: string,
  index: number,
): Promise<Problem | undefined> {
  for (const day of daysBetween(firstArrivalMs, lastArrivalMs)) {
    for await (const file of files.list({ day, shard, part: id })) {
      if (file.version !== version) continue;
      for await (const record of files.records(file)) {
        if (record.sequenceNumber === sequenceNumber) return problemOf(record, index);
      }
    }
  }
  return undefined;
}

function problemOf({ events }: QuarantinedRecord, index: number): Problem | undefined {
  const found = events.find((event) => "whole" in event || (event.from <= index && index <= event.to));
  return found && problem(found.reason, found.detail);
}
