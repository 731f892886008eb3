import { afterEach, describe, expect, test } from "vitest";
import type { MappingPace } from "../../../local/event-source-mapping/mapping.ts";
import {
  drawSwitches,
  type Switches,
  type SwitchName,
  switchesWith,
  switchNames,
  switchTable,
} from "../../../local/event-source-mapping/switches.ts";
import {
  failureBodies,
  fatal,
  namedFailed,
  rig as newRig,
  ok,
  payloadTexts,
  type Rig,
  seeded,
  type settingsWith,
  thrown,
  total,
} from "./rig.ts";

const A = "shardId-000000000000";
let rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.map((each) => each.stop()));
  rigs = [];
});

function rig(settings: Parameters<typeof settingsWith>[0], pace: MappingPace): Rig {
  const made = newRig(settings, pace);
  made.stream.open(A);
  rigs.push(made);
  return made;
}

/** One scenario, and what is seen of it under each setting. */
interface Case<Name extends SwitchName> {
  readonly settings?: Parameters<typeof settingsWith>[0];
  readonly pace?: MappingPace;
  readonly observe: (r: Rig) => Promise<unknown>;
  readonly seen: Record<Switches[Name], unknown>;
}

const batches = (r: Rig): string[] => r.invocations.map(({ texts }) => texts.join(""));
const discarded = (r: Rig): string[] => failureBodies(r).map((body) => payloadTexts(body).join(""));

/** Starts on these records, and lets it go on for so long. */
async function run(r: Rig, texts: string, ms = 60_000): Promise<Rig> {
  r.stream.put(A, ...texts);
  r.start();
  await r.clock.advance(ms);
  return r;
}

const bisecting = { bisectBatchOnFunctionError: true } as const;
const reporting = { reportBatchItemFailures: true } as const;

