import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { rees46Rows } from "./rees46-count.ts";

// Sends the recording as anybody could who has an AWS SDK: one JSON object a record, 500 records a request, failed ones
// again. Shares nothing with the product. Prints by how many milliseconds it shifted the times.
const rows = rees46Rows();
const last = rows.at(-1)?.timeMs ?? 0;
const shiftMs = Math.floor((Date.now() - last) / 60_000) * 60_000;
const client = new KinesisClient({});

let waiting = rows.map(({ timeMs, event, cells }, index) => ({
  PartitionKey: cells.user_id ?? "",
  Data: Buffer.from(
    JSON.stringify({
      type: "track",
      event,
      messageId: `plain-${index}`,
      userId: cells.user_id,
      timestamp: new Date(timeMs + shiftMs).toISOString(),
      properties: {
        category: cells.category_code || undefined,
        price: Number(cells.price),
        revenue: Number(cells.price),
      },
    }),
  ),
}));
while (waiting.length > 0) {
  const records = waiting.splice(0, 500);
  const { Records = [] } = await client.send(
    new PutRecordsCommand({ StreamName: "millrace-events", Records: records }),
  );
  waiting = [...records.filter((_, index) => Records[index]?.ErrorCode !== undefined), ...waiting];
}
process.stdout.write(String(shiftMs));
