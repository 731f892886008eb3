import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Starts what takes longest first: a laptop that starts while all else is done would leave a core idle. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): number => (/\/test\/(e2e|simulation)\//.test(moduleId) ? 1 : 0);
    return (await super.sort(files)).sort((a, b) => isLong(b) - isLong(a));
  }
}

/** Tests that wait for processes which they start. */
const waiting = ["test/{e2e,simulation,fuzz}/**/*.test.ts", "test/local/lambda/*.test.ts"];

export default defineConfig({
  test: {
    globalSetup: "test/temporary-folder.ts",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    isolate: false,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: "processes", include: waiting, maxWorkers: 4, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        // Each worker imports all of the SDKs once more: two of them keep two cores busy.
        test: {
          name: "units",
          include: ["test/**/*.test.ts"],
          exclude: waiting,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
