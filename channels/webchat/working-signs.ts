/** Which chats an answer is being worked on in. A sign that is not renewed fades by itself. */
export interface WorkingSigns {
  show(chatId: string): void;
  has(chatId: string): boolean;
  clear(chatId: string): void;
  close(): void;
}

const fadeMs = 10_000;

/** `push` tells changes and must not throw. */
export function createWorkingSigns(push: (chatId: string, on: boolean) => void): WorkingSigns {
  const timers = new Map<string, NodeJS.Timeout>();

  function clear(chatId: string): void {
    const timer = timers.get(chatId);
    if (timer === undefined) return;
    clearTimeout(timer);
    timers.delete(chatId);
    push(chatId, false);
  }

  return {
    show(chatId) {
      const timer = timers.get(chatId);
      if (timer !== undefined) {
        timer.refresh();
        return;
      }
      timers.set(chatId, setTimeout(clear, fadeMs, chatId).unref());
      push(chatId, true);
    },
    has: (chatId) => timers.has(chatId),
    clear,
    close() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
