/** Where in the app we are; kept in the hash, so that the server knows one page only. */
export type Route =
  | { readonly page: "chat"; readonly chat: string | undefined }
  | { readonly page: "inbox" }
  | { readonly page: "workflows"; readonly name: string | undefined }
  | { readonly page: "runs"; readonly id: string | undefined }
  | { readonly page: "status" };

const itemPattern = /^#\/(workflows|runs)(?:\/([0-9a-z-]{1,60}))?$/;
const chatPattern = /^#\/chat\/([0-9a-f-]{36})$/;

/** Unknown places lead to the chat. */
export function parseRoute(hash: string): Route {
  if (hash === "#/status") return { page: "status" };
  if (hash === "#/inbox") return { page: "inbox" };
  const [, page, item] = itemPattern.exec(hash) ?? [];
  if (page === "workflows") return { page, name: item };
  if (page === "runs") return { page, id: item };
  return { page: "chat", chat: chatPattern.exec(hash)?.[1] };
}

export function formatRoute(route: Route): string {
  if (route.page === "workflows" || route.page === "runs") {
    const item = route.page === "runs" ? route.id : route.name;
    return item === undefined ? `#/${route.page}` : `#/${route.page}/${item}`;
  }
  if (route.page !== "chat") return `#/${route.page}`;
  return route.chat === undefined ? "#/chat" : `#/chat/${route.chat}`;
}
