import { writeFileSync } from "node:fs";
import { demoSiteFile } from "./site-file.ts";

writeFileSync(new URL("../plainview.yaml", import.meta.url), demoSiteFile());
