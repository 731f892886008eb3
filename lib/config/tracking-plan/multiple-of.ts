import { _, type CodeKeywordDefinition, type KeywordCxt, str } from "ajv";

/**
 * What a price may be off from the nearest multiple, as a part of itself: 19.99 / 0.01 is 1998.9999999999998. Some roundings
 * of a double, and far less than any other number of as many digits is off.
 */
const tolerance = 1e-15;

/** `multipleOf` for numbers as people write them; Ajv's own asks whether the quotient of two doubles is whole. */
export const multipleOf: CodeKeywordDefinition = {
  keyword: "multipleOf",
  type: "number",
  schemaType: "number",
  error: {
    message: ({ schemaCode }) => str`must be multiple of ${schemaCode}`,
    params: ({ schemaCode }) => _`{multipleOf: ${schemaCode}}`,
  },
  code(context: KeywordCxt) {
    const { gen, data, schemaCode } = context;
    const quotient = gen.const("quotient", _`${data} / ${schemaCode}`);
    context.pass(_`Math.abs(Math.round(${quotient}) - ${quotient}) <= Math.abs(${quotient}) * ${tolerance}`);
  },
};
