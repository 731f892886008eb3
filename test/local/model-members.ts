/** A shape of the SDK's own model: a structure is [3, namespace, name, traits, member names, member shapes]. */
export type Shape = number | readonly unknown[] | (() => Shape);
export type Model = Readonly<Record<string, readonly unknown[]>>;

const type = (shape: Shape): number | undefined => (typeof shape === "number" ? shape : undefined);
/** A member may be a pair of its shape and its traits. */
function resolved(shape: Shape): Shape {
  if (typeof shape === "function") return resolved(shape());
  return Array.isArray(shape) && shape.length === 2 ? resolved(shape[0] as Shape) : shape;
}

/** The shape of an operation's input. Throws where the model has no such operation. */
export function inputOf(model: Model, operation: string): Shape {
  const schema = model[`${operation}$`];
  if (schema === undefined) throw new Error(`Expected an operation of the model, got ${operation}`);
  return schema[4] as Shape;
}

/**
 * Each member below a shape, as a path, with an input that has nothing else. AttributeValue is in itself. `time` is what a
 * client wants for one; by default what JSON has.
 */
export function* paths(
  given: Shape,
  time: Date | number = 1,
  depth = 0,
): Generator<readonly [path: string, input: unknown]> {
  const shape = resolved(given);
  if (!Array.isArray(shape) || depth > 5) return;
  const [kind, , name, , ...rest] = shape;
  if (name === "AttributeValue") return;
  if (kind === 1 || kind === 2) {
    for (const [path, inner] of paths((kind === 1 ? rest[0] : rest[1]) as Shape, time, depth + 1)) {
      yield [path, kind === 1 ? [inner] : { x: inner }];
    }
  }
  if (kind !== 3) return;
  const [names, shapes] = rest as [string[], Shape[]];
  for (const [at, member] of names.entries()) {
    const inner = shapes[at] ?? 0;
    yield [member, { [member]: sample(inner, time) }];
    for (const [path, input] of paths(inner, time, depth + 1)) yield [`${member}.${path}`, { [member]: input }];
  }
}

/** Some value of a shape that is more than leaving it out. */
function sample(given: Shape, time: Date | number): unknown {
  const shape = resolved(given);
  if (Array.isArray(shape)) {
    const target = resolved((shape[0] === 1 ? shape[4] : shape[5]) as Shape);
    if (shape[0] === 0) return sample(shape[2] as Shape, time);
    return shape[0] === 1 ? [sample(target, time)] : shape[0] === 2 ? { x: sample(target, time) } : {};
  }
  const code = type(shape) ?? 0;
  if (code >= 128) return { x: "x" };
  if (code >= 64) return ["x"];
  if (time instanceof Date && code >= 4 && code <= 7) return time;
  return code === 1 ? 1 : code === 2 ? true : code === 4 ? time : code === 21 ? "eA==" : "x";
}
