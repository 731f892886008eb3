import type { KinesisStreamEvent } from "aws-lambda";

/** Where and what Lambda leaves in S3 of a batch that it gave up on; `name` tells it from others of its shard. */
export function failureFile(
  { Records }: KinesisStreamEvent,
  name: string,
): { readonly Key: string; readonly Body: string } {
  const [first, last] = [Records[0], Records.at(-1)];
  const shardId = first?.eventID.split(":")[0];
  const at = (record: typeof first): string =>
    new Date((record?.kinesis.approximateArrivalTimestamp ?? Number.NaN) * 1_000).toISOString();
  const Key = `aws/lambda/0c1d2e3f-0000-4000-8000-000000000000/${shardId}/2026/11/23/2026-11-23T06.00.00-${name}`;
  const Body = JSON.stringify({
    requestContext: { requestId: name, functionArn: "f", condition: "RecordAgeExceeded", approximateInvokeCount: 1 },
    version: "1.0",
    timestamp: new Date().toISOString(),
    KinesisBatchInfo: {
      shardId,
      startSequenceNumber: first?.kinesis.sequenceNumber,
      endSequenceNumber: last?.kinesis.sequenceNumber,
      approximateArrivalOfFirstRecord: at(first),
      approximateArrivalOfLastRecord: at(last),
      batchSize: Records.length,
      streamArn: first?.eventSourceARN,
    },
    payload: JSON.stringify({ Records }),
  });
  return { Key, Body };
}
