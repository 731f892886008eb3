import { Readable } from "node:stream";
import type { NodeHttpHandler } from "@smithy/node-http-handler";

/** Answers every request with 200 and an empty object: what is left is what the SDK itself costs. */
export const answersAtOnce = {
  metadata: { handlerProtocol: "http/1.1" },
  handle: async () => ({
    response: {
      statusCode: 200,
      headers: { "content-type": "application/x-amz-json-1.0", "content-length": "2" },
      body: Readable.from([Buffer.from("{}")]),
    },
  }),
  destroy: () => {},
  updateHttpClientConfig: () => {},
  httpHandlerConfigs: () => ({}),
} as unknown as NodeHttpHandler;
