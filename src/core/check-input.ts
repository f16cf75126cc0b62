type Schema = Readonly<Record<string, unknown>>;

const maxFaults = 5;

/**
 * Checks a tool's input against its JSON Schema. Undefined: it fits. Otherwise sentences that tell a model what to
 * mend; they name fields, never their values. Never throws.
 *
 * Knows type, enum, const, properties, required, additionalProperties, items, minItems, maxItems, minLength,
 * maxLength, minimum, maximum and anyOf. Other keywords are passed over: `pattern` among them, because a schema may
 * come from a server that is not ours and a pattern can be made to run for hours.
 */
export function checkInput(schema: Schema, input: unknown): string | undefined {
  const faults = findFaults(schema, input, "");
  if (faults.length === 0) return undefined;
  const rest = faults.length - maxFaults;
  const shown = faults.slice(0, maxFaults).join(" ");
  return rest > 0 ? `${shown} And ${rest} more.` : shown;
}

function findFaults(schema: Schema, value: unknown, path: string): string[] {
  const name = path === "" ? "The input" : `"${path}"`;
  const wanted = typesOf(schema);
  if (wanted.length > 0 && !wanted.some((type) => isOfType(type, value))) {
    return [`${name} must be ${describeTypes(wanted)}.`];
  }
  if (Array.isArray(schema["enum"]) && !schema["enum"].includes(value)) {
    return [`${name} must be one of ${schema["enum"].map((one) => JSON.stringify(one)).join(", ")}.`];
  }
  if ("const" in schema && schema["const"] !== value) {
    return [`${name} must be ${JSON.stringify(schema["const"])}.`];
  }
  const choices = Array.isArray(schema["anyOf"]) ? schema["anyOf"].filter(isRecord) : [];
  if (choices.length > 0) {
    const results = choices.map((choice) => findFaults(choice, value, path));
    const best = results.toSorted((a, b) => a.length - b.length)[0] ?? [];
    if (best.length > 0) return best;
  }
  if (typeof value === "string") return lengthFaults(schema, value.length, name, "Length", "characters");
  if (typeof value === "number") return numberFaults(schema, value, name);
  if (Array.isArray(value)) return arrayFaults(schema, value, path, name);
  return isRecord(value) ? objectFaults(schema, value, path, name) : [];
}

function objectFaults(schema: Schema, value: Schema, path: string, name: string): string[] {
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const others = schema["additionalProperties"];
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  const faults = required
    .filter((key): key is string => typeof key === "string" && !Object.hasOwn(value, key))
    .map((key) => `"${at(key)}" is required.`);
  for (const [key, item] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (isRecord(known)) faults.push(...findFaults(known, item, at(key)));
    else if (known !== undefined) continue;
    else if (others === false) {
      const names = Object.keys(properties);
      faults.push(
        `${name} has no field "${key.slice(0, 60)}"; it has ${names.length === 0 ? "none" : names.join(", ")}.`,
      );
    } else if (isRecord(others)) faults.push(...findFaults(others, item, at(key)));
  }
  return faults;
}

function arrayFaults(schema: Schema, value: readonly unknown[], path: string, name: string): string[] {
  const faults = lengthFaults(schema, value.length, name, "Items", "items");
  const items = schema["items"];
  if (faults.length > 0 || !isRecord(items)) return faults;
  return value.flatMap((item, index) => findFaults(items, item, `${path}[${index}]`));
}

function lengthFaults(
  schema: Schema,
  length: number,
  name: string,
  suffix: "Length" | "Items",
  unit: string,
): string[] {
  const min = schema[`min${suffix}`];
  const max = schema[`max${suffix}`];
  if (typeof min === "number" && length < min) return [`${name} must have at least ${min} ${unit}.`];
  if (typeof max === "number" && length > max) return [`${name} must have at most ${max} ${unit}, not ${length}.`];
  return [];
}

function numberFaults(schema: Schema, value: number, name: string): string[] {
  const { minimum, maximum } = schema;
  if (typeof minimum === "number" && value < minimum) return [`${name} must be at least ${minimum}.`];
  if (typeof maximum === "number" && value > maximum) return [`${name} must be at most ${maximum}.`];
  return [];
}

const typeNames: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
};

function typesOf(schema: Schema): readonly string[] {
  const type = schema["type"];
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  return types.filter((one): one is string => typeof one === "string" && Object.hasOwn(typeNames, one));
}

function describeTypes(types: readonly string[]): string {
  return types.map((type) => typeNames[type] ?? type).join(" or ");
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case "object":
      return isRecord(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

function isRecord(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
