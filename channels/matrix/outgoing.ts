import type {
  KeysClaimRequest,
  KeysQueryRequest,
  OutgoingRequest,
  RoomMessageRequest,
  SignatureUploadRequest,
  ToDeviceRequest,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import { describeError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { clientPath, type Json, type MatrixApi } from "./api.ts";
import type { Crypto } from "./crypto.ts";

export type AnyRequest =
  | OutgoingRequest
  | KeysClaimRequest
  | KeysQueryRequest
  | RoomMessageRequest
  | SignatureUploadRequest
  | ToDeviceRequest;

/** Makes one request of the crypto library, and tells it the answer. Throws AppError. */
export async function sendRequest(
  request: AnyRequest,
  api: MatrixApi,
  crypto: Crypto,
  signal: AbortSignal,
): Promise<void> {
  const { RequestType } = crypto.library;
  const { type } = request;
  const target = pickTarget(request, crypto);
  if (target === undefined || type === undefined) return;
  const body = JSON.parse(request.body) as Json;
  const answer = await api.call(target.path, { method: target.method, body, signal, pauseKey: `crypto/${type}` });
  if (request.id === undefined) return;
  // It needs no answer, and has none that could be parsed.
  const shown = type === RequestType.ToDevice ? "{}" : JSON.stringify(answer);
  await crypto.machine.markRequestAsSent(request.id, type, shown);
}

function pickTarget(
  request: AnyRequest,
  { library: { RequestType } }: Crypto,
): { readonly method: "POST" | "PUT"; readonly path: string } | undefined {
  switch (request.type) {
    case RequestType.KeysUpload:
      return { method: "POST", path: clientPath`/keys/upload` };
    case RequestType.KeysQuery:
      return { method: "POST", path: clientPath`/keys/query` };
    case RequestType.KeysClaim:
      return { method: "POST", path: clientPath`/keys/claim` };
    case RequestType.SignatureUpload:
      return { method: "POST", path: clientPath`/keys/signatures/upload` };
    case RequestType.ToDevice: {
      const { event_type: type, txn_id: txnId } = request as ToDeviceRequest;
      return { method: "PUT", path: clientPath`/sendToDevice/${type}/${txnId}` };
    }
    case RequestType.RoomMessage: {
      const { room_id: roomId, event_type: type, txn_id: txnId } = request as RoomMessageRequest;
      return { method: "PUT", path: clientPath`/rooms/${roomId}/send/${type}/${txnId}` };
    }
    default:
      return undefined;
  }
}

/** Makes what requests the crypto library has waiting. What fails waits on, and is tried again with the next sync. */
export async function sendWaitingRequests(
  api: MatrixApi,
  crypto: Crypto,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  for (const request of await crypto.machine.outgoingRequests()) {
    if (signal.aborted) return;
    try {
      await sendRequest(request, api, crypto, signal);
    } catch (error) {
      if (!signal.aborted)
        log.warn(
          { kind: request.type, reason: describeError(error) },
          "A request for encryption failed; it is made again",
        );
    }
  }
}
