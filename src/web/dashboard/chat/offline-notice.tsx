/** Shown wherever answers are expected while no language model is set up. */
export function OfflineNotice() {
  return (
    <details class="notice">
      <summary>No language model is set up. Commands and memory search work; answers need one.</summary>
      <OfflineHelp />
    </details>
  );
}

export function OfflineHelp() {
  return (
    <ul>
      <li>
        The guided way: run <code>parlance setup</code> in a terminal.
      </li>
      <li>
        A model on this machine: start Ollama, or name a GGUF model under <code>models</code> in{" "}
        <code>parlance.yaml</code>. Nothing is downloaded unasked.
      </li>
      <li>
        A provider: set <code>ANTHROPIC_API_KEY</code>, <code>OPENAI_API_KEY</code> or <code>GEMINI_API_KEY</code>, then
        restart.
      </li>
    </ul>
  );
}
