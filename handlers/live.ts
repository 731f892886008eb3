import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import config from "#config";
import { isUnavailable } from "../lib/aws.ts";
import { definitionsOf } from "../lib/config/definitions.ts";
import { names } from "../lib/names.ts";
import { connectLookPorts, type LookPorts } from "../lib/query/live/connect.ts";
import { lagOf } from "../lib/query/live/lag.ts";
import type { Look, LookAnswer, Looks } from "../lib/query/live/look.ts";
import { readLiveQuestion } from "../lib/query/live/question.ts";
import { publishLag } from "./middleware/shard-lag.ts";

/** A lag that is worth a line in the log, which names the shards. */
const lagMsLogged = 60_000;

/** Reads the stream for all who look: one invocation at a time, so that one process does, and the roll-up has the rest. */
export function liveChain(ports: () => LookPorts) {
  const logger = new Logger({ serviceName: names.live });
  const answerOf = async (look: Look): Promise<Looks[Look["look"]]> => {
    const { live, shards } = ports();
    switch (look.look) {
      case "live":
        return live.newest(readLiveQuestion(new URLSearchParams(look.query)));
      case "shards":
        return shards.now(Date.now());
      case "lag": {
        const lag = lagOf((await shards.now(Date.now())).shards);
        publishLag(lag.lagMs);
        if (lag.lagMs >= lagMsLogged) logger.warn("The roll-up is behind", { ...lag });
        return lag;
      }
      default:
        throw look satisfies never;
    }
  };
  return middy<Look, LookAnswer>()
    .use(injectLambdaContext(logger))
    .handler(async (look): Promise<LookAnswer> => {
      try {
        return { answer: await answerOf(look) };
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
