import { z } from "zod";
import { callJson, cutLine, formatTime } from "../reach.ts";
import { apiHeaders, type RepositoryAt } from "./github-api.ts";

const pull = z.object({ head: z.object({ sha: z.string(), ref: z.string() }), mergeable_state: z.string().nullish() });
const check = z.object({
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullish(),
  html_url: z.string().nullish(),
});
const run = z.object({
  name: z.string().nullish(),
  display_title: z.string().nullish(),
  head_branch: z.string().nullish(),
  event: z.string(),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
  created_at: z.string(),
  html_url: z.string(),
});

/** The checks of the latest commit of a pull request; those that failed first. */
export async function readChecks(
  { reach, service, context, path }: RepositoryAt,
  number: number,
): Promise<readonly string[]> {
  const found = await callJson(
    reach,
    service,
    { path: `${path}/pulls/${number}`, headers: apiHeaders, shape: pull },
    context,
  );
  const { sha, ref } = found.head;
  const call = {
    path: `${path}/commits/${encodeURIComponent(sha)}/check-runs`,
    query: { per_page: "100" },
    headers: apiHeaders,
    shape: z.object({ total_count: z.number(), check_runs: z.array(check) }),
  };
  const { total_count: total, check_runs: checks } = await callJson(reach, service, call, context);
  const isFine = ({ conclusion }: z.output<typeof check>) => conclusion === "success" || conclusion === "skipped";
  return [
    `Checks of ${cutLine(sha, 12)} on ${cutLine(ref, 200)}: ${total}, ${checks.filter(isFine).length} fine; ${found.mergeable_state ?? "unknown"}`,
    ...[...checks.filter((one) => !isFine(one)), ...checks.filter(isFine)]
      .slice(0, 60)
      .map(({ name, status, conclusion, html_url: url }) =>
        `${conclusion ?? status}: ${cutLine(name, 150)} ${cutLine(url ?? "", 300)}`.trimEnd(),
      ),
  ];
}

export async function readRuns(
  { reach, service, context, path }: RepositoryAt,
  branch: string | undefined,
): Promise<readonly string[]> {
  const call = {
    path: `${path}/actions/runs`,
    query: { per_page: "15", ...(branch === undefined ? {} : { branch }) },
    headers: apiHeaders,
    shape: z.object({ workflow_runs: z.array(run) }),
  };
  const { workflow_runs: runs } = await callJson(reach, service, call, context);
  if (runs.length === 0) return ["There are no runs."];
  return runs.map((one) => {
    const what = `${cutLine(one.name ?? "", 100)}: ${cutLine(one.display_title ?? "", 200)}`;
    const where = `${cutLine(one.head_branch ?? "", 100)}, ${cutLine(one.event, 40)}, ${formatTime(one.created_at)}`;
    return `${one.conclusion ?? one.status ?? "unknown"}: ${what} (${where}) ${cutLine(one.html_url, 300)}`;
  });
}
