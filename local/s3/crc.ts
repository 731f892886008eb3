/** The halves of a CRC of up to 64 bits, reflected. */
type Halves = readonly [high: number, low: number];

/** What each byte changes, as two tables of 256. */
function tables([polyHigh, polyLow]: Halves): readonly [Uint32Array, Uint32Array] {
  const [highs, lows] = [new Uint32Array(256), new Uint32Array(256)];
  for (let byte = 0; byte < 256; byte++) {
    let [high, low] = [0, byte];
    for (let bit = 0; bit < 8; bit++) {
      const isSet = (low & 1) === 1;
      low = ((low >>> 1) | (high << 31)) ^ (isSet ? polyLow : 0);
      high = (high >>> 1) ^ (isSet ? polyHigh : 0);
    }
    highs[byte] = high;
    lows[byte] = low;
  }
  return [highs, lows];
}

/** A CRC that begins with all ones and is inverted at the end, by its reflected polynomial, as big-endian bytes. */
function crcBy(polynomial: Halves, bytes: 4 | 8): (content: Buffer) => Buffer {
  let made: ReturnType<typeof tables> | undefined;
  return (content) => {
    made ??= tables(polynomial);
    const [highs, lows] = made;
    let [high, low] = [bytes === 8 ? -1 : 0, -1];
    for (const byte of content) {
      const at = (low ^ byte) & 255;
      low = ((low >>> 8) | (high << 24)) ^ (lows[at] ?? 0);
      high = (high >>> 8) ^ (highs[at] ?? 0);
    }
    const sum = Buffer.alloc(8);
    sum.writeUInt32BE(~high >>> 0, 0);
    sum.writeUInt32BE(~low >>> 0, 4);
    return sum.subarray(8 - bytes);
  };
}

/** CRC-32C, Castagnoli. */
export const crc32c = crcBy([0, 0x82f63b78], 4);

/** CRC-64/NVME. */
export const crc64nvme = crcBy([0x9a6c9329, 0xac4bc9b5], 8);
