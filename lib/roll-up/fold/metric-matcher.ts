import type { Definitions, MetricDefinition } from "../../config/definitions.ts";
import type { Scalar } from "../../config/shape.ts";
import type { Event } from "../../stream/event/event.ts";
import { isRawNumber } from "../../stream/event/json.ts";
import { type PathReader, pathReader } from "../../stream/event/path.ts";

/** A metric made ready to run over events. */
export interface CompiledMetric {
  readonly definition: MetricDefinition;
  /** Its place in `Definitions.metrics`. */
  readonly index: number;
  /** Whether the properties that must be equal are. */
  readonly matches: ((event: Event) => boolean) | undefined;
  /** Of the number that a `sum` adds up. */
  readonly number: PathReader | undefined;
  readonly dimensions: readonly PathReader[];
}

/** Finds the metrics that look at an event, by its type and name. */
export type MetricsOf = (event: Event) => readonly CompiledMetric[];

interface OfType {
  readonly byName: Map<string, CompiledMetric[]>;
  readonly anyName: CompiledMetric[];
}

const none: readonly CompiledMetric[] = [];

/** One lookup by type and one by name, however many metrics there are. */
export function metricMatcher({ metrics }: Definitions): MetricsOf {
  const types = new Map<string, OfType>();
  const compiled = metrics.map(compileMetric);
  for (const type of new Set(compiled.map(({ definition }) => definition.on.type))) {
    const ofType = compiled.filter((metric) => metric.definition.on.type === type);
    const looksAt = (name?: string) =>
      ofType.filter(({ definition: { on } }) => on.names.length === 0 || on.names.some((one) => one === name));
    const names = new Set(ofType.flatMap((metric) => metric.definition.on.names));
    types.set(type, { byName: new Map([...names].map((name) => [name, looksAt(name)])), anyName: looksAt() });
  }
  return ({ type, name }) => {
    const ofType = types.get(type);
    return ofType === undefined ? none : (ofType.byName.get(name) ?? ofType.anyName);
  };
}

function compileMetric(definition: MetricDefinition, index: number): CompiledMetric {
  const { on, measure, by } = definition;
  const conditions = Object.entries(on.where).map(([path, value]): [PathReader, Scalar] => [pathReader(path), value]);
  return {
    definition,
    index,
    matches:
      conditions.length === 0
        ? undefined
        : ({ fields }) => conditions.every(([read, value]) => isEqual(read(fields), value)),
    number: measure.kind === "sum" ? pathReader(measure.of) : undefined,
    dimensions: by.map(([, path]) => pathReader(path)),
  };
}

/** A whole number that a double does not hold is compared by its digits: a configuration has them as a string. */
const isEqual = (found: unknown, value: Scalar): boolean =>
  found === value || (typeof found === "object" && isRawNumber(found) && found.rawJSON === value);
