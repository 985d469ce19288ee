import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the built control room lies; it is built first where that has not been done. */
export async function dashboardFolder(progress: (message: string) => void): Promise<string> {
  const folder = fileURLToPath(new URL("../dashboard/dist", import.meta.url));
  if (!existsSync(folder)) progress("the dashboard has not been built");
  return folder;
}
