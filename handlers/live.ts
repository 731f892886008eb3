import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import config from "#config";
import { isUnavailable } from "../lib/aws/is-unavailable.ts";
import { definitionsOf } from "../lib/definitions.ts";
import { connectLookPorts, type LookPorts } from "../lib/live/connect.ts";
import type { Look, LookAnswer } from "../lib/live/look.ts";
import { readLiveQuestion } from "../lib/live/question.ts";
import { names } from "../lib/names.ts";

/** Reads the stream for all who look: one invocation at a time, so that one process does, and the roll-up has the rest. */
export function liveChain(ports: () => LookPorts) {
  const logger = new Logger({ serviceName: names.live });
  return middy<Look, LookAnswer>()
    .use(injectLambdaContext(logger))
    .handler(async (look): Promise<LookAnswer> => {
      try {
        const { live, shards } = ports();
        return {
          answer:
            look.look === "shards"
              ? await shards.now(Date.now())
              : await live.newest(readLiveQuestion(new URLSearchParams(look.query))),
        };
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        const unavailable = error instanceof Error ? error.name : "unknown";
        logger.warn("A service is down or throttled", { errorName: unavailable });
        return { unavailable };
      }
    });
}

let ports: LookPorts | undefined;
export const handler = liveChain(() => {
  ports ??= connectLookPorts(process.env, definitionsOf(config));
  return ports;
});
