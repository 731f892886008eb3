import { createHash } from "node:crypto";
import { createRequire } from "node:module";

/** What the package has and its types lack. */
interface Aggregator {
  addUserRecord(record: { partitionKey: string; explicitHashKey?: string; data: Buffer }): void;
  build(): { data: Buffer };
}
const { RecordAggregator } = createRequire(import.meta.url)("aws-kinesis-agg") as {
  RecordAggregator: new () => Aggregator;
};

/** A KPL aggregated record of these user records, made by AWS's own library. */
export function aggregated(...users: readonly (string | Buffer)[]): Buffer {
  const aggregator = new RecordAggregator();
  users.forEach((user, index) => {
    aggregator.addUserRecord({ partitionKey: `user-${index % 7}`, data: Buffer.from(user) });
  });
  return aggregator.build().data;
}

/** The same of user records with keys of their own. */
export function aggregatedBy(users: readonly { key: string; hashKey?: string; text: string }[]): Buffer {
  const aggregator = new RecordAggregator();
  for (const { key, hashKey, text } of users) {
    const explicit = hashKey === undefined ? {} : { explicitHashKey: hashKey };
    aggregator.addUserRecord({ partitionKey: key, ...explicit, data: Buffer.from(text) });
  }
  return aggregator.build().data;
}

const magic = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);

/** A record that begins as an aggregated one does and ends with the right MD5, whatever its protobuf is. */
export function aggregatedOf(body: Uint8Array): Buffer {
  return Buffer.concat([magic, body, createHash("md5").update(body).digest()]);
}

/** The protobuf of an aggregated record. */
export const bodyOf = (data: Buffer): Buffer => data.subarray(magic.length, data.length - 16);
