import { promisify } from "node:util";
// As a whole: Node 20 has no zstd, and would not even load a file that imports it by name.
import zlib from "node:zlib";

export type Compression = "zstd" | "gzip" | "none";

const gzipAsync = promisify(zlib.gzip);

/** Whether this Node can compress with zstd: from 22.15 on. */
const zstdIsThere = typeof zlib.zstdCompress === "function";

const zstd = (data: Buffer): Promise<Buffer> =>
  promisify(zlib.zstdCompress)(data, { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } });

/**
 * Both in the thread pool. The lowest levels: the stream is read once or twice, and most of the gain is in having any.
 */
export const compress: Record<Compression, (data: Buffer) => Promise<Buffer>> = {
  zstd,
  gzip: (data) => gzipAsync(data, { level: 1 }),
  none: async (data) => data,
};

/** What this Node can do, the best one first. */
export const compressions: readonly Compression[] = zstdIsThere ? ["zstd", "gzip", "none"] : ["gzip", "none"];

/**
 * Bytes by which data that does not compress may grow: 1 in 256 for zstd (ZSTD_COMPRESSBOUND), less for gzip, and
 * headers.
 */
export const growthMax = (bytes: number): number => (bytes >> 8) + 1_024;
