import type { Message } from "../types/index.ts";
import type { RclActionClient, RclGoal, RclLibrary, RclNode } from "./rcl-library.ts";

interface Open {
  readonly client: RclActionClient;
  /** Accepted goals by their ids, until their result has come. */
  readonly goals: Map<string, RclGoal>;
  users: number;
}

/** A half of an action as something that can be called. */
export interface ActionHalf {
  readonly isAvailable: boolean;
  call(request: Message, signal: AbortSignal): Promise<Message>;
  close(): void;
}

/** rclnodejs calls the services of an action only through its own client of actions: one for each action, shared by its halves. */
export class RclActions {
  private readonly open = new Map<string, Open>();
  private readonly rcl: RclLibrary;
  private readonly node: RclNode;

  constructor(rcl: RclLibrary, node: RclNode) {
    this.rcl = rcl;
    this.node = node;
  }

  /** The half that a service is, or `undefined` when it belongs to no action. */
  half(service: string, type: string): ActionHalf | undefined {
    const match = /^(\w+\/action\/\w+)_(SendGoal|GetResult)$/.exec(type);
    if (match === null) return undefined;
    const name = service.slice(0, service.lastIndexOf("/_action/"));
    const open = this.take(name, match[1]!);
    return {
      get isAvailable() {
        return open.client.isActionServerAvailable();
      },
      call: (request) => (match[2] === "SendGoal" ? sendGoal(open, request) : getResult(open, request)),
      close: () => this.release(name, open),
    };
  }

  private take(name: string, type: string): Open {
    let open = this.open.get(name);
    if (open === undefined) {
      open = { client: new this.rcl.ActionClient(this.node, type, name), goals: new Map(), users: 0 };
      this.open.set(name, open);
    }
    open.users++;
    return open;
  }

  private release(name: string, open: Open): void {
    if (--open.users > 0) return;
    this.open.delete(name);
    open.client.destroy();
  }
}

async function sendGoal({ client, goals }: Open, { goal_id, goal }: Message): Promise<Message> {
  const handle = await client.sendGoal(goal as Message, undefined, goal_id as Message);
  const accepted = handle.isAccepted();
  if (accepted) goals.set(idOf(goal_id as Message), handle);
  return { accepted };
}

async function getResult({ goals }: Open, { goal_id }: Message): Promise<Message> {
  const id = idOf(goal_id as Message);
  const handle = goals.get(id);
  if (handle === undefined) throw new Error("the goal is not one of ours");
  try {
    const result = await handle.getResult();
    return { status: handle.status, result };
  } finally {
    goals.delete(id);
  }
}

function idOf({ uuid }: Message): string {
  return Buffer.from(uuid as Uint8Array).toString("hex");
}
