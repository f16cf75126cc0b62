import { openDeskForCommands, type CommandDesk } from "../../open-desk.ts";
import { loadConfigOf } from "../options.ts";

/** Who answers at the terminal, as the audit has it: whoever can open the store. */
export const terminalPerson = { id: "cli", name: "the terminal" };

/** Works with the owner's desk and closes it, whatever comes of it. */
export async function withDesk<T>(
  values: { readonly config?: string | undefined },
  work: (place: CommandDesk) => Promise<T>,
): Promise<T> {
  const place = await openDeskForCommands(await loadConfigOf(values));
  let failure: string | undefined;
  try {
    return await work(place);
  } finally {
    failure = await place.close();
    if (failure !== undefined) process.stderr.write(`Nothing could be learned from your answer: ${failure}\n`);
  }
}
