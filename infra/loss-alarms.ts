import { Construct } from "constructs";
import { recordAgeSeconds, type Settings } from "../lib/config/settings.ts";
import { redriveDaysMax } from "../lib/limits.ts";
import { names } from "../lib/names.ts";
import type { RollUp } from "./roll-up.ts";
import { dashed, SumAlarm, type SumAlarmProps } from "./sum-alarm.ts";

export interface LossAlarmsProps {
  readonly settings: Settings;
  readonly rollUp: RollUp;
}

/** One alarm: its metric is at 0 when all is well, and any more is a loss, or will be one. */
interface Loss {
  readonly id: string;
  readonly metric: SumAlarmProps["metric"];
  readonly description: string;
}

/** The alarm stays on for an hour after the last bad minute: redrive comes by every 15, and what it finds comes again. */
const any = { countMax: 0, periodMinutes: 1, periods: 1, ofPeriods: 60 };

/** What is lost, will be lost unless somebody looks, or counts twice. */
export class LossAlarms extends Construct {
  constructor(scope: Construct, id: string, { settings, rollUp }: LossAlarmsProps) {
    super(scope, id);
    const ofFunctions = [...sweepLosses(settings), ...redriveLosses, ...rollUpLosses];
    for (const loss of [...ofFunctions, ...mappingLosses(settings, rollUp.mapping.ref)]) this.#add(loss);
  }

  #add({ id, metric, description }: Loss): void {
    new SumAlarm(this, id, { name: dashed(id), description, metric, ...any });
  }
}

/** Published in the embedded metric format, with the function's service as the one dimension. */
const ofService = (service: string, name: string): Loss["metric"] => ({
  namespace: names.metricNamespace,
  name,
  dimensions: { service },
});

const raise = `Within ${redriveDaysMax} days, raise store.memoryRetention in the configuration, deploy, and run`;

const sweepLosses = ({ streamRetentionHours }: Settings): Loss[] => [
  {
    id: "PromisesLost",
    metric: ofService(names.sweep, "PromisesLost"),
    description:
      "Records of a part that was begun are gone from the stream and from the bucket: their events are missing in the" +
      " metrics for good. npx millrace sweep --dry-run names the minutes, the metrics and how many events, and" +
      " --write-off closes them once you know.",
  },
  {
    id: "PromisesNotKept",
    metric: ofService(names.sweep, "PromisesNotKept"),
    description:
      `A part that was begun could not be finished; its records are lost ${streamRetentionHours} hours after they` +
      " arrived, when the stream drops them. npx millrace sweep tries again at once and says why it could not.",
  },
  {
    id: "PromisesOutOfReach",
    metric: ofService(names.sweep, "PromisesOutOfReach"),
    description:
      "A part that was begun waits: its records are in the bucket, and the store takes rows of its minutes no more, for" +
      ` their age. ${raise} npx millrace sweep; or accept with npx millrace sweep --accept-late that its events are late: in` +
      " quarantine, in no metric. npx millrace sweep --dry-run names it.",
  },
  {
    id: "SweepSkippedRecords",
    metric: ofService(names.sweep, "RecordsSkipped"),
    description: skipped("sweep"),
  },
];

const redriveLosses: readonly Loss[] = [
  {
    id: "BatchesLeft",
    metric: ofService(names.redrive, "BatchesLeft"),
    description:
      "Batches that Lambda gave up on could not be counted. They wait in the bucket, and the ledger remembers for" +
      ` ${redriveDaysMax} days after they arrived what was counted of them. npx millrace redrive tries again at once and says` +
      " why it could not.",
  },
  {
    id: "BatchesOutOfReach",
    metric: ofService(names.redrive, "BatchesOutOfReach"),
    description:
      "Batches that Lambda gave up on wait in the bucket: the store takes rows of their minutes no more, for their age." +
      ` ${raise} npx millrace redrive; or accept with npx millrace redrive --accept-late that what the store refuses is late:` +
      " in quarantine, in no metric. npx millrace redrive --dry-run names them.",
  },
  {
    id: "RedriveSkippedRecords",
    metric: ofService(names.redrive, "RecordsSkipped"),
    description: skipped("redrive"),
  },
];

function skipped(by: string): string {
  return (
    `A record that ends the roll-up's process was skipped by ${by}: it is in quarantine as it came, its events are in no` +
    " metric, its neighbours are counted. npx millrace audit says how many events that is."
  );
}

const rollUpLosses: readonly Loss[] = [
  {
    id: "RowsDoubled",
    metric: ofService(names.rollUp, "RowsDoubled"),
    description:
      "Rows may count beside those of their part: an earlier definition's that could not be taken back, or some whose time the" +
      " store takes no more and that it may have taken before. Some minutes may be too high. npx millrace audit names them.",
  },
];

/** Metrics of the EventCount group (Lambda developer guide, "Types of metrics for Lambda functions"). */
function mappingLosses(settings: Settings, uuid: string): Loss[] {
  const ofMapping = (name: string): Loss["metric"] => ({
    namespace: "AWS/Lambda",
    name,
    dimensions: { EventSourceMappingUUID: uuid },
  });
  const leftHours = settings.streamRetentionHours - recordAgeSeconds(settings) / 3_600;
  return [
    {
      id: "EventsDropped",
      metric: ofMapping("DroppedEventCount"),
      description:
        "Lambda gave up on records and could not put them into the bucket. The stream drops them, and they are lost," +
        ` ${leftHours} h after that. Until then npx millrace gaps --from -${Math.min(settings.streamRetentionHours, redriveDaysMax * 24)}h counts them.`,
    },
    {
      id: "EventsGivenUp",
      metric: ofMapping("OnFailureDestinationDeliveredEventCount"),
      description:
        "Lambda gave up on records and put them into the bucket: the roll-up has failed for as long as it was allowed to." +
        " They are in no metric yet: npx millrace redrive counts them.",
    },
  ];
}
