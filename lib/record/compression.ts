import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { recordLimits } from "../limits.ts";
import { type Problem, problem } from "../problem.ts";

const startsWith = (data: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, index) => data[index] === byte);

const formats = [
  { name: "gzip", magic: [0x1f, 0x8b], decompress: gunzipSync },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], decompress: zstdDecompressSync },
] as const;

/**
 * The bytes, decompressed once where they are gzip or zstd. Output over `outputBytesMax` is refused while it is being
 * produced, so a decompression bomb costs no more than that.
 */
export function decompress(data: Buffer, outputBytesMax: number): Buffer | Problem {
  const format = formats.find(({ magic }) => startsWith(data, magic));
  if (format === undefined) return data;
  try {
    return format.decompress(data, { maxOutputLength: Math.max(1, outputBytesMax) });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return code === "ERR_BUFFER_TOO_LARGE"
      ? problem("too-large", `expected at most ${recordLimits.unpackedBytesMax} bytes when unpacked, got more`)
      : problem("unreadable", `expected ${format.name}, got broken ${format.name} (${code || "unknown error"})`);
  }
}
