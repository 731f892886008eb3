import type { Construct } from "constructs";
import { dedupeIdsMax } from "../lib/limits.ts";
import { names } from "../lib/names.ts";
import { SumAlarm } from "./sum-alarm.ts";

/** The roll-up remembers fewer message ids than `dedupeWindow` asks for, and not only for a moment. */
export class DedupeWindowAlarm extends SumAlarm {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      name: "dedupe-window",
      description:
        `More than ${dedupeIdsMax} message ids arrived at a shard within dedupeWindow, and the oldest are not remembered:` +
        ` a message that comes again further apart than the metric ${names.dedupeWindow} says, in seconds, may count` +
        " twice. Use more shards, or a dedupeWindow that is no longer than that.",
      // Published in the embedded metric format, whose one dimension is the function's service.
      metric: {
        namespace: names.metricNamespace,
        name: names.dedupeWindowShort,
        dimensions: { service: names.rollUp },
      },
      countMax: 0,
      // A burst passes: after it, the memory grows back by itself.
      periodMinutes: 5,
      periods: 3,
      ofPeriods: 3,
    });
  }
}
