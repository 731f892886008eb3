import { setImmediate } from "node:timers/promises";
import { Random } from "../simulation/random.ts";
import { Corpus } from "./corpus.ts";
import { drawHistory, type History } from "./history.ts";
import { play } from "./play.ts";
import { shrink } from "./shrink.ts";

/** What the process that plays histories is told. */
export interface Order {
  readonly first: number;
  readonly records: number;
  /** Plays each record of the first history by itself, to find the one that hangs. */
  readonly oneByOne: boolean;
}

/** Sizes of the process after a collection of its garbage, in bytes. */
export interface Memory {
  readonly share: number;
  readonly heap: number;
  readonly buffers: number;
  readonly rss: number;
}

/** What the process says. */
export type Said =
  /** It goes on to this history, and its record where they are played one by one: the sign that it lives. */
  | { readonly kind: "plays"; readonly seed: number; readonly place: number | undefined }
  | { readonly kind: "memory"; readonly memory: Memory }
  | { readonly kind: "wrong"; readonly seed: number; readonly what: string; readonly small: SmallHistory }
  | { readonly kind: "done"; readonly counts: Counts };

/** The smallest history found that fails, as text. */
export interface SmallHistory {
  readonly steps: readonly string[];
  readonly records: readonly string[];
}

export interface Counts {
  histories: number;
  records: number;
  events: number;
  counted: number;
  parts: number;
  wrong: number;
}

/** Histories that are shrunk and shown. */
const shownMax = 3;

export const wholeOf = ({ seed, records, refuses }: History): History => ({ seed, records, refuses, steps: [] });

export function smallHistory({ records, steps, refuses }: History): SmallHistory {
  return {
    steps: [
      ...steps.map(
        ({ from, to, failsAt }) => `records ${from} to ${to}${failsAt === undefined ? "" : `, write ${failsAt} fails`}`,
      ),
      `records 0 to ${records.length}${refuses ? ", the store refuses some rows" : ""}`,
    ],
    records: records.map(({ data, arrivalMs, partitionKey, sequenceNumber }) =>
      [sequenceNumber, new Date(arrivalMs).toISOString(), JSON.stringify(partitionKey), data.toString("base64")].join(
        " ",
      ),
    ),
  };
}

/** Plays histories, one seed after the other, until so many records were played. */
export async function fuzz({ first, records, oneByOne }: Order, say: (said: Said) => void): Promise<Counts> {
  const corpus = await Corpus.open();
  const counts: Counts = { histories: 0, records: 0, events: 0, counted: 0, parts: 0, wrong: 0 };
  let measured = 0;
  for (let seed = first; counts.records < records; seed++) {
    say({ kind: "plays", seed, place: undefined });
    const history = drawHistory(seed, new Random(seed), corpus);
    if (oneByOne) {
      await playOneByOne(history, say);
      break;
    }
    const { wrong, events, counted, parts } = await play(history);
    // As between two invocations: what waits for a turn of the event loop, garbage of its buffers too, gets one.
    await setImmediate();
    counts.histories++;
    counts.records += history.records.length;
    counts.events += events;
    counts.counted += counted;
    counts.parts += parts;
    if (wrong !== undefined && counts.wrong++ < shownMax) {
      const stillFails = async (smaller: History): Promise<boolean> => {
        say({ kind: "plays", seed, place: undefined });
        return (await play(smaller)).wrong !== undefined;
      };
      say({ kind: "wrong", seed, what: wrong, small: smallHistory(await shrink(history, stillFails)) });
    }
    const share = Math.min(1, counts.records / records);
    if ((measured === 0 && share >= 0.1) || (measured < 1 && share >= 1)) {
      measured = share;
      say({ kind: "memory", memory: await memoryNow(share) });
    }
  }
  return counts;
}

async function playOneByOne(history: History, say: (said: Said) => void): Promise<void> {
  for (const [place, record] of history.records.entries()) {
    say({ kind: "plays", seed: history.seed, place });
    await setImmediate();
    await play({ ...wholeOf(history), records: [record] });
  }
}

async function memoryNow(share: number): Promise<Memory> {
  for (let turn = 0; turn < 3; turn++) {
    await setImmediate();
    globalThis.gc?.();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { share, heap: heapUsed, buffers: external, rss };
}

// Started by the command, which waits for its words.
if (process.send !== undefined && process.env.FUZZ_ORDER !== undefined) {
  const say = (said: Said): void => void process.send?.(said);
  const counts = await fuzz(JSON.parse(process.env.FUZZ_ORDER) as Order, say);
  say({ kind: "done", counts });
  process.disconnect();
}
