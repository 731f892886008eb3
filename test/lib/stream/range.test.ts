import { describe, expect, test } from "vitest";
import { covers, overlaps, rangeOf, uncoveredRuns } from "../../../lib/stream/range.ts";
import { recordOf, sequence } from "../roll-up/world.ts";

const range = (first: number, last: number) => ({ firstSequence: sequence(first), lastSequence: sequence(last) });
const records = (...places: number[]) => places.map((place) => recordOf(place, []));

test("a batch reaches from its first record to its last", () => {
  expect(rangeOf(records(3))).toEqual(range(3, 3));
  expect(rangeOf(records(3, 5, 9))).toEqual(range(3, 9));
  expect(() => rangeOf([])).toThrow("Expected a batch of at least one record, got an empty one");
});

test.each([
  [2, false],
  [3, true],
  [4, true],
  [5, true],
  [6, false],
])("a range from 3 to 5 covers %i: %s", (place, isCovered) => {
  expect(covers(range(3, 5), sequence(place))).toBe(isCovered);
});

test.each([
  [1, 2, false],
  [1, 3, true],
  [4, 4, true],
  [1, 9, true],
  [5, 9, true],
  [6, 9, false],
])("a range from 3 to 5 and one from %i to %i overlap: %s", (first, last, isShared) => {
  expect(overlaps(range(3, 5), range(first, last))).toBe(isShared);
  expect(overlaps(range(first, last), range(3, 5))).toBe(isShared);
});

describe("the runs of a batch that nothing covers", () => {
  test.each<[string, number[], [number, number][], number[][]]>([
    ["are all of it where there are no parts", [1, 2, 3], [], [[1, 2, 3]]],
    ["are none where one part has it all", [1, 2, 3], [[1, 3]], []],
    ["lie around a part", [1, 2, 3, 4], [[2, 3]], [[1], [4]]],
    [
      "end where a part begins and holds no record of the batch",
      [1, 2, 5, 6],
      [[3, 4]],
      [
        [1, 2],
        [5, 6],
      ],
    ],
    ["do not begin before there is a record", [3, 4], [[1, 2]], [[3, 4]]],
    [
      "are one where parts lie only before and behind it",
      [3, 4],
      [
        [1, 2],
        [5, 6],
      ],
      [[3, 4]],
    ],
    [
      "are found whatever the order of the parts",
      [1, 2, 3, 4, 5],
      [
        [4, 4],
        [2, 2],
      ],
      [[1], [3], [5]],
    ],
    [
      "are found where a part is named twice",
      [1, 2, 3],
      [
        [2, 2],
        [2, 2],
      ],
      [[1], [3]],
    ],
    [
      "are cut once by several parts between two records",
      [1, 9],
      [
        [2, 3],
        [4, 5],
        [6, 7],
      ],
      [[1], [9]],
    ],
  ])("%s", (_, batch, parts, expected) => {
    const covered = parts.map(([first, last]) => range(first, last));
    const runs = [...uncoveredRuns(records(...batch), covered)];
    expect(runs.map((run) => run.map(({ sequenceNumber }) => sequenceNumber))).toEqual(
      expected.map((run) => run.map(sequence)),
    );
  });
});
