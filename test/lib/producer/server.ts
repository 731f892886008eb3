import { Producer } from "../../../lib/producer/producer.ts";
import { clientOf } from "./stream.ts";

// A server that sends events until it is told to stop. Prints "ready", and at the end what became of them.
const [endpoint = ""] = process.argv.slice(2);
// Longer than the test: what lingers leaves because of the signal alone.
const producer = new Producer({ client: clientOf(endpoint), streamName: "events", lingerMs: 60_000 });
let sent = 0;
const traffic = setInterval(() => {
  for (let index = 0; index < 50; index++)
    void producer.send({ type: "page", messageId: `page-${sent++}`, userId: `person ${index % 7}` });
  if (sent === 500) process.stdout.write("ready\n");
}, 1);
process.once("SIGTERM", async () => {
  clearInterval(traffic);
  await producer.close({ timeoutMs: 10_000 });
  process.stdout.write(`${JSON.stringify({ sent, ...producer.counters })}\n`);
});
