/** Where in the app we are; kept in the hash, so that the server knows one page only. */
export type Route =
  | { readonly page: "chat"; readonly chat: string | undefined }
  | { readonly page: "inbox" }
  | { readonly page: "status" };

const chatPattern = /^#\/chat\/([0-9a-f-]{36})$/;

/** Unknown places lead to the chat. */
export function parseRoute(hash: string): Route {
  if (hash === "#/status") return { page: "status" };
  if (hash === "#/inbox") return { page: "inbox" };
  return { page: "chat", chat: chatPattern.exec(hash)?.[1] };
}

export function formatRoute(route: Route): string {
  if (route.page !== "chat") return `#/${route.page}`;
  return route.chat === undefined ? "#/chat" : `#/chat/${route.chat}`;
}
