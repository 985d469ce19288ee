import type { Adapter, AdapterConfig, AdapterEnv, Connection } from "#src/contract/adapter.ts";
import type { Exposer, Seen } from "#src/contract/exposer.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { givenUp } from "./abort.ts";

/** What `open.ts` of an adapter holds: one attempt at a configuration that has passed `check`. */
export type Open<Config> = (config: Config, env: AdapterEnv, signal: AbortSignal) => Promise<Connection>;

/**
 * `create` of an adapter that is loaded by its first attempt to connect. Until then a protocol costs its description: a site
 * that speaks one of them does not hold the others' wire formats, sockets and packages in memory.
 */
export function opensWith<Config extends Pick<AdapterConfig, "id">>(
  load: () => Promise<{ readonly open: Open<Config> }>,
): (config: Config, env: AdapterEnv) => Adapter {
  return (config, env) => ({
    async connect(signal) {
      const { open } = await loaded(load);
      if (signal.aborted) throw givenUp(signal, `opening ${config.id}`);
      return open(config, env, signal);
    },
  });
}

/** What `index.ts` of a server side holds. */
export type Create<Options> = (options: Options, seen: Seen, env: AdapterEnv) => Exposer;

/** The same for a server side: it is loaded when it is started. */
export function servesWith<Options>(load: () => Promise<{ readonly create: Create<Options> }>): Create<Options> {
  return (...given) => {
    let exposer: Exposer | undefined;
    return {
      async start(bus, desk) {
        const { create } = await loaded(load);
        exposer = create(...given);
        await exposer.start(bus, desk);
      },
      close: async () => exposer?.close(),
    };
  };
}

/** A file or package that is missing is news for whoever installed this machine; the same attempt does not mend it. */
async function loaded<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (cause) {
    const message = `the code for this protocol could not be loaded: ${messageOf(cause)}; install Plainview anew (npm ci) and start it again`;
    throw new GatewayError("not-supported", message, { cause });
  }
}
