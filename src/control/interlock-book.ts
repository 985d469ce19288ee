import type { Plant } from "#src/contract/gateway.ts";
import type { Point, PointId, PointKind } from "#msgs/point.ts";
import type { CompiledInterlock } from "./interlocks.ts";
import { compileInterlock } from "./interlocks.ts";

/** What is wrong with a site's interlocks: for `plainview check`, before anything is started. */
export interface InterlockProblem {
  readonly point: PointId;
  readonly interlock: string;
  readonly message: string;
}

export function checkInterlocks(points: ReadonlyMap<PointId, Pick<Point, "id" | "kind" | "control">>): readonly InterlockProblem[] {
  const kindOf = (id: PointId) => points.get(id)?.kind;
  return [...points.values()].flatMap((point) =>
    (point.control?.interlocks ?? []).flatMap((interlock) => {
      const result = compileInterlock(interlock, kindOf, point.kind);
      return result.ok ? [] : [{ point: point.id, interlock: interlock.name, message: result.message }];
    }),
  );
}

/** The compiled conditions of each point, until the plant is described anew. */
export class InterlockBook {
  readonly #plant: Plant;
  #revision = "";
  readonly #compiled = new Map<PointId, readonly CompiledInterlock[]>();

  constructor(plant: Plant) {
    this.#plant = plant;
  }

  of(point: Point): readonly CompiledInterlock[] {
    if (this.#plant.revision !== this.#revision) {
      this.#compiled.clear();
      this.#revision = this.#plant.revision;
    }
    let list = this.#compiled.get(point.id);
    if (!list) this.#compiled.set(point.id, (list = this.#compile(point)));
    return list;
  }

  /** A condition that does not pass its check keeps the door closed and says why: the site file should never have been accepted. */
  #compile(point: Point): readonly CompiledInterlock[] {
    const kindOf = (id: PointId): PointKind | undefined => this.#plant.points.get(id)?.kind;
    return (point.control?.interlocks ?? []).map((interlock) => {
      const result = compileInterlock(interlock, kindOf, point.kind);
      if (result.ok) return result.compiled;
      return {
        interlock: { ...interlock, onBad: "block" },
        inputs: [],
        isBlocked: () => {
          throw new Error(result.message);
        },
      };
    });
  }
}
