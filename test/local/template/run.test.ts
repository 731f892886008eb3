import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planTemplate } from "../../../local/template/plan.ts";
import { type Provisioner, runTemplate } from "../../../local/template/run.ts";
import { parseTemplate } from "../../../local/template/template.ts";

const settings = { stackName: "Shop", region: "eu-west-1", accountId: "111122223333" };

const echo: Provisioner = ({ logicalId, physicalId }) => ({ ref: physicalId, attributes: { Arn: `arn:${logicalId}` } });

const run = (template: object, provisioners: Record<string, Provisioner> = { "Test::Thing": echo }) =>
  runTemplate({ template: parseTemplate(template), settings, provisioners });

const thing = (Properties: object = {}, more: object = {}) => ({ Type: "Test::Thing", Properties, ...more });

describe("planTemplate", () => {
  it("puts each resource after what it depends on, whatever the way it says so", () => {
    const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.constantFrom("Ref", "GetAtt", "Sub", "DependsOn")));
    fc.assert(
      fc.property(edges, fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 10 }), (pairs, order) => {
        const later = pairs.flatMap(([a, b, way]) => (a === b ? [] : [[Math.max(a, b), Math.min(a, b), way] as const]));
        const Resources = Object.fromEntries(
          order.map((n) => {
            const own = later.filter(([from]) => from === n);
            const values = own.map(([, to, way]) => {
              if (way === "Ref") return { Ref: `R${to}` };
              if (way === "GetAtt") return { "Fn::GetAtt": [`R${to}`, "Arn"] };
              return way === "Sub" ? { "Fn::Sub": `x\${R${to}.Arn}` } : "";
            });
            const DependsOn = own.filter(([, , way]) => way === "DependsOn").map(([, to]) => `R${to}`);
            return [`R${n}`, thing({ values }, { DependsOn })];
          }),
        );
        const plan = planTemplate(parseTemplate({ Resources }), settings).map(({ logicalId }) => logicalId);
        expect(plan.toSorted()).toEqual(Object.keys(Resources).toSorted());
        for (const [from, to] of later) expect(plan.indexOf(`R${to}`)).toBeLessThan(plan.indexOf(`R${from}`));
      }),
    );
  });

  it("says which resources depend on each other", () => {
    const Resources = {
      A: thing({ to: { Ref: "B" } }),
      B: thing({ to: { "Fn::Sub": "${C}" } }),
      C: thing({}, { DependsOn: "A" }),
    };
    expect(() => planTemplate(parseTemplate({ Resources }), settings)).toThrow("A -> B -> C -> A");
  });

  it("says where a name stands for nothing", () => {
    const plan = (Resources: object) => planTemplate(parseTemplate({ Resources }), settings);
    expect(() => plan({ A: thing({ to: [{ Ref: "Nobody" }] }) })).toThrow(
      "A.Properties.to[0].Ref: there is no resource or parameter Nobody",
    );
    expect(() => plan({ A: thing({}, { DependsOn: "Nobody" }) })).toThrow("A.DependsOn: there is no resource Nobody");
  });

  it("leaves out what a condition leaves out, and what only that speaks of", () => {
    const template = {
      Conditions: { Never: { "Fn::Equals": ["a", "b"] } },
      Resources: {
        Gone: thing({}, { Condition: "Never" }),
        Kept: thing({ to: { "Fn::If": ["Never", { Ref: "Gone" }, "else"] } }, { DependsOn: ["Gone"] }),
      },
    };
    const plan = planTemplate(parseTemplate(template), settings);
    expect(plan.map(({ logicalId, dependsOn }) => [logicalId, dependsOn])).toEqual([["Kept", []]]);
    const broken = { ...template, Resources: { ...template.Resources, Bad: thing({ to: { Ref: "Gone" } }) } };
    expect(() => planTemplate(parseTemplate(broken), settings)).toThrow("Gone is left out of the stack");
  });
});

