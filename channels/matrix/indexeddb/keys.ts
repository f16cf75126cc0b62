/** What may be a key here. IndexedDB knows dates and bytes, too; the crypto store uses neither. */
export type Key = string | number | readonly Key[];

/** Throws a DataError for what is no key. */
export function parseKey(value: unknown): Key {
  if (typeof value === "string" || (typeof value === "number" && !Number.isNaN(value))) return value;
  if (Array.isArray(value)) return value.map(parseKey);
  throw new DOMException("This is no key that this database can keep.", "DataError");
}

/** The order of https://www.w3.org/TR/IndexedDB/#key-construct: numbers, texts by UTF-16 code units, lists. */
export function compareKeys(a: Key, b: Key): number {
  if (typeof a === "number" && typeof b === "number") return Math.sign(a - b);
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "object" && typeof b === "object") {
    for (const [index, item] of a.entries()) {
      const other = b[index];
      if (other === undefined) return 1;
      const order = compareKeys(item, other);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  return rank(a) - rank(b);
}

function rank(key: Key): number {
  return typeof key === "number" ? 0 : typeof key === "string" ? 1 : 2;
}

/** The value at "a.b" of a stored value, as a key; undefined when there is none, so that an index leaves the record out. */
export function pickKey(value: unknown, path: string | readonly string[]): Key | undefined {
  if (typeof path !== "string") {
    const keys = path.map((each) => pickKey(value, each));
    return keys.every((key) => key !== undefined) ? keys : undefined;
  }
  let found = value;
  for (const name of path.split(".")) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  try {
    return parseKey(found);
  } catch {
    return undefined;
  }
}

/** `IDBKeyRange`. */
export class KeyRange {
  readonly lower: Key | undefined;
  readonly upper: Key | undefined;
  readonly lowerOpen: boolean;
  readonly upperOpen: boolean;

  constructor(lower: Key | undefined, upper: Key | undefined, lowerOpen = false, upperOpen = false) {
    this.lower = lower;
    this.upper = upper;
    this.lowerOpen = lowerOpen;
    this.upperOpen = upperOpen;
  }

  static only(value: unknown): KeyRange {
    const key = parseKey(value);
    return new KeyRange(key, key);
  }

  static bound(lower: unknown, upper: unknown, lowerOpen = false, upperOpen = false): KeyRange {
    const range = new KeyRange(parseKey(lower), parseKey(upper), lowerOpen, upperOpen);
    const order = compareKeys(range.lower as Key, range.upper as Key);
    if (order > 0 || (order === 0 && (lowerOpen || upperOpen)))
      throw new DOMException("The lower end of the range lies above the upper one.", "DataError");
    return range;
  }

  static lowerBound(lower: unknown, isOpen = false): KeyRange {
    return new KeyRange(parseKey(lower), undefined, isOpen);
  }

  static upperBound(upper: unknown, isOpen = false): KeyRange {
    return new KeyRange(undefined, parseKey(upper), false, isOpen);
  }

  includes(value: unknown): boolean {
    const key = parseKey(value);
    return !this.isBelow(key) && !this.isAbove(key);
  }

  /** Does the key lie before the range? */
  isBelow(key: Key): boolean {
    if (this.lower === undefined) return false;
    const order = compareKeys(key, this.lower);
    return order < 0 || (order === 0 && this.lowerOpen);
  }

  isAbove(key: Key): boolean {
    if (this.upper === undefined) return false;
    const order = compareKeys(key, this.upper);
    return order > 0 || (order === 0 && this.upperOpen);
  }
}

/** What a query may be: nothing for all, a key, a range. */
export function parseRange(query: unknown): KeyRange {
  if (query === undefined || query === null) return new KeyRange(undefined, undefined);
  return query instanceof KeyRange ? query : KeyRange.only(query);
}
