import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import type { Tool } from "../../core/tool.ts";
import type { ConfiguredService } from "../configured.ts";
import { defineTool } from "../define.ts";
import {
  callJson,
  callService,
  cutLine,
  findService,
  formatTime,
  readJson,
  serviceField,
  toOutput,
  type Reach,
} from "../reach.ts";
import { cutText } from "../web/status.ts";
import { apiHeaders, githubWords, repositoryField, repositoryPath } from "./github-api.ts";
import { readChecks, readRuns } from "./github-checks.ts";
import { createGithubSends } from "./github-send.ts";

// docs.github.com/en/rest, version 2022-11-28
const user = z.object({ login: z.string() }).nullable();
const issue = z.object({
  number: z.number(),
  title: z.string(),
  state: z.string(),
  user,
  body: z.string().nullish(),
  created_at: z.string(),
  html_url: z.string(),
  labels: z.array(z.union([z.string(), z.object({ name: z.string().nullish() })])).default([]),
  pull_request: z.object({ merged_at: z.string().nullish() }).optional(),
  comments: z.number().default(0),
});
type Issue = z.output<typeof issue>;
const searchAnswer = z.object({ total_count: z.number(), items: z.array(issue) });
const comment = z.object({ user, body: z.string().nullish(), created_at: z.string() });

const number = z.int().min(1).max(100_000_000);

/** `reach`: services of kind "github"; https://api.github.com, or the address of one's own server with /api/v3. */
export function createGithubTools(reach: Reach): readonly Tool[] {
  return [createSearch(reach), createRead(reach), ...createGithubSends(reach)];
}

function createSearch(reach: Reach): Tool {
  return defineTool({
    name: "github_search",
    description: "Searches issues and pull requests on GitHub.",
    input: z.strictObject({
      query: z.string().min(1).max(250).describe('With qualifiers, such as "repo:owner/name is:pr is:open cache".'),
      limit: z.int().min(1).max(30).optional().describe("10 when absent."),
      service: serviceField(reach),
    }),
    effect: "read",
    keywords: githubWords,
    timeoutMs: 30_000,
    maxOutputChars: 10_000,
    async run({ query: q, limit = 10, service: name }, context) {
      const service = findService(reach, name);
      const call = {
        path: "search/issues",
        query: { q, per_page: String(limit) },
        headers: apiHeaders,
        accepts: [422],
      };
      const response = await callService(reach, service, call, context);
      if (response.status === 422) {
        const { message } = readJson(response, z.object({ message: z.string() }), service);
        return toOutput(reach, [`GitHub did not take the query: ${cutLine(message, 600)}`]);
      }
      const { total_count: total, items } = readJson(response, searchAnswer, service);
      return toOutput(reach, [
        `Found: ${total}`,
        ...items.map((one) => `${formatHead(one)}\n${cutLine(one.html_url, 300)}`),
      ]);
    },
  });
}

function createRead(reach: Reach): Tool {
  return defineTool({
    name: "github_read",
    description:
      "Reads from a repository on GitHub: an issue or pull request with its comments, the diff or the checks of a pull request, or the latest workflow runs.",
    input: z.strictObject({
      repository: repositoryField,
      what: z.enum(["conversation", "diff", "checks", "runs"]),
      number: number.optional().describe("Of the issue or pull request; runs need none."),
      branch: z.string().min(1).max(200).optional().describe("Of runs."),
      service: serviceField(reach),
    }),
    effect: "read",
    keywords: githubWords,
    timeoutMs: 60_000,
    maxOutputChars: 24_000,
    async run({ repository, what, number: wanted, branch, service: name }, context) {
      const service = findService(reach, name);
      const at = { reach, service, context, path: repositoryPath(repository) };
      if (what === "runs") return toOutput(reach, await readRuns(at, branch));
      if (wanted === undefined) throw new AppError("bad-input", "Say the number of the issue or pull request.");
      if (what === "checks") return toOutput(reach, await readChecks(at, wanted));
      if (what === "diff")
        return toOutput(reach, [await readDiff(reach, service, `${at.path}/pulls/${wanted}`, context)]);
      const path = `${at.path}/issues/${wanted}`;
      const found = await callJson(reach, service, { path, headers: apiHeaders, shape: issue }, context);
      // The last page: what was said last matters most.
      const page = String(Math.max(1, Math.ceil(found.comments / 30)));
      const call = {
        path: `${path}/comments`,
        query: { per_page: "30", page },
        headers: apiHeaders,
        shape: z.array(comment),
      };
      const said = found.comments === 0 ? [] : await callJson(reach, service, call, context);
      const earlier = found.comments - said.length;
      return toOutput(reach, [
        formatHead(found),
        cutText(found.body ?? "", 6000),
        ...(earlier > 0 ? [`[${earlier} earlier comments left out]`] : []),
        ...said.map(
          (one) =>
            `--- ${one.user?.login ?? "somebody"}, ${formatTime(one.created_at)}\n${cutText(one.body ?? "", 2000)}`,
        ),
      ]);
    },
  });
}

async function readDiff(
  reach: Reach,
  service: ConfiguredService,
  path: string,
  context: Parameters<typeof callService>[3],
): Promise<string> {
  const headers = { ...apiHeaders, accept: "application/vnd.github.diff" };
  const { body } = await callService(reach, service, { path, headers }, context);
  return cutText(new TextDecoder().decode(body), 20_000);
}

function formatHead({ number: of, title, state, user: by, created_at: at, labels, pull_request: pull }: Issue): string {
  const kind = pull === undefined ? "issue" : pull.merged_at == null ? "pull request" : "merged pull request";
  const marks = labels.map((label) => (typeof label === "string" ? label : (label.name ?? ""))).join(", ");
  return `#${of} ${cutLine(title, 300)} [${kind}, ${state}${marks === "" ? "" : `; ${cutLine(marks, 200)}`}] by ${by?.login ?? "somebody"}, ${formatTime(at)}`;
}
