import { AppError } from "../../core/errors.ts";

const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };

/** Name: its function, its least and its largest number of arguments. */
const functions: Readonly<Record<string, readonly [(...values: readonly number[]) => number, number, number]>> = {
  abs: [unary(Math.abs), 1, 1],
  sqrt: [unary(Math.sqrt), 1, 1],
  cbrt: [unary(Math.cbrt), 1, 1],
  exp: [unary(Math.exp), 1, 1],
  ln: [unary(Math.log), 1, 1],
  log: [unary(Math.log10), 1, 1],
  log2: [unary(Math.log2), 1, 1],
  sin: [unary(Math.sin), 1, 1],
  cos: [unary(Math.cos), 1, 1],
  tan: [unary(Math.tan), 1, 1],
  asin: [unary(Math.asin), 1, 1],
  acos: [unary(Math.acos), 1, 1],
  atan: [unary(Math.atan), 1, 1],
  floor: [unary(Math.floor), 1, 1],
  ceil: [unary(Math.ceil), 1, 1],
  round: [roundTo, 1, 2],
  min: [Math.min, 1, 100],
  max: [Math.max, 1, 100],
};

const token = /\s*(?:(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([a-z][a-z0-9]*)|(\*\*|[-+*/^%(),]))/iy;

/**
 * Works out an expression: + - * / % (remainder, with the sign of the left side) ^ or ** (from the right, before a
 * minus sign: -2^2 is -4), parentheses, functions and constants. Numbers are doubles, angles radians, `log` is to
 * base 10. Throws AppError "bad-input" for what it cannot read and for results that are no real, finite number.
 */
export function evaluateExpression(text: string): number {
  const tokens = readTokens(text);
  let position = 0;

  const accept = (...wanted: readonly string[]): string | undefined => {
    const next = tokens[position];
    if (next === undefined || !wanted.includes(next)) return undefined;
    position += 1;
    return next;
  };
  const expect = (wanted: string): void => {
    if (accept(wanted) === undefined) throw unreadable(`"${wanted}" expected`, tokens[position]);
  };

  function sum(): number {
    let value = product();
    for (let sign = accept("+", "-"); sign !== undefined; sign = accept("+", "-")) {
      const right = product();
      value = sign === "+" ? value + right : value - right;
    }
    return value;
  }

  function product(): number {
    let value = signed();
    for (let sign = accept("*", "/", "%"); sign !== undefined; sign = accept("*", "/", "%")) {
      const right = signed();
      if (sign !== "*" && right === 0) throw new AppError("bad-input", "This divides by zero.");
      value = sign === "*" ? value * right : sign === "/" ? value / right : value % right;
    }
    return value;
  }

  function signed(): number {
    const sign = accept("+", "-");
    if (sign === undefined) return power();
    return sign === "-" ? -signed() : signed();
  }

  function power(): number {
    const base = atom();
    return accept("^", "**") === undefined ? base : base ** signed();
  }

  function atom(): number {
    const next = tokens[position];
    position += 1;
    if (next === "(") {
      const value = sum();
      expect(")");
      return value;
    }
    if (next !== undefined && /^[\d.]/.test(next)) return Number(next);
    if (next !== undefined && Object.hasOwn(constants, next)) return constants[next] ?? Number.NaN;
    const [apply, least, most] =
      (next !== undefined && Object.hasOwn(functions, next) ? functions[next] : undefined) ?? [];
    if (next === undefined || apply === undefined)
      throw unreadable("a number, a function or a parenthesis expected", next);
    expect("(");
    const values = [sum()];
    while (accept(",") !== undefined) values.push(sum());
    expect(")");
    if (values.length < (least ?? 0) || values.length > (most ?? 0)) {
      throw new AppError(
        "bad-input",
        `"${next}" takes ${most === least ? most : `${least} to ${most}`} values, not ${values.length}.`,
      );
    }
    return apply(...values);
  }

  const value = sum();
  if (position < tokens.length) throw unreadable("the end or an operator expected", tokens[position]);
  if (!Number.isFinite(value)) throw new AppError("bad-input", "The result is not a finite real number.");
  return value;
}

/** A result for reading: 15 digits, so that 0.1 + 0.2 is 0.3. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(15)) + 0);
}

function readTokens(text: string): readonly string[] {
  const plain = text

    .replace(/[×·]/g, "*")
    .replace(/[÷∕⁄]/g, "/")
    .replace(/[−–]/g, "-")
    .replaceAll("π", "pi")
    .trimEnd();
  const tokens: string[] = [];
  for (token.lastIndex = 0; token.lastIndex < plain.length;) {
    const start = token.lastIndex;
    const [, number, name, sign] = token.exec(plain) ?? [];
    const found = number ?? name?.toLowerCase() ?? sign;
    if (found === undefined)
      throw unreadable("a character that is no part of an expression", plain.slice(start).trim().charAt(0));
    tokens.push(found);
  }
  return tokens;
}

function unreadable(what: string, where: string | undefined): AppError {
  return new AppError(
    "bad-input",
    `The expression cannot be read: ${what} ${where === undefined ? "at the end" : `at "${where}"`}.`,
    {
      hint: `It may hold numbers, + - * / % ^, parentheses, pi, e and ${Object.keys(functions).join(", ")}.`,
    },
  );
}

function unary(apply: (value: number) => number) {
  return (...values: readonly number[]) => apply(values[0] ?? Number.NaN);
}

/** Half away from zero, as people round; to decimal places when they are given. */
function roundTo(...[value = Number.NaN, places = 0]: readonly number[]): number {
  const digits = Math.min(15, Math.max(-15, Math.trunc(places)));
  const rounded = shiftPoint(Math.round(shiftPoint(Math.abs(value), digits)), -digits);
  return Math.sign(value) * rounded;
}

/** Moves the decimal point in the digits, without the error that multiplying by a power of ten makes. */
function shiftPoint(value: number, digits: number): number {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  return Number(`${mantissa}e${Number(exponent) + digits}`);
}
