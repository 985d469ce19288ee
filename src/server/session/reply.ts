import type { ClientFrame } from "#msgs/wire/client-frames.ts";
import type { ServerFrame } from "#msgs/wire/server-frames.ts";
import type { Refusal } from "../services.ts";

/** The answers a session gives to a frame. */
export interface Reply {
  success(frame: ClientFrame, more?: { commandId?: string; data?: Readonly<Record<string, unknown>> }): void;
  rejected(frame: ClientFrame, refusal: Refusal, commandId?: string): void;
  error(refusal: Refusal & { readonly details?: readonly string[] }, requestId: string | undefined): void;
}

export function replyBy(send: (frame: ServerFrame) => void): Reply {
  return {
    success(frame, more = {}) {
      send({
        type: "ack",
        timeline: "live",
        ...idOf(frame.requestId),
        ...(more.commandId !== undefined && { commandId: more.commandId }),
        status: "success",
        data: { action: frame.type, ...more.data },
      });
    },
    rejected(frame, { code, message }, commandId) {
      send({
        type: "ack",
        timeline: "live",
        ...idOf(frame.requestId),
        ...(commandId !== undefined && { commandId }),
        status: "rejected",
        code,
        message,
        // Also in `data`, for clients that hand only that on.
        data: { action: frame.type, code, message },
      });
    },
    error({ code, message, details }, requestId) {
      send({ type: "error", timeline: "live", ...idOf(requestId), code, message, ...(details && { details: [...details] }) });
    },
  };
}

function idOf(requestId: string | undefined): { requestId?: string } {
  return requestId === undefined ? {} : { requestId };
}
