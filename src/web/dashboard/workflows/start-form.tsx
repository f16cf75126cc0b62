import { useState } from "preact/hooks";
import { openRoute } from "../use-route.ts";
import { startWorkflow } from "./board-client.ts";
import type { WorkflowDetail, WorkflowInput } from "./board-types.ts";
import { readInputs } from "./run-words.ts";

/** Takes the inputs and begins a run, which is shown then. */
export function StartForm({ workflow }: { readonly workflow: Pick<WorkflowDetail, "name" | "inputs"> }) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  async function start(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    const reply = await startWorkflow(workflow.name, readInputs(workflow.inputs, form));
    setBusy(false);
    setProblem(reply.isDone ? undefined : reply.problem);
    if (reply.isDone) openRoute({ page: "runs", id: reply.value.id });
  }

  return (
    <form class="start-form" onSubmit={(event) => void start(event)} noValidate>
      {workflow.inputs.map((input) => (
        <Field key={input.name} input={input} />
      ))}
      <p class="problem" role="alert">
        {problem}
      </p>
      <button type="submit" class="button primary" disabled={isBusy}>
        {isBusy ? "Starting…" : "Start"}
      </button>
    </form>
  );
}

function Field({ input }: { readonly input: WorkflowInput }) {
  const { name, type, isRequired, description } = input;
  const id = `input-${name}`;
  const hint = `${id}-hint`;
  const shared = { id, name, "aria-describedby": hint };
  const fallback = input.default === undefined ? "" : format(input.default);
  return (
    <div class={type === "boolean" ? "field check" : "field"}>
      {type === "boolean" ? (
        <input {...shared} type="checkbox" defaultChecked={input.default === true} />
      ) : type === "list" || type === "object" ? (
        <textarea {...shared} rows={2} placeholder={fallback} />
      ) : (
        <input {...shared} type="text" inputMode={type === "number" ? "decimal" : "text"} placeholder={fallback} />
      )}
      <label for={id}>
        {name}
        {isRequired && <span class="hint"> required</span>}
      </label>
      <p id={hint} class="hint">
        {description ?? (type === "list" ? "With commas between, or as JSON." : type === "object" ? "As JSON." : "")}
      </p>
    </div>
  );
}

function format(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
