import { joinedAnswers, type WhyAnswer } from "../../../../lib/query/why/answer.ts";
import type { Copy } from "../../../../lib/query/why/copy.ts";
import { readWhyQuestion } from "../../../../lib/query/why/question.ts";
import type { WhyPorts } from "../../../../lib/query/why/search.ts";
import { why } from "../../../../lib/query/why/why.ts";
import { quarantineLines, type Rejected } from "../../../../lib/store/quarantine/quarantine.ts";
import {
  type FilePage,
  minuteOf,
  type QuarantineFile,
  type QuarantineFiles,
  type QuarantineFolder,
} from "../../../../lib/store/quarantine/quarantine-files.ts";
import { covers } from "../../../../lib/stream/range.ts";
import { RangeGone } from "../../../../lib/stream/reader.ts";
import type { StreamRecord } from "../../../../lib/stream/stream-record.ts";
import { failureText, MemoryFailureFiles } from "../../recovery/isolate/rig.ts";
import { before, shard, World } from "../../roll-up/world.ts";

export { failureText };

/** A world, and questions about what became of its messages. */
export class WhyRig {
  readonly world: World;
  readonly failures = new MemoryFailureFiles();
  /** Records before this place have expired. */
  trimmed = 0;
  /** Files of quarantine that somebody deleted, by part. */
  readonly gone = new Set<string>();

  constructor(records: readonly StreamRecord[], reshardedAfter: readonly number[] = []) {
    this.world = new World(records, reshardedAfter);
    this.world.nowMs = (records.at(-1)?.arrivalMs ?? 0) + 60_000;
  }

  get shardIds(): string[] {
    return this.world.shards.map((_, index) => `shardId-${String(index).padStart(12, "0")}`);
  }

  #recordsOf(shardId: string): readonly StreamRecord[] {
    const [from, to] = this.world.shards[Number(shardId.slice(-12))] ?? [0, 0];
    return this.world.records.slice(Math.max(from, this.trimmed), to);
  }

  get ports(): WhyPorts {
    const recordsOf = (shardId: string) => this.#recordsOf(shardId);
    return {
      streamName: "events",
      shardLists: [{ shardIds: async () => this.shardIds }],
      ledger: this.world.ledger,
      stream: {
        read: async (shardId, first, last) => {
          const records = recordsOf(shardId);
          const [start, end] = [first, last].map((number) => records.findIndex((one) => one.sequenceNumber === number));
          if (start === undefined || end === undefined || start === -1 || end === -1)
            throw new RangeGone(shardId, first, last, "less");
          return records.slice(start, end + 1);
        },
        pages: async function* (shardId, start) {
          const all = recordsOf(shardId);
          const first = typeof start === "object" && "after" in start ? start.after : undefined;
          const left = all.filter(
            ({ sequenceNumber }) => first === undefined || BigInt(sequenceNumber) > BigInt(first),
          );
          for (let at = 0; at < left.length; at += 2)
            yield { records: left.slice(at, at + 2), behindMs: left.length - at - 2 > 0 ? 1 : 0 };
          yield { records: [], behindMs: 0 };
        },
      },
      quarantine: new RejectedFiles(this.world.rejectedFiles, this.gone, this.shardIds, this.world),
      failures: {
        list: async function* (this: MemoryFailureFiles, shardId?: string) {
          for await (const file of this.list()) if (shardId === undefined || file.shardId === shardId) yield file;
        }.bind(this.failures),
        read: (file) => this.failures.read(file),
      },
      clock: { now: () => this.world.nowMs },
      definitions: before,
      sources: ["shop", "web"],
    };
  }

  /** Asks until the answer is complete, in requests of so many bytes. */
  async why(messageId: string, bytesMax = Number.POSITIVE_INFINITY, query = "from=-48h"): Promise<WhyAnswer> {
    let joined: WhyAnswer | undefined;
    for (let next: string | undefined, requests = 0; requests < 500; requests++) {
      const parameters = new URLSearchParams(query);
      if (next !== undefined) parameters.set("next", next);
      const question = readWhyQuestion(messageId, parameters, this.world.nowMs);
      const answer = await why(question, this.ports, { bytesMax, deadlineMs: Number.POSITIVE_INFINITY });
      joined = joined === undefined ? answer : joinedAnswers(joined, answer);
      if (answer.complete) return joined;
      next = answer.next;
    }
    throw new Error("Expected a complete answer within 500 requests, got none");
  }

  /** Sums what records hold that are in no part, and before the newest part of their shard. */
  holes(held: (record: number) => number): number {
    let sum = 0;
    for (const [index, [from, to]] of this.world.shards.entries()) {
      const key = `events/shardId-${String(index).padStart(12, "0")}`;
      const committed = this.world.ledger.parts.get(key) ?? [];
      const parts = [...committed, ...(this.world.ledger.heads.get(key)?.open ?? [])];
      const end = committed.at(-1)?.lastSequence ?? "0";
      for (let record = from; record < to; record++) {
        const number = this.world.records[record]?.sequenceNumber ?? "";
        const isCovered = parts.some((part) => covers(part, number));
        if (!isCovered && BigInt(number) <= BigInt(end)) sum += held(record);
      }
    }
    return sum;
  }

  async fates(messageId: string): Promise<Copy["fate"]["kind"][]> {
    return (await this.why(messageId)).copies.map(({ fate }) => fate.kind);
  }
}

/** What the world's roll-up put into quarantine, as files. */
class RejectedFiles implements Pick<QuarantineFiles, "page" | "records"> {
  readonly #rejected: ReadonlyMap<string, readonly Rejected[]>;
  readonly #gone: ReadonlySet<string>;
  readonly #shardIds: readonly string[];
  readonly #world: World;

  constructor(
    rejected: ReadonlyMap<string, readonly Rejected[]>,
    gone: ReadonlySet<string>,
    shardIds: readonly string[],
    world: World,
  ) {
    this.#rejected = rejected;
    this.#gone = gone;
    this.#shardIds = shardIds;
    this.#world = world;
  }

  async page({ time, of }: QuarantineFolder): Promise<FilePage> {
    const files: QuarantineFile[] = [];
    for (const shardId of this.#shardIds) {
      const key = `events/${shardId}`;
      for (const { id, firstArrivalMs, definitions } of this.#world.ledger.parts.get(key) ?? []) {
        if (
          id !== of?.part ||
          minuteOf(firstArrivalMs) !== time ||
          this.#gone.has(id) ||
          !this.#rejected.has(`${id}.${definitions.length}`)
        )
          continue;
        const version = definitions.length;
        files.push({ key: `quarantine/${id}.${version}`, minute: time, shard: key, part: id, version, bytes: 100 });
      }
    }
    return { files };
  }

  async *records({ part, version }: QuarantineFile) {
    yield* quarantineLines(shard, this.#rejected.get(`${part}.${version}`) ?? []);
  }
}
