import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, type Scope } from "../../../local/template/evaluate.ts";
import { staticScope } from "../../../local/template/static-scope.ts";
import { parseTemplate } from "../../../local/template/template.ts";

const settings = { stackName: "Shop", region: "eu-west-1", accountId: "111122223333" };

function scopeOf(template: object = {}): Scope {
  return staticScope(parseTemplate(template), settings, {
    ref: (logicalId) => `ref-${logicalId}`,
    att: (logicalId, name) => `${logicalId}/${name}`,
  });
}

const evaluated = (value: unknown, template?: object): unknown => evaluate(value, scopeOf(template), "Here");

const plainText = fc.string().filter((text) => !text.includes("${"));
const plainJson = fc.jsonValue().filter((value) => !/"(Ref|Fn::[^"]*)":/.test(JSON.stringify(value)));

describe("intrinsic functions", () => {
  it("leave a value without them as it is", () => {
    fc.assert(
      fc.property(plainJson, (value) => {
        expect(evaluated(value)).toEqual(value);
      }),
    );
  });

  it("join what they split", () => {
    fc.assert(
      fc.property(plainText, fc.string({ minLength: 1 }), (text, delimiter) => {
        const pieces = { "Fn::Split": [delimiter, text] };
        expect(evaluated({ "Fn::Join": [delimiter, pieces] })).toBe(text);
      }),
    );
  });

  it("split what they joined, when no piece holds the delimiter", () => {
    const piece = fc.string().map((text) => text.replaceAll("|", ""));
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1 }), (pieces) => {
        expect(evaluated({ "Fn::Split": ["|", { "Fn::Join": ["|", pieces] }] })).toEqual(pieces);
      }),
    );
  });

  it("substitute as they join", () => {
    const part = fc.oneof(
      plainText.map((text) => ({ sub: text, join: text as unknown })),
      fc.constantFrom("Topic", "AWS::Region").map((name) => ({ sub: `\${${name}}`, join: { Ref: name } })),
      fc.constant({ sub: "${Topic.Arn.Part}", join: { "Fn::GetAtt": ["Topic", "Arn.Part"] } }),
      fc.constant({ sub: "${!Literal}", join: "${Literal}" }),
      fc.string().map((text) => ({ sub: "${Given}", join: text })),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const given = parts.findLast(({ sub }) => sub === "${Given}")?.join ?? "";
        const joined = parts.map(({ sub, join }) => (sub === "${Given}" ? given : join));
        const sub = { "Fn::Sub": [parts.map((piece) => piece.sub).join(""), { Given: given }] };
        // A "$" that ends one piece and a "{" that begins the next would make a variable of plain text.
        fc.pre(!/\$\{(?!Topic|AWS::Region\}|!Literal\}|Given\})/.test(sub["Fn::Sub"][0] as string));
        expect(evaluated(sub)).toBe(evaluated({ "Fn::Join": ["", joined] }));
      }),
    );
  });

  it("select the entry at an index, be it a number or a string", () => {
    fc.assert(
      fc.property(fc.array(plainText, { minLength: 1 }), fc.nat(), (list, n) => {
        const at = n % list.length;
        expect(evaluated({ "Fn::Select": [at, list] })).toBe(list[at]);
        expect(evaluated({ "Fn::Select": [String(at), list] })).toBe(list[at]);
      }),
    );
  });

  it("take only the branch of the condition, and leave out AWS::NoValue", () => {
    const template = { Conditions: { Big: { "Fn::Equals": [{ Ref: "AWS::Region" }, "eu-west-1"] } } };
    const value = {
      size: { "Fn::If": ["Big", 10, { "Fn::ImportValue": "never looked at" }] },
      gone: { Ref: "AWS::NoValue" },
      list: [1, { "Fn::If": ["Big", { Ref: "AWS::NoValue" }, 2] }, 3],
    };
    expect(evaluated(value, template)).toEqual({ size: 10, list: [1, 3] });
  });

  it("evaluate conditions as boolean algebra does", () => {
    const equals = (left: boolean) => ({ "Fn::Equals": [String(left), "true"] });
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), (a, b) => {
        const Conditions = {
          A: equals(a),
          And: { "Fn::And": [{ Condition: "A" }, equals(b)] },
          Or: { "Fn::Or": [{ Condition: "A" }, equals(b)] },
          NotAnd: { "Fn::Not": [{ Condition: "And" }] },
          DeMorgan: { "Fn::Or": [{ "Fn::Not": [equals(a)] }, { "Fn::Not": [equals(b)] }] },
        };
        const answer = (name: string) => evaluated({ "Fn::If": [name, true, false] }, { Conditions });
        expect(answer("And")).toBe(a && b);
        expect(answer("Or")).toBe(a || b);
        expect(answer("NotAnd")).toBe(answer("DeMorgan"));
      }),
    );
  });

  it("find values in mappings", () => {
    const Mappings = { Sizes: { "eu-west-1": { shards: 4 } } };
    expect(evaluated({ "Fn::FindInMap": ["Sizes", { Ref: "AWS::Region" }, "shards"] }, { Mappings })).toBe(4);
  });
});

