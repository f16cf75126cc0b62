import type { GbnfJsonSchema } from "node-llama-cpp";

type JsonSchema = Readonly<Record<string, unknown>>;

const plainTypes = new Set(["string", "number", "integer", "boolean", "null"]);
const formats = new Set(["date-time", "time", "date"]);
/** Longer texts and lists would make the grammar huge; whoever takes the answer checks it against the whole schema. */
const longestCounted = 64;

/**
 * A JSON schema as the engine's grammars know it: a part of the language, in which all fields are required. Optional
 * fields may be null instead; `dropNulls` takes these out again. What cannot be said is left open. Pure.
 */
export function formatGrammarSchema(schema: JsonSchema): GbnfJsonSchema {
  const definitions = asRecord(schema["$defs"] ?? schema["definitions"]);
  const converted = convert(schema, definitions);
  if (Object.keys(definitions).length === 0) return converted;
  const $defs = Object.fromEntries(
    Object.entries(definitions).map(([name, each]) => [name, convert(each, definitions)]),
  );
  return { ...converted, $defs } as GbnfJsonSchema;
}

/** The value without nulls in fields that the schema calls optional and that cannot be null. Pure. */
export function dropNulls(schema: JsonSchema, value: unknown, root: JsonSchema = schema, depth = 0): unknown {
  if (depth > 32) return value;
  const own = resolve(schema, root);
  if (Array.isArray(value)) return value.map((item) => dropNulls(asRecord(own["items"]), item, root, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  const properties = asRecord(own["properties"]);
  const required = requiredOf(own);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => {
      const inner = asRecord(properties[name]);
      if (field === null && name in properties && !required.has(name) && !admitsNull(inner, root)) return [];
      return [[name, dropNulls(inner, field, root, depth + 1)]];
    }),
  );
}

function convert(given: unknown, definitions: JsonSchema): GbnfJsonSchema {
  const schema = asRecord(given);
  const words = typeof schema["description"] === "string" ? { description: schema["description"] } : {};
  const name = referenceOf(schema);
  if (name !== undefined)
    return name in definitions ? ({ $ref: `#/$defs/${name}`, ...words } as GbnfJsonSchema) : any();
  const alternatives = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(alternatives) && alternatives.length > 0)
    return { oneOf: alternatives.map((each) => convert(each, definitions)), ...words };
  const parts = schema["allOf"];
  if (Array.isArray(parts)) return convert(merge([schema, ...parts.map(asRecord)]), definitions);
  if ("const" in schema) return isPlain(schema["const"]) ? { const: schema["const"], ...words } : any();
  const values = schema["enum"];
  if (Array.isArray(values)) return values.every(isPlain) && values.length > 0 ? { enum: values, ...words } : any();
  const type = schema["type"] ?? ("properties" in schema ? "object" : "items" in schema ? "array" : undefined);
  if (Array.isArray(type))
    return { oneOf: type.map((each: unknown) => convert({ ...schema, type: each }, definitions)), ...words };
  if (type === "object") return { ...convertObject(schema, definitions), ...words };
  if (type === "array") {
    const items = "items" in schema ? convert(schema["items"], definitions) : any();
    return { type, items, ...pickCounts(schema, ["minItems", "maxItems"]), ...words };
  }
  if (type === "string") {
    const format = schema["format"];
    if (typeof format === "string" && formats.has(format)) return { type, format, ...words } as GbnfJsonSchema;
    return { type, ...pickCounts(schema, ["minLength", "maxLength"]), ...words };
  }
  return typeof type === "string" && plainTypes.has(type) ? ({ type, ...words } as GbnfJsonSchema) : any();
}

function convertObject(schema: JsonSchema, definitions: JsonSchema): GbnfJsonSchema {
  const required = requiredOf(schema);
  const properties = Object.fromEntries(
    Object.entries(asRecord(schema["properties"])).map(([name, field]) => {
      const converted = convert(field, definitions);
      if (required.has(name) || admitsNull(asRecord(field), { $defs: definitions })) return [name, converted];
      return [name, { oneOf: [converted, { type: "null" as const }] }];
    }),
  );
  const others = schema["additionalProperties"];
  // Without a word about others only an object without known fields is open: models would go on inventing.
  const isOpen = others === true || (others === undefined && Object.keys(properties).length === 0);
  const additionalProperties = isOpen ? true : typeof others === "object" ? convert(others, definitions) : false;
  return { type: "object", properties, additionalProperties };
}

function any(): GbnfJsonSchema {
  return {
    oneOf: [
      { type: ["string", "number", "boolean", "null"] },
      { type: "object", additionalProperties: true },
      { type: "array" },
    ],
  };
}

function admitsNull(schema: JsonSchema, root: JsonSchema, depth = 0): boolean {
  if (depth > 8) return true;
  const own = resolve(schema, root);
  const alternatives = own["anyOf"] ?? own["oneOf"];
  if (Array.isArray(alternatives)) return alternatives.some((each) => admitsNull(asRecord(each), root, depth + 1));
  if ("const" in own) return own["const"] === null;
  if (Array.isArray(own["enum"])) return own["enum"].includes(null);
  const type = own["type"];
  return type === undefined
    ? Object.keys(own).length === 0
    : Array.isArray(type)
      ? type.includes("null")
      : type === "null";
}

function merge(parts: readonly JsonSchema[]): JsonSchema {
  const rest = parts.map((part): JsonSchema => ({ ...part, allOf: undefined }));
  return {
    ...Object.assign({}, ...rest),
    properties: Object.assign({}, ...rest.map((part) => asRecord(part["properties"]))) as JsonSchema,
    required: rest.flatMap((part) => [...requiredOf(part)]),
  };
}

function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = referenceOf(schema);
  return name === undefined ? schema : asRecord(asRecord(root["$defs"] ?? root["definitions"])[name]);
}

function referenceOf(schema: JsonSchema): string | undefined {
  const reference = schema["$ref"];
  return typeof reference === "string" ? reference.replace(/^#\/(\$defs|definitions)\//, "") : undefined;
}

function requiredOf(schema: JsonSchema): ReadonlySet<unknown> {
  return new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
}

function pickCounts(schema: JsonSchema, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const count = schema[name];
      return typeof count === "number" && count <= longestCounted ? [[name, count]] : [];
    }),
  );
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function asRecord(value: unknown): JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonSchema) : {};
}
