import type { WriteFrame } from "#msgs/wire/client-frames.ts";
import type { ServerFrame } from "#msgs/wire/server-frames.ts";
import { commandEventName } from "#msgs/wire/event-names.ts";
import { formatTime } from "#msgs/time.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Principal } from "#src/contract/control.ts";
import type { WriteAnswer, Writes } from "../writes.ts";
import type { Reply } from "./reply.ts";

/** A write frame: through the desk, and the verdict back as an ack. What becomes of it comes as events from the bus. */
export function answerWrite(
  frame: WriteFrame,
  by: Principal,
  parts: { writes: Writes; reply: Reply; send: (frame: ServerFrame) => void; now: () => Timestamp },
): void | Promise<void> {
  const answer = parts.writes.write(frame, by);
  return answer instanceof Promise ? answer.then((settled) => tell(frame, settled, parts)) : tell(frame, answer, parts);
}

function tell(frame: WriteFrame, answer: WriteAnswer, { reply, send, now }: Parameters<typeof answerWrite>[2]): void {
  if (answer.status === "success") {
    reply.success(frame, {
      ...(answer.commandId !== undefined && { commandId: answer.commandId }),
      ...(answer.data && { data: answer.data }),
    });
    return;
  }
  if (answer.kind === "not-available") return reply.error(answer, frame.requestId);
  reply.rejected(frame, answer, answer.commandId);
  if (answer.untold && isCommand(frame)) send(untoldEnd(answer, now()));
}

const commandTypes: ReadonlySet<string> = new Set(["valve.actuate", "point.write", "point.release", "device.call", "recipe.apply"]);

function isCommand(frame: WriteFrame): boolean {
  return commandTypes.has(frame.type);
}

/** The end of a command that the desk never saw: told to whoever sent it, so that each has a terminal event. */
function untoldEnd(answer: Extract<WriteAnswer, { status: "rejected" }>, at: Timestamp): ServerFrame {
  const { commandId = "", code, message, untold } = answer;
  const asked = untold?.asked ?? "";
  const type = commandEventName(asked, "rejected");
  const data = {
    type,
    id: commandId,
    commandId,
    asked,
    state: "rejected",
    by: untold?.by ?? "",
    at: formatTime(at),
    code,
    message,
    ...untold?.target,
  };
  return { type: "event", timeline: "live", commandId, data };
}
