import { promisify } from "node:util";
import { constants, gzip, zstdCompress } from "node:zlib";

export type Compression = "zstd" | "gzip" | "none";

const zstdAsync = promisify(zstdCompress);
const gzipAsync = promisify(gzip);

/**
 * Both in the thread pool. The lowest levels: the stream is read once or twice, and most of the gain is in having any.
 */
export const compress: Record<Compression, (data: Buffer) => Promise<Buffer>> = {
  zstd: (data) => zstdAsync(data, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  gzip: (data) => gzipAsync(data, { level: 1 }),
  none: async (data) => data,
};

/**
 * Bytes by which data that does not compress may grow: 1 in 256 for zstd (ZSTD_COMPRESSBOUND), less for gzip, and
 * headers.
 */
export const growthMax = (bytes: number): number => (bytes >> 8) + 1_024;
