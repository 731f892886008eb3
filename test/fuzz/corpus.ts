import { gzipSync, zstdCompressSync } from "node:zlib";
import { recordLimits } from "../../lib/limits.ts";
import { aggregated, aggregatedOf, bodyOf } from "../lib/stream/aggregated.ts";
import type { Random } from "../simulation/random.ts";
import { mutated } from "./bytes-mutation.ts";
import { drawnEvent } from "./drawn-event.ts";
import { nested } from "./odd-values.ts";
import { recordedTexts } from "./shop.ts";

const mib = 1024 * 1024;
/** Of records, how many are mutated as bytes. */
const mutatedShare = 0.6;
/** How many cost as much as they can. */
const extremeShare = 0.001;

/** Ways of putting texts of events into one text. */
const forms: readonly ((texts: readonly string[]) => string)[] = [
  (texts) => texts.join("\n"),
  (texts) => texts.join("\n"),
  (texts) => `${texts.join("\r\n")}\r\n`,
  (texts) => `[${texts.join()}]`,
  (texts) => `\ufeff[\n${texts.join(",\n")}\n]\n`,
  (texts) => texts.join(""),
  (texts) => texts.map((text) => text.replaceAll(',"', '\n,"')).join("\n\n"),
];

const wrap = {
  gzip: (data: Buffer) => gzipSync(data, { level: 1 }),
  zstd: (data: Buffer) => zstdCompressSync(data),
  /** AWS's library makes none of nothing, and none of more than a record holds. */
  kpl: (...users: readonly Buffer[]) => {
    const some = users.map((user) => (user.length === 0 ? Buffer.from(" ") : user));
    const bytes = some.reduce((sum, { length }) => sum + length, 0);
    return bytes > recordLimits.storedBytesMax * 0.9 ? Buffer.concat(some) : aggregated(...some);
  },
};

/** What costs as much as a record can: bombs, limits met and exceeded by one. */
const extremes: readonly (() => Buffer)[] = [
  () => gzipSync(Buffer.alloc(64 * mib)),
  () => zstdCompressSync(Buffer.alloc(64 * mib)),
  () => zstdCompressSync(Buffer.alloc(recordLimits.unpackedBytesMax, " ")),
  () => gzipSync(`{"a":\n${"[".repeat(recordLimits.unpackedBytesMax - 10)}`),
  () => gzipSync(`[${"[],".repeat(recordLimits.eventsMax)}1]`),
  () => Buffer.from("{}\n".repeat(recordLimits.eventsMax)),
  () => Buffer.from("1\n".repeat(recordLimits.eventsMax + 1)),
  () => Buffer.from("\n".repeat(mib)),
  () => Buffer.from(`["${"\\".repeat(mib - 8)}"]`),
  () => Buffer.from(`${'{"'.repeat(mib / 2)}`),
  () => Buffer.concat(Array<Buffer>(recordLimits.eventsMax).fill(zstdCompressSync(""))),
  () => gzipSync(aggregatedOf(Buffer.concat(Array<Buffer>(200).fill(bodyOf(aggregated(zstdCompressSync("[]"))))))),
  () => wrap.kpl(...Array<Buffer>(20).fill(zstdCompressSync(Buffer.alloc(mib, " ")))),
  () => wrap.kpl(...Array<Buffer>(20).fill(zstdCompressSync(Buffer.alloc(4 * mib)).subarray(0, -1))),
  () => aggregatedOf(Buffer.alloc(mib - 100, Buffer.from([0x08, 0x00]))),
  () => Buffer.from(`{"type":"track","event":"Sold","messageId":${nested(3_000)}}`),
  () => Buffer.from(`{"type":"track","event":"Sold","x":"${"x".repeat(recordLimits.eventBytesMax - 38)}"}`),
  () => Buffer.alloc(recordLimits.storedBytesMax + 1, "x"),
];

/** Records to be mutated: real events where the recording is there, and drawn ones. */
export class Corpus {
  readonly #recorded: readonly string[];
  readonly #extremes = new Map<() => Buffer, Buffer>();

  constructor(recorded: readonly string[]) {
    this.#recorded = recorded;
  }

  static async open(): Promise<Corpus> {
    return new Corpus(await recordedTexts());
  }

  /** The data of one record. */
  draw(random: Random): Buffer {
    if (random.chance(extremeShare)) return this.#extreme(random);
    const whole = this.#wrapped(random);
    if (!random.chance(mutatedShare)) return whole;
    const other = () => (random.chance(0.5) ? this.#plain(random) : this.#wrapped(random));
    const changed = mutated(whole, random, other);
    // Its own digest refuses nearly all that is changed in an aggregated record.
    return changed.length > 20 && changed[0] === 0xf3 && random.chance(0.7) ? aggregatedOf(bodyOf(changed)) : changed;
  }

  #text(random: Random): string {
    if (this.#recorded.length > 0 && random.chance(0.3)) return random.pick(this.#recorded);
    return drawnEvent(random, random.pick([0, 0.02, 0.2]));
  }

  #plain(random: Random): Buffer {
    if (random.chance(0.5)) return Buffer.from(this.#text(random));
    const most = random.chance(0.003) ? 800 : 6;
    const texts = Array.from({ length: random.between(1, most) }, () => this.#text(random));
    const form = Buffer.from(random.pick(forms)(texts));
    return random.chance(0.1) ? mutated(form, random, () => Buffer.from(this.#text(random))) : form;
  }

  #wrapped(random: Random): Buffer {
    const plain = this.#plain(random);
    const turn = random.below(100);
    if (turn < 70) return plain;
    if (turn < 77) return wrap.gzip(plain);
    if (turn < 85) return wrap.zstd(plain);
    if (turn < 92) return wrap.kpl(plain, ...Array.from({ length: random.below(4) }, () => this.#plain(random)));
    if (turn < 94) return wrap.gzip(wrap.kpl(wrap.zstd(plain), this.#plain(random)));
    if (turn < 96)
      return wrap.kpl(
        wrap.gzip(plain),
        mutated(wrap.zstd(this.#plain(random)), random, () => plain),
      );
    if (turn < 98) return Buffer.concat([wrap.zstd(plain), wrap.zstd(this.#plain(random))]);
    return random.pick([wrap.gzip(wrap.gzip(plain)), wrap.kpl(wrap.kpl(plain)), wrap.zstd(wrap.gzip(plain))]);
  }

  #extreme(random: Random): Buffer {
    const make = random.pick(extremes);
    const made = this.#extremes.get(make) ?? make();
    this.#extremes.set(make, made);
    return random.chance(0.7) ? made : mutated(made, random, () => this.#plain(random));
  }
}
