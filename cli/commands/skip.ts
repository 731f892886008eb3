import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings } from "../../lib/aws.ts";
import { LambdaFunctions } from "../../lib/invoke.ts";
import { names } from "../../lib/names.ts";
import { LambdaRollUp } from "../../lib/recovery/isolate/lambda.ts";
import { skipByHand } from "../../lib/recovery/skip/skip.ts";
import { DynamoLedger } from "../../lib/store/ledger/dynamodb.ts";
import { KinesisStream } from "../../lib/stream/kinesis.ts";
import { chooseEndpoint, endpointOptions } from "../endpoint.ts";
import { UsageError } from "../usage-error.ts";

export const skipUsage = `millrace skip SHARD SEQUENCE [--aws]
  Steps over one record of the stream: it goes to quarantine as it is, its neighbours are counted. SHARD is a shard id,
  SEQUENCE a sequence number, as the roll-up's log names them. It cannot be taken back.`;

/** `millrace skip`. */
export async function runSkip(parameters: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    options: endpointOptions,
    allowPositionals: true,
  });
  const [shardId = "", sequenceNumber = "", ...others] = positionals;
  if (!/^shardId-\d{1,20}$/.test(shardId))
    throw new UsageError(`Expected SHARD such as shardId-000000000000, got ${shardId || "none"}`);
  if (!/^(0|[1-9]\d{0,128})$/.test(sequenceNumber)) {
    throw new UsageError(`Expected SEQUENCE to be a decimal number, got ${sequenceNumber || "none"}`);
  }
  if (others.length > 0) throw new UsageError(`Expected one SHARD and one SEQUENCE, got ${positionals.join(" ")}`);
  chooseEndpoint(values);
  const settings = clientSettings();
  const skipping = await skipByHand(
    { streamName: names.stream, shardId, sequenceNumber },
    {
      ledger: new DynamoLedger(new DynamoDBClient(settings), names.ledger),
      stream: new KinesisStream(new KinesisClient(settings), names.stream),
      rollUp: new LambdaRollUp(LambdaFunctions.connect(), names.rollUp),
    },
  );
  if (skipping.kind === "committed") {
    throw new Error(`Expected a record that is not counted yet, got one in committed part ${skipping.part}`);
  }
  const again = skipping.kind === "known" ? " already" : "";
  process.stdout.write(
    `Record ${sequenceNumber} of ${shardId} is skipped${again}: the next invocation steps over it\n`,
  );
}
