/** Shown wherever answers are expected while no language model is set up. */
export function OfflineNotice() {
  return (
    <details class="notice">
      <summary>No language model is set up. Commands work, answers need one.</summary>
      <OfflineHelp />
    </details>
  );
}

export function OfflineHelp() {
  return (
    <ul>
      <li>
        A model on this machine: start Ollama with a model, then restart Parlance. Any other server that speaks OpenAI's
        format is named under <code>models</code> in <code>parlance.yaml</code>.
      </li>
      <li>
        A provider: set <code>ANTHROPIC_API_KEY</code>, <code>OPENAI_API_KEY</code> or <code>GEMINI_API_KEY</code>, then
        restart.
      </li>
    </ul>
  );
}
