import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SecretStage, Secrets } from "../../../lib/collect/secrets.ts";
import { SecretWriteKeys } from "../../../lib/collect/write-keys.ts";
import { sourcesOf } from "../../../lib/config/settings.ts";
import { withMetric } from "../config/problems.ts";

const sources = sourcesOf({ ...withMetric({}), sources: { web: {}, server: { keepAddress: true } } });
const [web, server] = sources;
const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** How long Secrets Manager may go on answering with the value of before. */
const propagationMs = 10 * secondMs;

/** Secrets in memory that count how often they are read, and a clock that moves when told. */
class Vault implements Secrets {
  readonly values = new Map<string, string>([
    ["millrace/write-keys/web AWSCURRENT", "web-1"],
    ["millrace/write-keys/server AWSCURRENT", "server-1"],
  ]);
  reads = 0;
  /** How long a request to a secret takes. */
  takesMs = 0;
  isDown = false;
  nowMs = 1_700_000_000_000;
  /** Rotations are seen by reads that begin so long after. */
  lagMs = 0;
  readonly #rotations: { readonly atMs: number; readonly values: ReadonlyMap<string, string> }[] = [];
  readonly keys = new SecretWriteKeys(this, sources, { now: () => this.nowMs }, 3);

  async read(name: string, stage: SecretStage): Promise<string | undefined> {
    this.reads += 1;
    if (this.isDown) throw new Error("no answer");
    const unseen = this.#rotations.find(({ atMs }) => atMs + this.lagMs > this.nowMs);
    this.nowMs += this.takesMs;
    return (unseen?.values ?? this.values).get(`${name} ${stage}`);
  }

  rotate(source: string, key: string): void {
    const name = `millrace/write-keys/${source}`;
    this.#rotations.push({ atMs: this.nowMs, values: new Map(this.values) });
    this.values.set(`${name} AWSPREVIOUS`, this.values.get(`${name} AWSCURRENT`) ?? "");
    this.values.set(`${name} AWSCURRENT`, key);
  }
}

/** Both sources, the current value and the previous one. */
const oneRound = 4;

