import { count, defineConfig, page } from "../../lib/config.ts";

/** A configuration that cannot be used. */
export default defineConfig({ metrics: { views: { on: page(), measure: count(), by: { time: "timestamp" } } } });