const cases: { readonly [Name in SwitchName]: Case<Name> } = {
  retryDelay: {
    observe: async (r) => {
      r.answer = () => thrown;
      await run(r, "a", 20_000);
      return [1, 2, 3].map((n) => (r.invocations[n]?.atMs ?? 0) - (r.invocations[n - 1]?.atMs ?? 0));
    },
    seen: {
      doubling: [500, 1_000, 2_000],
      "doubling-with-jitter": [250, 500, 1_000],
      steady: [1_000, 1_000, 1_000],
      "at-once": [1, 1, 1],
    },
  },
  pauseAfterSplit: {
    settings: bisecting,
    observe: async (r) => {
      r.answer = ({ texts }) => (texts.length > 1 ? thrown : ok);
      await run(r, "ab");
      return (r.invocations[1]?.atMs ?? 0) - (r.invocations[0]?.atMs ?? 0);
    },
    seen: { none: 0, "like-a-retry": 500 },
  },
  halvesOrder: {
    settings: bisecting,
    observe: async (r) => {
      r.answer = ({ texts }) => (texts.length > 2 ? thrown : ok);
      return batches(await run(r, "abcd"));
    },
    seen: { "first-half-first": ["abcd", "ab", "cd"], "second-half-first": ["abcd", "cd", "ab"] },
  },
  oddRecord: {
    settings: bisecting,
    observe: async (r) => {
      r.answer = ({ texts }) => (texts.length > 2 ? thrown : ok);
      return batches(await run(r, "abc"));
    },
    seen: { "first-half": ["abc", "ab", "c"], "second-half": ["abc", "a", "bc"] },
  },
  retryEdges: {
    settings: { batchSize: 4 },
    observe: async (r) => {
      r.answer = () => (r.invocations.length === 1 ? thrown : ok);
      return batches(await run(r, "abcdef"));
    },
    seen: { same: ["abcd", "abcd", "ef"], recut: ["abcd", "abc", "def"] },
  },
  partialProgress: {
    settings: { ...reporting, batchSize: 3, maximumRetryAttempts: 3 },
    observe: async (r) => {
      r.answer = namedFailed("c");
      return batches(await run(r, "abc"));
    },
    seen: { "resets-count": ["abc", "c", "c", "c", "c"], "keeps-count": ["abc", "c", "c", "c"] },
  },
  partialAtFirst: {
    settings: { ...reporting, ...bisecting, maximumRetryAttempts: 0 },
    observe: async (r) => {
      r.answer = namedFailed("a");
      return discarded(await run(r, "abcd"));
    },
    seen: { "retry-whole": ["abcd"], halve: ["a"] },
  },
  checkpointWithinBatch: {
    settings: bisecting,
    observe: async (r) => {
      r.answer = fatal("d");
      await run(r, "abcd");
      return [...r.checkpoints.kept.values()];
    },
    seen: { "whole-batch": [], "each-piece": [{ kind: "after", sequenceNumber: "495400000000000000000003" }] },
  },
  redelivery: {
    settings: { batchSize: 2 },
    pace: { chance: 1 },
    observe: async (r) => batches(await run(r, "abcdef")),
    seen: {
      none: ["ab", "cd", "ef"],
      "last-batch": ["ab", "ab", "cd", "cd", "ef", "ef"],
      "recent-records": ["ab", "bc", "bc", "de", "cd", "ef", "de", "f"],
    },
  },
  concurrentDuplicate: {
    settings: { batchSize: 2 },
    pace: { chance: 1, lostAfterMs: 1_000 },
    observe: async (r) => {
      r.answer = async () => {
        await r.clock.sleep(5_000);
        return ok;
      };
      await run(r, "abcd");
      return { batches: batches(r), atOnce: r.atOnce.get(A) };
    },
    seen: {
      never: { batches: ["ab", "cd"], atOnce: 1 },
      may: { batches: ["ab", "ab", "cd", "cd"], atOnce: 2 },
    },
  },
  agedInside: {
    settings: { maximumRecordAgeSeconds: 60 },
    observe: async (r) => {
      for (const text of "abcdef") r.stream.putRecord(A, text, { arrivedMsAgo: "bcf".includes(text) ? 61_000 : 0 });
      await run(r, "", 0);
      return [...batches(r), "|", ...discarded(r)];
    },
    seen: { "split-around": ["a", "de", "|", "bc", "f"], hole: ["ade", "|", "bc", "f"] },
  },
  recordAgeJudged: {
    settings: { maximumRecordAgeSeconds: 60, maximumBatchingWindowSeconds: 120 },
    observe: async (r) => batches(await run(r, "a", 180_000)),
    seen: { "when-sent": [], "when-read": ["a"] },
  },
  retentionExpiry: {
    pace: { streamRetentionHours: 1 },
    observe: async (r) => {
      r.answer = fatal("a");
      await run(r, "a", 2 * 3_600_000);
      r.stream.put(A, "b");
      await r.clock.advance(1_000);
      return { discarded: discarded(r), succeeded: r.succeeded, dropped: total(r.metrics, "DroppedEventCount") };
    },
    seen: {
      discard: { discarded: ["a"], succeeded: ["b"], dropped: 0 },
      "silent-loss": { discarded: [], succeeded: ["b"], dropped: 0 },
    },
  },
  windowBegins: {
    settings: { maximumBatchingWindowSeconds: 10 },
    observe: async (r) => {
      const startMs = r.clock.now();
      await run(r, "a", 14_500);
      r.stream.put(A, "b");
      await r.clock.advance(60_000);
      return r.invocations.map(({ atMs }) => atMs - startMs);
    },
    seen: { "first-record": [10_000, 25_000], "last-batch": [10_000, 20_000] },
  },
  recordTooLarge: {
    settings: { maximumRecordAgeSeconds: 600 },
    pace: { payloadBytesMax: 2_000 },
    observe: async (r) => {
      r.stream.put(A, "x".repeat(3_000), "b");
      await run(r, "", 660_000);
      return [...failureBodies(r).map((body) => body.requestContext.condition), ...r.succeeded];
    },
    seen: { discard: ["RecordTooLarge", "b"], retry: ["RecordAgeExceeded", "RecordAgeExceeded"] },
  },
  missingPartitionKey: {
    observe: async (r) => {
      r.stream.putRecord(A, "a", { partitionKey: null });
      await run(r, "", 0);
      const [{ kinesis }] = JSON.parse(r.invocations[0]?.payload ?? "").Records;
      return "partitionKey" in kinesis ? kinesis.partitionKey : "none";
    },
    seen: { absent: "none", null: null, empty: "" },
  },
  s3Payload: {
    settings: { maximumRetryAttempts: 0 },
    observe: async (r) => {
      r.answer = () => thrown;
      await run(r, "a");
      const { payload } = JSON.parse([...r.objects.values()][0] ?? "");
      return [typeof payload, typeof payload === "string" ? payload : JSON.stringify(payload)].map((text) =>
        text === r.invocations[0]?.payload ? "the event" : text,
      );
    },
    seen: { string: ["string", "the event"], object: ["object", "the event"] },
  },
  discardsConsolidated: {
    settings: { ...bisecting, maximumRetryAttempts: 0 },
    observe: async (r) => {
      r.answer = fatal("b", "c", "f");
      await run(r, "abcdef");
      return { discarded: discarded(r), succeeded: r.succeeded.join("") };
    },
    seen: {
      each: { discarded: ["b", "c", "f"], succeeded: "ade" },
      adjacent: { discarded: ["bc", "f"], succeeded: "ade" },
      batch: { discarded: ["bcf"], succeeded: "ade" },
    },
  },
  approximateInvokeCount: {
    settings: { ...bisecting, maximumRetryAttempts: 1 },
    observe: async (r) => {
      r.answer = fatal("a");
      return failureBodies(await run(r, "abcd")).map((body) => body.requestContext.approximateInvokeCount);
    },
    seen: { "counted-attempts": [2], "every-invocation": [4] },
  },
  partialFailedCount: {
    settings: reporting,
    observe: async (r) => {
      r.answer = (invocation) => (r.invocations.length === 1 ? namedFailed("b", "d")(invocation) : ok);
      return total((await run(r, "abcde")).metrics, "FailedInvokeEventCount");
    },
    seen: { named: 2, retried: 4, batch: 5 },
  },
  throttledCountsAsInvoked: {
    observe: async (r) => {
      r.answer = () => (r.invocations.length === 1 ? { kind: "throttled" } : ok);
      return total((await run(r, "ab")).metrics, "InvokedEventCount");
    },
    seen: { no: 2, yes: 4 },
  },
  iteratorAge: {
    observe: async (r) => {
      r.answer = async () => {
        await r.clock.sleep(5_000);
        return ok;
      };
      return total((await run(r, "a")).metrics, "IteratorAge");
    },
    seen: { "when-sent": 0, "when-done": 5_000 },
  },
};