describe("runTemplate", () => {
  it("hands each provisioner its evaluated properties, and evaluates the outputs", async () => {
    const seen: unknown[] = [];
    const stack = await run(
      {
        Resources: {
          B: thing({ target: { "Fn::GetAtt": ["A", "Arn"] }, name: { "Fn::Sub": "${A}/${AWS::Region}" } }),
          A: thing(),
        },
        Outputs: { Url: { Value: { "Fn::Join": ["", ["http://", { Ref: "B" }]] } } },
      },
      {
        "Test::Thing": (resource) => {
          seen.push(resource.properties);
          return echo(resource);
        },
      },
    );
    expect(seen).toEqual([{}, { target: "arn:A", name: "Shop-A/eu-west-1" }]);
    expect(stack.outputs).toEqual({ Url: "http://Shop-B" });
    expect(stack.resources.get("B")).toEqual({ ref: "Shop-B", attributes: { Arn: "arn:B" }, type: "Test::Thing" });
  });

  it("brings up at the same time what does not depend on each other", async () => {
    const both = Promise.withResolvers<void>();
    let waiting = 0;
    const meet: Provisioner = async (resource) => {
      waiting += 1;
      if (waiting === 2) both.resolve();
      await both.promise;
      return echo(resource);
    };
    const stack = await run({ Resources: { A: thing(), B: thing() } }, { "Test::Thing": meet });
    expect(stack.resources.size).toBe(2);
  });

  it("names the resources of types that it has no provisioner for, and makes up what they answer", async () => {
    const stack = await run({
      Resources: {
        Role: { Type: "AWS::IAM::Role", Properties: { anything: { "Fn::ImportValue": "not evaluated" } } },
        A: thing({ role: { "Fn::GetAtt": ["Role", "Arn"] } }),
      },
      Outputs: {
        Arn: { Value: { "Fn::GetAtt": ["Role", "Arn"] } },
        Id: { Value: { "Fn::GetAtt": ["Role", "RoleId"] } },
        Name: { Value: { Ref: "Role" } },
      },
    });
    expect(stack.notRun).toEqual([{ logicalId: "Role", type: "AWS::IAM::Role" }]);
    expect(stack.outputs).toEqual({
      Arn: "arn:aws:iam::111122223333:role/Shop-Role",
      Id: "Shop-Role.RoleId",
      Name: "Shop-Role",
    });
  });

  it("fails with the logical id, the type, the property and the cause", async () => {
    const Resources = { A: thing(), B: thing({ list: [{ "Fn::GetAtt": ["A", "Url"] }] }) };
    await expect(run({ Resources })).rejects.toThrow(
      "B (Test::Thing).Properties.list[0].Fn::GetAtt: A (Test::Thing) has no attribute Url; it has: Arn",
    );
    const cause = new Error("no room");
    const full: Provisioner = () => Promise.reject(cause);
    await expect(run({ Resources: { A: thing() } }, { "Test::Thing": full })).rejects.toThrow(
      expect.objectContaining({ message: "A (Test::Thing): no room", cause }),
    );
  });

  it("begins nothing new after a failure", async () => {
    const begun: string[] = [];
    const failing: Provisioner = (resource) => {
      begun.push(resource.logicalId);
      if (resource.logicalId === "A") throw new Error("no");
      return echo(resource);
    };
    const Resources = { A: thing(), B: thing({}, { DependsOn: "A" }) };
    await expect(run({ Resources }, { "Test::Thing": failing })).rejects.toThrow("A (Test::Thing): no");
    expect(begun).toEqual(["A"]);
  });

  it("names what is too long by a hash, so that two long names stay two", async () => {
    const long = "L".repeat(80);
    const stack = await run({ Resources: { [`${long}A`]: thing(), [`${long}B`]: thing() } });
    const names = [...stack.resources.values()].map(({ ref }) => ref);
    expect(new Set(names).size).toBe(2);
    expect(names.every((name) => name.length <= 63)).toBe(true);
  });
});

describe("parseTemplate", () => {
  it.each([
    [[], /^template: expected an object, got \[\]$/],
    [{ Resources: { A: 1 } }, /^Resources\.A: expected an object, got 1$/],
    [{ Resources: { A: {} } }, /^Resources\.A\.Type: expected a string/],
    [{ Resources: { A: { Type: "T", DependsOn: 1 } } }, /^Resources\.A\.DependsOn: expected a logical id/],
  ])("refuses %j with the place", (json, message) => {
    expect(() => parseTemplate(json)).toThrow(message);
  });
});
