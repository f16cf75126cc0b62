import { AppError } from "../../core/errors.ts";
import type { ToolContext } from "../../core/tool.ts";

/** Whom a tool serves that reads across all channels. */
export interface OwnerOnly {
  /** The owner, under any of their ids; and "system", which is who starts the owner's own workflows. */
  readonly isOwner: (personId: string) => boolean;
}

/** Throws AppError "forbidden" unless the owner asks, and nobody reads the answer with them. */
export function checkOwnerAlone({ isOwner }: OwnerOnly, { sender, isGroup }: ToolContext): void {
  if (!isOwner(sender.id)) throw new AppError("forbidden", "Only the owner reads what came in on all channels.");
  if (isGroup !== false)
    throw new AppError("forbidden", "This is for the owner's eyes, and others read along here.", {
      hint: "Ask in a direct chat.",
    });
}
