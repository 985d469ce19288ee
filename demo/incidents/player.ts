import type { Incident, IncidentStep } from "./incident.ts";

/** What happened, with the plant second it happened at. */
export interface Played {
  incident: string;
  at: number;
  says: string;
}

/** Incidents running at once, and lines of the diary that are kept. */
const runningLimit = 16;
const diaryLimit = 1000;

/** Lets incidents happen in plant time. */
export class IncidentPlayer {
  readonly #running: { incident: Incident; began: number; next: number }[] = [];
  readonly #diary: Played[] = [];
  readonly #happen: (step: IncidentStep) => void;

  constructor(happen: (step: IncidentStep) => void) {
    this.#happen = happen;
  }

  /** Answers null, or why it cannot begin. */
  begin(incident: Incident, seconds: number): string | null {
    if (this.#running.some((running) => running.incident.name === incident.name)) return `"${incident.name}" is already going on`;
    if (this.#running.length >= runningLimit) return `${runningLimit} incidents are going on already`;
    this.#running.push({ incident, began: seconds, next: 0 });
    return null;
  }

  step(seconds: number): void {
    for (let index = this.#running.length - 1; index >= 0; index--) {
      const running = this.#running[index];
      if (running === undefined) continue;
      const { incident, began } = running;
      for (
        let step = incident.steps[running.next];
        step !== undefined && step.at <= seconds - began + 1e-9;
        step = incident.steps[running.next]
      ) {
        running.next++;
        this.#happen(step);
        this.#diary.push({ incident: incident.name, at: seconds, says: step.says });
        if (this.#diary.length > diaryLimit) this.#diary.shift();
      }
      if (seconds - began >= incident.seconds) this.#running.splice(index, 1);
    }
  }

  running(): { name: string; began: number }[] {
    return this.#running.map(({ incident, began }) => ({ name: incident.name, began }));
  }

  diary(): readonly Played[] {
    return this.#diary;
  }
}
