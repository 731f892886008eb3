import { describe, expect, test } from "vitest";
import { LiveEvents } from "../../lib/query/live/live-events.ts";
import { readLiveQuestion } from "../../lib/query/live/question.ts";
import { answerQuarantine, readLimits } from "../../lib/query/quarantine/answer.ts";
import { readWhyQuestion } from "../../lib/query/why/question.ts";
import { why } from "../../lib/query/why/why.ts";
import { filesInTurn } from "../../lib/recovery/redrive/files-in-turn.ts";
import { redrive } from "../../lib/recovery/redrive/redrive.ts";
import { ReplayTally } from "../../lib/recovery/resend/report.ts";
import { sweep } from "../../lib/recovery/sweep.ts";
import { FailureIndex } from "../../lib/store/dead-letters/dead-letter-index.ts";
import { GivingWay } from "../../lib/stream/giving-way.ts";
import { MemoryQuarantine } from "../memory/memory-quarantine.ts";
import { AuditRig } from "./audit/rig.ts";
import { WhyRig } from "./query/why/rig.ts";
import { failureText, leavePromise, manyRecords, Rig, shardId, streamName } from "./recovery/isolate/rig.ts";
import { arrivalMs, definitions, folded, record } from "./roll-up/fold/shop.ts";
import { before, recordOf, sold } from "./roll-up/world.ts";

const always = Number.POSITIVE_INFINITY;
const sweepTimeMs = 200_000;

/** Files of one record each, of one shard. */
function rigWithFiles(files: number): Rig {
  const rig = new Rig(manyRecords(Math.max(1, files)));
  for (let place = 0; place < files; place++) rig.giveUp(place, place + 1);
  return rig;
}

/** What a list told of `amount` things, where it takes `max` of them. */
type Told = { readonly complete: boolean; readonly left?: number };

const lists: Readonly<Record<string, (amount: number, max: number) => Promise<Told>>> = {
  "batches that are looked into for a part's records": async (amount, max) => {
    const rig = rigWithFiles(amount);
    const index = new FailureIndex(rig.files, { entriesMax: max, hasTime: () => true });
    const range = { firstSequence: "0", lastSequence: "9".repeat(60) };
    const { files, lookedAtAll } = await index.overlapping(shardId, range, 0);
    expect(files).toHaveLength(Math.min(amount, max));
    return { complete: lookedAtAll };
  },
  "batches that are looked into in the time there is": async (amount, max) => {
    const rig = rigWithFiles(amount);
    let left = max;
    const index = new FailureIndex(rig.files, { hasTime: () => left-- > 0 });
    return { complete: (await index.overlapping(shardId, { firstSequence: "0", lastSequence: "1" }, 0)).lookedAtAll };
  },
  "batches of one redrive": async (amount, max) => {
    const { files, others } = await filesInTurn(rigWithFiles(amount).files, 0, max);
    expect(files.length + others).toBe(amount);
    return { complete: others === 0, left: others };
  },
  "batches that a redrive comes to in its time": async (amount, max) => {
    const rig = rigWithFiles(amount);
    const { run } = rig.rollUp;
    const deadlineMs = rig.nowMs + sweepTimeMs + (max - 1) * 1_000;
    const slow: typeof run = async (batch) => {
      const outcome = await run(batch);
      rig.nowMs += 1_000 + (rig.invocations === max ? sweepTimeMs : 0);
      return outcome;
    };
    const report = await redrive({ ...rig.ports, rollUp: { ...rig.rollUp, run: slow } }, { dryRun: false, deadlineMs });
    expect(report.redriven).toBe(Math.min(amount, max));
    return { complete: report.complete, left: report.notLooked };
  },
  "batches that the audit looks at": async (amount, max) => {
    const rig = new AuditRig();
    rig.addMany(120);
    for (let file = 0; file < amount; file++) rig.files.push({ key: `aws/lambda/${file}`, shardId, bytes: 1 });
    const list = async function* () {
      for (const [place, file] of rig.files.entries()) {
        if (place === max) rig.nowMs += sweepTimeMs;
        yield file;
      }
    };
    const options = { rows: "none", deadlineMs: rig.nowMs + sweepTimeMs } as const;
    const { complete, findings } = await rig.audit(options, { failures: { list } });
    expect(findings).toMatchObject([{ kind: "given-up", amount: Math.min(amount, max) }]);
    return { complete };
  },
  "files of quarantine that one answer reads": async (amount, max) => {
    const files = new MemoryQuarantine();
    const { rejected } = folded([record("garbage")], definitions);
    for (let part = 0; part < amount; part++) {
      await files.put("events/s", { part: `a${part}`, version: 1, firstArrivalMs: arrivalMs }, rejected);
    }
    const question = { fromMs: arrivalMs - 1_000, toMs: arrivalMs + 1_000, limit: 500 };
    const ports = { files, ledger: { committed: async () => [] }, clock: { now: () => arrivalMs } };
    const { complete, events, next } = await answerQuarantine(question, ports, { ...readLimits, filesMax: max });
    expect(events).toBe(Math.min(amount, max));
    expect(complete).toBe(next === undefined);
    return { complete };
  },
  "records that one question about a message reads": async (amount, max) => {
    const rig = new WhyRig(Array.from({ length: amount }, (_, place) => recordOf(place, [sold(place)])));
    const bytesMax = (recordOf(0, [sold(0)]).data.length + 1) * max;
    const question = readWhyQuestion("other", new URLSearchParams("from=-1h"), rig.world.nowMs);
    const answer = await why(question, rig.ports, { bytesMax, deadlineMs: always });
    expect(answer.complete).toBe(answer.next === undefined);
    return answer;
  },
  "shards that are shown live": async (amount, max) => {
    // The cap is on what a cursor can hold.
    const shards = Array.from({ length: amount === max ? 100 : 101 }, (_, place) => `shardId-${1_000 + place}`);
    const stream = {
      shardIds: async () => shards,
      pages: async function* () {
        for (;;) yield { records: [], behindMs: 0 };
      },
    };
    const live = new LiveEvents(stream, before, new GivingWay({ now: () => 0 }), { now: () => 0 });
    const { read, all } = (await live.newest(readLiveQuestion(new URLSearchParams()))).shards;
    return { complete: read === all, left: all - read };
  },
  "refusals of a replay": async (amount, max) => {
    const tally = new ReplayTally();
    // The report has twenty different ones.
    const different = amount === max ? 20 : 21;
    for (let refusal = 0; refusal < different; refusal++) tally.refuse("e", { reason: "plan", detail: `${refusal}` });
    const { otherRefusals } = tally.report(false);
    return { complete: otherRefusals === 0, left: otherRefusals };
  },
};

