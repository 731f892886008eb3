import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CurrentPrivacy } from "../../../lib/collect/current-privacy.ts";

const minuteMs = 60_000;
const hashOf = (key: string, value: string): string => createHmac("sha256", key).update(value).digest("hex");

/** The secret in memory, how often it was read, and a clock that moves when told. */
class Vault {
  key: string | undefined = "first";
  isDown = false;
  reads = 0;
  nowMs = 1_700_000_000_000;
  readonly privacy = this.#privacy(["userId"]);

  async read(name: string, stage: string): Promise<string | undefined> {
    expect([name, stage]).toEqual(["millrace/privacy-key", "AWSCURRENT"]);
    this.reads++;
    if (this.isDown) throw new Error("no answer");
    return this.key;
  }

  async hashed(): Promise<unknown> {
    return (await this.privacy.now())({ userId: "ann" }).userId;
  }

  #privacy(hash: readonly string[]): CurrentPrivacy {
    return new CurrentPrivacy({ remove: [], hash }, this, { now: () => this.nowMs });
  }
}

describe("values are hashed", () => {
  it("under a rotated key within five minutes, and the key is not read more often", async () => {
    const vault = new Vault();
    expect(await vault.hashed()).toBe(hashOf("first", "ann"));
    vault.key = "second";
    vault.nowMs += 5 * minuteMs - 1;
    expect(await vault.hashed()).toBe(hashOf("first", "ann"));
    expect(vault.reads).toBe(1);
    vault.nowMs += 1;
    expect(await vault.hashed()).toBe(hashOf("second", "ann"));
    expect(vault.reads).toBe(2);
  });

  it.each([
    ["cannot be read", { isDown: true }],
    ["is missing", { key: undefined }],
    ["is empty", { key: "" }],
  ])("under the key last read while it %s, which is tried once a minute", async (_, failure) => {
    const vault = new Vault();
    await vault.hashed();
    Object.assign(vault, failure);
    vault.nowMs += 5 * minuteMs;
    vault.reads = 0;
    for (let second = 0; second < 120; second++) {
      expect(await vault.hashed()).toBe(hashOf("first", "ann"));
      vault.nowMs += 1_000;
    }
    expect(vault.reads).toBe(2);
    vault.isDown = false;
    vault.key = "second";
    expect(await vault.hashed()).toBe(hashOf("second", "ann"));
  });

  it("under no key at all never: the request is refused until there is one", async () => {
    const vault = new Vault();
    vault.isDown = true;
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(vault.privacy.now()).rejects.toMatchObject({ refusal: "KeysUnavailable" });
    }
    vault.isDown = false;
    expect(await vault.hashed()).toBe(hashOf("first", "ann"));
  });

  it("by all that ask at once after one read", async () => {
    const vault = new Vault();
    await Promise.all([vault.hashed(), vault.hashed(), vault.hashed()]);
    expect(vault.reads).toBe(1);
  });
});

it("rules that hash nothing need no key", async () => {
  const secrets = { read: () => Promise.reject(new Error("not to be read")) };
  const privacy = new CurrentPrivacy({ remove: ["userId"], hash: [] }, secrets);
  expect((await privacy.now())({ userId: "ann", type: "page" })).toEqual({ type: "page" });
});