describe("names that a template itself answers", () => {
  it("are the pseudo parameters", () => {
    expect(evaluated({ "Fn::Sub": "${AWS::Partition}:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}" })).toBe(
      "aws:eu-west-1:111122223333:Shop",
    );
    expect(evaluated({ Ref: "AWS::URLSuffix" })).toBe("amazonaws.com");
    expect(evaluated({ Ref: "AWS::StackId" })).toMatch(
      /^arn:aws:cloudformation:eu-west-1:111122223333:stack\/Shop\/\w{8}-\w{4}-\w{4}-\w{4}-\w{12}$/,
    );
  });

  it("are parameters: the given value, else the default, a list where the type is one", () => {
    const Parameters = {
      BootstrapVersion: { Type: "AWS::SSM::Parameter::Value<String>", Default: "/cdk-bootstrap/hnb659fds/version" },
      Zones: { Type: "CommaDelimitedList", Default: "a, b" },
    };
    expect(evaluated([{ Ref: "BootstrapVersion" }, { Ref: "Zones" }], { Parameters })).toEqual([
      "/cdk-bootstrap/hnb659fds/version",
      ["a", "b"],
    ]);
  });
});

describe("what cannot be evaluated", () => {
  it.each([
    [
      { a: [{ "Fn::ImportValue": "Other" }] },
      /^Here\.a\[0\]: Fn::ImportValue cannot be evaluated here; what can: Ref,/,
    ],
    [{ "Fn::Select": [3, ["x"]] }, /^Here\.Fn::Select: expected an index below 1, got 3$/],
    [{ "Fn::Join": ["", [{}]] }, /^Here\.Fn::Join\[1\]\[0\]: expected a string, got \{\}$/],
    [{ "Fn::Join": "x" }, /^Here\.Fn::Join: expected a list of 2, got "x"$/],
    [{ "Fn::If": ["Missing", 1, 2] }, /^Here\.Fn::If: there is no condition Missing$/],
    [{ "Fn::FindInMap": ["A", "b", "c"] }, /^Here\.Fn::FindInMap: the mappings hold no A\.b\.c$/],
  ])("is named with the path to it: %j", (value, message) => {
    expect(() => evaluated(value)).toThrow(message);
  });

  it("includes a parameter without a value and a condition of itself", () => {
    expect(() => evaluated({ Ref: "P" }, { Parameters: { P: { Type: "String" } } })).toThrow(
      "Here: the parameter P has neither a default nor a given value",
    );
    const Conditions = { A: { Condition: "B" }, B: { Condition: "A" } };
    expect(() => evaluated({ "Fn::If": ["A", 1, 2] }, { Conditions })).toThrow("the condition depends on itself");
  });
});
