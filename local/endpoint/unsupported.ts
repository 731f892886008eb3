import { isDeepStrictEqual } from "node:util";

/** What kinesalite and dynalite know of a member: its type, and the members or entries in it. */
type MemberType = string | { readonly type?: string; readonly children?: unknown };
type Members = Readonly<Record<string, MemberType | undefined>>;

/** Values that mean the same as leaving the member out; any other value of it does not run here. */
const withoutEffect: Readonly<Record<string, readonly unknown[]>> = {
  DeletionProtectionEnabled: [false],
  EnforceConsumerDeletion: [true, false],
  ReturnValuesOnConditionCheckFailure: ["NONE"],
  SSESpecification: [{ Enabled: false }],
  StreamModeDetails: [{ StreamMode: "PROVISIONED" }],
  StreamSpecification: [{ StreamEnabled: false }],
  TableClass: ["STANDARD"],
  Tags: [[], {}],
};

/**
 * The first unknown member of an input, as `A.B`, or undefined. An unknown member would be dropped without a
 * word, and the caller would believe that it had its effect.
 */
export function unsupportedMember(input: object, types: object, path = ""): string | undefined {
  const members = types as Members;
  for (const [name, value] of Object.entries(input)) {
    if (value === null || value === undefined) continue;
    const known = Object.hasOwn(members, name) ? members[name] : undefined;
    if (known === undefined) {
      if (withoutEffect[name]?.some((one) => isDeepStrictEqual(one, value))) continue;
      return path + name;
    }
    const inner = unsupportedWithin(value, known, `${path}${name}.`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function unsupportedWithin(value: unknown, known: MemberType, path: string): string | undefined {
  if (typeof known !== "object" || known.children === undefined) return undefined;
  const children = known.children as MemberType & object;
  if (typeof value !== "object" || value === null) return undefined;
  if (/Struct/.test(known.type ?? "")) {
    return Array.isArray(value) ? undefined : unsupportedMember(value, children, path);
  }
  for (const entry of Object.values(value)) {
    const inner = unsupportedWithin(entry, children, path);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
