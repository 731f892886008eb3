import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { recordLimits } from "../limits.ts";
import { type Problem, problem } from "../problem.ts";

const startsWith = (data: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, index) => data[index] === byte);

const formats = [
  { name: "gzip", magic: [0x1f, 0x8b], decompress: gunzipSync },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], decompress: zstdDecompressSync },
] as const;

const formatOf = (data: Uint8Array) => formats.find(({ magic }) => startsWith(data, magic));

/** Whether the bytes begin as gzip or zstd does. */
export const isCompressed = (data: Uint8Array): boolean => formatOf(data) !== undefined;

/**
 * Bytes that broken compression is taken to have cost. It may have unpacked eight times as much before it broke, which
 * nobody tells; most of it breaks early.
 */
export const brokenCompressionBytes = recordLimits.unpackedBytesMax / 8;

/** Frames of a record, in all of its user records together: each costs the set-up of a decompressor, even an empty one. */
const framesMax = 2 * recordLimits.eventsMax;
/** Bytes that could be unpacked and parsed in the time of such a set-up. */
const frameBytes = 2_048;

/** The frames that were decompressed of one record. */
export class FrameCount {
  #frames = 0;

  /** What they are taken to have cost beside what was in them. */
  get bytes(): number {
    return this.#frames * frameBytes;
  }

  /** Counts one more; false where that is one too many. */
  add(): boolean {
    this.#frames++;
    return this.#frames <= framesMax;
  }
}

/** What zlib gives back with `info`: `bytesWritten` is how much of the input the frame took up. */
interface Frame {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * The bytes, decompressed once where they are gzip or zstd, all members or frames of them: zlib's own calls stop after
 * the first frame of zstd and say nothing of the rest. Output over `outputBytesMax` is refused while it is being
 * produced, so a decompression bomb costs no more than that.
 */
export function decompress(data: Buffer, outputBytesMax: number, count = new FrameCount()): Buffer | Problem {
  const format = formatOf(data);
  if (format === undefined) return data;
  const frames: Buffer[] = [];
  let leftBytes = outputBytesMax;
  let rest = data;
  try {
    // Zeros at the end are padding, as gzip has it.
    while (rest.length > 0 && (frames.length === 0 || rest.some((byte) => byte !== 0))) {
      if (!count.add()) return problem("too-large", `expected at most ${framesMax} frames, got more`);
      const options = { maxOutputLength: Math.max(1, leftBytes), info: true };
      const { buffer, engine } = format.decompress(rest, options) as unknown as Frame;
      leftBytes -= buffer.length;
      if (leftBytes < 0) return tooLarge;
      frames.push(buffer);
      rest = rest.subarray(engine.bytesWritten);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return code === "ERR_BUFFER_TOO_LARGE"
      ? tooLarge
      : problem("unreadable", `expected ${format.name}, got broken ${format.name} (${code || "unknown error"})`);
  }
  return frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames);
}

const tooLarge = problem(
  "too-large",
  `expected at most ${recordLimits.unpackedBytesMax} bytes when unpacked, got more`,
);
