/** Why nothing more is heard of a process that has taken a deadly record apart. */
class Ended extends Error {
  override readonly name = "Ended";
}

/** Data whose first byte ends the process that looks at it. To carry it from place to place does no harm. */
export function deadly(data: Buffer, die: () => void): Buffer {
  return new Proxy(data, {
    get: (bytes, name) => {
      if (name === "0") {
        die();
        throw new Ended();
      }
      const value: unknown = Reflect.get(bytes, name, bytes);
      return typeof value === "function" ? value.bind(bytes) : value;
    },
  });
}
