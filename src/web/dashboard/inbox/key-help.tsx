import { useEffect, useRef } from "preact/hooks";

const keys: readonly (readonly [string, string])[] = [
  ["j", "the next card"],
  ["k", "the card before"],
  ["a", "send the draft, or approve"],
  ["e", "edit it; Ctrl+Enter sends your words"],
  ["r", "drop it, or deny"],
  ["s", "put it off"],
  ["?", "show these keys"],
];

/** What the keys do, over the page. */
export function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="key-help"
      aria-label="Keys"
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
    >
      <div class="key-help-body">
        <h2>Keys</h2>
        <dl>
          {keys.map(([key, text]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        <p class="hint">a, e, r and s are about the card that has the focus.</p>
        <button type="button" class="button wide" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
