import { open, type SettingsOf, type Switch, settingsWith } from "../switch.ts";
import type { RetryDelay } from "./batch/retry-delay.ts";

/** Where the documentation of event source mappings is silent, whoever relies on one must be right under every setting. */
export const switchTable = {
  retryDelay: open({
    settings: ["doubling", "doubling-with-jitter", "steady", "at-once"],
    default: "doubling",
    gap: "Lambda backs off between the retries of a batch: how long, and by chance or not?",
  }),
  pauseAfterSplit: open({
    settings: ["none", "like-a-retry"],
    default: "none",
    gap: "Does Lambda wait before it sends the first part of a batch that it has split?",
  }),
  halvesOrder: open({
    settings: ["first-half-first", "second-half-first"],
    default: "first-half-first",
    gap: "Which half of a split batch comes first? Records are in order the first time; both halves have been sent before.",
  }),
  oddRecord: open({
    settings: ["first-half", "second-half"],
    default: "first-half",
    gap: "Which half of a split batch gets the record in the middle?",
  }),
  retryEdges: open({
    settings: ["same", "recut"],
    default: "same",
    gap: "Does a retried batch begin and end where it did, or is it gathered anew, with more or fewer records?",
  }),
  partialProgress: open({
    settings: ["resets-count", "keeps-count"],
    default: "resets-count",
    gap: "Does a partial response that moves the checkpoint start the count of attempts anew? It did when this was recorded.",
  }),
  partialAtFirst: open({
    settings: ["retry-whole", "halve"],
    default: "retry-whole",
    gap: "With bisection on, what is split when a partial response names the first record of the batch?",
  }),
  checkpointWithinBatch: open({
    settings: ["whole-batch", "each-piece"],
    default: "whole-batch",
    gap: "Is a checkpoint kept when part of a split batch has succeeded or was discarded, or only after all of it?",
  }),
  redelivery: open({
    settings: ["none", "last-batch", "recent-records"],
    default: "none",
    gap: "Delivery is at least once: how far back can records come again after the function has succeeded with them?",
  }),
  concurrentDuplicate: open({
    settings: ["never", "may"],
    default: "never",
    gap: "One batch of a shard at a time: also when a poller is lost while its invocation goes on?",
  }),
  agedInside: open({
    settings: ["split-around", "hole"],
    default: "split-around",
    gap: "Are records beside one that is too old sent as one batch with a hole, or as the runs before and after it?",
  }),
  recordAgeJudged: open({
    settings: ["when-sent", "when-read"],
    default: "when-sent",
    gap: "Is the age of a record judged before or after the batching window? Before each retry it is in either case.",
  }),
  retentionExpiry: open({
    settings: ["discard", "silent-loss"],
    default: "discard",
    gap: "Does a record that outlives the stream's retention while it is retried go to the destination, or just vanish?",
  }),
  windowBegins: open({
    settings: ["first-record", "last-batch"],
    default: "first-record",
    gap: "Does the batching window begin with the first record read, or when the batch before is done?",
  }),
  recordTooLarge: open({
    settings: ["discard", "retry"],
    default: "discard",
    gap: "What becomes of a record that alone is over the payload limit: discarded at once, or tried until it is too old?",
  }),
  missingPartitionKey: open({
    settings: ["absent", "null", "empty"],
    default: "absent",
    gap: "How does an event show a record without a partition key?",
  }),
  s3Payload: open({
    settings: ["string", "object"],
    default: "string",
    gap: "The payload in S3 is documented as an escaped JSON string; emulators write an object.",
  }),
  discardsConsolidated: open({
    settings: ["each", "adjacent", "batch"],
    default: "each",
    gap: "With bisection Lambda consolidates the metadata of failed records at the destination: of which ones?",
  }),
  approximateInvokeCount: open({
    settings: ["counted-attempts", "every-invocation"],
    default: "counted-attempts",
    gap: "Does approximateInvokeCount include the invocations of the batch that a split one was part of?",
  }),
  partialFailedCount: open({
    settings: ["named", "retried", "batch"],
    default: "named",
    gap: "Which records of a partial response are in FailedInvokeEventCount: those named, those retried, or all?",
  }),
  throttledCountsAsInvoked: open({
    settings: ["no", "yes"],
    default: "no",
    gap: "InvokedEventCount may count an event several times after throttling: does a throttled attempt count itself?",
  }),
  iteratorAge: open({
    settings: ["when-sent", "when-done"],
    default: "when-sent",
    gap: "Is IteratorAge taken when the event is sent, as one page says, or when the function is done, as another does?",
  }),
} as const satisfies Record<string, Switch<string>>;

type Table = typeof switchTable;
export type SwitchName = keyof Table;
export type Switches = SettingsOf<Table>;

export const switchNames = Object.keys(switchTable) as SwitchName[];

/** Every switch, with its default where nothing else is said. Throws if a switch or a setting is not in the table. */
export const switchesWith = (changes: Partial<Switches> = {}): Switches => settingsWith(switchTable, changes);

/** Any of the combinations there are, by chance. `random` gives numbers from 0 up to 1. */
export function drawSwitches(random: () => number): Switches {
  const drawn = switchNames.map((name) => {
    const { settings } = switchTable[name];
    return [name, settings[Math.floor(random() * settings.length)]];
  });
  return Object.fromEntries(drawn) as Switches;
}

/** The delays that the settings of `retryDelay` and `pauseAfterSplit` stand for. */
export function switchedDelay(switches: Switches): RetryDelay {
  const splits = switches.pauseAfterSplit === "none" ? 0 : 1;
  switch (switches.retryDelay) {
    case "doubling":
      return { firstMs: 500, maxMs: 60_000, splitMs: 500 * splits, jitter: 0 };
    case "doubling-with-jitter":
      return { firstMs: 500, maxMs: 60_000, splitMs: 500 * splits, jitter: 1 };
    case "steady":
      return { firstMs: 1_000, maxMs: 1_000, splitMs: 1_000 * splits, jitter: 0 };
    case "at-once":
      // Not 0: time has to pass, or a batch that always fails would never grow too old.
      return { firstMs: 1, maxMs: 1, splitMs: splits, jitter: 0 };
    default:
      throw switches.retryDelay satisfies never;
  }
}