describe("write keys", () => {
  it("lead to their sources, and others to none", async () => {
    const { keys } = new Vault();
    expect(await keys.sourceOf("web-1")).toBe(web);
    expect(await keys.sourceOf("server-1")).toBe(server);
    for (const key of ["", "web", "web-2", "millrace/write-keys/web"]) {
      expect(await keys.sourceOf(key)).toBe("unsettled");
    }
  });

  it("are read once for all that ask at a cold start", async () => {
    const vault = new Vault();
    const found = await Promise.all(["web-1", "server-1", "x", "web-1"].map((key) => vault.keys.sourceOf(key)));
    expect(found).toEqual([web, server, "unsettled", web]);
    expect(vault.reads).toBe(oneRound);
  });

  it("that are unknown are nobody's only by a read that began ten seconds after they were first asked for", async () => {
    const vault = new Vault();
    expect(await vault.keys.sourceOf("guess")).toBe("unsettled");
    vault.nowMs += propagationMs - 1;
    expect(await vault.keys.sourceOf("guess")).toBe("unsettled");
    expect(vault.reads).toBe(oneRound);
    vault.nowMs += 1;
    expect(await vault.keys.sourceOf("guess")).toBeUndefined();
    expect(vault.reads).toBe(2 * oneRound);
    vault.nowMs += 1;
    expect(await vault.keys.sourceOf("guess")).toBeUndefined();
    expect(vault.reads).toBe(2 * oneRound);
  });

  it("that are unknown are not nobody's by a read that began too early, however long it took", async () => {
    const vault = new Vault();
    vault.takesMs = propagationMs;
    expect(await vault.keys.sourceOf("guess")).toBeUndefined();
    expect(vault.reads).toBe(2 * oneRound);
  });

  it("that are unknown make the secrets be read five times and then once a minute, however many come", async () => {
    const vault = new Vault();
    await vault.keys.sourceOf("web-1");
    for (let second = 1; second <= 180; second += 1) {
      vault.nowMs += secondMs;
      const guesses = Array.from({ length: 5 }, (_, at) => vault.keys.sourceOf(`guess ${second} ${at}`));
      expect(await Promise.all(guesses)).toEqual(Array(5).fill("unsettled"));
    }
    expect(vault.reads).toBe(oneRound * (1 + 5 + 2));
  });

  it("are known at once after a rotation, and the old ones until the next", async () => {
    const vault = new Vault();
    await vault.keys.sourceOf("web-1");
    vault.rotate("web", "web-2");
    vault.nowMs += 1;
    expect(await vault.keys.sourceOf("web-2")).toBe(web);
    expect(await vault.keys.sourceOf("web-1")).toBe(web);
    vault.rotate("web", "web-3");
    vault.nowMs += 5 * minuteMs;
    expect(await vault.keys.sourceOf("web-1")).toBe("unsettled");
    expect(await vault.keys.sourceOf("web-2")).toBe(web);
    expect(await vault.keys.sourceOf("server-1")).toBe(server);
  });

  it("that are new are known within a minute, however many strangers ask, and unsettled till then", async () => {
    const vault = new Vault();
    for (let guess = 0; guess < 100; guess += 1) {
      vault.nowMs += 100;
      await vault.keys.sourceOf(`guess ${guess}`);
    }
    vault.rotate("web", "web-2");
    let waitedMs = 0;
    for (; (await vault.keys.sourceOf("web-2")) === "unsettled"; waitedMs += secondMs) {
      vault.nowMs += secondMs;
      await vault.keys.sourceOf(`guess ${waitedMs}`);
    }
    expect(await vault.keys.sourceOf("web-2")).toBe(web);
    expect(waitedMs).toBeLessThanOrEqual(minuteMs);
  });

  it("that were nobody's and are given out later are known within a minute", async () => {
    const vault = new Vault();
    await vault.keys.sourceOf("web-2");
    vault.nowMs += propagationMs;
    expect(await vault.keys.sourceOf("web-2")).toBeUndefined();
    vault.rotate("web", "web-2");
    vault.nowMs += minuteMs;
    expect(await vault.keys.sourceOf("web-2")).toBe(web);
  });

  it("that are valid are never nobody's, whatever strangers ask, secrets fail, and rotations take to be seen", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(1, 500, 4_000, 10_000, 61_000, 301_000) }),
      fc.record({ kind: fc.constant("guesses" as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ kind: fc.constant("rotate" as const) }),
      fc.record({ kind: fc.constant("ask" as const), previous: fc.boolean() }),
      fc.record({ kind: fc.constant("fail" as const), isDown: fc.boolean() }),
    );
    const lag = fc.constantFrom(0, 3_000, propagationMs);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), lag, async (steps, lagMs) => {
        const vault = new Vault();
        vault.lagMs = lagMs;
        await vault.keys.sourceOf("web-1");
        let [current, guesses] = [1, 0];
        for (const one of steps) {
          if (one.kind === "wait") vault.nowMs += one.ms;
          else if (one.kind === "rotate") vault.rotate("web", `web-${++current}`);
          else if (one.kind === "fail") vault.isDown = one.isDown;
          else if (one.kind === "guesses") {
            for (let each = 0; each < one.count; each += 1) await vault.keys.sourceOf(`guess ${guesses++}`);
          } else {
            const key = `web-${one.previous && current > 1 ? current - 1 : current}`;
            expect([web, "unsettled"]).toContain(await vault.keys.sourceOf(key));
          }
        }
        // Whatever it was: it is known in the end.
        vault.isDown = false;
        vault.nowMs += minuteMs + propagationMs;
        expect(await vault.keys.sourceOf(`web-${current}`)).toBe(web);
      }),
      { numRuns: 1_000 },
    );
  });

  it("of strangers are forgotten where there are too many, those asked for last at the latest", async () => {
    const vault = new Vault();
    for (const guess of ["a", "b", "c"]) await vault.keys.sourceOf(guess);
    vault.nowMs += propagationMs;
    expect(await vault.keys.sourceOf("a")).toBeUndefined();
    await vault.keys.sourceOf("d");
    expect(await vault.keys.sourceOf("b")).toBe("unsettled");
    expect(await vault.keys.sourceOf("a")).toBeUndefined();
  });

  it("are read again every five minutes, for one that was taken away is known and would never ask", async () => {
    const vault = new Vault();
    await vault.keys.sourceOf("web-1");
    vault.values.clear();
    vault.nowMs += 5 * minuteMs - 1;
    expect(await vault.keys.sourceOf("web-1")).toBe(web);
    vault.nowMs += 1;
    expect(await vault.keys.sourceOf("web-1")).toBe("unsettled");
    vault.nowMs += propagationMs;
    expect(await vault.keys.sourceOf("web-1")).toBeUndefined();
  });

  it("last read go on while the secrets cannot be read, which is tried now and then", async () => {
    const vault = new Vault();
    await vault.keys.sourceOf("web-1");
    vault.isDown = true;
    vault.nowMs += 6 * minuteMs;
    vault.reads = 0;
    for (let second = 0; second < 60; second += 1) {
      expect(await vault.keys.sourceOf("web-1")).toBe(web);
      expect(await vault.keys.sourceOf("guess")).toBe("unsettled");
      vault.nowMs += secondMs;
    }
    // Each read ends at its first failure, with as many requests as are under way.
    expect(vault.reads).toBeLessThanOrEqual(oneRound * (1 + 5 + 1));
    vault.isDown = false;
    vault.rotate("web", "web-2");
    vault.nowMs += minuteMs;
    expect(await vault.keys.sourceOf("web-2")).toBe(web);
  });

  it("that were never read are an error, and not an unknown key", async () => {
    const vault = new Vault();
    vault.isDown = true;
    await expect(vault.keys.sourceOf("web-1")).rejects.toThrow("no answer");
    vault.isDown = false;
    expect(await vault.keys.sourceOf("web-1")).toBe(web);
  });

  it("of a secret that is missing or empty are nobody's, and those of the others go on", async () => {
    const vault = new Vault();
    vault.values.set("millrace/write-keys/web AWSCURRENT", "");
    expect(await vault.keys.sourceOf("")).toBe("unsettled");
    expect(await vault.keys.sourceOf("server-1")).toBe(server);
  });

  it("that are one source's current and another's previous value are the former's", async () => {
    const vault = new Vault();
    vault.values.set("millrace/write-keys/web AWSPREVIOUS", "server-1");
    expect(await vault.keys.sourceOf("server-1")).toBe(server);
    vault.values.set("millrace/write-keys/server AWSPREVIOUS", "web-1");
    vault.nowMs += 5 * minuteMs;
    expect(await vault.keys.sourceOf("web-1")).toBe(web);
  });
});
