import type { Random } from "../simulation/random.ts";
import { nested, oddName, oddNumber, oddText, oddTime, oddValue, plainTime } from "./odd-values.ts";

const names = ["Sold", "Product Viewed", "Order Completed", "Product Added", "Seen"];
const types = ["track", "track", "track", "page", "identify", "screen", "group", "alias"];
const places = ["Bremen", "Köln", "東京", "(other)", "/a/b?c=d", "constructor"];

/** A message id from a few, so that some come twice; undefined for none. */
function messageId(random: Random): string | undefined {
  if (random.chance(0.2)) return undefined;
  if (random.chance(0.05)) return oddValue(random);
  if (random.chance(0.02)) return `"${"i".repeat(random.between(250, 260))}"`;
  return `"id-${random.below(random.chance(0.1) ? 20 : 1e9)}"`;
}

/** The text of an event: mostly one that counts, each of its values odd with this chance. */
export function drawnEvent(random: Random, oddShare: number): string {
  const odd = () => random.chance(oddShare);
  const number = () => (odd() ? oddNumber(random) : String(random.between(-1_000, 100_000) / 100));
  const text = () => (odd() ? oddText(random) : JSON.stringify(random.pick(places) + random.below(20)));
  const any = (value: () => string) => (odd() ? oddValue(random) : value());
  const members: (readonly [name: string, value: string | undefined])[] = [
    ["type", any(() => `"${random.pick(types)}"`)],
    ["event", any(() => `"${random.pick(names)}"`)],
    ["messageId", messageId(random)],
    ["timestamp", odd() ? oddTime(random) : random.chance(0.1) ? undefined : plainTime(random)],
    [
      "properties",
      any(() =>
        object([
          ["price", any(number)],
          ["revenue", any(number)],
          ["shop", any(text)],
          ["category", any(text)],
          ["brand", any(text)],
          ["plan", random.chance(0.1) ? '"pro"' : any(text)],
        ]),
      ),
    ],
    ["context", any(() => `{"page":{"path":${any(text)}},"geo":{"country":${any(text)}}}`)],
    ["traits", random.chance(0.1) ? `{"plan":${any(text)},"a":{"b":{"c":{"d":${any(number)}}}}}` : undefined],
  ];
  if (odd()) members.push([oddName(random), oddValue(random)]);
  if (odd() && random.chance(0.01)) members.push(["deep", nested(random.between(100, 5_000))]);
  if (odd() && random.chance(0.01)) members.push(["long", `"${"z".repeat(random.between(30_000, 34_000))}"`]);
  if (odd()) members.push(random.pick(members), random.pick(members));
  return object(members);
}

const object = (members: readonly (readonly [name: string, value: string | undefined])[]): string =>
  `{${members.flatMap(([name, value]) => (value === undefined ? [] : [`${JSON.stringify(name)}:${value}`])).join()}}`;
