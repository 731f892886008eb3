import { BIGINT, DOUBLE, DuckDBScalarFunction, type DuckDBType, VARCHAR } from "@duckdb/node-api";
import { dateFormat, dateParse } from "./date-format.ts";
import { baseText, isoText, isoTime, patternOf, replacementOf, trinoText, wholeOfBase } from "./values.ts";

/** Starts every error that a function of ours raises, to tell it from DuckDB's own. */
export const OWN_ERROR = "timestream: ";

type Value = string | number | bigint;

/** A function that DuckDB lacks or has with other results. NULL in any argument gives NULL without a call. */
function scalar<Arguments extends readonly Value[]>(
  name: string,
  parameterTypes: readonly DuckDBType[],
  returnType: DuckDBType,
  call: (...values: Arguments) => Value,
): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name,
    parameterTypes,
    returnType,
    mainFunction: (info, input, output) => {
      const columns = parameterTypes.map((_, at) => input.getColumnVector(at));
      try {
        for (let row = 0; row < input.rowCount; row++) {
          const values = columns.map((column) => column.getItem(row));
          output.setItem(row, values.includes(null) ? null : call(...(values as unknown as Arguments)));
        }
        output.flush();
      } catch (error) {
        info.setError(`${OWN_ERROR}${error instanceof Error ? error.message : String(error)}`);
      }
    },
  });
}

const ofDouble = (name: string, call: (x: number) => number): DuckDBScalarFunction =>
  scalar<[number]>(name, [DOUBLE], DOUBLE, call);

/** Functions in JavaScript that the rewritten queries and macros call. Java's and JavaScript's mathematics agree. */
export const scalarFunctions = (): DuckDBScalarFunction[] => [
  scalar<[string]>("ts_fail", [VARCHAR], VARCHAR, (message) => {
    throw new Error(message);
  }),
  ofDouble("ts_sqrt", Math.sqrt),
  ofDouble("ts_ln", Math.log),
  ofDouble("ts_log2", Math.log2),
  ofDouble("ts_log10", Math.log10),
  ofDouble("ts_acos", Math.acos),
  ofDouble("ts_asin", Math.asin),
  ofDouble("ts_cos", Math.cos),
  ofDouble("ts_sin", Math.sin),
  ofDouble("ts_tan", Math.tan),
  ofDouble("ts_exp", Math.exp),
  ofDouble("ts_cbrt", Math.cbrt),
  scalar<[number, number]>("ts_log", [DOUBLE, DOUBLE], DOUBLE, (base, x) => Math.log(x) / Math.log(base)),
  scalar<[number, number]>("ts_quotient", [DOUBLE, DOUBLE], DOUBLE, (x, y) => x / y),
  scalar<[number, number]>("ts_power", [DOUBLE, DOUBLE], DOUBLE, (x, y) => x ** y),
  scalar<[bigint, bigint]>("ts_to_base", [BIGINT, BIGINT], VARCHAR, baseText),
  scalar<[string, bigint]>("ts_from_base", [VARCHAR, BIGINT], BIGINT, wholeOfBase),
  scalar<[string, string]>("ts_text", [VARCHAR, VARCHAR], VARCHAR, trinoText),
  scalar<[string, string]>("ts_iso_text", [VARCHAR, VARCHAR], VARCHAR, isoText),
  scalar<[string]>("ts_iso_time", [VARCHAR], BIGINT, isoTime),
  scalar<[string]>("ts_pattern", [VARCHAR], VARCHAR, patternOf),
  scalar<[string, string]>("ts_replacement", [VARCHAR, VARCHAR], VARCHAR, replacementOf),
  scalar<[bigint, string]>("ts_format_time", [BIGINT, VARCHAR], VARCHAR, dateFormat),
  scalar<[string, string]>("ts_parse_time", [VARCHAR, VARCHAR], BIGINT, dateParse),
];
