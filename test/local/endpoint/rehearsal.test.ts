import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../local/endpoint/aws-endpoint.ts";
import { answerings, Rehearsal } from "../../../local/endpoint/rehearsal.ts";

let endpoint: AwsEndpoint;
let handled: number;
const functions: { functionName: string; pid: number | undefined }[] = [];

beforeAll(async () => {
  const dynamodb = {
    handle: async () => {
      handled++;
      return { status: 200, headers: {}, body: "{}" };
    },
  };
  const rehearsal = new Rehearsal(["dynamodb"], {
    has: (name) => name === "roll-up",
    environments: () => functions,
  });
  endpoint = await startAwsEndpoint({ port: 0, services: { dynamodb }, rehearsal });
});

beforeEach(() => {
  handled = 0;
});

afterAll(() => endpoint.close());

const order = (path: string, body: unknown, method = "POST") =>
  fetch(`${endpoint.url}/_laptop/${path}`, {
    method,
    ...(method === "POST" ? { headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {}),
  });

/** The status, or "cut" where the connection is. */
const ask = (): Promise<number | "cut"> =>
  fetch(endpoint.url, {
    method: "POST",
    body: "{}",
    headers: { "x-amz-target": "DynamoDB_20120810.GetItem", "content-type": "application/x-amz-json-1.0" },
  }).then(
    ({ status }) => status,
    () => "cut",
  );

describe("an outage that is rehearsed", () => {
  it.each([
    ["normally", 200, 1],
    ["errors", 503, 0],
    ["nothing", "cut", 0],
    ["lost", "cut", 1],
  ] as const)(
    "has a service that answers %s: %s, and does %i of 1 things it is asked for",
    async (answers, seen, done) => {
      expect(answerings).toContain(answers);
      expect((await order("services/dynamodb", { answers })).status).toBe(200);
      expect([await ask(), handled]).toEqual([seen, done]);
      await order("services/dynamodb", { answers: "normally" });
      expect(await ask()).toBe(200);
    },
  );

  it("ends by itself when its seconds are over", async () => {
    await order("services/dynamodb", { answers: "errors", seconds: 0 });
    expect(await ask()).toBe(200);
  });

  it("kills the processes of the function that is named, and no other", async () => {
    const [mine, others] = [sleeper(), sleeper()];
    functions.splice(0, 9, { functionName: "roll-up", pid: mine.pid }, { functionName: "query", pid: others.pid });
    const exited = once(mine, "exit");
    const answer = await order("functions/roll-up/kill", {});
    expect(await answer.json()).toEqual({ killed: [mine.pid] });
    expect(await exited).toEqual([null, "SIGKILL"]);
    expect(others.signalCode).toBeNull();
    others.kill();
  });

  it.each([
    ["services/dynamodb", { answers: "badly" }, 400, 'Expected {"answers": "normally"|"errors"|"nothing"|"lost"'],
    ["services/dynamodb", { answers: "errors", seconds: -1 }, 400, '"seconds": up to 3600}'],
    ["services/dynamodb", null, 400, "got null"],
    ["services/sqs", { answers: "errors" }, 404, "Expected one of dynamodb, got sqs"],
    ["functions/pay/kill", {}, 404, "There is no function pay"],
    ["elsewhere", {}, 404, "Expected POST /_laptop/services/{service} or /_laptop/functions/{function}/kill"],
  ])("is not begun by POST %s %j, which says what is expected", async (path, body, status, said) => {
    const answer = await order(path, body);
    expect(answer.status).toBe(status);
    expect(((await answer.json()) as { message: string }).message).toContain(said);
    expect(await ask()).toBe(200);
  });

  it("is begun by the command line, which says what became of the service or the function", async () => {
    const begun = await rehearse("dynamodb", "errors", "--for", "1h");
    expect([begun, await ask()]).toEqual(["dynamodb answers errors for 1h\n", 503]);
    expect(await rehearse("dynamodb", "normally")).toBe("dynamodb answers normally\n");
    functions.length = 0;
    expect(await rehearse("roll-up", "killed")).toBe("0 processes of roll-up were killed\n");
    expect(await rehearse("sqs", "errors")).toContain("Expected one of dynamodb, got sqs");
  });

  it("is not begun by a GET, which a link could make", async () => {
    expect((await order("functions/roll-up/kill", {}, "GET")).status).toBe(404);
  });
});

/** What `millrace rehearse` prints. */
async function rehearse(...parameters: string[]): Promise<string> {
  const command = [join(import.meta.dirname, "../../../cli/millrace.ts"), "rehearse", ...parameters];
  const child = spawn(process.execPath, command, {
    env: { ...process.env, AWS_ENDPOINT_URL: endpoint.url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return (await Promise.all([text(child.stdout), text(child.stderr)])).join("");
}

function sleeper(): ChildProcess {
  return spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
}