describe("what AWS leaves open is a switch", () => {
  for (const name of switchNames) {
    const { settings, pace, observe, seen } = cases[name];
    describe(`${name}: ${switchTable[name].gap}`, () => {
      test.each(Object.entries(seen))("%s", async (setting, expected) => {
        const r = rig(settings, { ...pace, switches: { [name]: setting } });
        expect(await observe(r)).toEqual(expected);
      });

      test("defaults to the first of its settings, and has a scenario that tells them apart", () => {
        expect(Object.keys(seen)).toEqual(switchTable[name].settings);
        expect(switchTable[name].settings[0]).toBe(switchTable[name].default);
        expect(new Set(Object.values(seen).map((each) => JSON.stringify(each))).size).toBe(Object.keys(seen).length);
      });
    });
  }
});

describe("switches", () => {
  test("that do not exist, and settings that do not, are refused by name", () => {
    const wrong = (changes: unknown) => () => switchesWith(changes as Partial<Switches>);
    expect(wrong({ retryEdge: "same" })).toThrow(/one of the switches retryDelay, .*, got retryEdge/);
    expect(wrong({ retryEdges: "other" })).toThrow('Switch retryEdges: expected same or recut, got "other"');
    expect(wrong({ toString: "x" })).toThrow("got toString");
  });

  test("can be drawn by chance, any setting of any of them", () => {
    const drawn = Array.from({ length: 200 }, (_, n) => drawSwitches(seeded(n)));
    for (const name of switchNames) {
      expect(new Set(drawn.map((each) => each[name]))).toEqual(new Set(switchTable[name].settings));
    }
  });
});

