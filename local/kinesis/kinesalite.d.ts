/** Kinesis in memory or in a LevelDB; the package has no types. */
declare module "kinesalite" {
  import type { Server } from "node:http";

  interface KinesaliteOptions {
    /** A folder for LevelDB; in memory without. */
    path?: string;
    createStreamMs?: number;
    deleteStreamMs?: number;
    updateStreamMs?: number;
    /** Open shards of all streams; 10 where not given. */
    shardLimit?: number;
    ssl?: boolean;
  }

  /** Not listening yet. Closing it closes its store. */
  export default function kinesalite(options?: KinesaliteOptions): Server;
}
