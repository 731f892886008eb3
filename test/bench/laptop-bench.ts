import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Laptop } from "../e2e/laptop.ts";
import { rees46File } from "../e2e/rees46-count.ts";

const retailFile = join(rees46File, "../online_retail_2011-09_to_2011-11.csv.gz");

export interface LaptopFigures {
  readonly readyMs: number;
  readonly replays: readonly { file: string; events: number; seconds: number; eventsPerSecond: number }[];
  readonly residentMib: number;
  readonly processes: readonly { name: string; mib: number }[];
}

/** How long the laptop takes to be ready, how fast events become queryable, and what memory it holds afterwards. */
export async function laptopFigures(): Promise<LaptopFigures> {
  const recordings = [
    { file: rees46File, config: join(import.meta.dirname, "../e2e/rees46.config.ts"), events: 17_434 },
    { file: retailFile, config: join(import.meta.dirname, "retail.config.ts"), events: 195_679 },
  ];
  const replays: { file: string; events: number; seconds: number; eventsPerSecond: number }[] = [];
  let readyMs = 0;
  let processes: { name: string; mib: number }[] = [];
  for (const { file, config, events } of recordings) {
    const starting = performance.now();
    await using laptop = await Laptop.start({ config, npm: true });
    readyMs = Math.max(readyMs, performance.now() - starting);
    // The page is open in a browser somewhere: the query function is at work too.
    await laptop.get("/v1/metrics");
    const start = performance.now();
    await laptop.run("cli/millrace.ts", "replay", file, "--shift-to-now", "--speed", "max");
    await queryable(laptop, events);
    const seconds = (performance.now() - start) / 1_000;
    replays.push({ file: basename(file), events, seconds, eventsPerSecond: events / seconds });
    processes = await residentProcesses(laptop.pid);
  }
  return { readyMs, replays, processes, residentMib: processes.reduce((sum, { mib }) => sum + mib, 0) };
}

/** Resolves when a query answers with all events. */
async function queryable(laptop: Laptop, events: number): Promise<void> {
  for (;;) {
    const { rows } = await laptop.get<{ rows: { value: number }[] }>("/v1/metrics/events?from=-100d&every=all");
    const value = rows[0]?.value ?? 0;
    if (value > events) throw new Error(`Expected ${events} events, got ${value}`);
    if (value === events) return;
    await wait(50);
  }
}

/** A process and all below it, with what each has resident. */
async function residentProcesses(root: number): Promise<{ name: string; mib: number }[]> {
  const all = await Promise.all(
    (await readdir("/proc"))
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        const status = await readFile(`/proc/${name}/status`, "utf8").catch(() => "");
        const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
        const field = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
        const last = line.split("\0").filter((word) => word !== "");
        return {
          pid: Number(name),
          parent: field("PPid"),
          mib: field("VmRSS") / 1_024,
          name: last
            .slice(-2)
            .map((word) => basename(word))
            .join(" ")
            .slice(0, 40),
        };
      }),
  );
  const found = new Set([root]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid }) => found.has(pid)).map(({ name, mib }) => ({ name, mib }));
}
