import { describe, expect, it } from "vitest";
import type { SecretStage, Secrets } from "../../../lib/collect/secrets.ts";
import { SecretWriteKeys } from "../../../lib/collect/write-keys.ts";
import { sourcesOf } from "../../../lib/defaults.ts";
import { withMetric } from "../config-problems.ts";

const sources = sourcesOf({ ...withMetric({}), sources: { web: {}, server: { keepAddress: true } } });
const [web, server] = sources;
const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** Secrets in memory that count how often they are read, and a clock that moves when told. */
class Vault implements Secrets {
  readonly values = new Map<string, string>([
    ["millrace/write-keys/web AWSCURRENT", "web-1"],
    ["millrace/write-keys/server AWSCURRENT", "server-1"],
  ]);
  reads = 0;
  isDown = false;
  nowMs = 1_700_000_000_000;
  readonly keys = new SecretWriteKeys(this, sources, { now: () => this.nowMs });

  async read(name: string, stage: SecretStage): Promise<string | undefined> {
    this.reads += 1;
    if (this.isDown) throw new Error("no answer");
    return this.values.get(`${name} ${stage}`);
  }

  rotate(source: string, key: string): void {
    const name = `millrace/write-keys/${source}`;
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
    for (const key of ["", "web", "web-2", "millrace/write-keys/web"]) expect(await keys.sourceOf(key)).toBeUndefined();
  });

  it("are read once for all that ask at a cold start", async () => {
    const vault = new Vault();
    const found = await Promise.all(["web-1", "server-1", "x", "web-1"].map((key) => vault.keys.sourceOf(key)));
    expect(found).toEqual([web, server, undefined, web]);
    expect(vault.reads).toBe(oneRound);
  });

  it("that are unknown make the secrets be read once a minute and no more, however many come", async () => {
    const vault = new Vault();
    await vault.keys.sourceOf("web-1");
    for (let second = 1; second <= 180; second += 1) {
      vault.nowMs += secondMs;
      const guesses = Array.from({ length: 5 }, (_, at) => vault.keys.sourceOf(`guess ${second} ${at}`));
      expect(await Promise.all(guesses)).toEqual(Array(5).fill(undefined));
    }
    expect(vault.reads).toBe(oneRound * 4);
  });

  it("are known within a minute of a rotation, and the old ones until the next", async () => {
    const vault = new Vault();
    await vault.keys.sourceOf("web-1");
    vault.rotate("web", "web-2");
    vault.nowMs += minuteMs;
    expect(await vault.keys.sourceOf("web-2")).toBe(web);
    expect(await vault.keys.sourceOf("web-1")).toBe(web);
    vault.rotate("web", "web-3");
    vault.nowMs += 5 * minuteMs;
    expect(await vault.keys.sourceOf("web-1")).toBeUndefined();
    expect(await vault.keys.sourceOf("web-2")).toBe(web);
    expect(await vault.keys.sourceOf("server-1")).toBe(server);
  });

  it("are read again every five minutes, for one that was taken away is known and would never ask", async () => {
    const vault = new Vault();
    await vault.keys.sourceOf("web-1");
    vault.values.clear();
    vault.nowMs += 5 * minuteMs - 1;
    expect(await vault.keys.sourceOf("web-1")).toBe(web);
    vault.nowMs += 1;
    expect(await vault.keys.sourceOf("web-1")).toBeUndefined();
  });

  it("last read go on while the secrets cannot be read, which is tried once a minute", async () => {
    const vault = new Vault();
    await vault.keys.sourceOf("web-1");
    vault.isDown = true;
    vault.nowMs += 6 * minuteMs;
    vault.reads = 0;
    for (let second = 0; second < 60; second += 1) {
      expect(await vault.keys.sourceOf("web-1")).toBe(web);
      expect(await vault.keys.sourceOf("guess")).toBeUndefined();
      vault.nowMs += secondMs;
    }
    expect(vault.reads).toBeLessThanOrEqual(oneRound);
    vault.isDown = false;
    vault.rotate("web", "web-2");
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
    expect(await vault.keys.sourceOf("")).toBeUndefined();
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
