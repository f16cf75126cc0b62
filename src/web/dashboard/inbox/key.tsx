/** The key that does the same as the button it stands in; seen where there is a keyboard. */
export function Key({ name }: { readonly name: string }) {
  return (
    <kbd class="key" aria-hidden="true">
      {name}
    </kbd>
  );
}
