import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { clientSettings } from "../../lib/aws.ts";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { settingsOf } from "../../lib/config/settings.ts";
import { rollUpTimeoutSeconds } from "../../lib/limits.ts";
import { environmentNames, names } from "../../lib/names.ts";
import { connectPorts } from "../../lib/roll-up/connect.ts";
import { rollUp } from "../../lib/roll-up/roll-up.ts";
import { manyOrders } from "./orders.ts";
import config from "./shop.config.ts";

// Leaves promises behind, as roll-ups do that end between the opening of a part and its rows: COUNT of them, each of one
// record of BYTES. They were opened so long ago that nobody can be at them any more. Prints how many events they hold.
const [count = 0, bytes = 0] = process.argv.slice(2).map(Number);
const longAgoMs = (rollUpTimeoutSeconds + 20) * 1_000;
const ports = connectPorts(
  {
    [environmentNames.stream]: names.stream,
    [environmentNames.database]: names.database,
    [environmentNames.ledger]: names.ledger,
    [environmentNames.bucket]: "unused",
  },
  settingsOf(config),
);
const dying = {
  ...ports,
  clock: { ...ports.clock, now: () => ports.clock.now() - longAgoMs },
  store: { write: () => Promise.reject(new Error("dead")) },
};
const kinesis = new KinesisClient(clientSettings());
let events = 0;
for (let promise = 0; promise < count; promise++) {
  const orders = manyOrders(`promise ${promise}`, bytes);
  events += orders.length;
  const Records = [{ Data: Buffer.from(orders.join("\n")), PartitionKey: String(promise) }];
  const answer = await kinesis.send(new PutRecordsCommand({ StreamName: names.stream, Records }));
  const { ShardId = "", SequenceNumber = "" } = answer.Records?.[0] ?? {};
  const records = await ports.stream.read(ShardId, SequenceNumber, SequenceNumber);
  const batch = { streamName: names.stream, shardId: ShardId, records };
  const ended = await rollUp(batch, definitionsOf(config), dying, { deadlineMs: Number.POSITIVE_INFINITY }).catch(
    String,
  );
  if (ended !== "Error: dead")
    throw new Error(`Expected the roll-up to die of its store, got ${JSON.stringify(ended)}`);
}
process.stdout.write(String(events));
process.exit(0);
