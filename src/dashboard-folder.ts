import { messageOf } from "#src/kit/errors.ts";
import { buildDashboard, builtFolder } from "#dashboard/build.ts";

/** Where the built control room lies; built first when its sources are newer. A gateway whose screen cannot be built still runs. */
export async function dashboardFolder(progress: (message: string) => void): Promise<string> {
  try {
    return await buildDashboard({ onlyIfOlder: true });
  } catch (error) {
    progress(
      `the control room could not be built: ${messageOf(error)}; everything else works, and npm run dashboard, by who may write there, builds it`,
    );
    return builtFolder;
  }
}
