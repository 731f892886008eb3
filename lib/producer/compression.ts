import { promisify } from "node:util";
// As a whole: Node 20 has no zstd, and would not even load a file that imports it by name.
import zlib from "node:zlib";

export type Compression = "zstd" | "gzip" | "none";

/** Whether this Node can compress with zstd: from 22.15 on. */
const zstdIsThere = typeof zlib.zstdCompress === "function";

/**
 * A record is charged for as a KB at least ("Amazon Kinesis Data Streams pricing"): to make fewer of these bytes gains
 * nothing, and takes as long as to sign the request.
 */
const asItIsBytesMax = 1_024;

/** To hand it over to the thread pool costs 0.1 ms of processor time, more than to compress so many bytes. */
const ownThreadBytesMax = 64 * 1024;

type Compress = (data: Buffer) => Promise<Buffer>;

function compressWith<Options>(
  here: (data: Buffer, options: Options) => Buffer,
  inPool: (data: Buffer, options: Options) => Promise<Buffer>,
  options: Options,
): Compress {
  return async (data) => {
    if (data.length <= asItIsBytesMax) return data;
    return data.length <= ownThreadBytesMax ? here(data, options) : inPool(data, options);
  };
}

const zstd = (): Compress =>
  compressWith<zlib.ZstdOptions>(zlib.zstdCompressSync, promisify(zlib.zstdCompress), {
    params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 },
  });

const none: Compress = async (data) => data;

/**
 * What is small stays as it is; what is large is compressed in the thread pool. The lowest levels: the stream is read
 * once or twice, and most of the gain is in having any.
 */
export const compress: Record<Compression, Compress> = {
  zstd: zstdIsThere ? zstd() : none,
  gzip: compressWith<zlib.ZlibOptions>(zlib.gzipSync, promisify(zlib.gzip), { level: 1 }),
  none,
};

/** What this Node can do, the best one first. */
export const compressions: readonly Compression[] = zstdIsThere ? ["zstd", "gzip", "none"] : ["gzip", "none"];

/**
 * Bytes by which data that does not compress may grow: 1 in 256 for zstd (ZSTD_COMPRESSBOUND), less for gzip, and
 * headers.
 */
export const growthMax = (bytes: number): number => (bytes >> 8) + 1_024;
