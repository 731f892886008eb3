import { createRequire } from "node:module";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { type HttpRequest, HttpResponse } from "@smithy/core/protocols";
import { expect, test } from "vitest";
import type { Lambda } from "../../../local/lambda/lambda.ts";
import { lambdaService } from "../../../local/services.ts";
import { inputOf, type Model, paths } from "../model-members.ts";

const model: Model = createRequire(import.meta.url)("@aws-sdk/client-lambda");
const lambda: Lambda = {
  region: "us-east-1",
  accountId: "000000000000",
  define: () => {},
  has: () => true,
  invoke: async () => ({ kind: "ok", payload: "{}" }),
  environments: () => [],
  close: async () => {},
};
const service = lambdaService(lambda, new AbortController().signal, () => {});

/** The answer of the service to a request of the SDK, as text. */
async function answered(input: object): Promise<string> {
  let text = "";
  const handle = async ({ method, path, query, headers, body }: HttpRequest) => {
    const parameters = Object.entries(query).map(([name, value]): [string, string] => [name, String(value ?? "")]);
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const answer = await service.handle({
      method,
      url: `${path}?${new URLSearchParams(parameters)}`,
      headers: Object.fromEntries(lower),
      body: Buffer.from((body as Uint8Array | undefined) ?? ""),
    });
    text = String(answer.body);
    return { response: new HttpResponse({ statusCode: 200, headers: {}, body: Buffer.from("{}") }) };
  };
  const client = new LambdaClient({
    endpoint: "http://lambda.test",
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
    requestHandler: { handle },
  });
  await client.send(new InvokeCommand(input as ConstructorParameters<typeof InvokeCommand>[0]));
  return text;
}

test("Invoke takes what has its effect, and refuses all else by its name", async () => {
  const taken: string[] = [];
  for (const [path, input] of paths(inputOf(model, "Invoke"))) {
    const text = await answered({ FunctionName: "f", ...(input as object) });
    if (!text.includes("does not run")) taken.push(path);
  }
  expect(taken.sort()).toEqual(["FunctionName", "InvocationType", "Payload"]);
});
