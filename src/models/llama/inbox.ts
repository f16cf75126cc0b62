/** Things put in are taken out in order, by one reader who waits for them. */
export interface Inbox<T> {
  put(this: void, item: T): void;
  take(): Promise<T>;
}

export function createInbox<T>(): Inbox<T> {
  const items: T[] = [];
  let wake: (() => void) | undefined;
  return {
    put(item) {
      items.push(item);
      wake?.();
    },
    async take() {
      for (;;) {
        const item = items.shift();
        if (item !== undefined) return item;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