describe("switches that meet", () => {
  test("a discard that waits to be consolidated is told although the process dies, whatever checkpoints there are", async () => {
    const switches = { discardsConsolidated: "batch", checkpointWithinBatch: "each-piece" } as const;
    const r = rig({ ...bisecting, maximumRetryAttempts: 0 }, { switches });
    r.answer = (invocation) => {
      if (invocation.texts.join("") === "cd") r.kill();
      return fatal("b")(invocation);
    };
    await run(r, "abcd");
    expect(discarded(r)).toEqual([]);
    r.answer = fatal("b");
    r.start();
    await r.clock.advance(60_000);
    expect(discarded(r)).toEqual(["b"]);
  });

  test("consolidated discards tell the highest count of invocations", async () => {
    const switches = { discardsConsolidated: "adjacent" } as const;
    const r = rig({ ...bisecting, maximumRecordAgeSeconds: 60 }, { switches });
    r.answer = () => thrown;
    await run(r, "ab", 180_000);
    expect(discarded(r)).toEqual(["ab"]);
    expect(failureBodies(r)[0]?.requestContext.approximateInvokeCount).toBeGreaterThan(3);
  });

  test("a partial response is understood beside holes", async () => {
    const r = rig({ ...reporting, maximumRecordAgeSeconds: 60 }, { switches: { agedInside: "hole" } });
    for (const text of "abcd") r.stream.putRecord(A, text, { arrivedMsAgo: text === "b" ? 61_000 : 0 });
    r.answer = (invocation) => (r.invocations.length === 1 ? namedFailed("d")(invocation) : ok);
    expect(batches(await run(r, ""))).toEqual(["acd", "d"]);
  });

  test("what is delivered again is read again, from the end of a closed shard too", async () => {
    const r = rig({ batchSize: 2 }, { switches: { redelivery: "last-batch" }, chance: 1 });
    r.stream.put(A, ..."abc");
    r.stream.close(A);
    expect(batches(await run(r, ""))).toEqual(["ab", "ab", "c", "c"]);
    expect(r.checkpoints.kept.get(A)).toEqual({ kind: "ended" });
  });

  test("the batch that comes again is the one that was acknowledged, though it began in records that came again", async () => {
    const r = rig({ batchSize: 3 }, { switches: { redelivery: "last-batch" }, chance: 1 });
    r.answer = () => {
      if (r.invocations.length === 1) r.stream.put(A, "c");
      return ok;
    };
    expect(batches(await run(r, "ab"))).toEqual(["ab", "abc", "abc"]);
  });

  test("a mapping that stops waits for invocations that nobody heeds any more", async () => {
    const r = rig({}, { switches: { concurrentDuplicate: "may" }, chance: 1 });
    let going = 0;
    r.answer = async () => {
      going++;
      await r.clock.sleep(r.invocations.length === 1 ? 600_000 : 1_000);
      going--;
      return ok;
    };
    await run(r, "a", 10_000);
    expect(going).toBe(1);
    await r.stop();
    expect(going).toBe(0);
  });
});

describe("retried batches that are cut anew", () => {
  const recut = { switches: { retryEdges: "recut" } } as const;

  test("may take records in that came meanwhile, up to the batch size and the payload limit", async () => {
    for (const { pace, batchSize, expected } of [
      { pace: recut, batchSize: 5, expected: ["ab", "abcde", "fg"] },
      { pace: recut, batchSize: 100, expected: ["ab", "abcdefg"] },
      { pace: { ...recut, payloadBytesMax: 1_500 }, batchSize: 100, expected: ["ab", "abc", "def", "g"] },
    ]) {
      const r = rig({ batchSize }, pace);
      r.random = () => 0.999;
      r.answer = () => {
        if (r.invocations.length > 1) return ok;
        r.stream.put(A, ..."cdefg");
        return thrown;
      };
      expect(batches(await run(r, "ab"))).toEqual(expected);
    }
  });

  test("move the edge between the pieces of a split batch too, and lose nothing", async () => {
    const r = rig({ ...bisecting, batchSize: 8 }, recut);
    r.random = () => 0.8;
    r.answer = () =>
      r.invocations.length < 4
        ? ([thrown, thrown, { kind: "throttled" } as const][r.invocations.length - 1] ?? ok)
        : ok;
    await run(r, "abcdefgh");
    expect(batches(r)).toEqual(["abcdefgh", "abcd", "ab", "abcdefg", "h"]);
    expect(r.succeeded.join("")).toBe("abcdefgh");
  });
});
