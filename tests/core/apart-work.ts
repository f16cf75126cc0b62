import { AppError } from "../../src/core/errors.ts";

/** Work for the tests of runApart. */
export const moduleUrl: string = import.meta.url;

export function double(input: { readonly value: number; readonly bytes: Uint8Array }) {
  return { value: input.value * 2, bytes: input.bytes.map((byte) => byte * 2), environment: Object.keys(process.env) };
}

export function refuse(): never {
  throw new AppError("forbidden", "No.", { hint: "Ask again." });
}

export function stumble(): never {
  throw new TypeError("a bug");
}

export function run(): never {
  for (;;);
}

export function grow(): number {
  const all: unknown[] = [];
  for (;;) all.push(Array.from({ length: 1000 }, (_, index) => ({ index, text: `${index}` })));
}

/** Asks twice, and gives both answers; a refusal is one, too. */
export function consult(input: unknown, ask: (question: unknown) => unknown): unknown {
  const attempt = (question: unknown) => {
    try {
      return ask(question);
    } catch (error) {
      const { name, message } = error as Error;
      return [name, message, (error as { code?: string }).code];
    }
  };
  return [attempt(input), attempt("something else")];
}

export function swell(): number {
  const all: Uint8Array[] = [];
  for (;;) all.push(new Uint8Array(1_000_000).fill(1));
}
