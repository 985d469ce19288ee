import type { AdapterEnv } from "#src/contract/adapter.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import type { Link } from "../config.ts";
import { RtpsTransport } from "./rtps-transport.ts";
import type { Transport } from "./transport.ts";
import type { TypeBook } from "./type-book.ts";

/** Opens the transport that the link asks for. The other one is not even loaded. */
export async function openTransport(link: Link, env: AdapterEnv, types: TypeBook): Promise<Transport> {
  if (link.transport === "rcl") {
    const { RclTransport } = await import("./rcl-transport.ts");
    return RclTransport.open(link, env, types);
  }
  try {
    return await RtpsTransport.open(link, env, types);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause && cause.code === "EACCES" ? "no-permission" : "connect-refused";
    throw new GatewayError(code, `ROS 2 domain ${link.domain} could not be joined: ${messageOf(cause)}`, { cause });
  }
}
