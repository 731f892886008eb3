import { Construct } from "constructs";
import type { Config } from "../lib/config/shape.ts";
import { names } from "../lib/names.ts";
import type { RefusedReason } from "../lib/stream/event/refused.ts";
import { dashed, SumAlarm, type SumAlarmProps } from "./sum-alarm.ts";

/** A counter, and how much of it is too much. */
interface Trouble {
  readonly id: string;
  readonly metric: SumAlarmProps["metric"];
  readonly tolerance: Tolerance;
  readonly description: string;
}

type Tolerance = Pick<SumAlarmProps, "countMax" | "periodMinutes" | "periods" | "ofPeriods">;

/** Of what must not be at all. */
const none: Tolerance = { periodMinutes: 1, countMax: 0, periods: 1, ofPeriods: 5 };
/** Of what clients bridge by themselves for a while: the shortest, analytics-node, for 4 minutes of 503. */
const briefly: Tolerance = { periodMinutes: 1, countMax: 0, periods: 2, ofPeriods: 3 };
/** Of what strangers and old pages cause every day. */
const some: Tolerance = { periodMinutes: 5, countMax: 100, periods: 2, ofPeriods: 3 };

/** What keeps events out, or lets them in only to end in quarantine. */
export class CollectorAlarms extends Construct {
  constructor(scope: Construct, id: string, { trackingPlan }: Config) {
    super(scope, id);
    for (const trouble of [...ofStream, ...ofFunction, ...ofSenders, ...ofApi]) this.#add(trouble);
    const reasons: RefusedReason[] = ["invalid", "too-large"];
    // Where the plan only observes, what breaks it counts all the same.
    if (trackingPlan?.mode === "enforce") reasons.push("plan");
    for (const reason of reasons) this.#add(refused(reason));
  }

  #add({ id, metric, tolerance, description }: Trouble): void {
    new SumAlarm(this, id, { name: `collector-${dashed(id)}`, description, metric, ...tolerance });
  }
}

/** Published in the embedded metric format, with the function's service as a dimension. */
const counter = (name: string, more: Record<string, string> = {}): Trouble["metric"] => ({
  namespace: names.metricNamespace,
  name,
  dimensions: { ...more, service: names.collect },
});

/** Lambda developer guide, "Types of metrics for Lambda functions". */
const ofLambda = (name: string): Trouble["metric"] => ({
  namespace: "AWS/Lambda",
  name,
  dimensions: { FunctionName: names.collect },
});

const describeStream = `aws kinesis describe-stream-summary --stream-name ${names.stream}`;
const readLog =
  "aws logs tail --since 1h $(aws lambda get-function-configuration" +
  ` --function-name ${names.collect} --query LoggingConfig.LogGroup --output text)`;

const ofStream: readonly Trouble[] = [
  {
    id: "StreamUnavailable",
    metric: counter("StreamUnavailable"),
    tolerance: briefly,
    description:
      "The stream cannot be reached, or takes nothing: senders get 503 and keep their events, but analytics-node gives" +
      ` up after 4 minutes. ${describeStream} says whether it is there; ${readLog} says why, as AWS does.`,
  },
  {
    id: "StreamThrottled",
    metric: counter("StreamThrottled"),
    tolerance: briefly,
    description:
      "A shard is given more than it takes: senders get 429, keep their events and come again, for some minutes." +
      ` ${describeStream} says how many shards there are; more come by stream.shards in the configuration.`,
  },
  {
    id: "KeysUnavailable",
    metric: counter("KeysUnavailable"),
    tolerance: briefly,
    description:
      "The write keys, or the key that values are hashed with, cannot be read: senders get 503, and analytics-node gives up" +
      ` after 4 minutes. aws secretsmanager list-secrets --filters Key=name,Values=millrace/ says which are there; ${readLog} says why.`,
  },
];

const ofFunction: readonly Trouble[] = [
  {
    id: "Errors",
    metric: counter("CollectorErrors"),
    tolerance: none,
    description:
      "A request could not be answered because of a bug: its sender gets 500 and comes again with the same, until it gives" +
      ` up and the events are lost. ${readLog} has the error's name and place.`,
  },
  {
    id: "Failed",
    metric: ofLambda("Errors"),
    tolerance: none,
    description:
      "The collector's function ended before it could answer (out of time, out of memory, or it does not start): senders get" +
      ` 500 or 503, and come again until they give up. ${readLog} says how it ended.`,
  },
  {
    id: "FunctionThrottled",
    metric: ofLambda("Throttles"),
    tolerance: briefly,
    description:
      "Lambda runs no more of the collector at once: senders get 503, and analytics-node gives up after 4 minutes. The limit" +
      " is concurrency.collect in the configuration; aws lambda get-account-settings says how much the account has. While" +
      " millrace-collector-stream-throttled goes off, more shards help, and not more of the collector.",
  },
];

const ofSenders: readonly Trouble[] = [
  {
    id: "Unauthorized",
    metric: counter("Unauthorized"),
    tolerance: some,
    description:
      "Many requests have no known write key: what they hold is lost, for senders take 401 as the end. Was a key rotated twice" +
      " while senders still have the first? aws secretsmanager list-secrets --filters Key=name,Values=millrace/write-keys/" +
      " says when each was changed.",
  },
  {
    id: "OriginForbidden",
    metric: counter("OriginForbidden"),
    tolerance: some,
    description:
      "Pages of an origin that a source does not allow send events: they are lost, for browsers take 403 as the end. If the" +
      ` pages are yours, add their origin to allowedOrigins of the source in the configuration; ${readLog} says since when.`,
  },
];

/** Of what a deployment does to a client, every time. */
const ofApi: readonly Trouble[] = [
  {
    id: "CompressionDestroyed",
    metric: counter("CompressionDestroyed"),
    tolerance: none,
    description:
      "API Gateway has handed a compressed body over as a text, in which it is destroyed: what it held is lost, for senders" +
      " take 415 as the end. Switch compression off in the client, as the answer to it says and docs/collector.md of the" +
      ` project; ${readLog} says since when.`,
  },
];

const causes: Readonly<Record<RefusedReason, string>> = {
  plan: "break the tracking plan: a sender or the plan has changed",
  "too-large": "are over 32 KiB",
  invalid: "are no object, are too deep, or have an unknown write key of their own",
};

const refused = (reason: RefusedReason): Trouble => ({
  id: `Refused${{ plan: "Plan", "too-large": "TooLarge", invalid: "Invalid" }[reason]}`,
  metric: counter("EventsRefused", { reason }),
  tolerance: some,
  description:
    `Many events ${causes[reason]}. They were acknowledged, are in quarantine and in no metric.` +
    ` npx millrace quarantine list --where reason=${reason} --aws says which, and what is wrong with them.`,
});