describe("a list that is cut says so, and one that is not does not:", () => {
  test.each(Object.entries(lists))("%s", async (_, list) => {
    expect(await list(4, 4)).toMatchObject({ complete: true });
    const cut = await list(5, 4);
    expect(cut.complete).toBe(false);
    if (cut.left !== undefined) expect(cut.left).toBe(1);
  });
});

describe("what was not looked at is never called lost", () => {
  /** A promise whose records are in the last of many batches of its shard. */
  async function behind(files: number): Promise<Rig> {
    const rig = new Rig(manyRecords(6));
    await rig.deliver(0, 2);
    await leavePromise(rig, 2, 6);
    const counted = failureText({ streamName, shardId, records: rig.records.slice(0, 1) });
    for (let file = 0; file < files; file++) rig.files.put(counted);
    rig.giveUp(2, 6);
    rig.trimmed = 6;
    rig.nowMs += sweepTimeMs;
    return rig;
  }

  test("a part whose records lie in the bucket behind 10,000 other batches is kept, not written off", async () => {
    const rig = await behind(10_000);
    const report = await sweep(rig.ports, { dryRun: false, writeOff: true, deadlineMs: always });
    expect(report).toMatchObject({ keptCount: 1, lostCount: 0 });
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("where time runs out over the batches, it is not known, and not written off", async () => {
    const rig = await behind(100);
    const { files } = rig;
    const list = async function* () {
      let place = 0;
      for await (const file of files.list()) {
        if (place++ === 50) rig.nowMs += 900_000;
        yield file;
      }
    };
    const failures = {
      list,
      range: files.range.bind(files),
      read: files.read.bind(files),
      settle: files.settle.bind(files),
    };
    const options = { dryRun: false, writeOff: true, deadlineMs: rig.nowMs + 900_000 };
    const report = await sweep({ ...rig.ports, failures }, options);
    expect(report).toMatchObject({ lostCount: 0, notKept: [{ why: expect.stringContaining("not all batches") }] });
    expect(await sweep(rig.ports, { dryRun: false, deadlineMs: always })).toMatchObject({ keptCount: 1 });
    expect(rig.totals()).toEqual(rig.expected());
  });
});

test("of more batches than one redrive takes, each gets its turn, whatever the schedule is", async () => {
  for (const [files, everyMinutes] of [
    [30, 15],
    [31, 15],
    [12, 5],
    [15, 15],
  ] as const) {
    const rig = rigWithFiles(files);
    const firsts = new Set<string>();
    const seen = new Set<string>();
    for (let run = 0; run < files * 4; run++) {
      const turn = await filesInTurn(rig.files, run * everyMinutes * 60_000, 10);
      firsts.add(turn.files[0]?.key ?? "");
      for (const { key } of turn.files) seen.add(key);
      expect(new Set(turn.files.map(({ key }) => key)).size).toBe(10);
    }
    expect([seen.size, firsts.size]).toEqual([files, files]);
  }
});

test("a report lists a hundred of each, and counts them all", async () => {
  const rig = new Rig(manyRecords(120));
  for (let place = 0; place < 120; place++) await leavePromise(rig, place, place + 1);
  rig.trimmed = 120;
  rig.nowMs += sweepTimeMs;
  const report = await sweep(rig.ports, { dryRun: false, writeOff: true, deadlineMs: always });
  expect([report.lost.length, report.lostCount]).toEqual([100, 120]);
  expect((await sweep(rig.ports, { dryRun: true, deadlineMs: always })).open).toBe(0);
});
