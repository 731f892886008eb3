import { startLambda } from "../../../local/lambda/lambda.ts";

/** A Lambda that is there to be killed: `host.ts <bundle directory> <doorbell port>`. */
const [directory = "", port = ""] = process.argv.slice(2);
const lambda = await startLambda({ log: () => {}, metrics: { put: () => {} } });
const define = (name: string) =>
  lambda.define({
    name,
    directory,
    handler: `index.${name}`,
    timeoutSeconds: 900,
    memoryMib: 256,
    environment: {},
  });
for (const name of ["meet", "hang", "spin"]) define(name);
const event = JSON.stringify({ port: Number(port) });
await lambda.invoke("meet", event);
for (const name of ["hang", "spin"]) void lambda.invoke(name, event);
