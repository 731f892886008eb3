import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { answerQuarantine } from "../../lib/query/quarantine/answer.ts";
import type { ReadableQuarantine } from "../../lib/query/quarantine/connect.ts";
import { readQuarantineQuestion } from "../../lib/query/quarantine/question.ts";
import { findEntry, shownEntry } from "../../lib/query/quarantine/show.ts";
import { QuestionProblem } from "../../lib/query/url-question.ts";
import { json } from "./http-answers.ts";

/** `GET /v1/quarantine`: what was not counted, and why. */
export async function listQuarantine(
  query: string,
  quarantine: () => Promise<ReadableQuarantine>,
): Promise<APIGatewayProxyStructuredResultV2> {
  const question = readQuarantineQuestion(new URLSearchParams(query), Date.now());
  const ports = await quarantine();
  return json({ bucket: ports.bucket, ...(await answerQuarantine(question, ports)) });
}

/** `GET /v1/quarantine/{id}`: one event as it was sent. */
export async function showQuarantined(
  id: string,
  quarantine: () => Promise<ReadableQuarantine>,
): Promise<APIGatewayProxyStructuredResultV2> {
  const ports = await quarantine();
  const event = await findEntry(id, ports.streamName, ports);
  if (event === undefined) {
    throw new QuestionProblem(404, "id", `expected an entry of quarantine, got ${JSON.stringify(id.slice(0, 250))}`);
  }
  return json(await shownEntry(event, ports));
}
