import type { Random } from "../simulation/random.ts";
import { allowedLatenessMs, arrivalMs } from "./shop.ts";

/** Texts of JSON values that have broken somebody's program before. */
const numbers = [
  ...["0", "-0", "1e15", "-1e15", "1000000000000001", "1e308", "-1e308", "1e999", "-1e999", "5e-324", "1e-400"],
  ...["9007199254740993", "0.1", "1E+2", "01", "+1", ".5", "1.", "0x10", "NaN", "Infinity", "1_000", "9".repeat(400)],
  ...['"12"', '" 12"', '"1e15"', '"1e16"', '"NaN"', '"0x10"', '"-0"', '""', '"1,5"', `"${"1".repeat(41)}"`, '"١"'],
];
const texts = [
  ...['""', '" "', '"(none)"', '"(other)"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\ufeffa"', '"\ufeff"'],
  ...['"__proto__"', '"constructor"', '"toString"', '"\\u2028"', '"\u2028\u2029"', '"😀"', '"e\\u0301"', '"\\u200f"'],
  ...[`"${"x".repeat(48)}"`, `"${"x".repeat(49)}"`, `"${"é".repeat(24)}"`, `"${"é".repeat(25)}"`, '"\\ud83d"'],
  ...[`"${"😀".repeat(12)}"`, `"${"y".repeat(5_000)}"`, '"a\\u001fb"', '"a\\u0000b"', '"\'; DROP TABLE x --"', '"\\q"'],
];
const others = ["null", "true", "false", "[]", "{}", "[[]]", '{"length":3}', '[{"price":1}]', "undefined", "{]", ""];
const names = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "length",
  "type",
  "messageId",
  "",
];

export const oddNumber = (random: Random): string => random.pick(numbers);
export const oddText = (random: Random): string => random.pick(texts);
export const oddName = (random: Random): string => random.pick(names);
export function oddValue(random: Random): string {
  const depth = random.chance(0.02) ? random.between(1_000, 10_000) : random.between(1, 40);
  return random.pick([oddNumber, oddText, (one: Random) => one.pick(others), () => nested(depth)])(random);
}

/** Arrays and objects in each other, so deep. */
export const nested = (depth: number): string => `${'{"a":['.repeat(depth)}1${"]}".repeat(depth)}`;

const iso = (ms: number): string => `"${new Date(ms).toISOString()}"`;
const edges = [-allowedLatenessMs, 10 * 60_000, 15 * 60_000, 0, -60_000];
const times = [
  ...[
    '"0001-01-01T00:00:00.000Z"',
    '"0000-12-31T23:59:59.999Z"',
    '"9999-12-31T23:59:59.999Z"',
    '"+010000-01-01T00:00:00Z"',
  ],
  ...['"1970-01-01T00:00:00Z"', '"2019-02-29T00:00:00Z"', '"2019-10-01T02:29:60Z"', '"2019-10-01T02:30:00"', '"now"'],
  ...[
    '"2019-10-01T02:30:00+23:59"',
    '"2019-10-01T26:30:00-24:00"',
    '"2019-10-01 02:30:00,5z"',
    '"2019-10-01T02:30:00.1234567891Z"',
  ],
  ...[
    "1569897000000",
    "-1",
    "null",
    "[]",
    '""',
    '"2019-10-01"',
    '"-271821-04-20T00:00:00.000Z"',
    '"2019-13-01T00:00:00.000Z"',
  ],
];

/** A timestamp at an edge of what counts, to the millisecond, or of what can be a time at all. */
export function oddTime(random: Random): string {
  if (random.chance(0.5)) return random.pick(times);
  return iso(arrivalMs + random.pick(edges) + random.between(-1, 1));
}

/** A time that counts. */
export const plainTime = (random: Random): string => iso(arrivalMs - random.below(90 * 60_000));
