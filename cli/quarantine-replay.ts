import { definitionsOf } from "../lib/config/definitions.ts";
import { memoryStoreHours, privacyRulesOf, settingsOf } from "../lib/config/settings.ts";
import type { Config } from "../lib/config/shape.ts";
import { trackingPlanOf } from "../lib/config/tracking-plan/compile-at-start.ts";
import type { QuarantinedEvent } from "../lib/query/quarantine/entry.ts";
import { findEntry } from "../lib/query/quarantine/show.ts";
import { connectReplayPorts, type ReplayPlace } from "../lib/recovery/resend/connect.ts";
import { type ReplayOptions, type ReplayPorts, replay } from "../lib/recovery/resend/replay.ts";
import type { ReplayReport } from "../lib/recovery/resend/report.ts";
import { UsageError } from "./usage-error.ts";

type Chosen = Pick<ReplayOptions, "filter" | "dryRun" | "limit" | "patch"> & { readonly ids: readonly string[] };

/** Entries that are named one by one: each is held with its record. */
const idsMax = 100;

/** Replays by the rules of a configuration; it should be the one that is deployed. */
export async function replayNow(place: ReplayPlace, config: Config, { ids, ...chosen }: Chosen): Promise<ReplayReport> {
  const ports = connectReplayPorts(place);
  const entries = ids.length === 0 ? {} : { entries: await named(ids, ports) };
  const rules = {
    definitions: definitionsOf(config),
    plan: trackingPlanOf(config),
    privacy: privacyRulesOf(config),
    storeReachMs: memoryStoreHours(settingsOf(config)) * 3_600_000,
  };
  return replay({ ...chosen, ...entries, ...rules }, ports);
}

async function named(ids: readonly string[], ports: ReplayPorts): Promise<QuarantinedEvent[]> {
  if (ids.length > idsMax) throw new UsageError(`Expected at most ${idsMax} IDs, got ${ids.length}`);
  const events: QuarantinedEvent[] = [];
  for (const id of new Set(ids)) {
    const event = await findEntry(id, ports.streamName, ports);
    if (event === undefined) throw new UsageError(`Expected the ID of an entry of quarantine, got ${id.slice(0, 250)}`);
    events.push(event);
  }
  return events;
}
