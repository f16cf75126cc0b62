import type { Persona } from "../core/persona.ts";

/** The first persona wanted that exists, else "general", else one that needs no file. */
export function pickPersona(
  personas: ReadonlyMap<string, Persona>,
  wanted: readonly (string | undefined)[],
  maxSteps: number,
): Persona {
  for (const name of [...wanted, "general"]) {
    const persona = name === undefined ? undefined : personas.get(name);
    if (persona !== undefined) return persona;
  }
  const instructions = "You are a helpful, brief assistant.";
  return { name: "general", description: "", instructions, replyMode: "auto", maxSteps };
}
