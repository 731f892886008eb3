/** How many records to ask for, so that a page of them stays within a number of bytes. */
export interface PageSize {
  /** Of the whole answer: a larger one is not read to its end. */
  readonly answerBytesMax: number;
  /** At most `wanted`, fewer where records have been large of late. */
  limit(wanted: number): number;
  saw(dataBytes: readonly number[]): void;
  /** An answer to a request for so many records was over the limit. */
  tooLarge(asked: number): void;
}

/** Around a record's data: its sequence number, partition key, arrival and the names of the fields. */
const recordOverheadBytes = 300;
/** What one record may take: 1 MiB of data as base64, and then some. */
const recordBytesMax = 2 * 1024 * 1024;

/** Kinesis itself stops a page at 10 MiB; a local one does not, and a page of a thousand large records is a gigabyte. */
export function pageSize(pageBytes: number): PageSize {
  let bytesPerRecord = 16 * 1024;
  return {
    answerBytesMax: Math.max(2 * pageBytes, recordBytesMax),
    limit: (wanted) => Math.max(1, Math.min(wanted, Math.floor(pageBytes / bytesPerRecord))),
    saw: (dataBytes) => {
      if (dataBytes.length === 0) return;
      const mean = dataBytes.reduce((sum, bytes) => sum + bytes + recordOverheadBytes, 0) / dataBytes.length;
      // Larger at once, smaller by and by.
      bytesPerRecord = Math.max(mean, bytesPerRecord / 2);
    },
    tooLarge: (asked) => {
      bytesPerRecord = Math.max(bytesPerRecord, (2 * pageBytes) / asked);
    },
  };
}
