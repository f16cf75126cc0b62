import { z } from "zod";
import type { ConfiguredService } from "../configured.ts";
import { words } from "../define.ts";
import type { CallContext, Reach } from "../reach.ts";

export const apiHeaders: Readonly<Record<string, string>> = {
  accept: "application/vnd.github+json",
  "x-github-api-version": "2022-11-28",
};

export const githubWords: readonly string[] = [
  ...words("github issues pr prs"),
  "pull request",
  "pull requests",
  "code review",
  "an issue",
  "this issue",
  "workflow runs",
  "ci checks",
  "ci run",
];

/** Nothing in it can lead elsewhere in the API: no name begins with a dot. */
export const repositoryField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9_-][\w.-]*$/, "must look like owner/name")
  .min(3)
  .max(140)
  .describe("owner/name");

/** Throws nothing for what `repositoryField` let through. */
export function repositoryPath(repository: string): string {
  return `repos/${repository.split("/").map(encodeURIComponent).join("/")}`;
}

/** One repository at one service. */
export interface RepositoryAt {
  readonly reach: Reach;
  readonly service: ConfiguredService;
  readonly context: CallContext;
  readonly path: string;
}
