import { AppError } from "../../core/errors.ts";
import type { CommandMemory } from "../../open-memory.ts";
import { printJson, printLine } from "../print.ts";

export async function forgetMemory({ store, catchUp }: CommandMemory, id: string, isJson: boolean): Promise<number> {
  const gone = await store.write((transaction) => transaction.forgetMemories([id], "all"));
  if (gone.length === 0)
    throw new AppError("not-found", "Nothing is remembered under this id.", {
      hint: 'See "parlance memory search".',
    });
  await catchUp();
  if (isJson) printJson({ forgotten: gone });
  else printLine("Forgotten. Backups made before this still hold it; the next ones do not.");
  return 0;
}
