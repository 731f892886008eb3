import { Agent, type IncomingMessage, request } from "node:http";

/** An error that Kinesis answered with. */
export class KinesisError extends Error {
  /** Such as `ExpiredIteratorException`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.name = "KinesisError";
    this.code = code;
  }
}

/** The answer is larger than the caller is ready to hold. */
export class AnswerTooLarge extends Error {}

export type KinesisCall = (operation: string, input: Record<string, unknown>, bytesMax: number) => Promise<unknown>;

// A local Kinesis asks for the form of a signature and does not check it.
const authorization =
  "AWS4-HMAC-SHA256 Credential=local/20260101/local/kinesis/aws4_request, SignedHeaders=host, Signature=0";

const timeoutMs = 30_000;

/**
 * Calls a Kinesis endpoint by JSON 1.1 (so without TLS: a local one). The SDK would decode every record's base64 only
 * for it to be encoded again. Rejects with a KinesisError where Kinesis refuses, with an AnswerTooLarge where the
 * answer has more than `bytesMax` bytes, and with a network error.
 */
export function kinesisCall(endpoint: string): KinesisCall {
  const agent = new Agent({ keepAlive: true });
  return (operation, input, bytesMax) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(input);
      const headers = {
        "content-type": "application/x-amz-json-1.1",
        "content-length": Buffer.byteLength(body),
        "x-amz-target": `Kinesis_20131202.${operation}`,
        "x-amz-date": "20260101T000000Z",
        authorization,
      };
      const call = request(endpoint, { method: "POST", agent, headers, timeout: timeoutMs }, (response) => {
        read(response, bytesMax).then((text) => {
          const answer: unknown = text === "" ? {} : JSON.parse(text);
          if (response.statusCode === 200) resolve(answer);
          else reject(refusal(operation, response.statusCode ?? 0, answer));
        }, reject);
      });
      call.on("timeout", () =>
        call.destroy(new Error(`${operation}: no answer from ${endpoint} within ${timeoutMs} ms`)),
      );
      call.on("error", reject);
      call.end(body);
    });
}

async function read(response: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = Number(response.headers["content-length"] ?? 0);
  if (bytes <= bytesMax) {
    bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) break;
      chunks.push(chunk);
    }
  }
  if (bytes > bytesMax) {
    response.destroy();
    throw new AnswerTooLarge(`Expected an answer of at most ${bytesMax} bytes, got ${bytes} or more`);
  }
  return Buffer.concat(chunks).toString();
}

function refusal(operation: string, status: number, answer: unknown): KinesisError {
  const { __type, message } = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  const code = typeof __type === "string" ? (__type.split("#").at(-1) ?? __type) : `HTTP ${status}`;
  return new KinesisError(code, `${operation}: ${typeof message === "string" ? message : "no reason given"}`);
}
