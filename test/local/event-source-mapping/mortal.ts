import type { MappingEnvironment } from "../../../local/event-source-mapping/mapping-environment.ts";

/** An environment whose process can die at any moment, and with it whatever runs in it. */
export interface Mortal {
  readonly environment: MappingEnvironment;
  /**
   * From now on nothing that was called answers, and nothing that is called happens. What was on its way to the function,
   * the destination or the checkpoints may still arrive there.
   */
  die(): void;
}

/** A mapping that runs in a mortal environment needs no stopping: once it is dead it never does anything again. */
export function mortal(environment: MappingEnvironment): Mortal {
  const { clock, reader, invoke, destination, checkpoints, metrics, random, problem } = environment;
  let dead = false;
  const living = <T>(call: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (dead) return;
      call().then(
        (value) => {
          if (!dead) resolve(value);
        },
        (error: unknown) => {
          if (!dead) reject(error);
        },
      );
    });
  const { send } = destination;
  return {
    environment: {
      clock: { now: () => clock.now(), sleep: (ms, signal) => living(() => clock.sleep(ms, signal)) },
      reader: {
        listShards: () => living(() => reader.listShards()),
        read: (shardId, position, limit) => living(() => reader.read(shardId, position, limit)),
      },
      invoke: (arn, payload) => living(() => invoke(arn, payload)),
      destination: {
        put: (bucket, key, body) => living(() => destination.put(bucket, key, body)),
        ...(send === undefined ? {} : { send: (arn, body) => living(() => send.call(destination, arn, body)) }),
      },
      checkpoints: {
        load: () => living(() => checkpoints.load()),
        save: (shardId, checkpoint) => living(() => checkpoints.save(shardId, checkpoint)),
      },
      metrics: {
        put: (datum) => {
          if (!dead) metrics.put(datum);
        },
      },
      random,
      ...(problem === undefined ? {} : { problem }),
    },
    die: () => {
      dead = true;
    },
  };
}
